"""Reject inference: the effect on a PD of outcomes inferred for declined applicants.

A PD model learns from people with a loan, and declined applicants differ from them, so it may predict too low a PD for
the declined (Hand and Henley 1993). Two usual methods to infer the unknown outcomes are tried beside the model (Siddiqi
2006, ch. 6). The resulting models are never registered, and no figure is judged by inferred outcomes: only by observed
ones, out of time.
"""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from conf.schema.errors import ContractError
from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import admission, evaluation, frames, metrics, splits
from models.admission import AdmissionPredictor
from models.record import FitResult

LEAST_ROWS = 30  # minimum number of declined rows
_BANDS = 10


def recorded(
    result: FitResult[Any],
    frame: pd.DataFrame,
    declined: pd.DataFrame | None,
    spec: ModelSpec,
    monotone: dict[str, int],
    policy: Policy | None = None,
) -> FitResult[Any]:
    """The same result, with `reject_inference` in its record; as it was where the spec doesn't infer.

    Args:
        result: of `fit`.
        frame, monotone, policy: what `fit` was given.
        declined: `application_id`, `as_of` and the features of those who were declined.

    Raises:
        ContractError: see `require_able`.
    """
    if spec.reject_inference is None or declined is None:
        return result
    require_able(spec)
    predictor = cast(AdmissionPredictor, result.predictor)
    lent, scored = frames.labelled(frame, spec), result.scored
    is_late = scored["slice"].eq("oot").to_numpy(bool)
    was_late = np.zeros(len(declined), bool)
    if not spec.is_by_chance:  # rows without a time have no order
        first = splits.days_of(lent.loc[is_late, "as_of"]).min()
        was_late = (splits.days_of(declined["as_of"]) >= first).to_numpy(bool)
    early, late = declined.loc[~was_late], declined.loc[was_late]
    counted = {"prudence": spec.reject_inference.prudence, "declined": len(early), "declined_late": len(late)}
    if len(early) < LEAST_ROWS:
        return replace(result, record=replace(result.record, reject_inference=counted | {"methods": ()}))
    bad, pd_ = scored["bad"].to_numpy(float), scored["pd"].to_numpy(float)
    known, out_of_fold = bad[~is_late], pd_[~is_late]
    own = predictor.predict_pd(early)
    outcomes = {
        "fuzzy_augmentation": own,
        "parcelling": parcelled(own, out_of_fold, known, spec.reject_inference.prudence, spec.seed),
    }
    learnt_from = pd.concat([lent.loc[~is_late], early], ignore_index=True)
    others = {
        method: admission.reboosted(predictor, learnt_from, np.concatenate([known, inferred]), spec, monotone)
        for method, inferred in outcomes.items()
    }
    cut_off = evaluation.cut_off(policy, out_of_fold)
    methods = [
        {"method": method, **_figures(each, lent.loc[is_late], bad[is_late], late, cut_off)}
        for method, each in {"none": predictor, **others}.items()
    ]
    figures = counted | {"bad_rate": float(bad[is_late].mean()), "cut_off": cut_off, "methods": tuple(methods)}
    return replace(result, record=replace(result.record, reject_inference=figures))


def require_able(spec: ModelSpec) -> None:
    """Refuse a spec that infers with a kind of model that doesn't learn from outcomes between good and bad.

    Raises:
        ContractError: the spec does.
    """
    if spec.reject_inference and spec.kind != "admission":
        raise ContractError(
            f"model {spec.name} declares reject_inference, which only kind: admission supports, and its kind is "
            f"{spec.kind}: take reject_inference out of its spec"
        )


def parcelled(declined: np.ndarray, lent: np.ndarray, bad: np.ndarray, prudence: float, seed: int) -> np.ndarray:
    """Outcomes drawn for the declined: bad in each band as often as the lent of that band, times `prudence`.

    Bands hold a tenth each of the lent by PD; whoever's PD lies beyond theirs is of the last one.

    Args:
        declined: PDs of shape (declined,).
        lent, bad: PDs and outcomes of shape (lent,).

    Returns:
        0 or 1, of shape (declined,).
    """
    edges = metrics.quantile_edges(lent, _BANDS)
    band_of_lent, band = metrics.binned(lent, edges), metrics.binned(declined, edges)
    rates = pd.Series(bad).groupby(band_of_lent).mean().reindex(range(len(edges) + 1), fill_value=float(bad.mean()))
    drawn = np.random.default_rng(seed).random(len(declined))
    return (drawn < np.minimum(rates.to_numpy()[band] * prudence, 1)).astype(float)


def _figures(
    predictor: AdmissionPredictor, lent: pd.DataFrame, bad: np.ndarray, declined: pd.DataFrame, cut_off: float
) -> dict[str, float | None]:
    """Figures of rows out of time: ranking and mean PD of the lent, and predictions of the declined."""
    of_lent = predictor.predict_pd(lent)
    of_declined = predictor.predict_pd(declined) if len(declined) else None
    return {
        "auc": float(metrics.auc(bad, of_lent)),
        "mean_pd": float(of_lent.mean()),
        "mean_pd_declined": None if of_declined is None else float(of_declined.mean()),
        "admitted_share_declined": None if of_declined is None else float((of_declined <= cut_off).mean()),
    }
