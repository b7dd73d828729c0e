"""Scores of batches: worked examples by hand, bounds, and never better for a failure more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract_rows import bronze, sound_row
from hypothesis import given
from hypothesis import strategies as st

from conf.schema import workspace
from expectations import drift, suite
from expectations.checks import failures
from expectations.drift import Bins, Histogram
from expectations.key_checks import copies, numbered, orphans
from expectations.score import DIMENSIONS, Arrival, batch_score, total
from expectations.suite import BatchQuality
from expectations.typed import typed

LOADED = workspace.load()
TRANSFER, TRANSACTION, RULES = (
    LOADED.contracts["farm__land_transfer"],
    LOADED.contracts["bank__transaction"],
    LOADED.inspection,
)
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
ARRIVAL = Arrival(TRANSFER.table, "b1", RECEIVED, {})
SOUND = BatchQuality(100, 0, 0, {}, {}, "b1", RECEIVED, validation=None, late_rows=0)


def scored(quality=SOUND, arrival=ARRIVAL, earlier=(), is_refused=False):
    return batch_score(quality, arrival, TRANSFER, RULES, earlier, is_refused)


BEFORE = scored()


def test_a_sound_batch_scores_a_hundred():
    assert scored().score == 100
    assert scored(earlier=[BEFORE]).score == 100


def test_a_batch_scored_by_hand():
    """Weights 20, 30, 20, 10, 20; of 100 rows and 25 rejected ones."""
    required = [name for name, column in TRANSFER.stored.items() if column.required]
    quality = replace(
        SOUND,
        failed_rows=20,
        copies=5,
        by_reason={"MISSING_VALUE": len(required), "DUPLICATE_KEY": 5},
        by_check={f"{name}.required": 1 for name in required},
        late_rows=10,
    )
    arrival = replace(ARRIVAL, rejected={"RAGGED_ROW": 25}, undeclared_columns=("colour",))
    batch = scored(quality, arrival, [BEFORE])
    assert batch.completeness == pytest.approx(1 - len(required) / (100 * len(required)))
    assert batch.validity == pytest.approx(1 - (20 - 5 + 25) / 125)
    assert batch.timeliness == pytest.approx(0.9)
    assert batch.uniqueness == pytest.approx(0.9)
    assert batch.stability == pytest.approx(1 - 1 / len(TRANSFER.columns))
    expected = 20 * 0.99 + 30 * 0.68 + 20 * 0.9 + 10 * 0.9 + 20 * (1 - 1 / len(TRANSFER.columns))
    assert batch.score == pytest.approx(expected)
    assert batch.failure_share == pytest.approx(45 / 125)
    assert batch.reasons == {"MISSING_VALUE": len(required), "DUPLICATE_KEY": 5, "RAGGED_ROW": 25}


def test_what_is_not_known_does_not_count():
    assert scored(replace(SOUND, late_rows=100)).timeliness is None
    assert scored(replace(SOUND, late_rows=None), earlier=[BEFORE]).score == 100
    nothing = scored(replace(SOUND, rows=0))
    assert [getattr(nothing, name) for name in (*DIMENSIONS, "score")] == [None] * 6


def test_only_columns_that_the_batch_before_had_otherwise_are_unstable():
    agreed = replace(ARRIVAL, undeclared_columns=("city",))
    first = scored(arrival=agreed)
    assert (first.stability, first.changed_columns) == (1, ())
    assert scored(arrival=agreed, earlier=[first]).stability == 1
    changed = scored(arrival=replace(agreed, missing_columns=("is_registered",)), earlier=[first])
    assert changed.changed_columns == ("-is_registered",)
    assert changed.stability == pytest.approx(1 - 1 / len(TRANSFER.columns))


def test_a_score_survives_its_record():
    histogram = Histogram("area_mu", "two bins", (7, 9))
    batch = scored(replace(SOUND, histograms=(histogram,)))
    assert type(batch).of(batch.record()) == batch


SHARE = st.none() | st.floats(0, 1)


@given(st.fixed_dictionaries(dict.fromkeys(DIMENSIONS, SHARE)), st.lists(st.floats(0.1, 100), min_size=5, max_size=5))
def test_a_total_lies_between_nothing_and_a_hundred_and_falls_with_each_dimension(shares, weights):
    weights = dict(zip(DIMENSIONS, weights, strict=True))
    score = total(shares, weights)
    if score is None:
        assert not [share for share in shares.values() if share is not None]
        return
    assert -1e-9 <= score <= 100 + 1e-9
    for name, share in shares.items():
        if share is not None:
            assert total(shares | {name: share / 2}, weights) <= score + 1e-9


COUNTS = st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 20), st.integers(0, 100), st.integers(0, 50))


@given(COUNTS, st.integers(0, 4))
def test_a_failure_more_never_raises_a_score(counts, more):
    def of(failed, copied, torn, late, rejected):
        quality = replace(
            SOUND,
            failed_rows=failed + torn,
            copies=copied,
            by_reason={"BAD_TYPE": failed, "DUPLICATE_KEY": torn},
            by_check={"contract_no.required": failed},
            late_rows=late,
        )
        return scored(quality, replace(ARRIVAL, rejected={"RAGGED_ROW": rejected}), [BEFORE]).score

    worse = [count + (place == more) for place, count in enumerate(counts)]
    assert 0 <= of(*worse) <= of(*counts) <= 100


# drift --------------------------------------------------------------------------------------------------------------


def histogram(*counts) -> Histogram:
    return Histogram("area_mu", "five bins", counts)


def test_the_index_of_the_fields_vector():
    expected, actual = histogram(100, 200, 400, 200, 100), histogram(50, 150, 400, 250, 150)
    assert drift.psi([expected], actual, 500) == pytest.approx(0.08047, abs=5e-6)
    half = histogram(50, 100, 200, 100, 50)
    assert drift.psi([half, half], actual, 500) == pytest.approx(0.08047, abs=5e-6)


def test_too_few_rows_or_another_grid_have_no_index():
    assert drift.psi([histogram(100, 100, 100, 100, 99)], histogram(500, 0, 0, 0, 0), 500) is None
    assert drift.psi([histogram(500, 0, 0, 0, 0)], histogram(100, 100, 100, 100, 99), 500) is None
    assert drift.psi([Histogram("area_mu", "other bins", (500,) * 5)], histogram(*[500] * 5), 500) is None
    assert drift.psi([], histogram(*[500] * 5), 500) is None


def test_a_handful_of_rows_in_a_rare_bin_makes_no_alarm():
    assert drift.psi([histogram(500, 495, 5, 0, 0)], histogram(500, 485, 0, 5, 10), 500) < 0.03


def test_values_that_move_to_where_none_were_make_one():
    constant = histogram(0, 0, 500, 0, 0)
    assert drift.psi([constant], histogram(0, 0, 450, 50, 0), 500) > 0.25
    assert drift.psi([constant], histogram(50, 0, 450, 0, 0), 500) > 0.25
    assert drift.psi([constant], histogram(0, 0, 495, 5, 0), 500) < 0.1
    assert drift.psi([constant], histogram(0, 0, 5000, 0, 0), 500) == 0


@given(st.lists(st.integers(0, 50), min_size=5, max_size=5), st.lists(st.integers(0, 50), min_size=5, max_size=5))
def test_the_index_is_never_negative_and_nothing_for_the_same(one, other):
    index = drift.psi([histogram(*one)], histogram(*other), 1)
    assert index is None or index >= -1e-12
    if sum(one):
        assert drift.psi([histogram(*one)], histogram(*one), 1) == pytest.approx(0)


def test_grids_follow_from_contracts_alone():
    by_column = {bins.column: bins for bins in drift.bins_of(TRANSACTION)}
    assert set(by_column) == {"direction", "amount_cny", "category", "channel"}
    assert by_column["direction"].values == ("in", "out")
    assert by_column["amount_cny"].edges[:5] == (0, 1, 2, 5, 10)
    assert by_column["amount_cny"].edges[-1] == 50_000_000
    for contract in LOADED.contracts.values():
        for bins in drift.bins_of(contract):
            assert list(bins.edges) == sorted(set(bins.edges))
            assert len(bins.edges) <= 40, bins
            assert not contract.columns[bins.column].protected


def judged(spark, contract, rows):
    frame = numbered(failures(typed(bronze(spark, contract, rows), contract), contract))
    return frame.transform(copies, contract).transform(orphans, contract, {})


def test_a_batch_is_counted_in_its_bins_without_rows_that_fail_or_copy(spark):
    amounts = ["0.01"] * 6 + ["1.50"] * 7 + ["99999999"] * 5 + ["10"] * 4 + ["x"] * 9
    rows = [
        sound_row(TRANSACTION) | {"transaction_no": f"T{number:014d}", "amount_cny": amount}
        for number, amount in enumerate(amounts)
    ]
    quality = suite.quality(judged(spark, TRANSACTION, [*rows, rows[0]]), TRANSACTION, min_cell=5)
    by_column = {each.column: each for each in quality.histograms}
    counts = by_column["amount_cny"].counts
    assert {place: count for place, count in enumerate(counts) if count} == {1: 6, 2: 7, len(counts) - 2: 5}
    assert sum(by_column["channel"].counts) == 22


def test_numbers_at_an_edge_fall_alike_whatever_their_type(spark):
    texts = [("0.15",), ("0.22",), ("0.23",), (None,)]
    frame = spark.createDataFrame(texts, "x string").selectExpr("CAST(x AS DECIMAL(10,2)) AS x")
    bins = Bins("x", edges=(0.0, 0.15, 0.22))
    counted = frame.agg(*bins.counters(frame.x.isNull() | frame.x.isNotNull())).first().asDict()
    assert bins.histogram(counted, 4, 1).counts == (0, 1, 1, 1, 1)


def test_rows_that_came_later_than_agreed_are_counted(spark):
    published = ["2025-12-31T00:00:00Z", "2025-12-02T00:00:00Z", "2025-12-01T23:59:59Z", "2025-01-01T00:00:00Z", "?"]
    rows = [
        sound_row(TRANSFER) | {"contract_no": f"500101100220010001J{number:04d}", "published_at": moment}
        for number, moment in enumerate(published)
    ]
    frame = judged(spark, TRANSFER, rows)
    assert suite.quality(frame, TRANSFER, max_delay=timedelta(days=30)).late_rows == 2
    assert suite.quality(frame, TRANSFER).late_rows is None
