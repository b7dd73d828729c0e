"""The questions for a model of any number, in the wording of its report."""

from models.validation.questions import Question, of_family

_TRUE_MEAN = ("the mean is true", "均值预测准确")

REGRESSION_QUESTIONS: dict[str, Question] = (
    of_family(
        "coverage",
        (
            "coverage",
            "the label reaches the quantile as often as is meant",
            "标签达到预测分位数的比例符合目标",
            "share that reached its quantile less what is meant",
            "覆盖率与目标之差",
        ),
        (
            "coverage_by_band",
            "the quantile is true at every level",
            "各预测档次覆盖率符合目标",
            "largest miss of a fifth by prediction, from the lowest",
            "按预测值五等分的最大偏差",
        ),
        (
            "coverage_by_part",
            "the quantile is true in every part",
            "各子群覆盖率符合目标",
            "largest miss of a part",
            "子群最大偏差",
        ),
    )
    | of_family(
        "calibration",
        ("bias", *_TRUE_MEAN, "what came less what was predicted, on average", "实际均值减预测均值"),
        (
            "bias_by_band",
            "the mean is true at every level",
            "各预测档次均值准确",
            "miss of a fifth by prediction, from the lowest",
            "按预测值五等分的偏差",
        ),
        ("bias_by_part", "the mean is true in every part", "各子群均值准确", "miss of a part", "子群偏差"),
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
            "r2",
            "it says more than a constant",
            "优于常数均值",
            "squared error saved against the mean of development (R²)",
            "平方误差较开发样本均值的改进（R²）",
        ),
        ("r2_drop", "it says as much as in time", "跨期改进不弱于建模期", "R² lost out of time", "跨期 R² 下降"),
        (
            "rank_correlation",
            "where more was predicted more came",
            "预测值高者实际值高",
            "rank correlation of prediction with label",
            "预测与标签的秩相关",
        ),
    )
    | of_family(
        "stability",
        (
            "prediction_psi",
            "predictions are spread as in time",
            "预测值分布稳定",
            "PSI of the predictions",
            "预测值 PSI",
        ),
    )
    | of_family(
        "fairness",
        (
            "group_coverage",
            "the quantile is true in every group",
            "各受保护群体覆盖率符合目标",
            "largest miss of a group",
            "群体最大偏差",
        ),
        ("group_bias", "the mean is true in every group", "各受保护群体均值准确", "miss of a group", "群体偏差"),
    )
)
