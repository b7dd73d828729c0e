"""A decision, suspension, exit or consent that was changed in its table is found, with its row; an erasure isn't."""

import json
import re
import shutil

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from conf.schema.errors import FieldstoneError
from jobs import erase, exit
from lake import seals, selection
from lake.erasure import INPUTS
from models import policy
from pipeline import auditing, refine
from pipeline.decisions import decision_inputs, decision_rows
from pipeline.decisions.decision_inputs import RUNS
from pipeline.decisions.decision_rows import DECISIONS
from pipeline.ingest import run as ingest
from pipeline.sources import suspension
from tests.integration.holding import (
    ANN,
    APPLICATIONS,
    BEN,
    CAT,
    folder_context,
    inputs_of,
    key_of,
    restarted,
    withdraw,
)
from tests.integration.landing import grant, write_jsonl

SUSPENSIONS, GRANTS = "audit__suspensions", "silver_consent__grant"
KNOWN = {"term_months": 12, "product_code": "farm_credit", "is_source_suspended": False, "history_months": 24.0}
OWED = {"existing_debt_service_month": 0.0, "existing_exposure": 0.0, "capacity_year": 60_000.0}
NUMBER = {ANN: "G0000000001", BEN: "G0000000002", CAT: "G0000000003"}


def decide(context, *subjects: str) -> None:
    """Decide on people: Ann has a high risk, Ben a low one, whose decision rests on a consent of Ann's as well."""
    rows = pd.DataFrame(
        {
            "application_id": [APPLICATIONS[each] for each in subjects],
            "subject_key": [key_of(context, each) for each in subjects],
            "as_of": pd.Timestamp("2026-01-01", tz="UTC"),
            "consent_ids": [[NUMBER[each], NUMBER[ANN]] if each == BEN else [NUMBER[each]] for each in subjects],
            "pd": [0.3 if each == ANN else float("nan") if each == CAT else 0.01 for each in subjects],
            "requested_amount": 5_000.0,
            "has_required_consent": True,
        }
    ).assign(**KNOWN, **OWED)
    decided = rows.join(policy.decide(rows, context.workspace.policy)).assign(
        reasons=[[]] * len(rows), proposals=[[]] * len(rows)
    )
    champions = {"pd": "admission:3", "capacity_year": "limit:2"}
    decision_rows.append(context, decided, champions, inputs_of(context, decided))


@pytest.fixture(scope="module")
def sealed_once(filled, tmp_path_factory):
    """Ann is declined and Ben admitted; a partner is suspended, and another one has been and isn't any more."""
    folder = tmp_path_factory.mktemp("sealed")
    shutil.copytree(filled, folder, dirs_exist_ok=True)
    context = folder_context(folder)
    shutil.rmtree(context.lake.path(DECISIONS))
    shutil.rmtree(context.workspace.settings.home / "mlflow")
    decide(context, ANN, BEN)
    suspension.suspend(context, "farm", ["Olga", "Rita"], "broken files")
    suspension.suspend(context, "housing", ["Olga", "Rita"], "broken files")
    suspension.resume(context, "housing", ["Olga", "Rita"], "mended")
    return folder


@pytest.fixture
def sealed(sealed_once, tmp_path):
    shutil.copytree(sealed_once, tmp_path, dirs_exist_ok=True)
    return folder_context(tmp_path)


def table(context, name: str) -> DeltaTable:
    return DeltaTable(str(context.lake.path(name)))


def findings(context) -> list[str]:
    return [text for texts in seals.findings(context.trail).values() for text in texts]


def by(name: str, **values):
    """Update a table by SQL, as whoever may write its folder can."""
    predicate = values.pop("where", None)
    return lambda context: table(context, name).update(values, predicate=predicate)


def again(name: str):
    """A row of the table once more."""

    def attack(context) -> None:
        stored = table(context, name)
        rows = selection.rows(stored, {}).slice(0, 1)
        write_deltalake(stored, rows, mode="append")

    return attack


def forge_seals(context) -> None:
    """Change a row, and its digest to what somebody without the key can make of it."""
    by(DECISIONS, decision="'admit'", where="decision = 'decline'")(context)
    by("audit__seals", row_digest="'" + "0" * 32 + "'")(context)


OF_ANN, OF_BEN = APPLICATIONS[ANN], APPLICATIONS[BEN]
ATTACKS = {
    "a decline as an admission": (
        by(DECISIONS, decision="'admit'", where="decision = 'decline'"),
        f"{DECISIONS}: the row with application_id {OF_ANN} was changed",
    ),
    "a limit": (by(DECISIONS, limit_amount="limit_amount + 0.01", where="decision = 'admit'"), f"{OF_BEN} was changed"),
    "a PD": (by(DECISIONS, pd="pd / 2", where="pd > 0.1"), f"application_id {OF_ANN} was changed"),
    "whose it is": (by(DECISIONS, subject_key="'x'", where="pd > 0.1"), f"application_id {OF_ANN} was changed"),
    "its number": (by(DECISIONS, application_id="'A9'", where="pd > 0.1"), "application_id A9 was added by nobody"),
    "a deleted decision": (
        lambda context: table(context, DECISIONS).delete("pd > 0.1"),
        f"{DECISIONS}: 1 rows that were sealed are missing: application_id {OF_ANN}",
    ),
    "all decisions": (
        lambda context: shutil.rmtree(context.lake.path(DECISIONS)),
        "2 rows that were sealed are missing",
    ),
    "a decision twice": (again(DECISIONS), "was added by nobody"),
    "what a decision was made from": (
        by(INPUTS, inputs_ciphertext="X'00'", where=f"application_id = '{OF_ANN}'"),
        f"{INPUTS}: the row with application_id {OF_ANN} was changed",
    ),
    "what two were made from, exchanged": (
        by(INPUTS, application_id=f"CASE WHEN application_id = '{OF_ANN}' THEN '{OF_BEN}' ELSE '{OF_ANN}' END"),
        f"{INPUTS}: the row with application_id {OF_ANN} was changed",
    ),
    "inputs of nobody's decision": (again(INPUTS), f"{INPUTS}: the row with application_id "),
    "inputs removed": (
        lambda context: table(context, INPUTS).delete(f"application_id = '{OF_BEN}'"),
        f"{INPUTS}: 1 rows that were sealed are missing: application_id {OF_BEN}",
    ),
    "all inputs": (
        lambda context: shutil.rmtree(context.lake.path(INPUTS)),
        f"{INPUTS}: 2 rows that were sealed are missing: application_id {OF_ANN}, application_id {OF_BEN}",
    ),
    "the policy of a run": (by(RUNS, stated="'{}'", run="'x'"), f"{RUNS}: the row with run x was added by nobody"),
    "the versions of a run": (by(RUNS, stated="'{\"a\": 1}'"), f"{RUNS}: the row with run "),
    "a suspension ended": (
        by(SUSPENSIONS, is_suspended="false", where="source = 'farm'"),
        f"{SUSPENSIONS}: the row with source farm, at ",
    ),
    "who suspended": (by(SUSPENSIONS, why="'none'", where="NOT is_suspended"), "the row with source housing, at "),
    "a suspension undone": (lambda context: table(context, SUSPENSIONS).delete("source = 'farm'"), "1 rows that were"),
    "a consent prolonged": (
        by(GRANTS, expires_at="expires_at + INTERVAL '9' DAY", where=f"consent_no = '{NUMBER[ANN]}'"),
        f"{GRANTS}: the row with consent_no {NUMBER[ANN]} was changed",
    ),
    "a consent of another": (by(GRANTS, subject_key="'x'", where=f"consent_no = '{NUMBER[BEN]}'"), "was changed"),
    "a consent invented": (again(GRANTS), "was added by nobody"),
    "the seals": (forge_seals, "(decide) were changed or are missing"),
    "no seals": (lambda context: shutil.rmtree(context.lake.path("audit__seals")), "were changed or are missing"),
}


def test_what_was_written_is_as_it_was_sealed(sealed, capsys):
    assert findings(sealed) == []
    auditing.verify(sealed)
    assert (
        f"2 rows of {DECISIONS}, 2 rows of {INPUTS}, 1 rows of {RUNS}, 3 rows of {SUSPENSIONS}, 2 rows of {GRANTS}"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_a_changed_row_is_found_and_named(sealed, name):
    attack, says = ATTACKS[name]
    attack(sealed)
    with pytest.raises(FieldstoneError, match=f"the state differs from it: .*{re.escape(says)}"):
        auditing.verify(sealed)


@pytest.mark.further
def test_another_table_in_the_place_of_the_seals_is_seals_that_are_missing(sealed):
    rows = pa.table({"x": ["y"]})
    write_deltalake(str(sealed.lake.path("audit__seals")), rows, mode="overwrite", schema_mode="overwrite")
    with pytest.raises(FieldstoneError, match=r"the state differs from it: .*were changed or are missing"):
        auditing.verify(sealed)


def test_it_is_found_still_after_more_was_decided(sealed):
    ATTACKS["a decline as an admission"][0](sealed)
    decide(sealed, CAT)
    suspension.resume(sealed, "farm", ["Olga", "Rita"], "mended")
    assert findings(sealed) == [f"{DECISIONS}: the row with application_id {OF_ANN} was changed"]


@pytest.mark.parametrize("name", ["a decline as an admission", "a deleted decision", "the seals"])
def test_somebody_may_let_rows_count_as_they_lie_and_that_stays_told(sealed, name):
    ATTACKS[name][0](sealed)
    texts, unnamed = (
        findings(sealed),
        [t for each in seals.findings(sealed.trail, is_named=False).values() for t in each],
    )
    auditing.accept(sealed, "Olga", "known, see the minutes")
    kept = json.loads(sealed.trail.entries()[-1].details)["rows"]
    assert (kept, len(kept)) == (unnamed, len(texts))
    left = [text for text in findings(sealed) if "seals of" not in text]
    assert left == []


@pytest.mark.further
def test_what_is_accepted_names_nobody_in_the_trail_and_is_named_on_the_screen(sealed, capsys):
    for name in ("a decline as an admission", "its number", "a consent prolonged", "a suspension ended"):
        ATTACKS[name][0](sealed)
    auditing.accept(sealed, "Olga", "known, see the minutes")
    output = capsys.readouterr().out
    details = sealed.trail.entries()[-1].details
    assert not [word for word in (OF_ANN, "A9", NUMBER[ANN], key_of(sealed, ANN)) if word in details]
    assert "application_id A9" in output
    assert f"consent_no {NUMBER[ANN]}" in output
    erase.run(sealed, key_of(sealed, ANN), due=False, execute=True, operator="Olga")
    assert findings(sealed) == []


@pytest.mark.further
def test_a_column_that_a_table_gains_changes_no_row(sealed):
    frame = sealed.lake.spark.createDataFrame([("A9", 1.0)], "application_id string, later double")
    kept = seals.keep(sealed.trail, DECISIONS, seals.new(sealed.trail, DECISIONS, frame.toArrow().to_pylist()))
    sealed.trail.record("Olga", "decide", seals=[kept])
    place = str(sealed.lake.path(DECISIONS))  # as a later version of the product would
    frame.write.format("delta").mode("append").option("mergeSchema", "true").save(place)
    assert findings(sealed) == []


@pytest.mark.parametrize("killed", ["before the entry", "before the inputs", "before the rows"])
def test_a_run_that_was_killed_is_made_good_by_the_next(sealed, killed, monkeypatch):
    def stop(*_args, **_details):
        raise KeyboardInterrupt

    where = {
        "before the entry": (type(sealed.trail), "record"),
        "before the inputs": (decision_inputs, "append"),
        "before the rows": (type(sealed.lake), "append_gold"),
    }[killed]
    with monkeypatch.context() as patched:
        patched.setattr(*where, stop)
        with pytest.raises(KeyboardInterrupt):
            decide(sealed, CAT)
    lost = f"{DECISIONS}: 1 rows that were sealed are missing"
    left = {
        "before the entry": [],
        "before the inputs": [f"{RUNS}: 1 rows that were sealed are missing", lost.replace(DECISIONS, INPUTS), lost],
        "before the rows": [f"{lost}: application_id {APPLICATIONS[CAT]}"],
    }[killed]
    assert sorted(findings(sealed)) == sorted(left)
    decide(sealed, CAT)
    assert findings(sealed) == []
    assert sorted(row["application_id"] for row in sealed.lake.records(INPUTS)) == sorted(APPLICATIONS.values())


@pytest.mark.further
def test_a_batch_of_consents_that_is_refined_again_is_sealed_once(sealed):
    contract = sealed.workspace.contract("consent__grant")
    sealed.lake.delete("audit__batches", {"source_table": [contract.table], "stage": [refine.STAGE]})
    refine.refine_waiting(sealed, contract)
    assert findings(sealed) == []
    withdraw(sealed, BEN, 2)
    assert findings(sealed) == []
    by("silver_consent__withdrawal", consent_no="'G0000000009'")(sealed)
    assert "silver_consent__withdrawal: the row with consent_no G0000000009 was added by nobody" in findings(sealed)[0]


def test_an_erasure_leaves_the_rest_provable_and_nothing_of_the_person(sealed):
    key = key_of(sealed, ANN)
    erase.run(sealed, key, due=False, execute=True, operator="Olga")
    assert findings(sealed) == []
    text = json.dumps([vars(entry) for entry in sealed.trail.entries()], default=str)
    kept = json.dumps(sealed.lake.records("audit__seals"))
    assert not [word for word in (key, ANN, OF_ANN, NUMBER[ANN]) if word in text + kept]
    by(DECISIONS, decision="'decline'", where=f"application_id = '{OF_BEN}'")(sealed)
    assert findings(sealed) == [f"{DECISIONS}: the row with application_id {OF_BEN} was changed"]


def test_a_row_that_was_changed_before_an_erasure_is_found_after_it(sealed):
    by(DECISIONS, limit_amount="limit_amount * 2", where=f"application_id = '{OF_BEN}'")(sealed)
    erase.run(sealed, key_of(sealed, ANN), due=False, execute=True, operator="Olga")
    assert f"{DECISIONS}: the row with application_id {OF_BEN} was changed" in findings(sealed)


def test_an_exit_is_sealed(sealed):
    exit.run(sealed, "farm", None, False, None, "over", True, "Olga")
    assert findings(sealed) == []
    table(sealed, "audit__closed").delete()
    assert findings(sealed) == ["audit__closed: 1 rows that were sealed are missing"]


@pytest.mark.further
def test_rows_of_before_are_sealed_as_they_lie_once(sealed, capsys):
    settings = sealed.workspace.settings
    for path in (settings.home / "audit.head", settings.anchor_file):
        path.unlink()
    for name in ("audit__trail", "audit__seals"):
        shutil.rmtree(sealed.lake.path(name))
    (settings.key_folder / "trail.key").unlink()
    after = restarted(sealed)
    assert findings(after) == []
    assert [entry.action for entry in after.trail.entries()] == ["take over trail"]
    assert "audit: 10 earlier rows are sealed as they are now" in capsys.readouterr().out
    ATTACKS["a limit"][0](after)
    assert findings(restarted(after)) == [f"{DECISIONS}: the row with application_id {OF_BEN} was changed"]


@pytest.mark.further
def test_a_consent_that_comes_later_is_sealed_with_its_batch(sealed):
    write_jsonl(sealed.workspace.settings.landing / "consent/grant/b.jsonl", [grant(CAT, 3)])
    contract = sealed.workspace.contract("consent__grant")
    ingest.ingest(sealed, sealed.workspace.source("consent"), contract)
    refine.refine_waiting(sealed, contract)
    assert findings(sealed) == []
    assert seals.is_sealed(sealed.lake, GRANTS)
    assert sealed.lake.count(GRANTS) == 3
