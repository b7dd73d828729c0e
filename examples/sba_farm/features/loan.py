"""Features from two columns of the requested loan; features of a single column are in `conf/features.yaml`."""

from conf.schema.sentences import NEVER, NOW, Sentences
from features.engine.records import ratio
from features.engine.spec import Request

loan = Request("sba__loan")


@loan.feature(
    unit="ratio",
    zh="担保比例",
    sentences=Sentences(
        NEVER,
        high=("The SBA guarantees much of the loan", "担保比例偏高"),
        low=("The SBA guarantees little of the loan", "担保比例偏低"),
        absent=("The share that the SBA guarantees isn't known", "担保比例不详"),
    ),
)
def guaranteed_ratio() -> str:
    """Share of the loan that the SBA guarantees."""
    return ratio("guaranteed_usd", "approved_usd")


# More distant lenders see more defaults: DeYoung, Glennon and Nigro (2008), on loans that the SBA guarantees.
@loan.feature(
    unit="flag",
    zh="异地银行",
    monotone=1,
    sentences=Sentences(
        NOW,
        high=("The lending bank is in another state", "贷款银行位于外州"),
        absent=("The state of the bank or of the business isn't known", "银行或企业所在州不详"),
    ),
)
def is_out_of_state_bank() -> str:
    """Bank of another state."""
    return "bank_state <> borrower_state"
