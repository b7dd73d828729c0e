"""A run as of a past moment sees the data of then and judges consent by now, in tables of its own."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.naming import dated, parse
from jobs import erase
from jobs.cli import main
from lake import raw_access
from pipeline import refine, training
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.decisions.decide import DECISIONS
from pipeline.features import build
from pipeline.features.build import LABELS, SCORING, TRAINING
from pipeline.ingest import run as ingest
from pipeline.registry import tracking, training_subjects
from pipeline.releases import model_release
from tests.conftest import AS_OF
from tests.integration.holding import ANN, BEN, TRANSFER, folder_context, key_of
from tests.integration.landing import grant, write_jsonl
from tests.integration.withdrawing import withdraw

BEFORE = AS_OF - timedelta(days=30)
OWN = {table: dated(table, BEFORE) for table in (TRAINING, SCORING, LABELS)}  # of a run that looks back


def back(context: Context, to: datetime = BEFORE) -> Context:
    """A run on the same state that looks back."""
    return Context(context.workspace, to, context.present)


def keys(context: Context, table: str) -> set[str]:
    return raw_access.subjects(context.lake, table)


def leave(context: Context) -> set[str]:
    """Some withdraw, of whom we have learnt or who have applied, and features are built of before; returns who."""
    applicants = keys(context, SCORING) & keys(context, "silver_farm__planting")
    leaving = {*sorted(keys(context, TRAINING))[:30], *sorted(applicants)[:5]}
    withdraw(context, *leaving)
    build.run(back(context))
    return leaving


def test_a_withdrawal_that_is_known_now_counts_whatever_day_is_looked_back_to(county, capsys):
    present = {table: county.lake.version(table) for table in OWN}
    leaving = leave(county)
    assert {table: county.lake.version(table) for table in present} == present
    assert keys(county, OWN[TRAINING])
    assert not keys(county, OWN[TRAINING]) & leaving
    learnt = back(county).lake.read(OWN[TRAINING], purpose=Purpose.MODEL_TRAINING, as_of=BEFORE)
    assert not {row["subject_key"] for row in learnt.select("subject_key").collect()} & leaving
    used = back(county).lake.read("silver_farm__planting", purpose=Purpose.CREDIT_ASSESSMENT, as_of=BEFORE)
    assert used.where(F.col("subject_key").isin([*leaving])).isEmpty()
    assert f"back-dated, in {OWN[TRAINING]}" in capsys.readouterr().out

    build.run(back(county))
    assert "nothing new" in capsys.readouterr().out


@pytest.mark.further
def test_a_model_of_a_past_day_is_an_experiment_that_nobody_approves_and_an_erasure_reaches_its_tables(county, capsys):
    leaving = leave(county)
    client = tracking.connect(county.workspace.settings)
    assert tracking.by_alias(client, "limit", tracking.CHALLENGER) is None  # the one that was trained is in force
    # of the limit, for a month earlier a few hundred households have too few defaults to learn admission from
    training.train(back(county), "limit")
    output = capsys.readouterr().out
    assert "an experiment as of 2025-12-02T00:00:00+00:00, never to be approved" in output
    assert "awaits approval" not in output
    experiment = tracking.versions(client, "limit")[-1]
    assert tracking.by_alias(client, "limit", tracking.CHALLENGER) is None
    assert experiment.tags[tracking.BACKDATED] == BEFORE.isoformat()
    assert not training_subjects.remaining(county, "limit", experiment.tags["fingerprint"]) & leaving
    training.train(back(county), "limit")
    assert "nothing new" in capsys.readouterr().out
    assert tracking.by_alias(client, "limit", tracking.CHALLENGER) is None

    client.set_registered_model_alias("limit", tracking.CHALLENGER, experiment.version)
    with pytest.raises(FieldstoneError, match="an experiment that can't be approved"):
        model_release.approve(county, "limit", str(experiment.version), "Olga", "sound", sandbox=False)
    client.delete_registered_model_alias("limit", tracking.CHALLENGER)

    with pytest.raises(FieldstoneError, match="decide works on the present"):
        decide.run(back(county))
    assert not county.lake.exists(DECISIONS)

    erased = sorted(keys(county, OWN[TRAINING]))[0]
    erase.run(county, erased, due=False, execute=True, operator="Olga")
    assert all(erased not in keys(county, table) for table in OWN.values())


def test_a_training_that_looks_back_asks_for_its_own_features(populated):
    with pytest.raises(FieldstoneError, match=r"run fieldstone build-features --as-of 2025-12-02T00:00:00\+00:00"):
        training.train(back(populated), "admission")


@pytest.mark.parametrize("job", ["ingest", "refine"])
def test_what_is_stored_is_stored_by_the_present(populated, job):
    with pytest.raises(FieldstoneError, match=f"{job} works on the present, .*leave --as-of out"):
        {"ingest": ingest, "refine": refine}[job].run(back(populated), "farm")


VERBS = [
    "generate", "ingest farm", "refine farm", "decide", "run", "summary", "docs",
    "approve admission 1 --approver A --why sound",
    "quarantine list", "quarantine show --table farm__planting",
    "quarantine drop --table farm__planting --who A --why b",
    "decisions show A1 --purpose credit_assessment --why b",
    "decisions list --purpose credit_assessment --why b",
    "subject show --subject - --purpose credit_assessment --why b", "erase --due", "exit --all", "vault rotate",
    "audit show", "consent withdrawn", "partner inspect",
]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_of_the_present_refuses_another_moment(verb, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path / "state"))
    for as_of in ("2025-12-31", "2026-01-02"):
        monkeypatch.setenv("FIELDSTONE_AS_OF", "2026-01-01T00:00:00Z")
        assert main([*verb.split(), "--as-of", as_of]) == 1
        assert "works on the present, which is 2026-01-01T00:00:00+00:00 here" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("verb", ["build-features", "train admission"])
def test_nothing_looks_ahead(verb, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("FIELDSTONE_AS_OF", "2026-01-01T00:00:00Z")
    assert main([*verb.split(), "--as-of", "2026-01-01T00:00:01Z"]) == 1
    assert "it can only look back" in capsys.readouterr().err


def _of(context: Context, subject: str, as_of: datetime) -> int:
    rows = context.lake.read(f"silver_{TRANSFER}", purpose=Purpose.CREDIT_ASSESSMENT, as_of=as_of)
    return rows.where(F.col("subject_key") == key_of(context, subject)).count()


def test_a_consent_that_was_given_afterwards_permits_the_rows_of_before(populated):
    """Ann's first consent is of 2024; a year earlier nobody had consented, and her rows of then may be used now."""
    early = datetime(2023, 6, 1, tzinfo=UTC)
    moment = populated.lake.consent_moment(early)
    assert moment == AS_OF
    permitted = populated.lake.permitted(populated.workspace.contract(TRANSFER), {Purpose.CREDIT_ASSESSMENT}, early)
    assert {row["subject_key"] for row in permitted.collect()} == {key_of(populated, ANN), key_of(populated, BEN)}


def test_a_consent_that_ended_since_permits_nothing_of_before(populated):
    later = folder_context(populated.workspace.settings.home.parent, as_of=datetime(2029, 1, 1, tzinfo=UTC))
    assert _of(populated, ANN, AS_OF) > 0
    assert _of(later, ANN, AS_OF) == 0


@pytest.mark.further
def test_a_clock_that_was_put_back_forgets_no_withdrawal(populated):
    withdraw(populated, key_of(populated, ANN))
    slow = folder_context(populated.workspace.settings.home.parent, as_of=datetime(2025, 12, 1, tzinfo=UTC))
    assert _of(slow, ANN, slow.as_of) == 0
    assert _of(slow, BEN, slow.as_of) > 0
    with pytest.raises(FieldstoneError, match="but a batch was received at"):
        build.run(slow)


@pytest.mark.further
def test_a_notice_that_waits_counts_by_whatever_clock_it_was_noted(populated):
    landing, folder = populated.workspace.settings.landing, populated.workspace.settings.home.parent
    notice = {"consent_no": "G0000000001", "subject_id_no": ANN, "withdrawn_at": "the other day"}
    write_jsonl(landing / "consent/withdrawal/torn.jsonl", [notice | {"published_at": "2025-12-20T09:00:00Z"}])
    ingest.run(populated, "consent")
    refine.run(folder_context(folder, as_of=AS_OF + timedelta(days=3)), "consent")
    assert _of(populated, ANN, AS_OF) == 0
    assert _of(populated, BEN, AS_OF) > 0


@pytest.mark.parametrize(
    ("as_of", "table"),
    [
        (datetime(2025, 1, 1, tzinfo=UTC), "gold__training_labels_asof_20250101t000000z"),
        (datetime(2025, 1, 1, 8, tzinfo=UTC), "gold__training_labels_asof_20250101t080000z"),
        (datetime(2025, 1, 1, 0, 0, 0, 7, tzinfo=UTC), "gold__training_labels_asof_20250101t000000000007z"),
        (datetime.fromisoformat("2025-01-01T08:00:00+08:00"), "gold__training_labels_asof_20250101t000000z"),
    ],
)
def test_each_moment_has_tables_of_its_own(as_of, table):
    assert dated(LABELS, as_of) == table
    assert str(parse(table)) == table


@pytest.mark.further
def test_a_look_back_at_consents_says_that_it_is_one(populated, capsys, monkeypatch):
    home = populated.workspace.settings.home
    for name, value in (("HOME", str(home)), ("LANDING", str(home.parent / "landing")), ("AS_OF", AS_OF.isoformat())):
        monkeypatch.setenv(f"FIELDSTONE_{name}", value)
    command = ["consent", "check", "--subject", key_of(populated, ANN), "--scope", "farm.planting"]
    command += ["--purpose", "credit_assessment"]
    assert main(command) == 0
    assert "looking back" not in capsys.readouterr().out
    assert main([*command, "--as-of", "2025-06-01"]) == 0
    assert (
        "looking back to 2025-06-01 00:00 Asia/Shanghai; data are used by what holds at present"
        in capsys.readouterr().out
    )
    assert main([*command, "--as-of", "2023-06-01"]) == 1
    assert "looking back to 2023-06-01" in capsys.readouterr().err
    assert grant(ANN)["granted_at"] < "2025-06-01"
