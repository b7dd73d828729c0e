"""`make bench-truth`: what was learnt from a county, out of time, against the truth that only the simulator knows.

python -m tests.benchmarks.truth [HOUSEHOLDS]; 50,000 unless told otherwise. It ends with 1 where a target is missed.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from conf.schema.settings import Settings
from lake.engine import open_session
from models import frames, splits
from pipeline.context import Context
from pipeline.registry import tracking, training_data, trainings
from pipeline.releases import champions
from sandbox.county import COUNTY
from tests.integration.truth_of_counties import learnt, record_of, true_applications

FULL = 50_000
MAX_ECE, MAX_AUC_GAP, MAX_COVERAGE_GAP = 0.01, 0.02, 0.02
BINS, FOLDS = 10, 5


def main(households: int) -> int:
    """Generate a county, learn from it and compare; prints each figure with its target."""
    with TemporaryDirectory() as name:
        context = learnt(open_session(Settings(engine="sail")), Path(name), **COUNTY | {"households": households})
        figures = [*of_pd(context), of_capacity(context), of_joining(context)]
    for what, measured, at_most in figures:
        print(f"{households:>7,} households  {what:<44} {measured:.4f}  at most {at_most}", flush=True)
    return int(any(measured > at_most for _, measured, at_most in figures))


def of_pd(context: Context) -> list[tuple[str, float, float]]:
    """The PD's calibration error, and how far its AUC is below the best that its features allow."""
    model, spec = predictor(context, "admission"), context.workspace.model("admission")
    frame, true_pd = training_data.frame(context), true_applications(context)["true_pd"]
    rows = frames.labelled(frame, spec)
    is_late = splits.slices(rows, spec.split).oot
    truth = true_pd.loc[rows["application_id"]].to_numpy()
    best, late_truth = attainable_pd(rows[[*model.features]], truth)[is_late], truth[is_late]
    own = model.predict_pd(rows[is_late])
    areas = {"its own": own, "best with its features": best, "the true PD": late_truth}
    described = ", ".join(f"{name} {expected_auc(late_truth, score):.4f}" for name, score in areas.items())
    print(f"{len(own):,} loans out of time; mean PD {own.mean():.4f}, true {late_truth.mean():.4f}; AUC: {described}")
    gap = expected_auc(late_truth, best) - expected_auc(late_truth, own)
    is_known = frame["label_status"].isin(["good", "bad", "indeterminate"])
    known = frame[is_known & (frame["as_of"] >= rows.loc[is_late, "as_of"].min())]
    has_label, known_truth = known[spec.label].notna().to_numpy(), true_pd.loc[known["application_id"]].to_numpy()
    return [
        ("ECE against the truth", calibration_error(known_truth, has_label, model.predict_pd(known)), MAX_ECE),
        ("AUC below the best with the same features", gap, MAX_AUC_GAP),
    ]


def of_capacity(context: Context) -> tuple[str, float, float]:
    """How far the share of incomes out of time that reach their capacity is from what the spec asks for."""
    aim = 1 - context.workspace.model("limit").quantile
    coverage = record_of(context, "limit")["metrics"]["coverage_oot"]
    print(f"coverage out of time {coverage:.4f}, asked for {aim:.2f}")
    return "coverage of the capacity, off its aim by", abs(coverage - aim), MAX_COVERAGE_GAP


def of_joining(context: Context) -> tuple[str, float, float]:
    """How far below 0 the interval of what joining gains for thin files begins; 0 where the gain is beyond chance."""
    *_, every = record_of(context, "admission")["joining"]["thin"]["sets"]
    gain, low, high = (every["auc"][name] for name in ("gain", "low", "high"))
    print(f"joining gains {gain:.4f} of AUC for thin files ({low:.4f} to {high:.4f})")
    return "gain of joining for thin files, begins below 0 by", max(-low, 0.0), 0.0


def predictor(context: Context, model: str):
    """The predictor of a model's first version, in force or not."""
    client, files = (
        tracking.connect(context.workspace.settings),
        trainings.of(context.trail.entries(), model, "1").files,
    )
    return champions.read(context.workspace, client, model, "1", files)


def attainable_pd(features: pd.DataFrame, truth: np.ndarray) -> np.ndarray:
    """The true PD as far as features tell it: trees learn the PD itself, not the outcome, so that chance adds no noise.

    Each row's is from trees that didn't learn from it.

    Args:
        features: by row.
        truth: the PD that each row's outcome was drawn from.
    """
    learnt_pd = np.empty(len(truth))
    parameters = {"objective": "reg:logistic", "max_depth": 6, "eta": 0.03, "subsample": 0.8, "colsample_bytree": 0.5}
    for learn, test in KFold(FOLDS, shuffle=True, random_state=7).split(features):
        known, unknown = (xgb.DMatrix(features.iloc[part], truth[part]) for part in (learn, test))
        learnt_pd[test] = xgb.train(parameters | {"nthread": 2}, known, 600).predict(unknown)
    return learnt_pd


def expected_auc(truth: np.ndarray, score: np.ndarray) -> float:
    """AUC that a score has on average over outcomes drawn from the true PDs: each row is bad by p and good by 1 - p."""
    is_bad = np.repeat([1, 0], len(truth))
    return float(roc_auc_score(is_bad, np.tile(score, 2), sample_weight=np.concatenate([truth, 1 - truth])))


def calibration_error(truth: np.ndarray, has_label: np.ndarray, score: np.ndarray) -> float:
    """ECE: the mean distance of the PD from the expected bad rate, over ten bins of equal counts of the PD.

    A PD is the share of bads among goods and bads. Loans that are neither are never bad, so that the expected bads of
    a bin are the true PDs of all its loans, and its bad rate is by those that have a label.
    """
    distances = [
        abs(score[rows][has_label[rows]].sum() - truth[rows].sum())
        for rows in np.array_split(np.argsort(score, kind="stable"), BINS)
    ]
    return float(sum(distances) / has_label.sum())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else FULL))
