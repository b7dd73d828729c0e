"""Folds are the values of a column where the spec says so."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from portfolio import ADMISSION, CATALOGUE, LIMIT, MONOTONE, frame

from conf.schema.contract import Text
from conf.schema.errors import FieldstoneError
from conf.schema.grouping import Grouping
from conf.schema.model import Split
from models import admission, card, limit, report, splits

SEASON = Grouping(table="farm__planting", column="season", title=Text(en="season", zh="季节"))
HOUSEHOLD = Grouping(table="farm__member", column="household_no", title=Text(en="household", zh="农户"))
WHAT = r"split.folds_by makes one fold for each season \(farm__planting.season\), "


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.integers(0, 20)), min_size=12, max_size=60))
def test_a_row_is_predicted_by_what_learnt_from_other_values_alone(rows):
    seasons, households = zip(*rows, strict=True)
    data = pd.DataFrame({splits.FOLD: seasons, splits.TOGETHER: pd.array(households, dtype="Int64")})
    slices = splits.Slices(*(np.arange(len(rows)) < len(rows) * 0.75, np.arange(len(rows)) >= len(rows) * 0.75))
    split = Split(folds_by=SEASON, together=HOUSEHOLD)
    known = data[slices.development]
    try:
        folds = splits.folds(data, slices, split)
    except FieldstoneError:
        assert known[splits.FOLD].nunique() < 2 or known[splits.TOGETHER].notna().any()
        return
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(known)))
    for learn, test in folds:
        assert known[splits.FOLD].iloc[test].nunique() == 1
        for column in (splits.FOLD, splits.TOGETHER):
            assert not {*known[column].iloc[learn].dropna()} & {*known[column].iloc[test].dropna()}
    for one, other in zip(folds, splits.forward_folds(data, slices, split), strict=True):
        assert all(map(np.array_equal, one, other))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["a", None, "b"], "but 1 of 3 training rows have none; complete the table, or name a column that"),
        (["a", "a", "a"], "and 3 training rows have 1; 2 to 50 are allowed: name another column"),
        ([*range(51)], "and 51 training rows have 51; 2 to 50 are allowed: name another column"),
    ],
)
def test_values_that_make_no_folds_are_refused(values, says):
    with pytest.raises(FieldstoneError, match=WHAT + says):
        splits.by_value(pd.Series(values), SEASON)


def test_a_frame_without_the_column_is_refused():
    spec = ADMISSION.model_copy(update={"split": Split(folds_by=SEASON)})
    with pytest.raises(FieldstoneError, match="the frame has no column _fold, which states the season of each row"):
        admission.fit(frame(), spec, MONOTONE)


CARD = ADMISSION.model_copy(update={"kind": "scorecard", "params": {}})


@pytest.mark.parametrize(("kind", "spec"), [(admission, ADMISSION), (limit, LIMIT), (card, CARD)])
def test_models_learn_in_the_folds_of_a_column(kind, spec):
    rows = frame().assign(**{splits.FOLD: frame()[splits.OUT_OF].str[-1].astype(int) % 3})
    spec = spec.model_copy(update={"split": spec.split.model_copy(update={"folds_by": SEASON})})
    result = kind.fit(rows, spec, MONOTONE)
    page = " ".join(re.sub(r"<[^>]+>", "", report.page(result, rows, spec, CATALOGUE, {}, currency="CNY")).split())
    assert "predicted by a model that learnt from other values of season, whether earlier or later" in page
    if kind is not card:
        assert len(result.record.params["fold_seeds"]) == 3
        assert len([*kind.fold_losses(rows, spec, MONOTONE)]) == 3
        assert "chosen by 3 folds of season within the development rows" in page
