"""What an application could not know at its moment can't change a byte of its features."""

from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from silver import AS_OF, CONTRACTS, FEATURES, MEMBERSHIP, computed, of_tables, spine, tables
from test_features_values import CASES

from conf.errors import FieldstoneError
from features.assemble import assemble

HISTORY = {
    table: [row for records, _ in CASES.values() for row in records.get(table, [])]
    for table in sorted({table for records, _ in CASES.values() for table in records})
}
NOW = AS_OF.replace(tzinfo=None)
AFTER = st.integers(1, 400 * 86_400_000_000).map(lambda micros: NOW + timedelta(microseconds=micros))
FROM_NOW_ON = st.just(NOW) | AFTER
ANY_TIME = st.integers(-900, 400).map(lambda days: NOW + timedelta(days=days))
LATER = st.one_of(st.tuples(FROM_NOW_ON, ANY_TIME), st.tuples(ANY_TIME, AFTER))


@st.composite
def changed(draw):
    """A record like one of the history's, with other numbers, that happens or becomes known too late."""
    table = draw(st.sampled_from(list(HISTORY)))
    columns = CONTRACTS[table].columns
    record = dict(draw(st.sampled_from(HISTORY[table])))
    for name in [n for n in record if n in columns and columns[n].type.startswith(("decimal", "int", "long"))]:
        if name not in CONTRACTS[table].primary_key:
            record[name] = str(draw(st.integers(1, 99)))
    event, known = draw(LATER)
    record |= {"event_time": str(event), "known_at": str(known), "_row_hash": draw(st.sampled_from("0z"))}
    return table, record


@pytest.fixture(scope="module")
def untouched(spark):
    return repr(computed(spark, HISTORY))


# few and large examples, not shrunk: each is a run of all features
@given(later=st.lists(changed(), min_size=10, max_size=40))
@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
def test_later_records_change_nothing(spark, untouched, later):
    records = {table: list(rows) for table, rows in HISTORY.items()}
    for table, record in later:
        records[table].append(record)
    assert repr(computed(spark, records)) == untouched


def test_the_order_of_records_changes_nothing(spark, untouched):
    assert repr(computed(spark, {table: rows[::-1] for table, rows in HISTORY.items()})) == untouched


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        ({"known_at": "2024-05-10 09:00:00"}, 1),
        ({"known_at": "2024-05-10 09:00:00.000001"}, 0),
        ({"booked_at": "2024-05-10 08:59:59.999999", "known_at": "2024-05-10 09:00:00"}, 1),
        ({"booked_at": "2024-05-10 09:00:00", "known_at": "2024-05-10 09:00:00"}, 0),
    ],
)
def test_a_record_counts_once_it_has_happened_and_is_known(spark, moment, counts):
    earlier = {"booked_at": "2024-01-01", "direction": "out", "category": "living", "amount_cny": "1"}
    last = {"booked_at": "2024-05-09", "direction": "in", "category": "crop_sale", "amount_cny": "5"} | moment
    [row] = computed(spark, {"bank__transaction": [earlier, last]}, features=of_tables("bank__transaction"))
    assert row["crop_sale_cny_3m"] == 5 * counts


PUBLISHED = "2023-07-01"
PLANTED = of_tables("farm__planting")


def harvest(household: str, area: str, **given: str) -> dict[str, str]:
    return {
        "household_no": household, "season": "2022-spring", "crop_code": "rice", "parcel_code": "p1",
        "sown_area_mu": area, "harvest_date": "2022-09-01",
    } | given  # fmt: skip


def test_an_applicant_who_moves_brings_the_new_households_history(spark):
    moves = [
        {"household_no": "h1", "valid_from_date": "2000-01-01", "known_at": "2000-01-01"},
        {
            "household_no": "h1",
            "valid_from_date": "2000-01-01",
            "valid_to_date": "2023-06-01",
            "known_at": "2023-07-01",
        },
        {"household_no": "h2", "valid_from_date": "2023-06-01", "known_at": "2023-07-01"},
    ]
    records = {"farm__planting": [harvest("h1", "3"), harvest("h2", "7")], MEMBERSHIP: moves}
    rows = computed(
        spark,
        records,
        {"application_id": "before", "as_of": "2023-05-31 12:00:00"},
        {"application_id": "not known", "as_of": "2023-06-30 12:00:00"},
        {"application_id": "since", "as_of": "2023-07-01 12:00:00"},
        features=PLANTED,
    )
    assert {row["application_id"]: row["sown_area_mu_2s"] for row in rows} == {"before": 3, "not known": 3, "since": 7}


def test_records_of_any_member_are_the_households(spark):
    records = {"farm__planting": [harvest("h1", "3", subject_key="s2"), harvest("h9", "50")]}
    [row] = computed(spark, records, features=PLANTED)
    assert row["sown_area_mu_6s"] == 3


def test_of_two_households_at_once_the_later_counts(spark):
    both = [{"household_no": h, "valid_from_date": day} for h, day in (("h1", "2001-01-01"), ("h2", "2000-01-01"))]
    records = {"farm__planting": [harvest("h1", "3"), harvest("h2", "7")], MEMBERSHIP: both}
    [row] = computed(spark, records, features=PLANTED)
    assert row["sown_area_mu_6s"] == 3


def test_the_version_known_at_the_moment_counts(spark):
    versions = [harvest("h1", "3", known_at="2022-10-01"), harvest("h1", "4", known_at="2023-05-01")]
    rows = computed(
        spark,
        {"farm__planting": versions},
        {"application_id": "1", "as_of": "2023-04-30"},
        {"application_id": "2", "as_of": "2023-05-01"},
        features=PLANTED,
    )
    assert [row["sown_area_mu_2s"] for row in rows] == [3, 4]


@pytest.mark.parametrize("hashes", ["ab", "ba"])
def test_of_versions_known_at_once_the_row_hash_decides(spark, hashes):
    versions = [harvest("h1", area, _row_hash=digest) for area, digest in zip("34", hashes, strict=True)]
    [row] = computed(spark, {"farm__planting": versions}, features=PLANTED)
    assert row["sown_area_mu_6s"] == {"a": 4, "b": 3}[hashes[0]]


def test_the_last_cycles_are_those_known_last_whatever_their_versions(spark):
    def cycle(number: int, died: str, **given: str) -> dict[str, str]:
        return {
            "species_code": "pig", "cycle_no": str(number), "end_date": f"2023-0{number}-01", "stocked_head": "10",
            "died_head": died,
        } | given  # fmt: skip

    records = [cycle(n, str(n)) for n in range(1, 6)]
    corrected = [cycle(5, "9", known_at="2023-07-01"), cycle(1, "10", known_at="2023-08-01")]
    [row] = computed(spark, {"farm__breeding": records + corrected}, features=of_tables("farm__breeding"))
    assert row["mortality_ratio_3c"] == (3 + 4 + 9) / 30


def test_consents_are_those_of_the_records_used(spark):
    records = {
        "farm__planting": [
            harvest("h1", "3", consent_id="G3"),
            harvest("h1", "3", consent_id="G9", parcel_code="p2", known_at="2025-01-01"),
        ],
        "farm__breeding": [{"species_code": "pig", "cycle_no": "1", "end_date": "2023-01-01", "consent_id": "G1"}],
        "housing__rural_house": [{"house_unit_no": "u", "registered_date": "2020-01-01", "consent_id": "G3"}],
        MEMBERSHIP: [{"valid_from_date": "2001-01-01", "consent_id": "G2"}],
    }  # fmt: skip
    [row] = computed(spark, records)
    assert row["consent_ids"] == ["G1", "G2", "G3"]


@pytest.mark.parametrize("chosen", [["bank__transaction"], ["bank__transaction", "bank__loan", "bank__instalment"]])
def test_all_features_of_a_table_are_one_aggregation(spark, chosen):
    frame = assemble(spine(spark, {}), tables(spark, {}), of_tables(*chosen), CONTRACTS)
    plan = frame._explain_string(extended=True)
    optimised = plan[plan.index("== Optimized Logical Plan ==") : plan.index("== Physical Plan ==")]
    assert optimised.count("Aggregate: ") == len(chosen)
    assert optimised.count("Join: ") == 2 * len(chosen)


def test_missing_tables_columns_and_membership_are_named(spark):
    frames = tables(spark, {})
    with pytest.raises(FieldstoneError, match="features need the tables bank__loan; given are bank__account"):
        assemble(spine(spark, {}), {t: f for t, f in frames.items() if t != "bank__loan"}, FEATURES, CONTRACTS)
    with pytest.raises(FieldstoneError, match=r"the spine lacks channel; it has application_id"):
        assemble(spine(spark, {}).drop("channel"), frames, FEATURES, CONTRACTS)
    with pytest.raises(FieldstoneError, match=r"farm__planting.* belong to households; give the household membership"):
        assemble(spine(spark, {}), frames, FEATURES, CONTRACTS)
