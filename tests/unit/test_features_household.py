"""Whose records reach an application: the applicant's own, and those whose holder shares them with the household."""

from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from silver import CONTRACTS, FEATURES, HOME, MEMBERSHIP, computed, of_tables, spine, tables
from test_features_values import CASES

from conf.schema.errors import FieldstoneError
from features.engine.assemble import assemble

PLANTED = of_tables("farm__planting")
HERDS = of_tables("farm__breeding")
# s1 and s2 live in h1; each may see the household, by a consent of her own
HOMES = [HOME | {"consent_id": "C1"}, HOME | {"subject_key": "s2", "relation": "spouse", "consent_id": "C2"}]
OF_HOUSEHOLDS = [table for table in FEATURES.tables if "household_no" in CONTRACTS[table].columns]


def harvest(area: str, holder: str = "s2", shared: bool = False, parcel: str = "p1", **changes: str) -> dict[str, str]:
    return {
        "season": "2023-spring", "crop_code": "rice", "parcel_code": parcel, "sown_area_mu": area,
        "harvest_date": "2023-09-01", "subject_key": holder, "consent_id": f"C-{holder}", "_is_shared": str(shared),
    } | changes  # fmt: skip


def row(spark, records: list[dict[str, str]], subject: str = "s1", homes: list[dict[str, str]] = HOMES) -> dict:
    inputs = {"farm__planting": records, MEMBERSHIP: homes}
    [result] = computed(spark, inputs, {"subject_key": subject}, features=PLANTED)
    return result


@pytest.mark.parametrize(
    ("holder", "shared", "reaches"),
    [("s1", False, True), ("s1", True, True), ("s2", True, True), ("s2", False, False), ("s2", None, False)],
)
def test_records_of_another_member_reach_an_application_only_when_shared(spark, holder, shared, reaches):
    record = harvest("3", holder) | {"_is_shared": None if shared is None else str(shared)}
    result = row(spark, [record])
    assert result["sown_area_mu_2s"] == (3 if reaches else None)
    used = {"C-" + holder, "C1"} | ({"C2"} if holder == "s2" else set())
    assert result["consent_ids"] == (sorted(used) if reaches else ["C1"])


def test_the_holder_sees_what_she_does_not_share(spark):
    assert row(spark, [harvest("3")], subject="s2")["sown_area_mu_2s"] == 3


def test_an_applicant_who_has_not_consented_to_the_household_reaches_nobodys_records(spark):
    records = [harvest("3", shared=True)]
    assert row(spark, records, homes=HOMES[1:])["consent_ids"] == []
    assert row(spark, records, homes=HOMES[1:])["sown_area_mu_2s"] is None
    assert row(spark, records, subject="s3")["sown_area_mu_2s"] is None


def test_records_of_another_household_never_reach_an_application(spark):
    assert row(spark, [harvest("3", shared=True, household_no="h9")])["sown_area_mu_2s"] is None


@pytest.mark.parametrize("shared", [[True, False], [False, True], [False, False], [True, True]])
@pytest.mark.parametrize("holders", [["s1", "s2"], ["s2", "s1"], ["s2", "s2"], ["s2", "s3"]])
def test_a_version_that_may_not_be_seen_supersedes_none_that_may(spark, shared, holders):
    """A parcel goes from one holder to the other; both sowed it, by different words."""
    published = ["2023-10-01", "2023-11-01"]
    rows = [harvest(a, h, s, known_at=p) for a, h, s, p in zip("37", holders, shared, published, strict=True)]
    homes = [*HOMES, HOME | {"subject_key": "s3", "consent_id": "C3"}]
    seen = [r for r in rows if r["subject_key"] == "s1" or r["_is_shared"] == "True"]
    expected = float(seen[-1]["sown_area_mu"]) if seen else None
    assert row(spark, rows, homes=homes)["sown_area_mu_2s"] == expected


def home(**changes: str) -> dict[str, str]:
    """A membership of s2, who holds records in h1."""
    return HOME | {"subject_key": "s2", "relation": "spouse", "consent_id": "C2"} | changes


AWAY, BACK = home(valid_to_date="2020-01-01"), home(valid_from_date="2022-01-01")
# of AS_OF, 2024-05-10
HOLDERS = {
    "a member": ([home()], True),
    "has left": ([home(valid_to_date="2024-05-01")], False),
    "leaves on the day": ([home(valid_to_date="2024-05-10")], False),
    "leaves on the next day": ([home(valid_to_date="2024-05-11")], True),
    "came on the day": ([home(valid_from_date="2024-05-10", event_time="2024-05-09", known_at="2024-05-09")], True),
    "comes on the next day": ([home(valid_from_date="2024-05-11", event_time="2024-05-09")], False),
    "wasn't known to be one": ([home(known_at="2024-05-11")], False),
    "was known to have left": ([home(), home(valid_to_date="2024-05-01", known_at="2024-05-02")], False),
    "wasn't known to have left": ([home(), home(valid_to_date="2024-05-01", known_at="2024-05-11")], True),
    "left and came back": ([AWAY, BACK], True),
    "belongs elsewhere since": ([home(), home(household_no="h2", valid_from_date="2023-01-01")], False),
    "belonged elsewhere before": ([home(household_no="h2"), home(valid_from_date="2023-01-01")], True),
    "was never one": ([home(household_no="h2")], False),
    "lets nobody see whether she is one": ([], False),
}


def test_records_serve_another_member_only_while_their_holder_is_one(spark):
    """Each case is a household of its own, so that one run tells of all."""
    inputs, applications = {"farm__planting": [], MEMBERSHIP: []}, []
    for case, (of_holder, _) in HOLDERS.items():
        for each in (HOMES[0] | {"subject_key": "s1"}, *of_holder):
            own = {"household_no": case + each.get("household_no", "h1"), "subject_key": case + each["subject_key"]}
            inputs[MEMBERSHIP].append(each | own)
        inputs["farm__planting"].append(harvest("3", case + "s2", True, household_no=case + "h1"))
        applications.append({"application_id": case, "subject_key": case + "s1"})
    rows = {r["application_id"]: r for r in computed(spark, inputs, *applications, features=PLANTED)}
    assert {case: rows[case]["sown_area_mu_2s"] == 3 for case in HOLDERS} == {c: r for c, (_, r) in HOLDERS.items()}
    assert {case: "C2" in rows[case]["consent_ids"] for case in HOLDERS} == {c: r for c, (_, r) in HOLDERS.items()}


def test_a_table_that_does_not_say_what_is_shared_is_refused(spark):
    frames = tables(spark, {})
    frames["farm__breeding"] = frames["farm__breeding"].drop("_is_shared")
    with pytest.raises(FieldstoneError, match="farm__breeding lack the column _is_shared"):
        assemble(spine(spark, {}), frames, HERDS, CONTRACTS, frames[MEMBERSHIP], zone="UTC")


def county(random: Random, world: str) -> list[tuple[str, dict[str, str]]]:
    """A household of three, its records held by any of them, some of which are shared; numbers may come twice."""
    history = [
        (table, record) for records, _ in CASES.values() for table in OF_HOUSEHOLDS for record in records.get(table, [])
    ]
    rows = []
    for table, record in random.sample(history, len(history) * 2 // 3):
        holder = random.choice("abc")
        own = {"household_no": world, "subject_key": world + holder, "consent_id": f"{world}-{holder}-{table}"}
        rows.append((table, record | own | {"_is_shared": str(random.random() < 0.6)}))
    return rows


def by_table(rows: list[tuple[str, dict[str, str]]], worlds: list[str]) -> dict[str, list[dict[str, str]]]:
    homes = [HOME | {"household_no": w, "subject_key": w + m, "consent_id": f"{w}-{m}"} for w in worlds for m in "abc"]
    inputs = {MEMBERSHIP: homes}
    for table, record in rows:
        inputs.setdefault(table, []).append(record)
    return inputs


# not shrunk: each example is a run of all features over many households
@given(random=st.randoms(use_true_random=True))
@settings(max_examples=2, derandomize=True, phases=[Phase.generate])
def test_what_is_not_shared_is_as_if_it_were_not_there(spark, random):
    """Ending the sharing of one member changes an application as taking her records away does, and nothing else."""
    worlds = [f"w{n:02}" for n in range(25)]
    rows = [row for world in worlds for row in county(random, world)]
    applications = [{"application_id": world, "subject_key": world + "a"} for world in worlds]
    ended = [(t, r | ({"_is_shared": "false"} if r["subject_key"].endswith("b") else {})) for t, r in rows]
    without = [(t, r) for t, r in rows if not r["subject_key"].endswith("b")]
    result = computed(spark, by_table(ended, worlds), *applications)
    assert result == computed(spark, by_table(without, worlds), *applications)
    assert not any("-b-" in number for row in result for number in row["consent_ids"])
    # whoever holds nothing that b shares has the row that she had
    untouched = {
        w for w in worlds if not any(r["_is_shared"] == "True" for _, r in rows if r["subject_key"] == w + "b")
    }
    before = computed(spark, by_table(rows, worlds), *applications)
    assert [r for r in before if r["application_id"] in untouched] == [
        r for r in result if r["application_id"] in untouched
    ]
