"""The how-to pages, followed word for word."""

import hashlib
import importlib.util
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal

import mlflow
import numpy as np
import pandas as pd
import pytest
from deltalake import DeltaTable

from conf.schema.workspace import ROOT, load
from jobs.cli import main
from lake import raw_access
from lake.erasure import DECISIONS, INPUTS
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.features import kinds
from pipeline.registry import tracking
from tests import by_hand
from tests.integration.followed import Reader, blocks
from tests.integration.learning import county_copied
from tests.integration.small import copied, forget
from tests.unit import silver


@pytest.fixture
def reader(tmp_path, monkeypatch) -> Reader:
    """Somebody with a copy of the project's workspace."""
    return Reader(copied(tmp_path), monkeypatch)


def rows(reader: Reader, table: str, state: str = "try") -> list[dict]:
    """Rows of a table of a sandbox that the pages make."""
    return DeltaTable(reader.workspace / ".fieldstone" / state / "lake" / table).to_pyarrow_table().to_pylist()


def test_a_source_is_added_as_the_page_says(reader, spark):
    reader.follow("how-to/source.md")
    assert sorted(row["policy_no"] for row in rows(reader, "silver_insurance__policy")) == [
        f"P{n:08d}" for n in range(1, 6)
    ]


def test_a_source_takes_less_than_thirty_lines():
    source, contract, *_ = blocks("how-to/source.md")
    assert (source.title, contract.title) == ("conf/sources/insurance.yaml", "conf/contracts/insurance/policy.yaml")
    assert len((source.text + contract.text).splitlines()) < 30


def test_a_feature_is_added_as_the_page_says(reader, spark, monkeypatch):
    for block in blocks("how-to/source.md")[:4]:
        reader.write(block)
    reader.follow("how-to/feature.md")
    pages = reader.workspace / ".fieldstone/try/reports/features.html"
    assert "sum_insured_cny_36m" in pages.read_text(encoding="utf-8")
    tests = written_tests(reader, monkeypatch)
    assert len(tests) == 2
    for test in tests:
        test(spark)


def written_tests(reader: Reader, monkeypatch) -> list[Callable]:
    """The tests that the page writes, on the copy's contracts and features."""
    monkeypatch.setattr(silver, "CONTRACTS", load(reader.workspace).contracts)
    path = reader.workspace / "features/insurance.py"
    spec = importlib.util.spec_from_file_location("features.insurance", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "features.insurance", module)
    monkeypatch.setitem(sys.modules, "silver", silver)  # pytest has the folder of unit tests on its path
    names = runpy.run_path(str(reader.workspace / "tests/unit/test_features_insurance.py"))
    return [value for name, value in names.items() if name.startswith("test_")]


@pytest.mark.further
def test_a_workspace_a_model_and_a_kind_are_added_as_the_pages_say(reader, spark):
    shutil.copytree(ROOT / "examples/sba_farm/data", reader.workspace / "examples/sba_farm/data")
    reader.follow("how-to/workspace.md")
    reader.follow("how-to/model.md")
    reader.follow("how-to/kind.md")
    kind, coop = reader.workspace / "examples/coop/kinds/logistic.py", load(reader.workspace / "examples/coop")
    client = tracking.connect(coop.settings)
    version = tracking.known(client, "by_line", "1")
    assert version.tags[tracking.KIND_SHA256] == hashlib.sha256(kind.read_bytes()).hexdigest()
    served = mlflow.pyfunc.load_model("models:/by_line/1")
    own = kinds.predictor(coop, tracking.artifact(client, version, tracking.PREDICTOR).decode())
    rows = pd.DataFrame(np.random.default_rng(1).normal(size=(20, len(own.features))), columns=list(own.features))
    np.testing.assert_array_equal(served.predict(rows)["pd"], own.predict_pd(rows))
    kind.write_text(kind.read_text(encoding="utf-8").replace("_RIDGE = 0.01", "_RIDGE = 0.1"), encoding="utf-8")
    assert main(["train", "by_line", "--workspace", str(coop.root)]) == 0
    assert tracking.known(client, "by_line", "2").tags[tracking.KIND_SHA256] != version.tags[tracking.KIND_SHA256]


@pytest.fixture
def decided(learnt, tmp_path, monkeypatch) -> Context:
    """The small county, whose pending applications of one half are decided and of the other are not."""
    context = county_copied(learnt, tmp_path)
    decide.run(context)
    made = sorted(raw_access.values(context.lake, DECISIONS, "application_id"))
    for table in (DECISIONS, INPUTS):
        context.lake.delete(table, {"application_id": made[::2]})
    for name, value in (
        ("HOME", context.workspace.settings.home),
        ("LANDING", context.workspace.settings.landing),
        ("AS_OF", context.as_of.isoformat()),
        ("SANDBOX_APPROVAL", "true"),
    ):
        monkeypatch.setenv(f"FIELDSTONE_{name}", str(value))
    return context


def test_a_product_is_repaid_after_the_harvest_as_the_page_says(decided, monkeypatch):
    """Those who were decided by the policy before stay so, and the others' limits have one payment a year."""
    before = limits(decided)
    forget(decided.workspace.root)
    Reader(decided.workspace.root, monkeypatch).follow("how-to/harvest.md")
    now = limits(decided)
    assert {number: now[number] for number in before} == before
    yearly = [amounts for number, amounts in now.items() if number not in before and amounts]
    assert {amounts["payment_every_months"] for amounts in yearly} == {1, 12}
    for amounts in yearly:
        redone = by_hand.redone(amounts)
        assert {name: amounts[name] for name in redone} == redone
    client = tracking.connect(decided.workspace.settings)
    record = json.loads(tracking.artifact(client, tracking.known(client, "limit", "2"), tracking.RECORD))
    shares = {each["product"]: each["mean"] for each in record["seasonality"]}
    assert 0.25 <= shares["farm_credit"] <= 1


def limits(context: Context) -> dict[str, dict[str, Decimal]]:
    """Application → the steps of its limit."""
    rows = raw_access.chosen(context.lake, DECISIONS, {}, ["application_id", "limit_steps", "limit_step_values"])
    return {row["application_id"]: by_hand.steps(row["limit_steps"], row["limit_step_values"]) for row in rows}


@pytest.fixture
def clone(tmp_path, monkeypatch) -> Reader:
    """Somebody with a clone of the project."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in tracked.splitlines():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    return Reader(tmp_path, monkeypatch)


def typed_in(clone: Reader, *command: str) -> str:
    """What a command of Python's says in the clone, once it has ended well."""
    environment = os.environ | {"PYTHONPATH": str(clone.workspace)}
    arguments = [sys.executable, "-m", *command]
    done = subprocess.run(arguments, cwd=clone.workspace, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


def test_what_the_pages_add_holds_the_rules_of_the_code(clone):
    for page in ("source", "feature", "connection"):
        for block in blocks(f"how-to/{page}.md"):
            if block.title:
                clone.write(block)
    typed_in(clone, "ruff", "check", "--no-cache", ".")
    typed_in(clone, "ruff", "format", "--check", "--no-cache", ".")
    rules = [f"tests/policy/test_{rule}.py" for rule in ("code", "raises", "workspaces", "ungated_reads")]
    typed_in(clone, "pytest", "-n", "0", "-q", *rules)
    typed_in(
        clone,
        "basedpyright",
        "--pythonpath",
        sys.executable,
        "pipeline/ingest/sqlite.py",
        "pipeline/ingest/run.py",
        "features/insurance.py",
    )


def test_a_kind_of_connection_is_added_as_the_page_says(clone):
    clone.follow("how-to/connection.md")
    assert "2 passed" in typed_in(clone, "pytest", "-n", "0", "tests/deliveries/test_sqlite.py")


@pytest.mark.nightly
def test_the_tutorial_leads_to_decisions_as_it_says(reader, spark):
    reader.follow("tutorial.md")
    assert {row["decision"] for row in rows(reader, "gold__decisions", "tutorial")} == {"admit", "decline", "refer"}
