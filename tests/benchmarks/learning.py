"""Training a PD and explaining rows with it, as Fieldstone does and by the bare calls of XGBoost and SHAP.

Each way returns what `measure` times: a call with the folder of `generate` and a target, which none writes. Both ways
of training boost the same folds of the same rows for as many rounds.
"""

import importlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shap
import xgboost as xgb

from conf.schema import workspace
from conf.schema.model import ModelSpec
from models import admission, frames, splits

FEATURES, ROUNDS = 100, 100
ROWS = "rows.parquet"
NAMES = tuple(f"feature_{j:03d}" for j in range(FEATURES))
DIRECTIONS = tuple((1, -1, 0)[j % 3] for j in range(FEATURES))
MONOTONE = dict(zip(NAMES, DIRECTIONS, strict=True))
AT_ONCE = 50_000  # rows that Fieldstone holds explanations of
_SPEC = workspace.load().models["admission"]
SPEC = _SPEC.model_copy(update={"rounds": ROUNDS, "exclude": (), "joining": None})
TWO = SPEC.model_copy(update={"params": SPEC.params | {"nthread": 2}})
PARAMS = SPEC.params | {"objective": "binary:logistic", "tree_method": "hist", "nthread": 1}

Run = Callable[[Path, Path], None]


def by_fieldstone() -> Run:
    """Split, boost, calibrate, compare with a scorecard, judge and record, all that `fit` does."""
    return _fitted(SPEC)


def by_fieldstone_on_two() -> Run:
    """The same with two threads."""
    return _fitted(TWO)


def _fitted(spec: ModelSpec) -> Run:
    importlib.import_module("models.scorecard")  # as the rest is imported before the clock starts

    def run(folder: Path, _: Path) -> None:
        result = admission.fit(pd.read_parquet(folder / ROWS), spec, MONOTONE)
        if (rounds := result.predictor.booster.num_boosted_rounds()) != ROUNDS:
            raise SystemExit(f"it stopped after {rounds} rounds, so that the bare calls would be others than its own")

    return run


def by_xgboost() -> Run:
    """Boost each fold, scoring what it holds out in each round, then all rows, and explain these."""

    def run(folder: Path, _: Path) -> None:
        rows = pd.read_parquet(folder / ROWS)
        slices = splits.slices(rows, SPEC.split)
        x, bad = frames.matrix(rows, NAMES), rows[SPEC.label].to_numpy(int)
        x, bad = x[slices.development], bad[slices.development]
        params = PARAMS | {"monotone_constraints": DIRECTIONS}
        for learn, test in splits.blocks(len(x), SPEC.split.folds):
            known, test_rows = xgb.DMatrix(x[learn], bad[learn]), xgb.DMatrix(x[test])
            booster = xgb.Booster(params, cache=[known, test_rows])
            for i in range(ROUNDS):
                booster.update(known, i)
                booster.predict(test_rows, output_margin=True)
        booster = xgb.train(params, xgb.DMatrix(x, bad), num_boost_round=ROUNDS)
        booster.predict(xgb.DMatrix(x), pred_contribs=True)

    return run


def explained_by_fieldstone() -> Run:
    """PD and SHAP values of all rows, so many at once."""
    predictor = _predictor()

    def run(folder: Path, _: Path) -> None:
        for part in _parts(folder / ROWS):
            predictor.predict_pd(part)
            predictor.shap_values(part)

    return run


def explained_by_shap() -> Run:
    """SHAP values of all rows by `shap.TreeExplainer`, by the same trees on all processors."""
    explainer = shap.TreeExplainer(xgb.Booster(model_file=_predictor().booster.save_raw("json")))

    def run(folder: Path, _: Path) -> None:
        explainer.shap_values(frames.matrix(pd.read_parquet(folder / ROWS), NAMES))

    return run


def _parts(path: Path) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(path, pre_buffer=False) as file:  # else all that was read stays in memory
        for batch in file.iter_batches(AT_ONCE):
            yield batch.to_pandas()


@cache
def _predictor() -> admission.AdmissionPredictor:
    """One that was approved and read back."""
    fitted = admission.fit(portfolio(10_000), SPEC, MONOTONE).predictor
    return admission.AdmissionPredictor.from_json(fitted.to_json())


def generate(folder: Path, rows: int) -> Path:
    """Write so many loans into a folder of theirs, which is returned."""
    source = folder / f"loans_{rows}"
    source.mkdir(parents=True, exist_ok=True)
    portfolio(rows).to_parquet(source / ROWS, row_group_size=AT_ONCE)
    return source


def portfolio(rows: int) -> pd.DataFrame:
    """Loans in order of time: 100 features, of which twenty tell something; a twentieth of all values is missing."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, FEATURES), np.float32)
    effects = np.where(np.arange(FEATURES) < 20, DIRECTIONS, 0).astype(np.float32) * np.float32(0.3)
    bad = rng.random(rows) < 1 / (1 + np.exp(2.5 - x @ effects))
    x[rng.random(x.shape, np.float32) < 0.05] = np.nan
    keys = {
        "application_id": [f"A{i:010d}" for i in range(rows)],
        "as_of": pd.Timestamp("2023-01-01", tz="UTC") + pd.to_timedelta(np.arange(rows) * 700 // rows, unit="D"),
        SPEC.label: bad.astype(float),
    }
    return pd.DataFrame(keys).join(pd.DataFrame(x, columns=pd.Index(NAMES)))
