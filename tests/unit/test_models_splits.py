"""What is learnt from, and in what order."""

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
from models import admission, frames, limit, report, splits


def test_the_latest_rows_are_set_apart_whole_days_at_a_time():
    days = pd.Series(pd.to_datetime(["2024-01-01"] * 3 + ["2024-02-01"] * 3 + ["2024-03-01"] * 2))
    slices = splits.out_of_time(days, Split(oot_share=0.4))
    assert slices.oot.tolist() == [False] * 6 + [True] * 2  # 25 % is nearer to 40 % than 63 %
    assert (slices.development ^ slices.oot).all()
    assert days[slices.development].max() < days[slices.oot].min()


@pytest.mark.parametrize(("early", "late", "nearest"), [(9, 1, "10%"), (1, 9, "90%")])
def test_a_share_that_days_dont_allow_is_refused(early, late, nearest):
    days = pd.Series(pd.to_datetime(["2024-01-01"] * early + ["2024-02-01"] * late))
    with pytest.raises(FieldstoneError) as error:
        splits.out_of_time(days, Split(oot_share=0.25))
    assert str(error.value) == (
        "an out-of-time split of 25% isn't possible: too many of the 10 rows are of the same day, and the "
        "nearest possible share is "
        f"{nearest}; set oot_share to it, or train on rows of more days"
    )


def test_one_day_cant_be_split():
    days = pd.Series(pd.to_datetime(["2024-01-01"] * 4))
    with pytest.raises(FieldstoneError) as error:
        splits.out_of_time(days, Split())
    assert str(error.value) == (
        "an out-of-time split needs labelled rows of at least two days; as_of of 4 rows has 1; train on a longer period"
    )


def test_a_day_of_the_zone_lies_on_one_side():
    hours = pd.Series(pd.date_range("2024-01-01T00:30", periods=96, freq="h", tz="UTC"))  # four days of 24 hours
    for zone, first in (("UTC", "2024-01-04T00:30Z"), ("Asia/Shanghai", "2024-01-03T16:30Z")):
        late = hours[splits.out_of_time(hours.dt.tz_convert(zone), Split(oot_share=0.26)).oot]
        assert late.min() == pd.Timestamp(first)


def test_every_row_is_held_out_once_in_blocks_of_time():
    folds = splits.blocks(11, 3)
    assert np.concatenate([test for _, test in folds]).tolist() == list(range(11))
    assert all(not set(learn) & set(test) and len(learn) + len(test) == 11 for learn, test in folds)


def test_rows_are_ordered_by_time_and_application_whatever_order_they_come_in():
    shuffled = frame().sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(frames.labelled(shuffled, ADMISSION), frames.labelled(frame(), ADMISSION))


def test_booleans_and_gaps_become_numbers():
    rows = pd.DataFrame({"is_a": [True, None, False], "b": pd.array([1, None, 3], dtype="Int64")})
    assert np.array_equal(frames.matrix(rows, ["is_a", "b"]), [[1, 1], [np.nan, np.nan], [0, 3]], equal_nan=True)


def test_text_is_refused_without_showing_it():
    with pytest.raises(FieldstoneError) as error:
        frames.matrix(pd.DataFrame({"crop": ["rice", "maize"]}), ["crop"])
    assert str(error.value) == "feature crop isn't a number (its type is object); features are numeric or boolean"


def test_a_feature_that_the_frame_lacks_is_named():
    spec = ADMISSION.model_copy(update={"features": ("feature_00_cny", "gone_cny")})
    with pytest.raises(FieldstoneError, match=r"the frame has no column for the features \['gone_cny'\]"):
        frames.feature_names(frame(), spec, MONOTONE)


def test_excluding_every_feature_is_refused():
    spec = ADMISSION.model_copy(update={"exclude": tuple(MONOTONE)})
    with pytest.raises(FieldstoneError, match="model admission has no features; name some in conf/models/admission"):
        frames.feature_names(frame(), spec, MONOTONE)


def test_applications_that_come_twice_are_counted_and_refused():
    twice = pd.concat([frame(), frame().head(2)])
    with pytest.raises(FieldstoneError, match="2 of 1502 rows repeat an application_id"):
        frames.labelled(twice, ADMISSION)


def by_chance(rows: pd.DataFrame) -> pd.DataFrame:
    return frames.labelled(rows.assign(as_of=pd.Timestamp("2024-01-01")), ADMISSION.by_chance())


def test_rows_without_a_time_are_parted_by_chance_with_the_label_in_proportion():
    rows = by_chance(frame(2000))
    slices, bad = splits.slices(rows, ADMISSION.by_chance().split), rows[ADMISSION.label]
    share = bad.mean()
    assert slices.oot.sum() == round(len(rows) * ADMISSION.split.oot_share)
    assert abs(bad[slices.oot].mean() - share) < 0.003
    folds = splits.blocks(int(slices.development.sum()), 5)
    assert all(abs(bad[slices.development].iloc[test].mean() - share) < 0.006 for _, test in folds)


def test_what_chance_says_hangs_neither_on_the_order_of_rows_nor_on_a_second_try():
    rows = frame(500)
    again = by_chance(rows.sample(frac=1, random_state=3).reset_index(drop=True))
    assert by_chance(rows)["application_id"].tolist() == again["application_id"].tolist()
    assert again["application_id"].tolist() != sorted(again["application_id"])


def test_a_label_of_many_values_is_stratified_by_its_tenths():
    rows = pd.DataFrame({"income": np.arange(1000.0)})
    last = splits.by_chance(rows, "income", seed=7).tail(100)["income"]
    assert (last // 100).value_counts().between(9, 11).all()


def test_a_model_on_rows_without_a_time_says_so():
    rows = frame(2000).assign(as_of=pd.Timestamp("2024-01-01"))
    result = admission.fit(rows, ADMISSION.by_chance(), MONOTONE)
    assert result.record.as_dict()["split_by"] == "chance"
    assert result.record.metrics["auc_oot"] > 0.6
    assert admission.fit(frame(2000), ADMISSION, MONOTONE).record.as_dict()["split_by"] == "time"


HOUSEHOLD = Grouping(table="farm__member", column="household_no", title=Text(en="household", zh="农户"))
OF_HOUSEHOLDS = st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=20, max_size=80)


def of_households(households: list[int | None]) -> pd.DataFrame:
    n = len(households)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n), unit="D")
    keys = {"application_id": [f"A{i:03d}" for i in range(n)], "as_of": days, ADMISSION.label: np.arange(n) % 2}
    return pd.DataFrame(keys | {splits.TOGETHER: pd.array(households, dtype="Int64")})


@pytest.mark.parametrize("by", ["time", "chance"])
@given(OF_HOUSEHOLDS)
def test_no_household_is_on_both_sides(by, households):
    split = Split(by=by, oot_share=0.3, folds=3, together=HOUSEHOLD)
    rows = frames.labelled(of_households(households), ADMISSION.model_copy(update={"split": split}))
    try:
        slices = splits.slices(rows, split)
        folds = splits.folds(rows, slices, split) + splits.forward_folds(rows, slices, split)
    except FieldstoneError:
        return  # nearly all rows belong together, which is refused
    groups = rows[splits.TOGETHER]
    both = [groups[slices.development].iloc[list(part)] for fold in folds for part in fold]
    sides = [*zip(both[::2], both[1::2], strict=True)]
    if by == "chance":
        sides.append((groups[slices.development], groups[slices.oot]))
    assert all(len(known) and len(test) for known, test in sides)
    assert all(not {*known.dropna()} & {*test.dropna()} for known, test in sides)


def test_people_of_no_known_household_are_each_alone():
    rows = of_households([1, None, 1, None])
    assert splits.kept_together(rows, Split(together=HOUSEHOLD)).tolist() == [0, 2, 0, 4]
    assert splits.kept_together(rows, Split()) is None


def test_a_frame_that_doesnt_say_who_belongs_together_is_refused():
    with pytest.raises(FieldstoneError) as error:
        splits.kept_together(frame(), Split(together=HOUSEHOLD))
    assert str(error.value) == (
        "the frame has no column _together, which states the household of each row: add it from "
        "farm__member.household_no, or leave split.together out"
    )


@pytest.mark.parametrize("by", ["time", "chance"])
def test_models_learn_where_households_are_kept_together_and_the_report_says_so(by):
    split = ADMISSION.split.model_copy(update={"by": by, "together": HOUSEHOLD})
    rows = frame().assign(**{splits.TOGETHER: [i // 2 for i in range(len(frame()))]})
    of_pd, of_limit = (spec.model_copy(update={"split": split}) for spec in (ADMISSION, LIMIT))
    result = admission.fit(rows, of_pd, MONOTONE)
    assert result.record.metrics["auc_oot"] > 0.6
    assert limit.fit(rows, of_limit, MONOTONE).record.metrics["pinball_gain_oot"] > 0
    text = " ".join(re.sub(r"<[^>]+>", "", report.page(result, rows, of_pd, CATALOGUE, {}, currency="CNY")).split())
    of_both = " or of the split" if by == "chance" else ""
    assert f"Rows of one household are never on both sides of a fold{of_both}." in text
    assert ("Not tested out of time" in text) == (by == "chance")


def test_every_known_group_is_left_out_once():
    groups = pd.Series(["a", "b", None, "a", "c"])
    parts = splits.left_out(groups, 2, seed=1)
    assert np.sum(parts, axis=0).tolist() == [1, 1, 0, 1, 1]
    assert all(part[0] == part[3] for part in parts)
    assert len(parts) == 2
    assert splits.left_out(pd.Series(["a", None, "a"]), 2, seed=1) == []
    assert splits.out_of(frame(), Split()) is None


def test_a_row_without_a_subject_is_its_own_applications():
    rows = pd.DataFrame({"application_id": ["a", "b", "c"], "subject_key": ["s", None, None]})
    assert [*frames.owners(rows)] == ["s", "b", "c"]
    assert [*frames.owners(rows[["application_id"]])] == ["a", "b", "c"]
