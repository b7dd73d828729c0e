"""Are the reasons of a decline those of the data, or of the sample that the model happened to learn from?

The model is trained again on bootstrap samples of its subjects (Efron 1979), and the reasons that each of these models
states for the same applicants are compared with its own. The figure is the share of an applicant's reasons that two
models have in common, as in the feature agreement of Krishna et al. 2022; Kalousis et al. 2007 compare the feature sets
of resampled models in the same way. Reasons are compared by their sentences, which is what applicants read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
from scipy import stats

from models import explain
from models.explain import Described, Reason
from models.kind import PdKind, Relearning
from models.predictor import PdPredictor
from models.validation.finding import UNTESTED, Measure

Reasons = Sequence[Sequence[Reason]]  # of each row, strongest first

_SAMPLES = 8
_MOST_EXPLAINED, _MOST_COMPARED = 200, 2_000  # rows
_LEAST_ROWS, _WORST = 10, 3


def by_samples(
    again: Relearning, kind: PdKind, subject: np.ndarray, cut_off_pd: float, catalogue: Mapping[str, Described]
) -> tuple[Reasons, list[Reasons]]:
    """Reasons of declined rows out of time: by the model itself, and by a model of each bootstrap sample.

    Each of those has the cut-off at which it admits as many, so that none of them needs a calibration of its own.

    Args:
        subject: of each training row; a subject is drawn with all its rows.
        catalogue: names in both languages, by feature.
    """
    late, model = again.late, cast(PdPredictor, again.predictor)
    declined = model.predict_pd(late) > cut_off_pd
    rows, compared = _spread(late.loc[declined], _MOST_EXPLAINED), _spread(late, _MOST_COMPARED)
    own = _reasons(model, rows, model.reference(cut_off_pd), catalogue)
    others = (kind.relearnt(each) for each in _samples(again, subject)) if len(own) >= _LEAST_ROWS else ()
    return own, [
        _reasons(other, rows, _reference(other, compared, 1 - declined.mean()), catalogue) for other in others if other
    ]


def _spread(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many rows, evenly spread over all."""
    return rows.iloc[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int))]


def _samples(again: Relearning, subject: np.ndarray) -> Iterator[Relearning]:
    """The same with training rows of as many subjects, drawn with replacement."""
    rng, (names, number) = np.random.default_rng(again.spec.seed), np.unique(subject, return_inverse=True)
    for _ in range(_SAMPLES):
        times = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))[number]
        known = again.known.iloc[np.repeat(np.arange(len(number)), times)]
        yield replace(again, rows=known, development=np.ones(len(known), bool))


def _reference(model: PdPredictor, rows: pd.DataFrame, admitted: float) -> np.ndarray:
    """Average contributions at the margin below which a model has this share of rows."""
    margin = model.margin(rows)
    profile = explain.profile(margin, model.shap_values(rows).to_numpy())
    return profile.at(float(np.quantile(margin, admitted)))


def _reasons(
    model: PdPredictor, rows: pd.DataFrame, reference: np.ndarray, catalogue: Mapping[str, Described]
) -> Reasons:
    return explain.reasons(model.shap_values(rows), rows, reference, catalogue, model.hidden) if len(rows) else []


def shared(own: Reasons, others: Sequence[Reasons]) -> Measure:
    """Mean share of a row's reasons that other models state too; names the features that they leave out most often.

    Rows and models are both samples, and each adds its variance (crossed random effects, Owen 2007). It is judged by
    the upper end of this interval.

    Args:
        own: reasons of each row by the model.
        others: of the same rows, by each other model.
    """
    rows = [row for row, stated in enumerate(own) if stated]
    if len(others) < 2 or len(rows) < _LEAST_ROWS:
        return UNTESTED
    shares = np.array([[_is_stated(own[row], other[row]).mean() for row in rows] for other in others])
    variance = sum(shares.mean(axis=axis).var(ddof=1) / shares.shape[1 - axis] for axis in (0, 1))
    mean, error = float(shares.mean()), float(stats.t.isf(0.025, len(others) - 1) * np.sqrt(variance))
    high = min(mean + error, 1.0)
    return Measure(mean, max(mean - error, 0.0), high, bound=high, where=_least_stable(own, others))


def _is_stated(own: Sequence[Reason], other: Sequence[Reason]) -> np.ndarray:
    return np.isin([reason.en for reason in own], [reason.en for reason in other])


def _least_stable(own: Reasons, others: Sequence[Reasons]) -> tuple[str, ...]:
    """Features whose reasons other models state least often, of those that are a reason of enough rows."""
    pairs = [(mine, stated) for other in others for mine, stated in zip(own, other, strict=True)]
    features = [reason.feature for mine, _ in pairs for reason in mine]
    is_stated = pd.Series(np.concatenate([_is_stated(*pair) for pair in pairs]), index=features)
    by_feature = is_stated.groupby(level=0)
    is_common = by_feature.size() >= _LEAST_ROWS * len(others)
    return tuple(map(str, by_feature.mean()[is_common].nsmallest(_WORST).index))
