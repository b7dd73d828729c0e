"""Rows of which nobody knew whose they were: erased with whom they name, however they name her."""

import pytest

from conf.schema.errors import FieldstoneError
from jobs import erase
from pipeline import refine
from pipeline.ingest import run as ingest
from tests.integration.holding import ANN, BEN, CAT, TRANSFER, folder_context, key_of
from tests.integration.landing import WITHDRAWAL, as_csv, transfer, write_jsonl
from tests.integration.test_erase import LATE

WIDE = ANN.translate({ord(character): ord(character) + 0xFEE0 for character in ANN})
NOTICE = {"withdrawn_at": "2025-06-01T08:00:00Z", "published_at": "2025-06-01T09:00:00Z"}


def _take_in(context, table: str) -> None:
    contract = context.workspace.contract(table)
    ingest.ingest(context, context.workspace.source(contract.source), contract)
    refine.refine_waiting(context, contract)


def _waiting(context, table: str) -> int:
    return context.lake.platform(f"quarantine_{table}").where("subject_key IS NULL").count()


def _erase(context, subject: str) -> None:
    erase.run(context, key_of(context, subject), due=False, execute=True, operator="Olga")


def test_rows_at_the_door_are_found_however_they_write_an_id_number(populated):
    before, every = _waiting(populated, TRANSFER), populated.lake.count(f"quarantine_{TRANSFER}")
    spaced, dashed = f"{ANN[:6]} {ANN[6:14]} {ANN[14:]}", f"{ANN[:6]}-{ANN[6:14]}-{ANN[14:]}"
    rows = [transfer(BEN, n) for n in range(30, 60)] + [transfer(each, 60) for each in (spaced, dashed, f"no. {ANN}")]
    torn = f"{WIDE},torn\n{ANN.lower()} and more,torn\n{BEN[:17]}?,torn\n{ANN},{BEN},torn\n"
    (populated.workspace.settings.landing / "farm/land_transfer/b.csv").write_text(as_csv(rows) + torn)
    _take_in(populated, TRANSFER)
    # five name nobody but her, and are kept as hers; of two nobody knows whose they are
    assert (_waiting(populated, TRANSFER), populated.lake.count(f"quarantine_{TRANSFER}")) == (before + 2, every + 7)
    _erase(populated, ANN)
    assert (_waiting(populated, TRANSFER), populated.lake.count(f"quarantine_{TRANSFER}")) == (1, 1)


def test_a_notice_that_names_somebody_else_too_is_resolved_before_the_subject_is_erased(populated):
    landing = populated.workspace.settings.landing
    both = {"consent_no": "?", "subject_id_no": f"{ANN} {BEN}"}
    write_jsonl(landing / "consent/withdrawal/a.jsonl", [both | NOTICE])
    _take_in(populated, WITHDRAWAL)
    with pytest.raises(FieldstoneError, match="names the subject and another person"):
        _erase(populated, ANN)


@pytest.mark.further
def test_a_notice_that_is_linked_by_the_number_of_a_consent_goes_with_its_subject(populated):
    landing = populated.workspace.settings.landing
    write_jsonl(landing / "consent/withdrawal/a.jsonl", [{"consent_no": "G0000000001", "subject_id_no": "?"} | NOTICE])
    _take_in(populated, WITHDRAWAL)
    assert _waiting(populated, WITHDRAWAL) == 1
    _erase(populated, ANN)
    assert _waiting(populated, WITHDRAWAL) == 0


@pytest.mark.further
def test_what_is_due_waits_for_a_notice_that_somebody_has_to_read(populated):
    landing = populated.workspace.settings.landing
    bad = {"consent_no": "G0000000001", "subject_id_no": ANN, "withdrawn_at": "soon", "published_at": "soon"}
    good = {"consent_no": "G0000000002", "subject_id_no": BEN} | NOTICE
    write_jsonl(landing / "consent/withdrawal/a.jsonl", [bad, good])
    _take_in(populated, WITHDRAWAL)
    erase.run(populated, None, due=True, execute=True, operator="airflow")
    silver = {row["subject_key"] for row in populated.lake.spark.read.format("delta").load(
        str(populated.lake.path(f"silver_{TRANSFER}"))).select("subject_key").distinct().collect()}  # fmt: skip
    assert silver == {key_of(populated, ANN)}


def test_notices_of_people_of_whom_nothing_is_kept_go_when_the_last_term_is_over(populated):
    landing = populated.workspace.settings.landing
    of_ann = {"consent_no": "G0000000001", "subject_id_no": "?"}
    of_both = {"consent_no": "?", "subject_id_no": f"{ANN} {BEN}"}
    of_nobody = {"consent_no": "G0000000099", "subject_id_no": "?"}
    of_a_stranger = {"consent_no": "?", "subject_id_no": CAT[:17] + "?", "withdrawn_by": CAT}
    write_jsonl(
        landing / "consent/withdrawal/a.jsonl", [n | NOTICE for n in (of_ann, of_both, of_nobody, of_a_stranger)]
    )
    _take_in(populated, WITHDRAWAL)
    assert _waiting(populated, WITHDRAWAL) == 3  # the stranger's is hers, by the only number in it
    erase.run(populated, None, due=True, execute=True, operator="airflow")
    assert _waiting(populated, WITHDRAWAL) == 3
    late = folder_context(populated.workspace.settings.home.parent, LATE)
    erase.run(late, None, due=True, execute=True, operator="airflow")
    assert _waiting(late, WITHDRAWAL) == 1


@pytest.mark.further
def test_tables_of_back_dated_runs_expire_with_what_they_were_made_of(populated):
    lake, dated = populated.lake, "gold__training_labels_asof_20250101t000000z"
    rows = [("A0000000001", key_of(populated, ANN)), ("A0000000002", key_of(populated, BEN))]
    lake.append_gold(dated, lake.spark.createDataFrame(rows, "application_id string, subject_key string"))
    erase.run(populated, None, due=True, execute=True, operator="airflow")
    assert lake.count(dated) == 2
    late = folder_context(populated.workspace.settings.home.parent, LATE)
    erase.run(late, None, due=True, execute=True, operator="airflow")
    assert late.lake.count(dated) == 0
