"""Sentences for applicants on the application and on debts, see `features.credit`."""

from conf.schema.sentences import LATER, NEVER, NOW, Sentences

_NO_PRODUCT = ("The kind of loan requested isn't known", "申请的贷款品种不详")
_NONE_DUE = ("No instalment that fell due is on record", "无到期还款记录")
_NO_INCOME = ("No income over the last 12 months to hold it against is on record", "近12个月无收入记录可供比较")

SENTENCES = {
    "requested_cny": Sentences(
        NOW,
        high=("The amount requested is high", "申请金额偏高"),
        absent=("The amount requested isn't known", "申请金额不详"),
        fact="amount_requested",
    ),
    "requested_term_months": Sentences(
        NOW,
        high=("The term requested is long", "申请期限偏长"),
        low=("The term requested is short", "申请期限偏短"),
        absent=("The term requested isn't known", "申请期限不详"),
    ),
    "is_mobile_application": Sentences(
        NOW,
        high=("The application was made by mobile phone", "通过手机渠道申请"),
        low=("The application wasn't made by mobile phone", "未通过手机渠道申请"),
        absent=("How the application came in isn't known", "申请渠道不详"),
    ),
    "is_equipment_loan": Sentences(
        NEVER,
        high=("The loan is for farm equipment", "申请的是农机具贷款"),
        low=("The loan isn't for farm equipment", "申请的不是农机具贷款"),
        absent=_NO_PRODUCT,
    ),
    "is_consumer_loan": Sentences(
        NEVER,
        high=("The loan is for consumption", "申请的是消费贷款"),
        low=("The loan isn't for consumption", "申请的不是消费贷款"),
        absent=_NO_PRODUCT,
    ),
    "declined_count": Sentences(
        LATER, high=("Other applications were declined in the {window}", "{window}有贷款申请被拒")
    ),
    "existing_exposure_cny": Sentences(LATER, high=("Much is still owed on loans", "存量贷款余额较高"), fact="debt"),
    "existing_debt_service_cny_month": Sentences(
        LATER, high=("Running loans take much each month", "存量贷款每月还款负担较重"), fact="debt"
    ),
    "running_loan_count": Sentences(
        LATER, high=("Several loans are still running or overdue", "尚有多笔贷款未结清或逾期")
    ),
    "overdue_cny": Sentences(NOW, high=("An amount is overdue", "当前有逾期金额未还")),
    "undue_principal_ratio": Sentences(
        LATER,
        high=("Most of the principal of running loans is still to be repaid", "未到期贷款大部分本金尚未归还"),
        low=("Little of the principal of running loans is still to fall due", "未到期贷款尚未到期的本金占比偏低"),
        absent=("No loan is running that could be looked at", "无未到期贷款可供参考"),
    ),
    "loan_count": Sentences(
        NEVER,
        high=("Many loans were taken before", "历史贷款笔数较多"),
        low=("Few or no loans were taken before", "历史贷款笔数较少或没有"),
    ),
    "largest_loan_cny": Sentences(
        NEVER,
        high=("The largest loan taken before is high", "历史最大单笔贷款金额较高"),
        low=("The largest loan taken before is small", "历史最大单笔贷款金额较低"),
    ),
    "borrowing_months": Sentences(
        LATER,
        high=("The first loan was long ago", "首笔贷款距今时间较长"),
        low=("The first loan was only recently", "首笔贷款距今时间较短"),
        only_grows=True,
    ),
    "max_delay_days": Sentences(
        LATER,
        high=("An instalment was paid late in the {window}", "{window}有还款逾期"),
        absent=_NONE_DUE,
        fact="delay",
    ),
    "late_instalment_ratio": Sentences(
        LATER,
        high=("Instalments were often paid late in the {window}", "{window}还款逾期次数占比较高"),
        absent=_NONE_DUE,
        fact="delay",
    ),
    "punctual_instalment_count": Sentences(
        LATER, low=("Few instalments were paid on time in the {window}", "{window}按期还款次数较少")
    ),
    "repaid_cny": Sentences(
        LATER,
        high=("Much had to be repaid in the {window}", "{window}还款金额较高"),
        low=("Little was repaid in the {window}", "{window}还款金额较低"),
    ),
    "requested_to_income_ratio": Sentences(
        NOW,
        high=("The amount requested is high for the income of the last 12 months", "申请金额相对近12个月收入偏高"),
        absent=_NO_INCOME,
        fact="amount_requested",
    ),
    "instalment_to_income_ratio": Sentences(
        NOW,
        high=("The monthly instalments would be high for the income", "每月应还本金相对收入偏高"),
        absent=_NO_INCOME,
        fact="amount_requested",
    ),
    "debt_service_to_income_ratio": Sentences(
        LATER,
        high=(
            "Repaying running loans takes much of the income of the last 12 months",
            "存量贷款还款占近12个月收入比例偏高",
        ),
        absent=_NO_INCOME,
        fact="debt",
    ),
    "exposure_to_income_ratio": Sentences(
        LATER,
        high=("Much is owed on loans for the income of the last 12 months", "存量贷款余额相对近12个月收入偏高"),
        absent=_NO_INCOME,
        fact="debt",
    ),
    "farm_revenue_cny": Sentences(
        LATER,
        low=("Farm revenue of the last year is low", "近一年种养收入偏低"),
        absent=("No farm revenue of the last year is on record", "近一年无种养收入记录"),
    ),
    "requested_cny_mu": Sentences(
        NOW,
        high=("The amount requested is high for the area sown", "申请金额相对播种面积偏高"),
        low=("The amount requested is low for the area sown", "申请金额相对播种面积偏低"),
        absent=("No sown area of the last year is on record", "近一年无播种面积记录"),
        fact="amount_requested",
    ),
}
