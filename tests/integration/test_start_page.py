"""The start page tells how all stands and where the other pages are, in counts, of nobody, and loads nothing."""

import os
import re
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape

import pytest

from conf.schema import gold, table_names
from conf.schema.workspace import ROOT, load
from jobs import summary
from jobs.cli import main
from jobs.command.parser import verbs
from jobs.command.running import SHOWN
from lake import ledger, raw_access
from lake.fingerprints import fingerprint
from lake.quarantine_outcomes import dropped
from pipeline import reports
from pipeline.context import Context
from pipeline.decisions import kill_switch
from pipeline.overview import present, start_page
from pipeline.releases import model_release
from pipeline.sources import outages, suspension
from sandbox.stack.processes import StackRoster
from tests.conftest import AS_OF
from tests.integration import registering
from tests.integration.holding import ANN, APPLICATIONS, BEN, TRANSFER, key_of

TWO = ["a risk officer", "a data officer"]


def text(page: str) -> str:
    """What a page says, as plain text."""
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


def written(context: Context) -> str:
    return start_page.write(context).read_text(encoding="utf-8")


@pytest.fixture
def empty(tmp_path) -> Context:
    """A workspace without a state."""
    workspace = load()
    stated = {"home": tmp_path / "state", "landing": tmp_path / "landing", "keys": tmp_path / "keys"}
    return Context(replace(workspace, settings=workspace.settings.model_copy(update=stated)), AS_OF)


@pytest.fixture
def plain(populated) -> Context:
    """A lake that holds Ann and Ben, without what only looks like decisions and like a registry."""
    home = populated.workspace.settings.home
    (home / "mlflow/mlflow.db").unlink()
    for table in (table_names.DECISIONS, gold.TRAINING_FEATURES.table):
        shutil.rmtree(populated.lake.path(table))
    return populated


def test_where_nothing_was_taken_in_it_says_how_to_begin_and_makes_nothing(empty):
    assert "Nothing has been taken in yet. make run" in text(written(empty))
    assert [path.name for path in empty.workspace.settings.home.iterdir()] == ["reports"]


def test_sources_layers_and_quarantine_are_told_and_nobody_is(plain):
    page = written(plain)
    words = text(page)
    waiting = {each.code: each.rows for each in present.waiting(plain)}
    assert waiting == {"BAD_TYPE": 1, "RAGGED_ROW": 1}
    for code in waiting:
        assert f"{code} 1 2026-01-01" in words
    for row in present.source_rows(plain):
        assert {row.title.en, row.title.zh} <= {*re.findall(r">([^<]+)<", unescape(page))}
        silver = sum(plain.lake.count(t) for t in plain.lake.tables() if t.startswith(f"silver_{row.state.name}__"))
        assert row.rows["silver"] == silver
    for of_somebody in (ANN, BEN, key_of(plain, ANN), *APPLICATIONS.values(), "torn"):
        assert of_somebody not in page


def test_rows_that_were_dropped_wait_no_more(plain):
    keys = raw_access.chosen(plain.lake, f"quarantine_{TRANSFER}", {}, ["_batch_id", "_row_hash", "reasons"])
    (key,) = [(row["_batch_id"], row["_row_hash"]) for row in keys if row["reasons"] == ["BAD_TYPE"]]
    ledger.append(plain.lake, [dropped(TRANSFER, [key], AS_OF)])
    assert {each.code for each in present.waiting(plain)} == {"RAGGED_ROW"}


def test_what_somebody_has_to_look_at_comes_first_and_in_both_languages(plain):
    assert "suspended 已暂停" not in text(written(plain))
    suspension.suspend(plain, "farm", TWO, "their numbers can't be right")
    outages.note(plain, "consent", is_whole=False)
    kill_switch.stop(plain, "a risk officer", "wait")
    words = text(written(plain))
    assert "act 处置 farm suspended 已暂停" in words
    assert "act 处置 consent failed 接入失败" in words
    assert "act 处置 decisions stopped since" in words
    assert words.index("act 处置") < words.index("watch 关注")


@pytest.mark.further
def test_models_are_told_by_version_with_who_when_and_why(context):
    registering.registered(context)
    assert "1 challenger 待批" in text(written(context))
    model_release.approve(context, "admission", "1", "Rita", "sound", sandbox=False)
    words = text(written(context))
    assert re.search("1 (PDF )?champion 在用 no gates approved 批准 · Rita", words)  # a PDF needs a browser
    assert "· sound" in words


def test_decisions_are_counted_by_day_of_the_bank_and_outcome(context):
    late, next_day = (datetime(2025, 12, 30, hour, tzinfo=UTC) for hour in (15, 17))  # 23:00 and 01:00 in Shanghai
    made = [("admit", late), ("admit", late), ("refer", late), ("decline", next_day)]
    rows = [(f"A{n}", "a" * 64, decision, at, []) for n, (decision, at) in enumerate(made)]
    names = (
        "application_id string, subject_key string, decision string, decided_at timestamp, consent_ids array<string>"
    )
    context.lake.append_gold(table_names.DECISIONS, context.lake.spark.createDataFrame(rows, names))
    settings = context.workspace.settings.model_copy(update={"time_zone": "Asia/Shanghai"})
    there = replace(context, workspace=replace(context.workspace, settings=settings))
    by_day = present.decisions(there)
    assert [*by_day] == [date(2025, 12, 31), date(2025, 12, 30)]
    assert by_day[date(2025, 12, 30)] == Counter(admit=2, refer=1)
    assert "2025-12-30 2 0 1" in text(written(there))


def test_it_loads_nothing_and_every_link_leads_to_a_page_or_a_place_on_it(plain):
    page, folder = written(plain), reports.folder(plain.workspace)
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(", page)
    for link in re.findall(r'href="([^"]+)"', page):
        assert f'id="{link[1:]}"' in page if link.startswith("#") else (folder / link).exists()
    assert 'href="models/admission.html"' in page


def test_servers_are_linked_while_they_are_up(plain):
    assert "Airflow schedules, and questions to reviewers; make up starts it" in text(written(plain))
    roster = StackRoster.open(plain.workspace.settings.home / "airflow/processes.json")
    roster.path.parent.mkdir()
    roster.facts = {"Airflow": "http://127.0.0.1:8080", "MLflow": "http://127.0.0.1:5000"}
    roster.start("stands for all", ["sleep", "600"], dict(os.environ), roster.path.with_name("log"), ROOT)
    try:
        assert {*roster.facts.values()} <= {*re.findall(r'href="([^"]+)"', written(plain))}
    finally:
        roster.stop()
    assert "http:" not in written(plain)


def test_to_look_changes_no_table(plain):
    written(plain)  # tables that are empty may be made when they are first asked for
    before = {table: fingerprint(plain.lake, table) for table in plain.lake.tables()}
    written(plain)
    assert {table: fingerprint(plain.lake, table) for table in plain.lake.tables()} == before


def test_a_page_that_cannot_be_written_ends_no_verb(plain, monkeypatch, capsys):
    settings = plain.workspace.settings
    for name in ("home", "landing", "as_of"):
        monkeypatch.setenv(f"FIELDSTONE_{name.upper()}", str(getattr(settings, name)))
    index = reports.folder(plain.workspace) / reports.INDEX
    stop, go_on = (["decisions", "stop", "--approver", "R", "--why", "w"], ["decisions", "resume", "--why", "w"])
    assert main(stop) == 0
    assert "stopped since" in text(index.read_text(encoding="utf-8"))
    index.unlink()
    index.mkdir()
    assert main([*go_on, "--approver", "A", "--approver", "B"]) == 0
    assert "decisions: the start page wasn't updated" in capsys.readouterr().err


def test_verbs_that_renew_it_are_there():
    assert {verb.name for verb in verbs()} >= SHOWN


def test_the_summary_writes_it_too(context, capsys):
    registering.registered(context)
    summary.run(context, as_json=False)
    assert str(reports.folder(context.workspace) / reports.INDEX) in capsys.readouterr().out.replace("\n", "")
    assert (reports.folder(context.workspace) / reports.INDEX).exists()
