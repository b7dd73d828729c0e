"""Labels, and all else of gold, are read of those only who let it be used for what is asked."""

from datetime import UTC, datetime

import pytest

from conf.schema import gold
from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.naming import dated
from pipeline import refine
from pipeline.features import build_notes
from pipeline.ingest import run as ingest
from pipeline.registry import training_data
from pipeline.registry.training_subjects import remaining
from tests.conftest import AS_OF
from tests.integration.holding import ANN, APPLICATIONS, BEN, CAT, folder_context, key_of, withdraw
from tests.integration.landing import grant, write_jsonl

LABELS, FEATURES = gold.TRAINING_LABELS.table, gold.TRAINING_FEATURES.table
PAST = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def labelled(populated):
    """What became of Ann's and Ben's loans, in the tables of the present and of a run that looked back."""
    rows = [(APPLICATIONS[each], key_of(populated, each), AS_OF, "good", 0.0) for each in (ANN, BEN)]
    columns = "application_id string, subject_key string, as_of timestamp, label_status string, is_default_12m double"
    for table in (LABELS, dated(LABELS, PAST)):
        populated.lake.overwrite(table, populated.lake.spark.createDataFrame(rows, columns))
    return populated


def whose(context, table: str = LABELS, purpose: Purpose = Purpose.MODEL_TRAINING) -> set[str]:
    """Whose rows are read."""
    rows = context.lake.read(table, purpose=purpose, as_of=context.as_of).select("subject_key").collect()
    return {row["subject_key"] for row in rows}


def taken_in(context, contract: str, record: dict) -> None:
    """A record of a consent, or of its end, comes in and is refined."""
    declared = context.workspace.contract(contract)
    write_jsonl(context.workspace.settings.landing / contract.replace("__", "/") / "late.jsonl", [record])
    ingest.ingest(context, context.workspace.source(declared.source), declared)
    refine.refine_waiting(context, declared)


def damaged(context) -> None:
    """A notice of Ann's comes whose moment nobody can read, and waits in quarantine."""
    notice = {"consent_no": "G0000000001", "subject_id_no": ANN, "withdrawn_at": "soon"}
    taken_in(context, "consent__withdrawal", notice | {"published_at": "2025-07-01T01:00:00Z"})


@pytest.mark.parametrize("ended", [lambda context: withdraw(context, ANN, 1), damaged], ids=["withdrawn", "in doubt"])
def test_labels_of_whoever_consents_no_more_are_not_read(labelled, ended):
    both = (LABELS, dated(LABELS, PAST))
    assert [whose(labelled, table) for table in both] == [{key_of(labelled, ANN), key_of(labelled, BEN)}] * 2
    ended(labelled)
    assert [whose(labelled, table) for table in both] == [{key_of(labelled, BEN)}] * 2


@pytest.mark.further
def test_labels_are_not_read_once_all_consents_have_run_out(labelled, tmp_path):
    assert whose(folder_context(tmp_path, datetime(2028, 2, 1, tzinfo=UTC))) == set()


def test_who_consents_to_be_assessed_alone_is_not_learnt_from(populated):
    """Whatever the features of her application rest on: here on no consent at all."""
    taken_in(populated, "consent__grant", grant(CAT, 3, purposes="credit_assessment"))
    lake, keys = populated.lake, {each: key_of(populated, each) for each in (BEN, CAT)}
    rows = [(APPLICATIONS[each], key, AS_OF, []) for each, key in keys.items()]
    columns = "application_id string, subject_key string, as_of timestamp, consent_ids array<string>"
    for table in (FEATURES, gold.APPLICATION_FEATURES.table):
        lake.overwrite(table, lake.spark.createDataFrame(rows, columns))
    labels = [(*row[:2], "good") for row in rows]
    columns = "application_id string, subject_key string, label_status string"
    lake.overwrite(LABELS, lake.spark.createDataFrame(labels, columns))
    assert whose(populated, gold.APPLICATION_FEATURES.table, Purpose.CREDIT_ASSESSMENT) == {*keys.values()}
    assert whose(populated, FEATURES) == whose(populated) == {keys[BEN]}
    build_notes.note(populated, (FEATURES, LABELS), build_notes.stated(populated))
    assert training_data.frame(populated)["subject_key"].tolist() == [keys[BEN]]


def test_gold_is_read_for_what_it_declares_and_nothing_else(labelled):
    for table, purpose in (
        (LABELS, Purpose.CREDIT_ASSESSMENT),
        (dated(LABELS, PAST), Purpose.POST_LOAN_MONITORING),
        (LABELS, Purpose.FAIRNESS_TESTING),
        (FEATURES, Purpose.CREDIT_ASSESSMENT),
        (gold.DECISIONS.table, Purpose.MODEL_TRAINING),
    ):
        with pytest.raises(FieldstoneError, match=rf"gold__\w+ may not be read for {purpose}; its contract allows "):
            whose(labelled, table, purpose)


def test_a_table_of_gold_that_is_not_declared_is_neither_written_nor_read(populated):
    rows = populated.lake.spark.createDataFrame([("x", "y")], "application_id string, subject_key string")
    with pytest.raises(FieldstoneError, match=r"^gold__mine isn't declared"):
        whose(populated, "gold__mine")
    for write in (populated.lake.overwrite, populated.lake.append_gold):
        with pytest.raises(FieldstoneError, match=r"^gold__mine isn't declared"):
            write("gold__mine", rows)


def test_whom_a_model_has_learnt_from_is_known_when_their_consent_has_ended(labelled):
    """Or else no withdrawal could be held against it."""
    lake = labelled.lake
    names = ", ".join(f"{name} string" for name in gold.TRAINING_SUBJECTS.columns)
    rows = [("admission", "f" * 64, key_of(labelled, each)) for each in (ANN, BEN)]
    lake.append_gold(gold.TRAINING_SUBJECTS.table, lake.spark.createDataFrame(rows, names))
    withdraw(labelled, ANN, 1)
    assert remaining(labelled, "admission", "f" * 64) == {key_of(labelled, ANN), key_of(labelled, BEN)}
