"""What the loan as it was asked for says in two columns together; single ones stand in `conf/features.yaml`."""

from features.engine.records import ratio
from features.engine.spec import Request

loan = Request("sba__loan")


@loan.feature(unit="ratio", zh="担保比例")
def guaranteed_ratio() -> str:
    """Share of the loan that the SBA guarantees."""
    return ratio("guaranteed_usd", "approved_usd")


# The further the lender, the more defaults: DeYoung, Glennon and Nigro (2008), on loans that the SBA guarantees.
@loan.feature(unit="flag", zh="异地银行", monotone=1)
def is_out_of_state_bank() -> str:
    """Bank of another state."""
    return "bank_state <> borrower_state"
