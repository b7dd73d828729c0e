"""Banking: cash flow and balances at the bank."""

from features.engine.records import Records, months_since, ratio, volatility
from features.engine.spec import Table, derived
from features.engine.windows import Ever, Last, Months

from .banking_sentences import SENTENCES

transaction = Table("bank__transaction", absent=("No bookings are on record", "无账户流水记录"))
account = Table("bank__account", absent=("No statement of an account is on record", "无账户余额记录"))
customer = Table("bank__customer", absent=("No customer record was found", "无客户登记记录"))

QUARTER, HALF, YEAR = Months(3), Months(6), Months(12)
SPANS = (QUARTER, HALF, YEAR)
INCOME = "direction = 'in' AND category IN ('crop_sale', 'livestock_sale', 'subsidy', 'wage', 'rent', 'mobile_payment')"
SALE = "direction = 'in' AND category IN ('crop_sale', 'livestock_sale')"
SPENDING = "direction = 'out' AND category <> 'transfer'"
# The contract has no closing date, so an account without a statement for three months counts as closed.
LATEST = Last(1, of=("account_no",), months=3)


@transaction.feature(windows=SPANS, unit="cny", zh="{window}入账收入", monotone=-1, sentences=SENTENCES["income_cny"])
def income_cny(records: Records) -> str:
    """Income paid in, {window}."""
    return records.where(INCOME).sum("amount_cny")


@transaction.feature(windows=SPANS, unit="cny", zh="{window}支出", sentences=SENTENCES["spending_cny"])
def spending_cny(records: Records) -> str:
    """Spending, {window}."""
    return records.where(SPENDING).sum("amount_cny")


@transaction.feature(windows=SPANS, unit="cny", zh="{window}净流入", monotone=-1, sentences=SENTENCES["net_inflow_cny"])
def net_inflow_cny(records: Records) -> str:
    """Income less spending, {window}."""
    return f"{records.where(INCOME).sum('amount_cny')} - {records.where(SPENDING).sum('amount_cny')}"


@transaction.feature(
    windows=SPANS, unit="cny", zh="{window}农产品销售收入", monotone=-1, sentences=SENTENCES["crop_sale_cny"]
)
def crop_sale_cny(records: Records) -> str:
    """Crop sales paid in, {window}."""
    return records.where("direction = 'in' AND category = 'crop_sale'").sum("amount_cny")


@transaction.feature(
    windows=SPANS, unit="cny", zh="{window}畜禽销售入账", monotone=-1, sentences=SENTENCES["livestock_sale_cny"]
)
def livestock_sale_cny(records: Records) -> str:
    """Livestock sales paid in, {window}."""
    return records.where("direction = 'in' AND category = 'livestock_sale'").sum("amount_cny")


@transaction.feature(windows=SPANS, unit="cny", zh="{window}工资入账", monotone=-1, sentences=SENTENCES["wage_cny"])
def wage_cny(records: Records) -> str:
    """Wages paid in, {window}."""
    return records.where("direction = 'in' AND category = 'wage'").sum("amount_cny")


@transaction.feature(windows=SPANS, unit="cny", zh="{window}农资采购支出", sentences=SENTENCES["input_purchase_cny"])
def input_purchase_cny(records: Records) -> str:
    """Farm inputs bought, {window}."""
    return records.where("direction = 'out' AND category = 'input_purchase'").sum("amount_cny")


@transaction.feature(windows=SPANS, unit="cny", zh="{window}生活支出", sentences=SENTENCES["living_cny"])
def living_cny(records: Records) -> str:
    """Living expenses, {window}."""
    return records.where("direction = 'out' AND category = 'living'").sum("amount_cny")


@transaction.feature(windows=SPANS, unit="ratio", zh="{window}补贴占收入比", sentences=SENTENCES["subsidy_ratio"])
def subsidy_ratio(records: Records) -> str:
    """Share of subsidies in income, {window}."""
    subsidies = records.where("direction = 'in' AND category = 'subsidy'").sum("amount_cny")
    return ratio(subsidies, records.where(INCOME).sum("amount_cny"))


@transaction.feature(
    windows=SPANS,
    unit="ratio",
    zh="{window}还贷支出占收入比",
    monotone=1,
    sentences=SENTENCES["repayment_to_income_ratio"],
)
def repayment_to_income_ratio(records: Records) -> str:
    """Loan repayments against income, {window}."""
    repaid = records.where("direction = 'out' AND category = 'loan_repayment'").sum("amount_cny")
    return ratio(repaid, records.where(INCOME).sum("amount_cny"))


@transaction.feature(
    windows=SPANS, unit="ratio", zh="{window}移动支付笔数占比", sentences=SENTENCES["mobile_payment_ratio"]
)
def mobile_payment_ratio(records: Records) -> str:
    """Share of mobile payments in bookings, {window}."""
    return ratio(records.where("category = 'mobile_payment'").count(), records.count())


@transaction.feature(windows=SPANS, unit="count", zh="{window}交易笔数", sentences=SENTENCES["booking_count"])
def booking_count(records: Records) -> str:
    """Bookings, {window}."""
    return records.count()


@transaction.feature(windows=SPANS, unit="cny", zh="{window}最大单笔收入", sentences=SENTENCES["largest_income_cny"])
def largest_income_cny(records: Records) -> str:
    """Largest single income, {window}."""
    return records.where(INCOME).max("amount_cny")


@transaction.feature(
    windows=SPANS, unit="months", zh="{window}有销售入账的月数", monotone=-1, sentences=SENTENCES["sale_months"]
)
def sale_months(records: Records) -> str:
    """Months with a sale, {window}."""
    return records.where(SALE).months()


@transaction.feature(
    windows=[YEAR], unit="ratio", zh="{window}月收入波动率", monotone=1, sentences=SENTENCES["income_volatility_ratio"]
)
def income_volatility_ratio(records: Records) -> str:
    """Volatility of monthly income, {window}."""
    return volatility([month.where(INCOME).sum("amount_cny") for month in records.split()])


@transaction.feature(
    windows=[Months(24)],
    unit="months",
    zh="{window}有交易流水的月份数",
    monotone=-1,
    name="history_months",
    sentences=SENTENCES["history_months"],
)
def history_months(records: Records) -> str:
    """Months with bookings, {window}."""
    return records.months()


@account.feature(windows=[LATEST], unit="cny", zh="账户余额合计", monotone=-1, sentences=SENTENCES["balance_cny"])
def balance_cny(records: Records) -> str:
    """Balance of all accounts."""
    return records.sum("balance_cny")


@account.feature(
    windows=[YEAR], unit="cny", zh="{window}月末平均余额", monotone=-1, sentences=SENTENCES["mean_balance_cny"]
)
def mean_balance_cny(records: Records) -> str:
    """Mean month-end balance of all accounts together, {window}."""
    return ratio(records.sum("balance_cny"), records.distinct("snapshot_date"))


@account.feature(
    windows=[YEAR], unit="cny", zh="{window}月末最低余额", monotone=-1, sentences=SENTENCES["lowest_balance_cny"]
)
def lowest_balance_cny(records: Records) -> str:
    """Lowest month-end balance of an account, {window}."""
    return records.min("balance_cny")


@account.feature(windows=[LATEST], unit="count", zh="账户数量", sentences=SENTENCES["account_count"])
def account_count(records: Records) -> str:
    """Number of accounts."""
    return records.count()


@customer.feature(
    windows=[Ever()], unit="months", zh="开户至今月数", monotone=-1, sentences=SENTENCES["customer_months"]
)
def customer_months(records: Records) -> str:
    """Months as a customer."""
    return months_since(records.min("opened_date"))


@customer.feature(
    windows=[Ever()], unit="flag", zh="有务工收入来源", monotone=-1, sentences=SENTENCES["has_off_farm_job"]
)
def has_off_farm_job(records: Records) -> str:
    """Has a job off the farm."""
    return records.max("CAST(has_off_farm_job AS INT)")


@derived(unit="ratio", zh="近6个月收入与此前6个月之比", sentences=SENTENCES["income_trend_ratio"])
def income_trend_ratio() -> str:
    """Income of the last 6 months against the 6 before."""
    return ratio("income_cny_6m", "income_cny_12m - income_cny_6m")


@derived(unit="ratio", zh="近12个月农资支出与销售入账之比", sentences=SENTENCES["input_to_sale_ratio"])
def input_to_sale_ratio() -> str:
    """Farm inputs against sales, last 12 months."""
    return ratio("input_purchase_cny_12m", "crop_sale_cny_12m + livestock_sale_cny_12m")


@derived(unit="ratio", zh="近12个月支出收入比", monotone=1, sentences=SENTENCES["spending_to_income_ratio"])
def spending_to_income_ratio() -> str:
    """Spending against income, last 12 months."""
    return ratio("spending_cny_12m", "income_cny_12m")
