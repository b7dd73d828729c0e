"""Why an applicant lies beyond a cut-off: at most four reasons, from the SHAP values of the model that scored.

SHAP values explain a margin against the average of the training set. An applicant wants to know something else: what
separates me from those who are just accepted? So each contribution is held against what that feature contributes, on
average, for applicants at the cut-off (the reference). Because references add up to the cut-off, the differences add
up to the applicant's distance from it:

    margin - cut-off = sum over features of (contribution - reference)

The features with the largest positive differences are the reasons. Official commentary on Reg B (12 CFR 1002.9(b)(2),
comment 5) accepts reasons that compare the applicant with those at or slightly above the minimum passing score.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conf.schema.loan_request import Follows, Repaid
from conf.schema.sentences import Changeability, Sentences
from models.adverse_direction import AdverseDirection

MOST_REASONS = 4
_TIME = ("days", "months")
_KNOTS = np.array([0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98])
_NEIGHBOURS = 0.25  # share of applicants that stand for those at a knot; never so few that one can be told


class Described(Protocol):
    """The part of a catalogue entry that a reason needs, see `features.engine.feature_set.FeatureColumn`."""

    @property
    def window(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def en(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def monotone(self) -> int: ...
    @property
    def sentences(self) -> Sentences | None: ...
    @property
    def follows(self) -> Follows: ...
    @property
    def repaid(self) -> Repaid | None: ...


@dataclass(frozen=True)
class Profile:
    """The average contribution of each feature for applicants with a given margin.

    Attributes:
        margins: knots, rising, of shape (knots,).
        contributions: of shape (knots, features); with the base value each row adds up to its knot.
    """

    margins: np.ndarray
    contributions: np.ndarray

    def at(self, margin: float) -> np.ndarray:
        """Average contributions at a margin, linear between the knots and beyond them."""
        left = np.clip(np.searchsorted(self.margins, margin) - 1, 0, len(self.margins) - 2)
        (low, high), (start, end) = self.margins[left : left + 2], self.contributions[left : left + 2]
        return start + (end - start) * (margin - low) / (high - low)

    def as_dict(self) -> dict[str, Any]:
        """Plain lists, for JSON."""
        return {name: values.tolist() for name, values in vars(self).items()}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The profile in a predictor's JSON document."""
        return cls(**{name: np.array(values) for name, values in document["profile"].items()})


def profile(margin: np.ndarray, contributions: np.ndarray) -> Profile:
    """Smooth contributions over the margin, by local linear regression at quantiles of it.

    A linear smoother that reproduces straight lines keeps sums: the smoothed contributions add up to the knot.

    Args:
        margin: of shape (rows,).
        contributions: of shape (rows, features), without the base value.
    """
    knots = np.unique(np.quantile(margin, _KNOTS))
    if len(knots) == 1:  # all applicants are the same: distribute the distance evenly
        steps = np.array([[-1.0], [1.0]])
        return Profile(knots + steps[:, 0], contributions.mean(axis=0) + steps / contributions.shape[1])
    return Profile(knots, np.array([_smoothed(knot, margin, contributions) for knot in knots]))


def importance(contributions: pd.DataFrame) -> dict[str, float]:
    """Mean absolute contribution by feature, largest first."""
    mean = pd.Series(contributions.abs().mean())
    ranked = mean.sort_values(ascending=False, kind="stable")
    return {str(name): float(value) for name, value in ranked.items()}


def _smoothed(knot: float, margin: np.ndarray, contributions: np.ndarray) -> np.ndarray:
    distance = np.abs(margin - knot)
    width = max(np.quantile(distance, _NEIGHBOURS), 1e-9)
    is_near = distance < width
    # tricube weights (Cleveland 1979), which are 0 farther off
    root: NDArray[np.float64] = np.sqrt((1 - (distance[is_near] / width) ** 3) ** 3)
    design = np.column_stack([np.ones_like(root), margin[is_near] - knot])
    level = np.linalg.pinv(design * root[:, None])[0]  # of the line at its knot, by least squares
    return level * root @ contributions[is_near]


@dataclass(frozen=True)
class Reason:
    """One driver of a decision: the feature, the size of its effect against the applicant, and its text.

    Attributes:
        change: whether the household can change it; None where that isn't declared.
    """

    feature: str
    excess: float
    en: str
    zh: str
    change: Changeability | None = None


def reasons(
    contributions: pd.DataFrame,
    values: pd.DataFrame,
    reference: np.ndarray,
    catalogue: Mapping[str, Described],
    hidden: Collection[str] = (),
    adverse: AdverseDirection = lambda row, name: 0,
) -> list[list[Reason]]:
    """Reasons of applicants beyond a cut-off, strongest first, at most four.

    A reason is a fact that pushes beyond the cut-off and also raises this person's own risk above the average. If no
    fact does both, the reasons are the facts that raise the risk above the average; if there are none either, because
    the cut-off lies below the average, they are the facts that push beyond the cut-off. So every person beyond it has
    a reason, unless all candidates are hidden.

    Several features may state one fact: the windows of a feature, and features that name the same `fact` in their
    sentences. How a model shares an effect out among them is chance, their sum is not: SHAP values of features add up
    to those of groups (Aas et al. 2021). So facts are ranked by their sums, and the feature that weighs most among
    those of a fact has its sentence told. Facts with the same sentence (no record in a table) count once.

    Args:
        contributions: SHAP values, one column per feature; more is worse for the applicant. Who is beyond the cut-off
            is for the caller to say: whoever isn't has no adverse reasons.
        values: the feature values of the same rows; a missing one reads as "no record".
        reference: contributions at the cut-off, `AdmissionPredictor.reference(pd)`.
        catalogue: names in both languages, by feature.
        hidden: features that must never be given as a reason: protected ones and their proxies.
        adverse: which way a feature without a declared direction counts against a row of `values`.
    """
    names, own = [*contributions.columns], contributions.to_numpy()
    excess, facts = own - reference, _facts(names, catalogue, hidden)
    return [
        distinct(
            _reason(names[j], effect, entry := catalogue[names[j]], _side(entry, values.iloc[[i]], names[j], adverse))
            for j, effect in _drivers(excess[i], own[i], facts)
        )
        for i in range(len(own))
    ]


def _facts(names: Sequence[str], catalogue: Mapping[str, Described], hidden: Collection[str]) -> list[NDArray[np.intp]]:
    """Positions of the features of each fact, without those that are hidden."""
    facts: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        entry = catalogue[name]
        if name not in hidden:
            fact = (entry.sentences and entry.sentences.fact) or name.removesuffix(f"_{entry.window}")
            facts.setdefault(fact, []).append(position)
    return [np.array(positions) for positions in facts.values()]


def _drivers(excess: np.ndarray, own: np.ndarray, facts: Sequence[NDArray[np.intp]]) -> Iterator[tuple[int, float]]:
    """Facts against a person beyond the cut-off, strongest first: the feature that weighs most, and its effect."""
    beyond, above = (np.array([weights[features].sum() for features in facts]) for weights in (excess, own))
    for effects, weights in ((np.where(above > 0, beyond, 0), excess), (above, own), (beyond, excess)):
        if (effects > 0).any():
            for fact in map(int, np.argsort(-effects, kind="stable")[: np.sum(effects > 0)]):
                yield int(facts[fact][np.argmax(weights[facts[fact]])]), float(effects[fact])
            return


def distinct(reasons: Iterable[Reason]) -> list[Reason]:
    """The first distinct reasons, at most four: each feature once, and each sentence once."""
    kept: list[Reason] = []
    for reason in reasons:
        if not any(reason.feature == other.feature or reason.en == other.en for other in kept):
            kept.append(reason)
        if len(kept) == MOST_REASONS:
            break
    return kept


def _side(entry: Described, row: pd.DataFrame, name: str, adverse: AdverseDirection) -> str:
    """The side of `Sentences` on which a feature counts against a person; empty if it does so only with others."""
    value = row[name].iloc[0]
    if pd.isna(value):
        return "absent"
    if entry.monotone == 0 and entry.unit == "flag":
        return "high" if value else "low"
    return {1: "high", -1: "low", 0: ""}[entry.monotone or adverse(row, name)]


def _reason(name: str, excess: float, entry: Described, side: str) -> Reason:
    """A reason in the feature's own sentence, or, if none is declared, in one made from its label."""
    change = entry.sentences.change_of(side) if entry.sentences else None
    if entry.sentences and side and (sentence := getattr(entry.sentences, side)):
        return Reason(name, excess, sentence[0], sentence[1] if len(sentence) > 1 else "", change)
    en, zh = _wording(entry, side)
    return Reason(name, excess, f"{entry.en}: {en}", f"{entry.zh}：{zh}", change)


def _wording(entry: Described, side: str) -> tuple[str, str]:
    if side == "absent":
        return "no record", "无记录"
    if entry.sentences or not side:
        return "unfavourable together with other facts", "与其他情况综合考虑后较为不利"
    if entry.unit == "flag":
        return ("yes", "是") if side == "high" else ("no", "否")
    if entry.unit in _TIME:
        return ("too long", "偏长") if side == "high" else ("too short", "偏短")
    return ("too high", "偏高") if side == "high" else ("too low", "偏低")
