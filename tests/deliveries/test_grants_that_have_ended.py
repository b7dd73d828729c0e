"""A consent that comes as given and says that it was withdrawn is a notice in the wrong table: it permits nothing."""

import io
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from conf.schema.errors import FieldstoneError
from pipeline.ingest import ended_consents
from pipeline.ingest.files import landing
from tests.deliveries.test_withdrawals_as_they_come import lines, live
from tests.deliveries.test_withdrawals_left_alone import require_blocked, require_free
from tests.integration.landing import GRANT, as_csv, grant, person
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
    "an object deep down": (
        {"lifecycle": {"state": "open", "withdrawn_at": AT, "channel": "the hall of a branch"}},
        True,
    ),
    "an object of a status": ({"status": {"code": "revoked", "at": AT, "by": "a branch of the bank"}}, True),
    "a list of events": ({"events": [{"kind": "given", "at": AT}, {"kind": "withdrawn", "at": AT}]}, True),
    "an object within a text": ({"more": '{"a": {"b": [{"kind": "x", "is_active": "No", "at": "2025-06-01"}]}}'}, True),
    "cancelled": ({"cancelled_at": AT}, True),
    "cancelled as a status": ({"status": "Cancelled"}, True),
    "cancelled in Chinese": ({"取消时间": AT}, True),
    "terminated in Chinese": ({"授权状态": "已终止"}, True),
    "no longer in force": ({"isActive": False}, True),
    "not in force in Chinese": ({"是否有效": "否"}, True),
    "an inactive one": ({"status": "inactive"}, True),
    "a status with more words": ({"consent_state": "closed by the customer"}, True),
    "a remark that it was": ({"remark": "consent withdrawn by the customer at the branch on 2025-06-01"}, True),
    "a long remark in Chinese": (
        {"备注": "客户本人于2025年6月1日到支行营业厅办理业务时当场提出，该份授权已撤回，经办人员已当面确认并登记"},
        True,
    ),
    "a branch and a channel": ({"branch": "Chongqing", "channel": {"kind": "app", "closing_hours": "18:00"}}, False),
    "in force": ({"is_active": True, "有效": "是", "state": {"code": "in force", "since": AT}}, False),
    "when it is to expire": ({"termination_date": "2028-01-10", "失效日期": "2028-01-10", "valid_days": 0}, False),
    "the terms": (
        {"terms": "If consent is withdrawn, records are kept as long as the law says; it can be revoked"},
        False,
    ),
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
    require_blocked(site, f"there are {count} rows that came as consents and may be a notice of withdrawal")


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


@pytest.mark.further
def test_a_consent_that_we_had_and_that_comes_again_ended_holds_up_all_use(site):
    accepting(site)
    site.deliver("consent/grant/a.jsonl", lines([grant(person(1), 1)]))
    site.take_in("consent")
    require_free(site)
    site.deliver("consent/grant/b.jsonl", lines([grant(person(1), 1, withdrawn_at=AT)]))
    site.take_in("consent")
    require_blocked(site, "there is 1 row that came as a consent and may be a notice")


@pytest.mark.further
def test_rows_of_csv_that_say_so_permit_nothing_either(site):
    accepting(site)
    path = site.workspace / "conf/sources/consent.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("grant: {format: jsonl", "grant: {format: csv"))
    rows = [grant(person(n), n) | {"withdrawn_at": AT if n < 3 else "", "note": "x"} for n in range(1, 6)]
    site.deliver("consent/grant/a.csv", as_csv(rows))
    site.take_in("consent")
    assert live(site, 5) == {3, 4, 5}
    assert site.quarantined(GRANT) == {"ENDED_CONSENT": 2}


def as_parquet(rows: list[dict]) -> bytes:
    pq.write_table(pa.Table.from_pylist(rows), content := io.BytesIO())
    return content.getvalue()


def as_workbook(rows: list[dict]) -> bytes:
    book = Workbook()
    for cells in ([*rows[0]], *([*row.values()] for row in rows)):
        book.active.append(cells)
    book.save(content := io.BytesIO())
    return content.getvalue()


ENDING_COLUMNS = "columns that consent__grant doesn't declare and that speak of the end of a consent"
WRITTEN = {"parquet": as_parquet, "xlsx": as_workbook}


@pytest.mark.parametrize(
    ("kind", "beside"),
    [
        ("parquet", {"withdrawn_at": AT}),
        ("parquet", {"status": "withdrawn"}),
        ("parquet", {"lifecycle": {"state": "closed", "at": datetime.fromisoformat(AT)}}),
        ("parquet", {"closed_at": datetime.fromisoformat(AT)}),
        ("xlsx", {"状态": "已终止"}),
    ],
)
def test_a_file_of_which_only_declared_columns_are_read_is_refused_if_others_speak_of_an_end(site, kind, beside):
    accepting(site)
    path = site.workspace / "conf/sources/consent.yaml"
    text = path.read_text(encoding="utf-8").replace("grant: {format: jsonl", f"grant: {{format: {kind}")
    path.write_text(text, encoding="utf-8")
    rows = [grant(person(1), 1) | beside, grant(person(2), 2) | dict.fromkeys(beside)]
    site.deliver(f"consent/grant/a.{kind}", WRITTEN[kind](rows))
    assert ENDING_COLUMNS in site.take_in("consent")[0].err
    require_blocked(site, "1 batch or file of them refused")


def test_a_new_column_of_parquet_that_says_nothing_of_an_end_stops_nothing(site):
    accepting(site)
    path = site.workspace / "conf/sources/consent.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("grant: {format: jsonl", "grant: {format: parquet"))
    beside = {"status": "active", "branch": None, "told": {"at": datetime.fromisoformat(AT)}, "n": 3}
    site.deliver("consent/grant/a.parquet", as_parquet([grant(person(1), 1) | beside]))
    site.take_in("consent")
    require_free(site)
    assert live(site, 1) == {1}


@pytest.mark.parametrize(
    ("names", "is_refused"),
    [(["consent_no", "撤回时间"], True), (["consent_no", "status"], True), (["consent_no", "x"], False)],
)
def test_tables_and_pages_of_consents_are_held_to_the_same(workspace, names, is_refused):
    contract, other = workspace.contract(GRANT), workspace.contract("bank__loan")
    ended_consents.require_none("page", ["withdrawal_fee_cny"], other)
    if not is_refused:
        ended_consents.require_none("page", names, contract)
        return
    with pytest.raises(FieldstoneError, match=r"page has 1 columns .*may be a notice; nothing of it was stored"):
        ended_consents.require_none("page", names, contract)


@pytest.mark.further
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
    require_blocked(site, "files in the landing zone that may hold withdrawals weren't read: 1 that can't be looked at")
    monkeypatch.undo()
    site.take_in("consent")
    require_free(site)
