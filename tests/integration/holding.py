"""A small lake with traces of two people wherever a lake can have them: tables, quarantine, gold, reports, staging."""

import shutil
import sqlite3
import uuid
from dataclasses import replace
from datetime import datetime

import pandas as pd

from conf.schema.workspace import load
from lake import staging
from lake.vault import token_of
from pipeline import refine
from pipeline.context import Context
from pipeline.decisions import decision_inputs
from pipeline.decisions.decide import DECISIONS
from pipeline.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.landing import as_csv, grant, person, transfer, write_jsonl

ANN, BEN, CAT = person(1), person(2), person(3)
TRANSFER, APPLICATION = "farm__land_transfer", "bank__application"
APPLICATIONS = {ANN: "A0000000001", BEN: "A0000000002", CAT: "A0000000003"}


def folder_context(folder, as_of=AS_OF) -> Context:
    """What a job is given, with state and landing zone in a folder."""
    workspace = load()
    settings = workspace.settings.model_copy(
        update={"home": folder / "state", "landing": folder / "landing", "as_of": as_of}
    )
    return Context(replace(workspace, settings=settings), as_of)


def restarted(context: Context, **settings) -> Context:
    """A new process on the same state, with other settings."""
    workspace = context.workspace
    return Context(replace(workspace, settings=workspace.settings.model_copy(update=settings)), context.as_of)


def application(subject: str, applied_at: str, **changes) -> dict:
    """A loan application."""
    return {
        "application_no": APPLICATIONS[subject],
        "id_no": subject,
        "applied_at": applied_at,
        "product_code": "farm_credit",
        "requested_cny": "20000",
        "term_months": "12",
        "channel": "branch",
        "status": "approved",
        "published_at": applied_at,
    } | changes


def key_of(context: Context, subject: str) -> str:
    """The subject key of a person."""
    return token_of(subject, context.vault.secrets.pseudonym)


def fill(context: Context, applied_at: str = "2025-03-01T00:00:00Z") -> None:
    """Ann and Ben have consented, transferred land and applied; a row that failed at the door names Ann."""
    landing, workspace = context.workspace.settings.landing, context.workspace
    write_jsonl(landing / "consent/grant/a.jsonl", [grant(ANN, 1), grant(BEN, 2)])
    (landing / "farm/land_transfer").mkdir(parents=True)
    rows = [transfer(ANN if n % 2 else BEN, n) for n in range(1, 20)] + [transfer(ANN, 20, area_mu="many")]
    (landing / "farm/land_transfer/a.csv").write_text(as_csv(rows) + f"{ANN},torn\n")
    write_jsonl(landing / "bank/application/a.jsonl", [application(each, applied_at) for each in (ANN, BEN)])
    for name in ("consent__grant", TRANSFER, APPLICATION):
        contract = workspace.contract(name)
        ingest.ingest(context, workspace.source(contract.source), contract)
        refine.refine_waiting(context, contract)
    _derive(context)


def withdraw(context: Context, subject: str, number: int) -> None:
    """Somebody withdraws a consent, which is ingested and refined."""
    notice = {"consent_no": f"G{number:010d}", "subject_id_no": subject, "withdrawn_at": "2025-07-01T00:00:00Z"}
    path = context.workspace.settings.landing / f"consent/withdrawal/{number}.jsonl"
    write_jsonl(path, [notice | {"published_at": "2025-07-01T01:00:00Z"}])
    contract = context.workspace.contract("consent__withdrawal")
    ingest.ingest(context, context.workspace.source("consent"), contract)
    refine.refine_waiting(context, contract)


def _derive(context: Context) -> None:
    lake, home = context.lake, context.workspace.settings.home
    keys = {subject: key_of(context, subject) for subject in (ANN, BEN)}
    at = datetime.fromisoformat("2025-03-02T00:00:00+00:00")
    rows = [(APPLICATIONS[s], key, at, [f"G{n:010d}"]) for n, (s, key) in enumerate(keys.items(), 1)]
    names = "application_id string, subject_key string, as_of timestamp, consent_ids array<string>"
    frame = lake.spark.createDataFrame(rows, names)
    for table in ("gold__training_features", DECISIONS):
        lake.append_gold(table, frame)
    staging.stage(lake, frame, "left-behind")
    received = lake.path(f"bronze_{TRANSFER}")
    (received / "_batch_id=0000000000000000").mkdir()
    shutil.copy(next(received.glob("*/*.parquet")), received / "_batch_id=0000000000000000/left-behind.parquet")
    (home / "reports/models").mkdir(parents=True, exist_ok=True)
    (home / "reports/models/admission.html").write_text(f"<td>{APPLICATIONS[ANN]}<td>{APPLICATIONS[BEN]}")
    (home / "mlflow").mkdir()
    with sqlite3.connect(home / "mlflow/mlflow.db") as database:
        database.execute("CREATE TABLE params (value TEXT)")


def inputs_of(context: Context, decided: pd.DataFrame) -> decision_inputs.Kept:
    """Something sealed for each of some decisions, of which nobody asks what it says."""
    named = decided[["application_id", "subject_key"]].to_dict("records")
    keys = {each["subject_key"]: context.vault.data_key(each["subject_key"]) for each in named}
    number = uuid.uuid4().hex
    rows = [
        each | {"run": number, "inputs_ciphertext": keys[k].seal(b"{}", k)}
        for each in named
        for k in [each["subject_key"]]
    ]
    return decision_inputs.Kept({"run": number, "at": context.as_of, "stated": "{}"}, rows)
