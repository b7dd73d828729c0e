"""The evidence for validating a PD, and all its tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from models import metrics
from models.validation import (
    calibration,
    discrimination,
    evidence,
    fairness,
    grades,
    leakage,
    reason_stability,
    rivals,
    robustness,
    stability,
    weak_parts,
)
from models.validation.evidence import Evidence
from models.validation.finding import Measure, worst
from models.validation.reason_stability import Reasons


@dataclass(frozen=True, kw_only=True)
class PdEvidence(Evidence):
    """Evidence of a PD: `score` returns PDs, and `directions` are those of the PD.

    Attributes:
        bad, pd_: outcome and PD of each row; for development, PDs by folds that left the row out.
        pd_alike: PDs whose spread in time and out of time can be compared, see `pd_model.fit`.
        other_seed: PD out of time by a model with another seed.
        unseen: PD out of time by models that never saw the row's group; NaN if the group isn't known.
        unseen_by_chance: PD out of time by models that left out as many rows, drawn by chance.
        grade_names, grade_bounds: names of the grades, best first, and the highest PD of each.
        cut_off_pd: PD above which an application is declined.
        reasons, other_reasons: reasons of declined rows out of time by the model, and by models of other samples.
    """

    bad: np.ndarray
    pd_: np.ndarray
    pd_alike: np.ndarray
    other_seed: np.ndarray
    unseen: np.ndarray
    unseen_by_chance: np.ndarray
    grade_names: tuple[str, ...]
    grade_bounds: tuple[float, ...]
    cut_off_pd: float
    reasons: Reasons
    other_reasons: Sequence[Reasons]


def measures(of: PdEvidence) -> dict[str, Measure]:
    """Name of a test → its measure; both sides of the split need bad and good rows."""
    return _ranking(of) | _calibration(of) | _grades(of) | _stability(of) | _parts(of) | _robustness(of) | _others(of)


def _ranking(of: PdEvidence) -> dict[str, Measure]:
    late, early = ~of.development, of.development
    bad, pd_ = of.bad[late], of.pd_[late]
    alone = ("auc", "gini", "ks", "lift", "capture", "brier_skill")
    lost = discrimination.auc_loss(of.bad[early], of.pd_[early], bad, pd_)
    return {name: getattr(discrimination, name)(bad, pd_) for name in alone} | {"auc_drop": lost}


def _calibration(of: PdEvidence) -> dict[str, Measure]:
    bad, pd_ = of.bad[~of.development], of.pd_[~of.development]
    alone = ("binomial", "jeffreys", "pd_too_low", "spiegelhalter", "hosmer_lemeshow")
    return {name: getattr(calibration, name)(bad, pd_) for name in alone} | {
        "calibration_in_the_large": calibration.in_the_large(bad, pd_),
        "calibration_slope": calibration.slope(bad, pd_),
    }


def _grades(of: PdEvidence) -> dict[str, Measure]:
    late, names = ~of.development, of.grade_names
    of_all = np.minimum(np.searchsorted(of.grade_bounds, of.pd_, side="left"), len(names) - 1)
    bad, pd_, grade = of.bad[late], of.pd_[late], of_all[late]
    return {
        "grade_calibration": grades.calibration(bad, pd_, grade, names),
        "grade_order": grades.order(bad, grade, names),
        "grade_concentration": grades.concentration(grade, names),
        "migration": grades.migration(of_all, of.subject, of.as_of, late),
    }


def _stability(of: PdEvidence) -> dict[str, Measure]:
    score_psi = stability.psi(of.pd_alike[of.development], of.pd_alike[~of.development])
    return {"score_psi": score_psi} | evidence.of_features(of)


def _parts(of: PdEvidence) -> dict[str, Measure]:
    late = ~of.development
    named = weak_parts.parts(of.x, of.groups)
    here = weak_parts.large(named, late)
    bad, pd_ = of.bad[late], of.pd_[late]
    return {
        "slice_calibration": weak_parts.calibration(bad, pd_, here),
        "slice_ranking": weak_parts.ranking(bad, pd_, here),
        "overfit_region": weak_parts.overfit(of.bad, of.pd_, named, of.development),
        "out_of_group": weak_parts.out_of_group(bad, of.unseen_by_chance, of.unseen),
        "resilience": weak_parts.resilience(bad, pd_, weak_parts.unusual(of.x.loc[of.development], of.x.loc[late])),
    }


def _robustness(of: PdEvidence) -> dict[str, Measure]:
    rows, pd_ = of.x.loc[~of.development], of.pd_[~of.development]
    ranks = partial(metrics.auc, of.bad[~of.development])
    return {
        "noise": robustness.noise(rows, ranks, of.score),
        "missing_values": robustness.missing_values(rows, ranks, of.score),
        "cut_off": robustness.cut_off(pd_, of.cut_off_pd),
        "seed": robustness.seed(pd_, of.other_seed, of.cut_off_pd),
        "grounding": robustness.grounding(rows, of.contributions, pd_ <= of.cut_off_pd, of.score),
        "reason_stability": reason_stability.shared(of.reasons, of.other_reasons),
    } | evidence.of_score(of)


def _others(of: PdEvidence) -> dict[str, Measure]:
    early, late = of.development, ~of.development
    bad, pd_ = of.bad[late], of.pd_[late]
    rival = rivals.logistic_pd(of.x.loc[early], of.bad[early], of.x.loc[late])
    leaks = {
        "single_feature": leakage.single_feature(of.x.loc[early], of.bad[early]),
        "information_value": leakage.information_value(of.x.loc[early], of.bad[early]),
        "post_outcome": leakage.post_outcome(of.x.loc[early], of.bad[early]),
        "both_sides": leakage.both_sides(of.bad, of.pd_, of.subject, early),
    }
    against = {
        "logistic_regression": rivals.logistic_regression(bad, pd_, rival),
        "swap_set": rivals.swap_set(bad, pd_, rival, of.cut_off_pd),
    }
    return _fairness(of) | leaks | evidence.of_rows(of) | against


def _fairness(of: PdEvidence) -> dict[str, Measure]:
    """The worst protected attribute of each test; p-values and bounds aren't corrected for the number of attributes."""
    late = ~of.development
    bad, pd_ = of.bad[late], of.pd_[late]
    columns = [of.protected.loc[late, str(name)] for name in of.protected]
    admitted = pd_ <= of.cut_off_pd
    ratios = [fairness.selection(admitted, each) for each in columns]
    gaps = [fairness.equal_opportunity(admitted, bad, each) for each in columns]
    misses = [fairness.calibration(bad, pd_, each) for each in columns]
    return {
        "selection": worst(ratios, lambda ratio: (-ratio.judged, -ratio.statistic)),
        "equal_opportunity": worst(gaps, lambda gap: (gap.judged, gap.statistic)),
        "group_calibration": worst(misses, lambda miss: (-miss.judged, abs(miss.statistic))),
    }
