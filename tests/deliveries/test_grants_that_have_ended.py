"""A consent that comes as given and says that it was withdrawn is a notice in the wrong table: it permits nothing."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conf.errors import FieldstoneError
from jobs.ingest import ended, landing
from lake.consent import GRANT
from tests.deliveries.test_withdrawals_as_they_come import lines, live
from tests.deliveries.test_withdrawals_left_alone import require_free, require_held
from tests.integration.landing import as_csv, grant, person
from tests.integration.small import copied

AT = "2025-06-01T08:00:00Z"
# what stands beside a consent under names that nobody declared; whether it says that it has ended
BESIDE = {
    "the moment of a withdrawal": ({"withdrawn_at": AT}, True),
    "in capitals": ({"WITHDRAWN_AT": AT}, True),
    "another name for it": ({"date_of_withdrawal": "2025-06-01"}, True),
    "revoked": ({"revoked": True}, True),
    "the day of a revocation": ({"revocation_day": 20250601}, True),
    "in Chinese": ({"撤回时间": AT}, True),
    "in full width": ({"ｗｉｔｈｄｒａｗｎ": "1"}, True),
    "a status": ({"status": "withdrawn"}, True),
    "a status in Chinese": ({"状态": "已撤销"}, True),
    "an object": ({"end": {"kind": "revoked"}}, True),
    "an empty moment": ({"withdrawn_at": ""}, False),
    "null": ({"withdrawn_at": None}, False),
    "a token of nothing": ({"withdrawn_at": "N/A"}, False),
    "no": ({"is_withdrawn": False, "revoked": "0", "已撤回": "否"}, False),
    "a status in force": ({"status": "active"}, False),
    "a remark": ({"remark": "was told that consent may be withdrawn at any time, at any branch"}, False),
}


def sent() -> list[dict]:
    return [grant(person(n), n) | beside for n, (beside, _) in enumerate(BESIDE.values(), 1)]


def require_only_live(site) -> None:
    names = dict(enumerate(BESIDE, 1))
    assert {names[n] for n in live(site, len(names))} == {
        name for name, (_, is_ended) in BESIDE.items() if not is_ended
    }
    count = sum(is_ended for _, is_ended in BESIDE.values())
    assert site.quarantined(GRANT) == {"ENDED_CONSENT": count}
    require_held(site, f"there are {count} rows that came as consents and may be a notice of withdrawal")


def accepting(site) -> None:
    """The project's declarations, by which a batch may have as many notices as it likes."""
    site.workspace = copied(site.folder / "workspace")
    path = site.workspace / "conf/contracts/consent/grant.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "max_failure_share: 1.0\n", encoding="utf-8")


def test_json_lines_that_say_that_they_have_ended_permit_nothing_and_hold_up_all_use(site):
    accepting(site)
    site.deliver("consent/grant/a.jsonl", lines(sent()))
    site.take_in("consent")
    require_only_live(site)
    who = ("--table", GRANT, "--who", "Olga", "--why", "they are notices")
    assert "0 rows released" in site.run("quarantine", "release", *who).out
    assert person(1) not in site.run("quarantine", "show", "--table", GRANT).out
    assert site.run("quarantine", "drop", *who).code == 0
    require_free(site)


def test_a_consent_that_we_had_and_that_comes_again_ended_holds_up_all_use(site):
    accepting(site)
    site.deliver("consent/grant/a.jsonl", lines([grant(person(1), 1)]))
    site.take_in("consent")
    require_free(site)
    site.deliver("consent/grant/b.jsonl", lines([grant(person(1), 1, withdrawn_at=AT)]))
    site.take_in("consent")
    require_held(site, "there is 1 row that came as a consent and may be a notice")


def test_rows_of_csv_that_say_so_permit_nothing_either(site):
    accepting(site)
    path = site.workspace / "conf/sources/consent.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("grant: {format: jsonl", "grant: {format: csv"))
    rows = [grant(person(n), n) | {"withdrawn_at": AT if n < 3 else "", "note": "x"} for n in range(1, 6)]
    site.deliver("consent/grant/a.csv", as_csv(rows))
    site.take_in("consent")
    assert live(site, 5) == {3, 4, 5}
    assert site.quarantined(GRANT) == {"ENDED_CONSENT": 2}


def test_parquet_whose_columns_speak_of_an_end_is_refused_as_a_file(site):
    accepting(site)
    path = site.workspace / "conf/sources/consent.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("grant: {format: jsonl", "grant: {format: parquet"))
    pq.write_table(pa.Table.from_pylist([grant(person(1), 1, withdrawn_at=AT)]), content := io.BytesIO())
    site.deliver("consent/grant/a.parquet", content.getvalue())
    told = site.take_in("consent")[0].err
    assert "columns that consent__grant doesn't declare and that speak of the end of a consent" in told
    require_held(site, "1 batch or file of them refused")


@pytest.mark.parametrize(("names", "is_refused"), [(["consent_no", "撤回时间"], True), (["consent_no", "x"], False)])
def test_tables_and_pages_of_consents_are_held_to_the_same(workspace, names, is_refused):
    contract, other = workspace.contract(GRANT), workspace.contract("bank__loan")
    ended.require_none("page", ["withdrawal_fee_cny"], other)
    if not is_refused:
        ended.require_none("page", names, contract)
        return
    with pytest.raises(FieldstoneError, match=r"page has 1 columns .*may be a notice; nothing of it was stored"):
        ended.require_none("page", names, contract)


def test_a_folder_of_consents_that_cannot_be_looked_at_holds_up_all_use(site, monkeypatch):
    site.own().deliver("consent/grant/a.jsonl", lines([grant(person(1), 1)]))
    closed = site.deliver("consent/grant/2025/b.jsonl", lines([grant(person(2), 2)])).parent
    look = landing.os.scandir

    def scandir(folder):
        if folder == closed:
            raise PermissionError(13, "Permission denied")
        return look(folder)

    monkeypatch.setattr(landing.os, "scandir", scandir)
    site.take_in("consent")
    require_held(site, "files in the landing zone that may hold withdrawals weren't read: 1 that can't be looked at")
    monkeypatch.undo()
    site.take_in("consent")
    require_free(site)
