"""The questions of a limit model's validation, in the wording of its report."""

from models.validation.questions import Question, of_family

LIMIT_QUESTIONS: dict[str, Question] = (
    of_family(
        "coverage",
        (
            "coverage",
            "income reaches the capacity as often as is meant",
            "收入达到还款能力的比例符合目标",
            "share that reached its capacity less what is meant",
            "收入覆盖率与目标之差",
        ),
        (
            "coverage_of_range",
            "income reaches the other quantiles as often as is meant",
            "收入达到其余分位数的比例符合目标",
            "largest miss of the low and middle quantile",
            "低分位与中位数覆盖率的最大偏差",
        ),
        (
            "coverage_by_band",
            "the capacity is true at every level",
            "各还款能力档次覆盖率符合目标",
            "largest miss of a fifth by capacity, from the lowest",
            "按还款能力五等分的最大偏差",
        ),
        (
            "coverage_by_part",
            "the capacity is true in every part",
            "各子群覆盖率符合目标",
            "largest miss of a part",
            "子群最大偏差",
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
        "accuracy",
        (
            "pinball_gain",
            "it says more than a constant",
            "优于常数分位",
            "pinball loss saved against a constant quantile",
            "分位数损失较常数的改进",
        ),
        (
            "pinball_gain_drop",
            "it says as much as in time",
            "跨期改进不弱于建模期",
            "gain lost out of time",
            "跨期改进下降",
        ),
        (
            "rank_correlation",
            "who earns more has more capacity",
            "收入高者还款能力高",
            "rank correlation of capacity with income",
            "还款能力与收入的秩相关",
        ),
    )
    | of_family(
        "stability",
        (
            "capacity_psi",
            "capacities haven't moved",
            "还款能力分布稳定",
            "PSI of the capacity",
            "还款能力 PSI",
        ),
    )
    | of_family(
        "fairness",
        (
            "group_coverage",
            "the capacity is true in every group",
            "各受保护群体覆盖率符合目标",
            "largest miss of a group",
            "群体最大偏差",
        ),
        (
            "group_capacity",
            "groups are counted on for alike shares of income",
            "各群体还款能力占收入之比相近",
            "least share of income that a group's capacities come to, over the highest",
            "群体还款能力占收入之比的最低与最高之比",
        ),
    )
)
