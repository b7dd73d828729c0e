"""What a test of the validation measured, and what it is called by the thresholds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from conf.schema.validation import Validation, Verdict
from models.finding import Finding
from models.validation.limit_questions import LIMIT_QUESTIONS
from models.validation.questions import QUESTIONS, Question
from models.validation.regression_questions import REGRESSION_QUESTIONS

# what is asked of several kinds of model is worded as of a limit, and otherwise where any number is predicted
ALL_QUESTIONS = (
    QUESTIONS | LIMIT_QUESTIONS | {n: q for n, q in REGRESSION_QUESTIONS.items() if n not in LIMIT_QUESTIONS}
)
OF_ANY_NUMBER = ALL_QUESTIONS | REGRESSION_QUESTIONS


@dataclass(frozen=True)
class Measure:
    """What a test measured.

    Attributes:
        statistic: NaN where it couldn't be tested.
        low, high: its 95% interval, of all parts or groups at once where it is judged by the worst one's bound
            (Bonferroni); NaN where it has none.
        p: chance of it, or more, if the null hypothesis were true; it is then what is held against the threshold.
        bound: what is left of the statistic when chance has its due; it is then what is held against the threshold.
        where: the features, grades or groups that stand out, worst first.
    """

    statistic: float
    low: float = float("nan")
    high: float = float("nan")
    p: float | None = None
    bound: float | None = None
    where: tuple[str, ...] = ()

    @property
    def judged(self) -> float:
        """What is held against the threshold."""
        return next(figure for figure in (self.p, self.bound, self.statistic) if figure is not None)


UNTESTED = Measure(float("nan"))


def worst(several: Iterable[Measure], how_bad: Callable[[Measure], tuple[float, float]]) -> Measure:
    """The worst of several measures that could be tested; untested if none could.

    Args:
        how_bad: first by what is judged, then by the figure: chances end at 1 and bounds at 0, so that many are alike.
    """
    return max((each for each in several if not np.isnan(each.judged)), key=how_bad, default=UNTESTED)


def findings(
    measures: Mapping[str, Measure], rules: Validation, questions: Mapping[str, Question] = ALL_QUESTIONS
) -> tuple[Finding, ...]:
    """All tests, held against the rules.

    Args:
        questions: how each is worded, `ALL_QUESTIONS` or `OF_ANY_NUMBER`.

    Raises:
        ContractError: the rules lack the threshold of a test.
    """
    return tuple(judged(name, measure, rules, questions) for name, measure in measures.items())


def judged(
    name: str, measure: Measure, rules: Validation, questions: Mapping[str, Question] = ALL_QUESTIONS
) -> Finding:
    """Hold a measure against the threshold of its test.

    Raises:
        FieldstoneError: the rules have no threshold of that test.
    """
    threshold, question = rules.threshold(name), questions[name]
    verdict = threshold.verdict(measure.judged)
    return Finding(
        name=name,
        family=question.family,
        **{part: getattr(measure, part) for part in ("statistic", "low", "high", "p", "where")},
        null=question.null,
        amber=threshold.amber,
        red=threshold.red,
        verdict=verdict,
        says=_sentence(measure, question.says, verdict),
    )


def _sentence(measure: Measure, says: dict[str, str], verdict: Verdict) -> dict[str, str]:
    if verdict == "not tested":
        return {
            "en": f"{says['en']}: not tested, for want of rows or data.",
            "zh": f"{says['zh']}：样本或数据不足，未检验。",
        }
    span = "" if np.isnan(measure.low) else f" ({measure.low:.3g} – {measure.high:.3g})"
    chance = "" if measure.p is None else f", p = {measure.p:.2g}"
    where = ", ".join(measure.where[:5])
    figure = f"{measure.statistic:.3g}{span}{chance}"
    is_bounded = measure.p is None and measure.bound is not None
    en, zh = (f", judged by {measure.bound:.3g}", f"，按界值 {measure.bound:.3g} 判定") if is_bounded else ("", "")
    return {
        "en": f"{says['en']}: {figure}{en}{f'; {where}' if where else ''}.",
        "zh": f"{says['zh']}：{figure}{zh}{f'；{where}' if where else ''}。",
    }
