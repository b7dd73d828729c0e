"""The questions for a model of any number, in the wording of its report."""

from models.validation.questions import Question, of_family
from models.validation.shared_questions import SHARED_QUESTIONS

REGRESSION_QUESTIONS: dict[str, Question] = (
    SHARED_QUESTIONS
    | of_family(
        "calibration",
        (
            "bias",
            "the mean is true",
            "均值预测准确",
            "what came less what was predicted, on average",
            "实际均值减预测均值",
        ),
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
            "r2",
            "it says more than a constant",
            "优于常数均值",
            "squared error saved against the mean of development (R²)",
            "平方误差较开发样本均值的改进（R²）",
        ),
        ("r2_drop", "it says as much as in time", "跨期改进不弱于建模期", "R² lost out of time", "跨期 R² 下降"),
    )
    | of_family(
        "fairness",
        ("group_bias", "the mean is true in every group", "各受保护群体均值准确", "miss of a group", "群体偏差"),
    )
)
