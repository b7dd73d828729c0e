"""What an application could not know at its moment can't change a byte of its features."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from silver import AS_OF, CONTRACTS, FEATURES, HOME, MEMBERSHIP, computed, of_columns, of_tables, spine, tables
from test_features_values import CASES

from conf.schema.errors import FieldstoneError
from features.engine.assemble import assemble

HISTORY = {
    table: [row for records, _ in CASES.values() for row in records.get(table, [])]
    for table in sorted({table for records, _ in CASES.values() for table in records})
} | {MEMBERSHIP: [HOME]}
NOW = AS_OF.replace(tzinfo=None)
WORLDS = 40


def later_row(random: Random, number: int) -> tuple[str, dict[str, str]]:
    """A record like one of the history, changed: a version that is known too late, or one that happens later."""
    table = random.choice(list(HISTORY))
    contract = CONTRACTS[table]
    record = dict(random.choice(HISTORY[table]))
    for name in [n for n in record if contract.columns.get(n) and n not in contract.primary_key]:
        if contract.columns[name].type.startswith(("decimal", "int", "long")):
            record[name] = str(random.randint(1, 99))
    if table == MEMBERSHIP:
        record |= random.choice(({"valid_to_date": "2015-01-01"}, {"household_no": "of another"}))
    after = NOW + timedelta(microseconds=random.choice((0, 1, random.randint(0, 400 * 86_400_000_000))))
    at_any_time = NOW + timedelta(days=random.randint(-900, 400))
    if random.random() < 0.5:
        known = {"known_at": str(after + timedelta(microseconds=1)), "event_time": str(at_any_time)}
        return table, record | known | {"_row_hash": random.choice("0z")}
    key = contract.primary_key[-1]
    fresh = {"date": f"{after:%F}", "int": str(500 + number)}.get(contract.columns[key].type, f"new{number}")
    return table, record | {key: fresh, "event_time": str(after), "known_at": str(at_any_time)}


def peopled(worlds: dict[str, list[tuple[str, dict[str, str]]]]) -> dict[str, list[dict[str, str]]]:
    """The tables of worlds that share nothing: each has a subject, a household and numbers of its own."""
    records: dict[str, list[dict[str, str]]] = {}
    for world, rows in worlds.items():
        for table, row in rows:
            stored = CONTRACTS[table].stored
            numbers = {n for n in row if n.endswith("_no") and stored[n].type == "string"} | {"household_no"}
            own = {n: world + row.get(n, "") for n in numbers & stored.keys()}
            records.setdefault(table, []).append(row | own | {"subject_key": world})
    return records


@pytest.fixture(scope="module")
def untouched(spark):
    return repr(computed(spark, HISTORY))


# not shrunk: each example is a run of all features over many worlds
@given(random=st.randoms(use_true_random=True))
@settings(max_examples=2, derandomize=True, phases=[Phase.generate])
def test_later_records_change_nothing(spark, random):
    past = [(table, row) for table, rows in HISTORY.items() for row in rows if table != MEMBERSHIP]
    home = (MEMBERSHIP, HOME)
    before = {f"w{n:02}": [home, *random.sample(past, len(past) * 2 // 3)] for n in range(WORLDS)}
    since = {world: rows + [later_row(random, n) for n in range(20)] for world, rows in before.items()}
    applications = [{"application_id": world, "subject_key": world} for world in before]
    expected = computed(spark, peopled(before), *applications)
    assert computed(spark, peopled(since), *applications) == expected


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


def harvest(household: str, area: str, **changes: str) -> dict[str, str]:
    return {
        "household_no": household, "season": "2022-spring", "crop_code": "rice", "parcel_code": "p1",
        "sown_area_mu": area, "harvest_date": "2022-09-01",
    } | changes  # fmt: skip


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
    homes = [HOME, HOME | {"subject_key": "s2"}]
    records = {"farm__planting": [harvest("h1", "3", subject_key="s2"), harvest("h9", "50")], MEMBERSHIP: homes}
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


def cycle(number: int, ended: str, died: str, **changes: str) -> dict[str, str]:
    return {
        "species_code": "pig", "cycle_no": str(number), "end_date": ended, "stocked_head": "10", "died_head": died,
    } | changes  # fmt: skip


def test_the_last_cycles_are_those_that_ended_last_whenever_and_however_often_they_were_reported(spark):
    records = [cycle(n, f"2023-0{n}-01", str(n)) for n in range(1, 6)]
    corrected = [
        cycle(5, "2023-05-01", "9", known_at="2023-07-01"),
        cycle(1, "2023-01-01", "10", known_at="2023-08-01"),
    ]
    late = [cycle(6, "2022-08-01", "10", known_at="2024-05-01")]
    [row] = computed(spark, {"farm__breeding": records + corrected + late}, features=of_columns("mortality_ratio_3c"))
    assert row["mortality_ratio_3c"] == (3 + 4 + 9) / 30


def test_a_correction_of_the_day_changes_which_cycles_are_last(spark):
    records = [cycle(n, f"2023-0{n}-01", str(n)) for n in range(1, 5)]
    moved = [cycle(4, "2022-12-01", "4", known_at="2023-07-01"), cycle(1, "2023-06-01", "1", known_at="2023-07-01")]
    rows = computed(
        spark,
        {"farm__breeding": records + moved},
        {"application_id": "1", "as_of": "2023-06-30"},
        {"application_id": "2", "as_of": "2023-07-01"},
        features=of_columns("mortality_ratio_3c"),
    )
    assert [row["mortality_ratio_3c"] for row in rows] == [(2 + 3 + 4) / 30, (1 + 2 + 3) / 30]


def test_of_cycles_that_end_on_one_day_the_higher_number_is_the_last(spark):
    records = [cycle(n, "2023-01-01", str(n)) for n in (9, 10, 8, 7)]
    [row] = computed(spark, {"farm__breeding": records}, features=of_columns("mortality_ratio_3c"))
    assert row["mortality_ratio_3c"] == (8 + 9 + 10) / 30


def statement(account: str, day: str, balance: str, **changes: str) -> dict[str, str]:
    return {"account_no": account, "snapshot_date": day, "balance_cny": balance} | changes


@pytest.mark.parametrize(
    ("statements", "balance", "accounts"),
    [
        # January 2023 comes late, which takes nothing from the newest
        ([("a", "2024-03-31", "9000"), ("a", "2024-04-30", "100"), ("a", "2023-01-31", "50000")], 100, 1),
        # nothing of an account for years, then for three months to the day, then for a day less
        ([("a", "2024-04-30", "100"), ("b", "2020-01-31", "9000")], 100, 1),
        ([("a", "2024-04-30", "100"), ("b", "2024-02-10", "9000")], 100, 1),
        ([("a", "2024-04-30", "100"), ("b", "2024-02-11", "9000")], 9100, 2),
        ([("b", "2024-01-31", "9000")], 0, 0),
    ],
)
def test_the_balance_is_that_of_the_newest_statements_of_accounts_that_still_have_some(
    spark, statements, balance, accounts
):
    known = [statement(*each, known_at="2024-05-05") for each in statements]
    [row] = computed(spark, {"bank__account": known}, features=of_tables("bank__account"))
    assert (row["balance_cny"], row["account_count"]) == (balance, accounts)


def test_a_version_is_superseded_once_a_later_one_is_known_even_if_that_happens_later(spark):
    versions = [harvest("h1", "100"), harvest("h1", "1", harvest_date="2024-09-01", known_at="2023-01-01")]
    rows = computed(
        spark,
        {"farm__planting": [*versions, harvest("h1", "7", parcel_code="p2")]},
        {"application_id": "1", "as_of": "2022-12-31"},
        {"application_id": "2", "as_of": "2023-01-01"},
        {"application_id": "3", "as_of": "2024-09-01 00:00:00.000001"},
        features=PLANTED,
    )
    assert [row["sown_area_mu_6s"] for row in rows] == [107, 7, 8]


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
    frame = assemble(spine(spark, {}), tables(spark, {}), of_tables(*chosen), CONTRACTS, zone="UTC")
    plan = frame._explain_string(extended=True)
    optimised = plan[plan.index("== Optimized Logical Plan ==") : plan.index("== Physical Plan ==")]
    assert optimised.count("Aggregate: ") == len(chosen)
    assert optimised.count("Join: ") == 2 * len(chosen)


def test_missing_tables_columns_and_membership_are_named(spark):
    frames = tables(spark, {})
    with pytest.raises(
        FieldstoneError, match="features need the tables bank__loan; the tables passed are bank__account"
    ):
        assemble(
            spine(spark, {}), {t: f for t, f in frames.items() if t != "bank__loan"}, FEATURES, CONTRACTS, zone="UTC"
        )
    with pytest.raises(FieldstoneError, match=r"the spine lacks channel; it has application_id"):
        assemble(spine(spark, {}).drop("channel"), frames, FEATURES, CONTRACTS, zone="UTC")
    with pytest.raises(FieldstoneError, match=r"farm__planting.* belong to households; give the household membership"):
        assemble(spine(spark, {}), frames, FEATURES, CONTRACTS, zone="UTC")
