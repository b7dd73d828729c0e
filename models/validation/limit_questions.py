"""The questions of a limit model's validation, in the wording of its report."""

from models.validation.questions import Question, of_family
from models.validation.shared_questions import SHARED_QUESTIONS

LIMIT_QUESTIONS: dict[str, Question] = (
    SHARED_QUESTIONS
    | of_family(
        "coverage",
        (
            "coverage_of_range",
            "income reaches the other quantiles as often as is meant",
            "收入达到其余分位数的比例符合目标",
            "largest miss of the low and middle quantile",
            "低分位与中位数覆盖率的最大偏差",
        ),
        (
            "overstated",
            "few earn less than half of their capacity",
            "收入不足还款能力一半者较少",
            "share whose income came to less than half of their capacity",
            "实际收入不足还款能力一半的占比",
        ),
    )
    | of_family(
        "fairness",
        (
            "group_capacity",
            "groups are counted on for alike shares of income",
            "各群体还款能力占收入之比相近",
            "least share of income that a group's capacities come to, over the highest",
            "群体还款能力占收入之比的最低与最高之比",
        ),
    )
)
