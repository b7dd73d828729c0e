"""The measures of a validation's tests, and the findings that follow from them by the thresholds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from conf.schema.html_pages import with_minus
from conf.schema.validation import Validation, Verdict
from models.finding import Finding
from models.validation import part_names
from models.validation.limit_questions import LIMIT_QUESTIONS
from models.validation.questions import QUESTIONS
from models.validation.regression_questions import REGRESSION_QUESTIONS

ALL_QUESTIONS = QUESTIONS | LIMIT_QUESTIONS | REGRESSION_QUESTIONS


@dataclass(frozen=True)
class Measure:
    """The result of a test.

    Attributes:
        statistic: measured figure; NaN if it couldn't be tested.
        low, high: 95% interval; for a test judged by its worst part or group, over all of them (Bonferroni); NaN if
            there is none.
        p: probability of such a statistic, or a more extreme one, under the null hypothesis; if set, it is compared
            with the threshold.
        bound: part of the statistic that chance doesn't explain; if set, it is compared with the threshold.
        where: notable features, grades or groups, worst first.
    """

    statistic: float
    low: float = float("nan")
    high: float = float("nan")
    p: float | None = None
    bound: float | None = None
    where: tuple[str, ...] = ()

    @property
    def judged(self) -> float:
        """The figure that is compared with the threshold."""
        return next(figure for figure in (self.p, self.bound, self.statistic) if figure is not None)


UNTESTED = Measure(float("nan"))


def exact_share(hits: int, n: int, confidence: float = 0.95) -> Measure:
    """A share of rows with its exact interval (Clopper and Pearson 1934)."""
    low, high = stats.binomtest(hits, n).proportion_ci(confidence, method="exact")
    return Measure(hits / n, float(low), float(high))


def proven_share(hits: int, n: int) -> Measure:
    """The same, judged by its lower bound: what chance doesn't explain."""
    of_rows = exact_share(hits, n)
    return replace(of_rows, bound=of_rows.low)


def worst(several: Iterable[Measure], how_bad: Callable[[Measure], tuple[float, float]]) -> Measure:
    """The worst of several measures that could be tested; an untested one if none could.

    Args:
        how_bad: order of measures: first by the judged figure, then by the statistic, because many probabilities are
            equal at 1 and many bounds at 0.
    """
    return max((each for each in several if not np.isnan(each.judged)), key=how_bad, default=UNTESTED)


def findings(measures: Mapping[str, Measure], rules: Validation) -> tuple[Finding, ...]:
    """The findings of all tests, by the thresholds of the rules.

    Raises:
        ContractError: the rules lack the threshold of a test.
    """
    return tuple(judged(name, measure, rules) for name, measure in measures.items())


def judged(name: str, measure: Measure, rules: Validation) -> Finding:
    """Compare a measure with the threshold of its test.

    Raises:
        FieldstoneError: the rules have no threshold of that test.
    """
    threshold, question = rules.threshold(name), ALL_QUESTIONS[name]
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
    where_zh = "、".join(map(part_names.in_chinese, measure.where[:5]))
    figure = with_minus(f"{measure.statistic:.3g}{span}{chance}")
    is_bounded = measure.p is None and measure.bound is not None
    en, zh = (f", judged by {measure.bound:.3g}", f"，按界值 {measure.bound:.3g} 判定") if is_bounded else ("", "")
    return {
        "en": f"{says['en']}: {figure}{en}{f'; {where}' if where else ''}.",
        "zh": f"{says['zh']}：{figure}{zh}{f'；{where_zh}' if where else ''}。",
    }
