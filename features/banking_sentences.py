"""Sentences for applicants on cash flow and balances, see `features.banking`."""

from conf.schema.sentences import LATER, Sentences

_NO_INCOME = ("No income over the {window} is on record", "{window}无收入记录")

SENTENCES = {
    "income_cny": Sentences(LATER, low=("Little income was paid in over the {window}", "{window}入账收入偏少")),
    "spending_cny": Sentences(
        LATER,
        high=("Spending over the {window} was high", "{window}支出偏高"),
        low=("Spending over the {window} was low", "{window}支出偏低"),
    ),
    "net_inflow_cny": Sentences(
        LATER,
        low=("Little was left of income after spending over the {window}", "{window}收入扣除支出后结余偏少"),
        fact="left_of_income",
    ),
    "crop_sale_cny": Sentences(
        LATER, low=("Little was paid in for crops over the {window}", "{window}农产品销售收入偏少"), fact="crop_income"
    ),
    "livestock_sale_cny": Sentences(
        LATER,
        low=("Little was paid in for livestock over the {window}", "{window}畜禽销售入账偏少"),
        fact="livestock_income",
    ),
    "wage_cny": Sentences(
        LATER,
        low=("Little was paid in as wages over the {window}", "{window}工资入账偏少"),
    ),
    "input_purchase_cny": Sentences(
        LATER,
        high=("Much was spent on farm inputs over the {window}", "{window}农资采购支出偏多"),
        low=("Little was spent on farm inputs over the {window}", "{window}农资采购支出偏少"),
    ),
    "living_cny": Sentences(
        LATER,
        high=("Living expenses over the {window} were high", "{window}生活支出偏高"),
        low=("Living expenses over the {window} were low", "{window}生活支出偏低"),
    ),
    "subsidy_ratio": Sentences(
        LATER,
        high=("Much of the income over the {window} was subsidies", "{window}补贴占收入比例偏高"),
        low=("Little of the income over the {window} was subsidies", "{window}补贴占收入比例偏低"),
        absent=_NO_INCOME,
    ),
    "repayment_to_income_ratio": Sentences(
        LATER,
        high=("Loan repayments took much of the income over the {window}", "{window}还贷支出占收入比例偏高"),
        absent=_NO_INCOME,
        fact="debt",
    ),
    "mobile_payment_ratio": Sentences(
        LATER,
        high=("Mobile payments were many of the bookings over the {window}", "{window}移动支付笔数占比偏高"),
        low=("Mobile payments were few of the bookings over the {window}", "{window}移动支付笔数占比偏低"),
        absent=("No bookings over the {window} are on record", "{window}无交易记录"),
    ),
    "booking_count": Sentences(
        LATER,
        high=("The account had many bookings over the {window}", "{window}账户交易笔数偏多"),
        low=("The account had few bookings over the {window}", "{window}账户交易笔数偏少"),
    ),
    "largest_income_cny": Sentences(
        LATER,
        high=("The largest single income over the {window} was high", "{window}最大单笔收入偏高"),
        low=("The largest single income over the {window} was low", "{window}最大单笔收入偏低"),
        absent=_NO_INCOME,
    ),
    "sale_months": Sentences(
        LATER, low=("Sales were paid in during few months of the {window}", "{window}有销售入账的月数偏少")
    ),
    "income_volatility_ratio": Sentences(
        LATER, high=("Monthly income over the {window} varied much", "{window}月收入波动较大"), absent=_NO_INCOME
    ),
    "history_months": Sentences(
        LATER, low=("The account shows few months with bookings in the {window}", "{window}账户有交易流水的月份数偏少")
    ),
    "balance_cny": Sentences(LATER, low=("The balance of the accounts is low", "账户余额偏低"), fact="balance"),
    "mean_balance_cny": Sentences(
        LATER,
        low=("The mean balance of the accounts over the {window} was low", "{window}账户月末平均余额偏低"),
        fact="balance",
    ),
    "lowest_balance_cny": Sentences(
        LATER,
        low=("An account was almost empty at a month's end in the {window}", "{window}账户月末最低余额偏低"),
        fact="balance",
    ),
    "account_count": Sentences(
        LATER,
        high=("Many accounts are held at the bank", "在本行账户数量较多"),
        low=("Few accounts are held at the bank", "在本行账户数量较少"),
    ),
    "customer_months": Sentences(
        LATER, low=("The first account at the bank was opened only recently", "在本行开户时间较短")
    ),
    "has_off_farm_job": Sentences(
        LATER,
        low=("No income from a job off the farm is on record", "没有务工收入来源"),
        absent=("It isn't known whether there is a job off the farm", "是否有务工收入来源不详"),
    ),
    "income_trend_ratio": Sentences(
        LATER,
        high=("Income of the last 6 months rose strongly against the 6 before", "近6个月收入较此前6个月大幅上升"),
        low=("Income of the last 6 months fell against the 6 before", "近6个月收入较此前6个月下降"),
        absent=("No income 7 to 12 months ago is on record", "此前6个月无收入记录"),
    ),
    "input_to_sale_ratio": Sentences(
        LATER,
        high=("Farm inputs took much of the sales of the last 12 months", "近12个月农资支出相对销售入账偏高"),
        low=("Farm inputs were low against the sales of the last 12 months", "近12个月农资支出相对销售入账偏低"),
        absent=("No sales over the last 12 months are on record", "近12个月无销售入账记录"),
    ),
    "spending_to_income_ratio": Sentences(
        LATER,
        high=("Spending took much of the income of the last 12 months", "近12个月支出占收入比例偏高"),
        absent=("No income over the last 12 months is on record", "近12个月无收入记录"),
        fact="left_of_income",
    ),
}
