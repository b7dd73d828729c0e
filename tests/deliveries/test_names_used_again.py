"""A column's name that is used again for another one: rows and files of before keep what they meant."""

import json

import pytest

from conf.schema.contract import Contract
from lake import contract_versions
from tests.deliveries.test_contracts_that_change import DECLARED, HEADER, Declared, migrate

BY = ("--table", "probe__csv", "--who", "Rita", "--why", "put right")
OTHER = {"type": "string", "en": "Another", "zh": "另一个"}


def by_version(*names: str) -> list[Contract]:
    """Versions of a contract, each as `now<before` and other columns."""
    made = []
    for stated in names:
        columns = {"k": {"type": "string", "required": True, "en": "K", "zh": "键"}}
        for each in stated.split():
            now, _, before = each.partition("<")
            columns[now] = OTHER | ({"renamed_from": before.split(",")} if before else {})
        columns["day"] = {"type": "date", "required": True, "en": "Day", "zh": "日"}
        made.append(Contract.model_validate(DECLARED | {"primary_key": ["k"], "event_time": "day", "columns": columns}))
    return made


@pytest.mark.parametrize(
    ("versions", "since", "expected"),
    [
        (["a", "b<a"], 1, {"a": "b"}),
        (["a", "b<a", "b a"], 1, {"a": "b"}),
        (["a", "b<a", "b a"], 2, {"b": "b"}),
        (["a", "b<a", "b a"], 3, {"a": "a", "b": "b"}),
        (["a b", "a c<b", "b<a c"], 1, {"a": "b", "b": "c"}),  # by turns
        (["a", "b<a", "c<b"], 1, {"a": "c"}),
        (["a", "b<a", "c<a,b"], 1, {"a": "c"}),
        (["a", "x", "x a"], 1, {"a": "a@1"}),  # dropped while nothing but quarantine held it
        (["a", "x", "x a"], 2, {"x": "x"}),
        (["a", "x", "x a", "x b<a"], 1, {"a": "a@1"}),
        (["a", "x", "x a", "x b<a"], 3, {"a": "b", "x": "x"}),
        (["a", "b<a", "c<b"], None, {"a": "c"}),
        (["a", "b<a", "c<b"], 9, {}),  # a version that nobody knows changes nothing
    ],
)
def test_a_name_is_followed_from_the_version_by_which_a_row_came(versions, since, expected):
    names = contract_versions.followed(since, by_version(*versions))
    assert {before: now for before, now in names.items() if before in expected} == expected
    others = {before: now for before, now in names.items() if before not in expected and before != now}
    assert others.items() <= {"b": "c"}.items()  # of rows whose version nobody noted


def test_rows_change_places_together():
    names = contract_versions.followed(1, by_version("a b", "a c<b", "b<a c"))
    assert contract_versions.by_present_names({"a": "1", "b": "2", "k": "3"}, names) == {"b": "1", "c": "2", "k": "3"}


@pytest.fixture
def used_again(site, tmp_path):
    """Version 1 has `note`; 2 calls it `remark`; 3 has another `note` beside. A row of version 1 is in quarantine."""
    contract = Declared(site, tmp_path / "workspace")
    contract.stated["max_failure_share"] = 1.0
    contract.write()
    site.deliver("probe/csv/one.csv", HEADER + "A1,10,one,2025-01-01\nA3,many,three,2025-01-03\n")
    assert [ran.code for ran in site.take_in("probe")] == [0, 0]
    contract.rename("note", "remark").write()
    assert migrate(site).code == 0
    del contract.stated["columns"]["remark"]["renamed_from"]
    contract.stated["columns"]["note"] = OTHER
    contract.write()
    new = "account_no,amount_cny,remark,note,opened_date\nA4,40,four,vier,2025-01-04\nA5,much,five,fünf,2025-01-05\n"
    site.deliver("probe/csv/three.csv", new)
    assert [ran.code for ran in site.take_in("probe")] == [0, 0]
    return contract


def corrected(site):
    path = site.folder / "corrections.json"
    path.write_text(json.dumps({"amount_cny": "30"}))
    return site.run("quarantine", "release", *BY, "--corrections", str(path))


def test_rows_of_both_versions_are_released_under_what_their_names_meant(site, used_again):
    ran = corrected(site)
    assert "2 rows released, 0 stay" in ran.out, ran.text
    assert site.silver("probe__csv", "account_no", "remark", "note") == [
        ("A1", "one", None),
        ("A3", "three", None),
        ("A4", "four", "vier"),
        ("A5", "five", "fünf"),
    ]


@pytest.mark.further
def test_they_are_shown_so_too(site, used_again):
    shown = site.run("quarantine", "show", "--table", "probe__csv", "--why", "to look").out
    assert "remark=three" in shown or "remark=***" in shown, shown
    assert "note=three" not in shown
    rows = [line for line in shown.splitlines() if "remark=" in line]
    assert sum("note=" in line for line in rows) == 1  # that of version 3


def test_a_row_that_failed_at_the_door_is_followed_too(site, tmp_path):
    contract = Declared(site, tmp_path / "workspace")
    contract.stated["max_failure_share"] = 1.0
    contract.write()
    site.deliver("probe/csv/one.csv", HEADER.encode() + b"A1,10,one,2025-01-01\nA3,30,\xff,2025-01-03\n")
    site.take_in("probe")
    assert site.quarantined("probe__csv") == {"BAD_ENCODING": 1}
    contract.rename("note", "remark").write()
    assert migrate(site).code == 0
    del contract.stated["columns"]["remark"]["renamed_from"]
    contract.stated["columns"]["note"] = OTHER
    contract.write()
    path = site.folder / "corrections.json"
    path.write_text(json.dumps({"note": "new"}))
    still = site.run("quarantine", "release", *BY, "--corrections", str(path))
    assert "0 rows released, 1 stay, set aside for BAD_ENCODING 1; `fieldstone quarantine show" in still.out, (
        still.text
    )  # what is damaged is `remark` by now
    path.write_text(json.dumps({"remark": "three"}))
    assert "1 row released" in site.run("quarantine", "release", *BY, "--corrections", str(path)).out
    assert site.silver("probe__csv", "account_no", "remark", "note") == [("A1", "one", None), ("A3", "three", None)]


@pytest.mark.further
def test_what_was_dropped_goes_to_no_column_of_its_name(site, tmp_path):
    """Nothing but quarantine held `note`, so it could be taken out of the contract."""
    contract = Declared(site, tmp_path / "workspace")
    contract.stated["max_failure_share"] = 1.0
    contract.write()
    site.deliver("probe/csv/one.csv", HEADER + "A3,many,three,2025-01-03\n")
    site.take_in("probe")
    batches = site.home / "lake" / "bronze_probe__csv"
    assert batches.exists()
    note = contract.stated["columns"].pop("note")
    contract.write()
    refused = site.run("ingest", "probe")
    assert refused.code == 1, refused.text  # bronze holds the row, so nobody may forget a column of it
    contract.stated["columns"]["note"] = note
    contract.write()
    assert "1 row released" in corrected(site).out
    assert site.silver("probe__csv", "account_no", "note") == [("A3", "three")]


@pytest.mark.further
def test_a_file_that_came_before_a_name_was_used_again_is_not_retried(site, tmp_path):
    contract = Declared(site, tmp_path / "workspace")
    contract.write()
    site.deliver("probe/csv/one.csv", HEADER + "A1,10,one,2025-01-01\n")
    site.take_in("probe")
    site.deliver("probe/csv/two.csv", "account_no,note\nA2,two\n")
    refused = site.run("ingest", "probe", as_of="2026-01-02T00:00:00Z")
    listed = site.run("batches", "list").out
    assert "1 stand refused" in listed, refused.text + listed
    (batch,) = {line.split()[1] for line in listed.splitlines() if line.startswith("probe__csv")}
    contract.rename("note", "remark").write()
    later = "2026-01-03T00:00:00Z"
    moved = ("contract", "migrate", "--who", "Rita", "--why", "new names")
    assert site.run(*moved, as_of=later).code == 0
    del contract.stated["columns"]["remark"]["renamed_from"]
    contract.stated["columns"]["note"] = OTHER
    contract.write()
    ran = site.run("batches", "retry", batch, "--who", "Rita", "--why", "again", as_of=later)
    assert ran.code == 1
    assert "came when note of probe__csv meant another column than it does now" in ran.err
    assert site.run("batches", "drop", batch, "--who", "Rita", "--why", "sent again", as_of=later).code == 0
