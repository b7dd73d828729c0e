"""The tests of a validation with their thresholds, made from the code and the default thresholds."""

from conf.schema import validation
from models.validation.finding import ALL_QUESTIONS

_HEAD = {"en": "| test | null hypothesis | figure | amber | red |", "zh": "| 检验 | 原假设 | 指标 | 黄 | 红 |"}


def table(language: str) -> str:
    """One row per test, in the order of their families."""
    rules = validation.read(validation.DEFAULT)
    rows = []
    for name, question in ALL_QUESTIONS.items():
        bounds = rules.threshold(name)
        cells = [f"`{name}`", question.null[language], question.says[language], f"{bounds.amber:g}", f"{bounds.red:g}"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([_HEAD[language], "|---|---|---|---|---|", *rows])
