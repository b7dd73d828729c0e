"""Consents and notices that wait in quarantine are told alike: once in the log, and on the start page until decided."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from conf.schema.contract import Contract
from lake import batch_scores, sharing
from lake.schema import QUARANTINE
from pipeline.consent import alerts
from pipeline.context import Context
from pipeline.overview import alerts as start_page

GRANT, NOTICE = "consent__grant", "consent__withdrawal"


def waiting(context: Context, table: str, *rows: dict) -> Contract:
    """Rows in quarantine of a table, of whose columns only these are known."""
    contract = context.workspace.contract(table)
    context.lake.create(contract.named("quarantine"))
    known = {"stage": "refine", "failed_checks": ["x"], "quarantined_at": datetime(2026, 1, 1, tzinfo=UTC)}
    values = [
        tuple((known | {"_row_hash": f"{n:064}"} | row).get(name) for name in QUARANTINE.fieldNames())
        for n, row in enumerate(rows)
    ]
    context.lake.append(contract.named("quarantine"), context.lake.spark.createDataFrame(values, QUARANTINE))
    return contract


@pytest.fixture
def unclear(context) -> Context:
    """A consent that is somebody's, one that is nobody's, and one whose text plainly shares; in two batches."""
    waiting(
        context,
        GRANT,
        {"_batch_id": "b1", "subject_key": "s1"},
        {"_batch_id": "b2", "subject_key": "s2"},
        {"_batch_id": "b2"},
        {"_batch_id": "b3", "subject_key": "s3", "linked_by": sharing.A_SHARING},
    )
    return context


def test_consents_that_wait_are_told_by_batch_once_and_in_the_form_of_notices(unclear, caplog):
    contract = unclear.workspace.contract(GRANT)
    for _ in range(2):
        alerts.tell(unclear, contract)
    assert [message.partition(";")[0] for message in caplog.messages] == [
        f"refine {GRANT}: watch: consents given that wait in quarantine (batch b1): 1",
        f"refine {GRANT}: act: consents given that wait in quarantine (batch b2): 2",
    ]
    assert "nothing tells whose 1 of them are" in caplog.messages[1]
    assert len(batch_scores.alerts(unclear.lake, "consent")) == 2


def test_notices_are_told_in_the_same_form(context, caplog):
    alerts.tell(context, waiting(context, NOTICE, {"_batch_id": "b1", "linked_by": "subject", "subject_key": "s1"}))
    assert caplog.messages[0].startswith(
        f"refine {NOTICE}: watch: notices of withdrawal that wait in quarantine (batch b1): 1;"
    )


@pytest.mark.parametrize("is_inspected", [True, False])
def test_the_start_page_tells_of_them_whether_or_not_partners_are_inspected(unclear, is_inspected):
    rules = unclear.workspace.inspection if is_inspected else None
    shown = start_page.of_all(Context(replace(unclear.workspace, inspection=rules), unclear.as_of), [])
    waiting = [(each.about, each.is_grave) for each in shown if "consents given that wait" in each.text.en]
    assert waiting == [("consent", True), ("consent", False)]
    assert all("在隔离区待处理" in each.text.zh for each in shown if "consents given" in each.text.en)


def test_where_no_text_shares_a_consent_that_waits_ends_nothing(unclear):
    silent = Context(replace(unclear.workspace, consent_texts={}), unclear.as_of)
    assert alerts.of_source(silent, "consent") == []
