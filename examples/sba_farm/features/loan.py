"""The loan as it was asked for: its amount and guarantee, and the business. Nothing that is known only afterwards.

A code that the SBA's dictionary doesn't explain gives null, not 0: unknown isn't "no".
"""

from features.engine.records import ratio
from features.engine.spec import Request

loan = Request("sba__loan")


@loan.feature(unit="usd", zh="批准金额")
def approved_usd() -> str:
    """Amount approved."""
    return "approved_usd"


@loan.feature(unit="ratio", zh="担保比例")
def guaranteed_ratio() -> str:
    """Share of the loan that the SBA guarantees."""
    return ratio("guaranteed_usd", "approved_usd")


@loan.feature(unit="count", zh="员工数")
def employee_count() -> str:
    """Employees of the business."""
    return "employee_count"


@loan.feature(unit="count", zh="拟新增岗位数")
def jobs_created_count() -> str:
    """Jobs that the loan is to create."""
    return "jobs_created_count"


@loan.feature(unit="count", zh="拟保留岗位数")
def jobs_retained_count() -> str:
    """Jobs that the loan is to keep."""
    return "jobs_retained_count"


@loan.feature(unit="flag", zh="新设企业", monotone=1)
def is_new_business() -> str:
    """New business."""
    return "CASE business_age_code WHEN '2' THEN 1 WHEN '1' THEN 0 END"


@loan.feature(unit="flag", zh="循环额度", monotone=1)
def is_revolving() -> str:
    """Revolving line of credit."""
    return "CASE revolving_code WHEN 'Y' THEN 1 WHEN 'N' THEN 0 END"


@loan.feature(unit="flag", zh="简化材料申请")
def is_low_doc() -> str:
    """Applied for on one page (LowDoc)."""
    return "CASE low_doc_code WHEN 'Y' THEN 1 WHEN 'N' THEN 0 END"


@loan.feature(unit="flag", zh="城镇")
def is_urban() -> str:
    """Business in an urban place."""
    return "CASE urban_rural_code WHEN '1' THEN 1 WHEN '2' THEN 0 END"


# The further the lender, the more defaults: DeYoung, Glennon and Nigro (2008), on loans that the SBA guarantees.
@loan.feature(unit="flag", zh="异地银行", monotone=1)
def is_out_of_state_bank() -> str:
    """Bank of another state."""
    return "bank_state <> borrower_state"
