"""What a record says of its seeds is enough to make every booster of a fit again, each by itself."""

from functools import partial

import pytest
import xgboost as xgb
from portfolio import ADMISSION, LIMIT, admitted, frame, limited

from models import boosting, frames, functionals, metrics, missing_values, splits


def development(spec):
    rows = frames.labelled(frame(), spec)
    return rows.loc[splits.slices(rows, spec.split).development]


def alone(result, spec, x, label, seed, learn, **options):
    """A booster made by itself, of what the record says and the rows to learn from."""
    record = result.record
    params = {name: record.params[name] for name in spec.params} | {"nthread": 1, "tree_method": "hist", **options}
    params |= {"seed": seed, "seed_per_iteration": True, "monotone_constraints": tuple(record.monotone.values())}
    objective = params.pop("obj", None)
    return xgb.train(params, xgb.DMatrix(x[learn], label[learn]), record.best_iteration + 1, obj=objective)


def predicted(booster, x, sign=1):
    """What a booster says of rows, or the opposite of it."""
    return sign * booster.predict(xgb.DMatrix(x), output_margin=True).astype(float)


def test_figures_in_time_can_be_had_again_from_the_record():
    result, record, rows = admitted(), admitted().record, development(ADMISSION)
    bad = rows[ADMISSION.label].to_numpy(int)
    own = frames.matrix(rows, record.features)
    worst = missing_values.beyond_worst(own, tuple(record.monotone.values()))
    x, folds = missing_values.fill(own, worst), splits.blocks(len(own), ADMISSION.split.folds)
    boosters = [
        alone(result, ADMISSION, x, bad, seed, learn, objective="binary:logistic")
        for seed, (learn, _) in zip(record.params["fold_seeds"], folds, strict=True)
    ]
    margins = missing_values.out_of_fold(own, worst, folds, [partial(predicted, booster) for booster in boosters])
    pd_ = result.predictor.calibration.pd(margins)
    assert metrics.auc(bad, pd_) == pytest.approx(record.metrics["auc_in_time"], abs=1e-12)
    assert metrics.brier(bad, pd_) == pytest.approx(record.metrics["brier_in_time"], abs=1e-12)
    final = alone(result, ADMISSION, x, bad, record.params["booster_seed"], slice(None), objective="binary:logistic")
    final.feature_names = list(record.features)
    assert (
        boosting.to_native(final)["learner"]["gradient_booster"]
        == (boosting.to_native(result.predictor.booster)["learner"]["gradient_booster"])
    )


def test_capacities_in_time_can_be_had_again_from_the_record():
    result, record, rows = limited(), limited().record, development(LIMIT)
    capacity, income = result.predictor.capacity, rows[LIMIT.label].to_numpy(float)
    own = frames.matrix(rows, record.features)
    worst = missing_values.beyond_worst(own, tuple(-each for each in record.monotone.values()))
    x, folds = missing_values.fill(own, worst), splits.blocks(len(own), LIMIT.split.folds)
    label = (income - capacity.centre) / capacity.spread
    params = {"base_score": 0.0, "obj": functionals.smooth_pinball(capacity.level)}
    boosters = [
        alone(result, LIMIT, x, label, seed, learn, **params)
        for seed, (learn, _) in zip(record.params["fold_seeds"], folds, strict=True)
    ]
    shortfall = missing_values.out_of_fold(
        own, worst, folds, [partial(predicted, booster, sign=-1) for booster in boosters]
    )
    again = capacity.centre - capacity.spread * shortfall + capacity.shift
    assert metrics.pinball(income, again, capacity.level) == pytest.approx(record.metrics["pinball_in_time"], rel=1e-9)


def test_no_two_boosters_share_a_seed_and_more_folds_change_none():
    few, many = boosting.seeds(7, 5), boosting.seeds(7, 12)
    assert few == many[:5]
    assert len(set(many) | set(boosting.seeds(8, 12))) == 24
