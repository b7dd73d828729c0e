"""Credit: the application itself, debts and repayment at the bank.

These are the bank's own books, so no record means that there is none. Delays count for at most five years, after which
an adverse fact may no longer be used (征信业管理条例 art. 16); what is still unpaid has not ended and counts on.

`once_repaid=` says how a feature changes if all loans are repaid early on the day. Instalments that were punctual or
late stay so. An overdue instalment wouldn't: once paid, it would count among those repaid. So applicants in arrears
aren't shown what repaying would change.
"""

from conf.schema.loan_request import Repaid
from features.engine.records import Records, months_since, ratio, union_count
from features.engine.spec import Request, Table, derived
from features.engine.windows import Ever, Months, Valid

from . import owed
from .credit_sentences import SENTENCES
from .owed import MATTERS, MATURITY, SO_FAR, UNDUE_FEN, UNPAID

request = Request("bank__application")
application = Table("bank__application", complete=True, absent=("No application is on record", "无申请记录"))
loan = Table("bank__loan", complete=True, absent=("No loan is on record", "无贷款记录"))
instalment = Table(
    "bank__instalment", complete=True, counted=SO_FAR, absent=("No repayment is on record", "无还款记录")
)

# Loans with principal not yet due. A sum that is due and unpaid is owed as well, however long ago the loan matured.
TO_MATURITY = Valid("disbursed_date", f"DATE_ADD({MATURITY}, 1)")
YEARS = (Months(12), Months(24))
FIVE_YEARS = Months(60)


# An instalment's delay in days. A paid instalment keeps its delay, even if the bank reports 0 days past due for it.
# The delay of an unpaid one grows without new reports once its unpaid amount matters by the rules of the label; before
# that, only the reported days count.
_ENDED = f"CASE WHEN {MATTERS} THEN _date WHEN NOT ({UNPAID}) THEN paid_date END"
DELAY_DAYS = f"GREATEST(days_past_due, COALESCE(DATEDIFF({_ENDED}, due_date), 0))"


@request.feature(unit="cny", zh="申请金额", monotone=1, sentences=SENTENCES["requested_cny"])
def requested_cny() -> str:
    """Amount requested."""
    return "requested_cny"


@request.feature(
    unit="months", zh="申请期限（月）", name="requested_term_months", sentences=SENTENCES["requested_term_months"]
)
def requested_term_months() -> str:
    """Term requested."""
    return "term_months"


@request.feature(unit="flag", zh="手机渠道申请", sentences=SENTENCES["is_mobile_application"])
def is_mobile_application() -> str:
    """Applied for by mobile phone."""
    return "channel = 'mobile'"


@request.feature(unit="flag", zh="农机具贷款", sentences=SENTENCES["is_equipment_loan"])
def is_equipment_loan() -> str:
    """Loan for farm equipment."""
    return "product_code = 'farm_equipment'"


@request.feature(unit="flag", zh="农村消费贷款", sentences=SENTENCES["is_consumer_loan"])
def is_consumer_loan() -> str:
    """Rural consumer loan."""
    return "product_code = 'rural_consumer'"


@application.feature(
    windows=YEARS, unit="count", zh="{window}贷款申请被拒次数", monotone=1, sentences=SENTENCES["declined_count"]
)
def declined_count(records: Records) -> str:
    """Applications declined, {window}."""
    return records.where("status = 'declined'").count()


@loan.feature(
    windows=[Ever()],
    beside=instalment,
    unit="cny",
    zh="存量贷款余额（含逾期金额；未报余额的按还款方式推算）",
    monotone=1,
    sentences=SENTENCES["existing_exposure_cny"],
    once_repaid=Repaid.ZERO,
)
def existing_exposure_cny(loans: Records, instalments: Records) -> str:
    """Owed on loans: what is outstanding, by the way it is repaid where no balance is told, and what is overdue."""
    return owed.exposure_cny(loans, instalments)


# Repayment capacity is measured over a year, and arrears have to be paid within that year, too.
@loan.feature(
    windows=[Ever()],
    beside=instalment,
    unit="cny_month",
    zh="存量贷款月还款额（逾期金额按一年分摊）",
    monotone=1,
    sentences=SENTENCES["existing_debt_service_cny_month"],
    once_repaid=Repaid.ZERO,
)
def existing_debt_service_cny_month(loans: Records, instalments: Records) -> str:
    """Monthly debt service of loans, with what is overdue spread over a year."""
    return owed.service_cny_month(loans, instalments)


@loan.feature(
    windows=[Ever()],
    beside=instalment,
    unit="count",
    zh="未结清或有逾期（不计微小差额）的贷款笔数",
    monotone=1,
    sentences=SENTENCES["running_loan_count"],
    once_repaid=Repaid.ZERO,
)
def running_loan_count(loans: Records, instalments: Records) -> str:
    """Loans before maturity, with a balance or with an amount overdue that matters."""
    return union_count(*owed.running(loans, instalments))


@loan.feature(
    windows=[Ever()],
    beside=instalment,
    unit="cny",
    zh="当前逾期金额（不计微小差额）",
    monotone=1,
    sentences=SENTENCES["overdue_cny"],
    once_repaid=Repaid.BARS,
)
def overdue_cny(loans: Records, instalments: Records) -> str:
    """Amount overdue on the day, where it matters, but for loans that are closed."""
    return owed.overdue_cny(loans, instalments)


@loan.feature(
    windows=[TO_MATURITY],
    unit="ratio",
    zh="未到期贷款尚未到期本金占比",
    sentences=SENTENCES["undue_principal_ratio"],
    once_repaid=Repaid.ZERO,
)
def undue_principal_ratio(records: Records) -> str:
    """Share of the principal of loans before maturity that isn't due yet."""
    return ratio(f"{records.sum(UNDUE_FEN)} / 100D", records.sum("principal_cny"))


@loan.feature(
    windows=[Ever()], unit="count", zh="历史贷款笔数", sentences=SENTENCES["loan_count"], once_repaid=Repaid.SAME
)
def loan_count(records: Records) -> str:
    """Loans ever taken."""
    return records.count()


@loan.feature(
    windows=[Ever()],
    unit="cny",
    zh="历史最大单笔贷款",
    sentences=SENTENCES["largest_loan_cny"],
    once_repaid=Repaid.SAME,
)
def largest_loan_cny(records: Records) -> str:
    """Largest loan ever taken."""
    return records.max("principal_cny")


@loan.feature(
    windows=[Ever()],
    unit="months",
    zh="首笔贷款至今月数",
    sentences=SENTENCES["borrowing_months"],
    once_repaid=Repaid.SAME,
)
def borrowing_months(records: Records) -> str:
    """Months since the first loan."""
    return months_since(records.min("disbursed_date"))


@instalment.feature(
    windows=(*YEARS, FIVE_YEARS),
    unit="days",
    zh="{window}最长逾期天数",
    monotone=1,
    sentences=SENTENCES["max_delay_days"],
    once_repaid=Repaid.SAME,
)
def max_delay_days(records: Records) -> str:
    """Longest delay of an instalment, {window}."""
    return records.max(DELAY_DAYS)


@instalment.feature(
    windows=YEARS,
    unit="ratio",
    zh="{window}逾期期数占比",
    monotone=1,
    sentences=SENTENCES["late_instalment_ratio"],
    once_repaid=Repaid.SAME,
)
def late_instalment_ratio(records: Records) -> str:
    """Share of instalments paid late, {window}."""
    return ratio(records.where(f"{DELAY_DAYS} > 0").count(), records.count())


@instalment.feature(
    windows=[Months(24)],
    unit="count",
    zh="{window}按期还款期数",
    monotone=-1,
    sentences=SENTENCES["punctual_instalment_count"],
    once_repaid=Repaid.SAME,
)
def punctual_instalment_count(records: Records) -> str:
    """Instalments paid on time, {window}."""
    return records.where(f"paid_date IS NOT NULL AND {DELAY_DAYS} = 0").count()


@instalment.feature(
    windows=[Months(24)], unit="cny", zh="{window}已还金额", sentences=SENTENCES["repaid_cny"], once_repaid=Repaid.SAME
)
def repaid_cny(records: Records) -> str:
    """Instalments paid, {window}."""
    return records.sum("paid_cny")


@derived(
    unit="ratio",
    zh="申请金额与近12个月收入之比",
    monotone=1,
    sentences=SENTENCES["requested_to_income_ratio"],
    scales_with={"requested_amount": 1},
)
def requested_to_income_ratio() -> str:
    """Amount requested against income of the last 12 months."""
    return ratio("requested_cny", "income_cny_12m")


@derived(
    unit="ratio",
    zh="每月应还本金与月收入之比",
    monotone=1,
    sentences=SENTENCES["instalment_to_income_ratio"],
    scales_with={"requested_amount": 1, "term_months": -1},
)
def instalment_to_income_ratio() -> str:
    """Principal to repay each month against monthly income."""
    return ratio("requested_cny * 12", "requested_term_months * income_cny_12m")


@derived(
    unit="ratio",
    zh="存量贷款还款额（含逾期）占近12个月收入比",
    monotone=1,
    sentences=SENTENCES["debt_service_to_income_ratio"],
    once_repaid=Repaid.ZERO,
)
def debt_service_to_income_ratio() -> str:
    """Debt service of loans, with what is overdue, against income of the last 12 months."""
    return ratio("existing_debt_service_cny_month * 12", "income_cny_12m")


@derived(
    unit="ratio",
    zh="存量贷款余额与近12个月收入之比",
    monotone=1,
    sentences=SENTENCES["exposure_to_income_ratio"],
    once_repaid=Repaid.ZERO,
)
def exposure_to_income_ratio() -> str:
    """Owed on loans against income of the last 12 months."""
    return ratio("existing_exposure_cny", "income_cny_12m")


@derived(unit="cny", zh="近一年种养收入合计", monotone=-1, sentences=SENTENCES["farm_revenue_cny"])
def farm_revenue_cny() -> str:
    """Farm revenue of the last year, crops and livestock."""
    known = "crop_revenue_cny_2s IS NOT NULL OR breeding_revenue_cny_12m IS NOT NULL"
    return f"CASE WHEN {known} THEN COALESCE(crop_revenue_cny_2s, 0) + COALESCE(breeding_revenue_cny_12m, 0) END"


@derived(unit="cny_mu", zh="亩均申请金额", sentences=SENTENCES["requested_cny_mu"], scales_with={"requested_amount": 1})
def requested_cny_mu() -> str:
    """Amount requested per mu sown in the last year."""
    return ratio("requested_cny", "sown_area_mu_2s")
