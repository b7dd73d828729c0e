"""What is missing is no good news: no record taken away lowers a PD or raises a capacity."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolio import ADMISSION, LIMIT, MONOTONE, NAMES, admitted, frame, limited

import models
from conf.schema.errors import FieldstoneError
from conf.schema.model import Split
from models import admission, limit, missing_values

DECLARED = [name for name in NAMES if MONOTONE[name]]
FREE = [name for name in NAMES if not MONOTONE[name]]
QUICK = {"gates": (), "rounds": 20, "split": Split(folds=2)}


def complete() -> pd.DataFrame:
    """Rows that lack nothing."""
    return frame().fillna(dict.fromkeys(NAMES, 0.25))


@cache
def learnt_from_complete():
    """Both models, learnt from rows that lack nothing."""
    return (
        admission.fit(complete(), ADMISSION.model_copy(update=QUICK), MONOTONE).predictor,
        limit.fit(complete(), LIMIT.model_copy(update=QUICK), MONOTONE).predictor,
    )


def pairs():
    """Predictors that learnt from rows with gaps, and from rows without."""
    return (admitted().predictor, limited().predictor), learnt_from_complete()


@settings(max_examples=12)
@given(
    gone=st.sets(st.sampled_from(DECLARED), min_size=1),
    stretch=st.floats(-50, 50),
    first=st.integers(0, 1400),
)
def test_taking_declared_values_away_never_lowers_a_pd_nor_raises_a_capacity(gone, stretch, first):
    rows = frame().iloc[first : first + 60]
    rows = rows.assign(**{name: rows[name] * stretch for name in gone})
    bare = rows.assign(**dict.fromkeys(gone, np.nan))
    for scorer, earner in pairs():
        assert (scorer.predict_pd(bare) >= scorer.predict_pd(rows)).all()
        assert (earner.predict_capacity(bare) <= earner.predict_capacity(rows)).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_was_never_missing_in_training_is_no_good_news_on_average(name):
    scorer, earner = learnt_from_complete()
    rows, bare = complete(), complete().assign(**{name: np.nan})
    assert scorer.predict_pd(bare).mean() >= scorer.predict_pd(rows).mean()
    assert earner.predict_capacity(bare).mean() <= earner.predict_capacity(rows).mean()


@pytest.mark.parametrize("gone", [FREE, DECLARED, list(NAMES), [NAMES[10], NAMES[11]], [NAMES[0], NAMES[2]]])
def test_a_whole_source_that_is_gone_makes_nothing_kinder_on_average(gone):
    scorer, earner = learnt_from_complete()
    rows, bare = complete(), complete().assign(**dict.fromkeys(gone, np.nan))
    assert scorer.predict_pd(bare).mean() > scorer.predict_pd(rows).mean()
    assert earner.predict_capacity(bare).mean() < earner.predict_capacity(rows).mean()


def test_missing_counts_as_worse_than_the_worst_only_where_a_direction_is_declared():
    worst = missing_values.beyond_worst(np.array([[1.0, 5.0, 2.0], [3.0, np.nan, 4.0]]), (1, -1, 0))
    np.testing.assert_array_equal(worst, [6.0, 0.0, np.nan])
    np.testing.assert_array_equal(missing_values.fill(np.full((1, 3), np.nan), worst), [[6.0, 0.0, np.nan]])


def test_a_feature_that_nobody_has_counts_as_one_value():
    empty = frame().assign(**{NAMES[0]: np.nan, NAMES[2]: np.nan})
    predictor = admission.fit(empty, ADMISSION.model_copy(update=QUICK), MONOTONE).predictor
    assert predictor.missing.known[0] == predictor.missing.known[2] == 0
    assert predictor.predict_pd(empty).var() > 0


@pytest.mark.parametrize(
    ("rows", "share", "is_learnt"),
    [
        (1100, 0.06, False),  # 66 rows
        (1650, 0.06, False),
        (1680, 0.06, True),
        (5000, 0.04, False),  # 200 rows, too small a share to weigh
        (100_000, 0.049, False),
        (2000, 0.05, True),
        (190, 0.5, False),
        (200, 0.5, True),
        (90, 1.0, False),
    ],
)
def test_what_missing_means_is_learnt_from_enough_rows_by_share_and_by_number(rows, share, is_learnt):
    x = np.ones((rows, 2), np.float32)
    x[: round(rows * share)] = np.nan
    learnt = missing_values.learnt(x, np.array([np.nan, 5.0]), lambda x: x.sum(axis=1))
    assert learnt.is_learnt == (is_learnt, False)  # where a direction is declared it has a value


def test_trees_learn_what_missing_means_where_enough_rows_lack_a_free_feature():
    scorer, _ = learnt_from_complete()
    assert not any(scorer.missing.is_learnt)
    gaps = admitted().predictor.missing  # some 6 % of a thousand rows
    assert not any(gaps.is_learnt)
    assert gaps.known == pytest.approx([0.94] * len(NAMES), abs=0.03)
    more = frame(3000)
    predictor = admission.fit(more, ADMISSION.model_copy(update=QUICK), MONOTONE).predictor
    assert [name for name, learnt in zip(NAMES, predictor.missing.is_learnt, strict=True) if learnt] == FREE


def test_the_pd_that_scoring_gives_is_calibrated_where_few_rows_lack_what_tells():
    rng, rows = np.random.default_rng(3), complete()
    odds = -2.6 + 0.7 * rows[FREE].sum(axis=1)
    labelled = rows["is_default_12m"].notna()
    rows["is_default_12m"] = (rng.random(len(rows)) < 1 / (1 + np.exp(-odds))).astype(float).where(labelled)
    rows["label_status"] = rows["is_default_12m"].map({0: "good", 1: "bad"}).fillna("immature")
    rows.loc[rng.random(len(rows)) < 0.06, FREE] = np.nan
    result = admission.fit(rows, ADMISSION.model_copy(update=QUICK | {"rounds": 100}), MONOTONE)
    assert not any(result.predictor.missing.is_learnt)
    known = result.scored[result.scored["slice"] == "in_time"]
    scored = result.predictor.predict_pd(rows[rows["application_id"].isin(known["application_id"])])
    assert scored.mean() == pytest.approx(known["bad"].mean(), abs=0.01)


KNOWN = missing_values.Missing(
    costliest=(0.0,) * 3, is_learnt=(False,) * 3, known=(1.0, 0.96, 0.9), nonzero=(1.0, 0.96, 0.5)
)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 19])
def test_few_rows_are_looked_at_for_what_nearly_everybody_had(rows):
    def lacking(**values) -> set[str]:
        columns = pd.DataFrame({name: np.ones(rows) for name in "abc"}).assign(**values)
        return set(missing_values.lacking(KNOWN, ("a", "b", "c"), columns, 0.75))

    assert lacking() == set()
    assert lacking(a=np.nan) == {"a"}
    beyond_chance = {"c"} if rows == 19 else set()  # one in ten lacks the third of himself, but not nineteen
    assert lacking(a=np.nan, b=np.nan, c=np.nan) == {"a", "b"} | beyond_chance
    assert lacking(a=0.0, b=0.0, c=0.0) == {"a", "b"} | beyond_chance
    one = np.where(np.arange(rows) == 0, np.nan, 1.0)
    assert lacking(a=one) == ({"a"} if rows <= 3 else set())  # one of four is known of 75 %


def test_from_twenty_rows_on_chance_is_reckoned_with():
    def lacking(known: int) -> set[str]:
        gaps = np.where(np.arange(20) < known, 1.0, np.nan)
        return set(missing_values.lacking(KNOWN, ("a", "b", "c"), pd.DataFrame(dict.fromkeys("abc", gaps)), 0.75))

    assert lacking(15) == set()
    assert lacking(14) == {"a", "b"}  # fifteen are the least of what all had, and 14.4 of what 96 % had
    assert lacking(8) == {"a", "b"}  # one in ten lacks the third of himself, so of twenty eight may be chance
    assert lacking(0) == {"a", "b", "c"}
    # the few that are known of a rare feature are judged by chance: one that is 0 of the one known stops nobody
    for before, known, zeros, is_lacking in [(0.96, 1, 1, False), (0.96, 3, 1, False), (1.0, 15, 5, True)]:
        values = np.repeat([np.nan, 0.0, 1.0], [40 - known, zeros, known - zeros])
        rare = missing_values.Missing((0.0,), (False,), (known / 40,), (before,))
        assert bool(missing_values.lacking(rare, ("a",), pd.DataFrame({"a": values}), 0.75)) == is_lacking


@pytest.mark.parametrize("otherwise", [np.nan, 0.0])
@pytest.mark.parametrize("share", [1.0, 0.96, 0.95, 0.94, 0.9, 0.5, 0.3])
def test_no_more_rows_let_fewer_be_known(share, otherwise):
    trained = missing_values.Missing((0.0,), (False,), (share if np.isnan(otherwise) else 1.0,), (share,))

    def least(rows: int) -> int:
        frames = (pd.DataFrame({"a": [1.0] * n + [otherwise] * (rows - n)}) for n in range(rows + 1))
        return next(n for n, frame in enumerate(frames) if not missing_values.lacking(trained, ("a",), frame, 0.75))

    passing = [least(rows) for rows in (15, 19, 20, 21, 30)]
    assert passing == sorted(passing)


@pytest.mark.parametrize("fitted", [admitted, limited])
def test_explanations_of_rows_with_nothing_known_add_up(fitted):
    predictor = fitted().predictor
    bare = frame().head(5).assign(**dict.fromkeys(NAMES, np.nan))
    total = predictor.shap_values(bare).sum(axis=1) + predictor.base_value
    np.testing.assert_allclose(total, predictor.margin(bare), rtol=1e-5)


@pytest.mark.parametrize("fitted", [admitted, limited])
def test_a_version_that_does_not_say_what_missing_counts_as_is_refused(fitted):
    document = json.loads(fitted().predictor.to_json())
    del document["missing"]
    with pytest.raises(FieldstoneError, match="doesn't record how missing values are treated"):
        models.predictor_from_json(json.dumps(document))


def test_of_what_was_withheld_the_costliest_is_assumed_and_nothing_else_changes():
    predictor = admitted().predictor
    rows = frame().head(50)
    assumed = predictor.missing.assumed(rows, predictor.features, [NAMES[2]])
    known = rows[NAMES[2]].notna()
    assert (assumed.loc[known, NAMES[2]] == rows.loc[known, NAMES[2]]).all()
    assert assumed[NAMES[2]].notna().all()
    pd.testing.assert_frame_equal(assumed.drop(columns=NAMES[2]), rows[list(NAMES)].drop(columns=NAMES[2]))
