"""The questions that a limit model and a model of any number share, in wording that is true of both.

A capacity is a quantile of income, so a test of a quantile asks the same of both.
"""

from models.validation.questions import Question, of_family

SHARED_QUESTIONS: dict[str, Question] = (
    of_family(
        "coverage",
        (
            "coverage",
            "actual values reach the predicted quantile as often as is meant",
            "实际值达到预测分位数的比例符合目标",
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
            "where more was predicted more came",
            "预测值高者实际值高",
            "rank correlation of predicted with actual values",
            "预测值与实际值的秩相关",
        ),
        (
            "rank_correlation_drop",
            "it ranks as well as in time",
            "跨期排序不弱于建模期",
            "rank correlation lost out of time",
            "跨期秩相关下降",
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
        "weak parts",
        (
            "overfit_region_gain",
            "no part is worse out of time",
            "各子群跨期不变差",
            "largest drop of a part's gain over a constant",
            "子群较常数改进的最大下降",
        ),
        (
            "resilience_gain",
            "of unusual rows it says no less than a linear regression",
            "非常见样本不弱于线性回归",
            "loss saved against a linear regression on the most unusual fifth",
            "最不常见 20% 样本损失较线性回归的改进",
        ),
    )
    | of_family(
        "robustness",
        (
            "noise_gain",
            "small errors in the data change little",
            "小误差影响有限",
            "gain over a constant lost to noise of a tenth",
            "10% 噪声下较常数改进的下降",
        ),
        (
            "missing_values_gain",
            "a tenth missing changes little",
            "缺失 10% 影响有限",
            "gain over a constant lost to missing values",
            "缺失值下较常数改进的下降",
        ),
    )
    | of_family(
        "leakage",
        (
            "feature_correlation",
            "no feature knows the label",
            "无特征单独预知标签",
            "largest rank correlation of one feature alone",
            "单特征与标签的最大秩相关",
        ),
        (
            "both_sides_gain",
            "who was learnt from is predicted no better",
            "见过的主体预测不更好",
            "gain over a constant that subjects seen in development have more",
            "建模样本中已出现主体较常数改进的优势",
        ),
    )
    | of_family(
        "rivals",
        (
            "linear_regression",
            "it says no less than a linear regression",
            "不弱于线性回归",
            "loss saved against a linear regression",
            "损失较线性回归的改进",
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
    )
)
