"""A consent is withdrawn: open applications go to a person, and models know how much they learnt from it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from jobs import consent, erase
from lake import raw_access
from models.policy import Decision, ReviewTrigger
from pipeline import refine
from pipeline.context import Context
from pipeline.decisions import data_coverage, decide
from pipeline.features import build, declarations
from pipeline.ingest import run as ingest
from pipeline.quarantine import dropping
from pipeline.quarantine.row_choice import Selection
from pipeline.registry import tracking, training_subjects
from pipeline.releases import champions, policy_release
from pipeline.releases.champions import Champion
from pipeline.sources import suspension
from tests.integration import moving
from tests.integration.holding import ANN, BEN, TRANSFER, key_of
from tests.integration.landing import write_jsonl


def _rows(context, table):
    return context.lake.read(table, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)


def _withdraw(context, subjects: list[str], name: str) -> None:
    """Notices of withdrawal of every consent of some subjects, ingested and refined."""
    landing = context.workspace.settings.landing
    grants = _rows(context, "silver_consent__grant").where(F.col("subject_key").isin(subjects)).select("consent_no")
    numbers = {row["consent_no"] for row in grants.collect()}
    lines = (line for path in landing.glob("consent/grant/*.jsonl") for line in path.read_text().splitlines())
    consents = [record for record in map(json.loads, lines) if record["consent_no"] in numbers]
    at = {"withdrawn_at": "2025-12-30T08:00:00Z", "published_at": "2025-12-30T09:00:00Z"}
    path = landing / f"consent/withdrawal/{name}.jsonl"
    write_jsonl(path, [{name: each[name] for name in ("consent_no", "subject_id_no")} | at for each in consents])
    for job in (ingest, refine):
        job.run(context, "consent")


def _tags(context) -> list[str | None]:
    client = tracking.connect(context.workspace.settings)
    return [v.tags.get("retrain") for name in context.workspace.models for v in tracking.versions(client, name)]


def _of_training(context) -> list[str]:
    client = tracking.connect(context.workspace.settings)
    (version,) = tracking.versions(client, "admission")
    remaining = training_subjects.remaining(context, "admission", version.tags["fingerprint"])
    assert str(len(remaining)) == version.tags["data_subjects"]
    return sorted(remaining)


def _thinned(context, home: Path, table: str, keep: str) -> Context:
    """A copy of the state, of which one table in silver lost all rows but some."""
    moving.copied(context.workspace.settings.home, home)
    settings = context.workspace.settings.model_copy(update={"home": home})
    copy = Context(replace(context.workspace, settings=settings), context.as_of)
    DeltaTable(str(copy.lake.path(table))).delete(f"NOT ({keep})")
    return copy


def _referring(context) -> Context:
    rules = context.workspace.policy
    refer = rules.when_missing.model_copy(update={"decisions": "refer"})
    changed = replace(context.workspace, policy=rules.model_copy(update={"when_missing": refer}))
    return Context(changed, context.as_of)


@pytest.mark.further
@pytest.mark.parametrize("pending", [1, 3, 4])
def test_few_pending_applications_that_lack_what_all_had_are_referred(county, tmp_path, capsys, pending):
    in_force = _champions(county)
    had = {
        name
        for champion in in_force
        for name, known in zip(champion.predictor.features, champion.predictor.missing.known, strict=True)
        if known >= 0.95 and name.startswith("balance_")
    }
    rows = decide.undecided(county)
    whole = sorted(rows.loc[rows[sorted(had)].notna().all(axis=1), "application_id"])[:pending]
    chosen = ", ".join(f"'{number}'" for number in whole)
    lost = _thinned(county, tmp_path / "state", "gold__application_features", f"application_id IN ({chosen})")
    DeltaTable(str(lost.lake.path("gold__application_features"))).update(updates=dict.fromkeys(had, "NULL"))
    few = decide.undecided(lost)
    assert had
    assert len(few) == pending
    capsys.readouterr()
    assert data_coverage.is_short(lost, few, in_force)  # though the policy says stop
    output = capsys.readouterr().out
    assert "all applications are referred, because more data are missing than when the models were trained" in output
    assert f"trained (only {pending} appl" in output
    assert "silver_bank__account: balance_" in output


@pytest.mark.parametrize("left", ["FALSE", "snapshot_date < '2024-06-01'"], ids=["emptied", "stale"])
def test_a_table_that_was_lost_stops_decisions_and_makes_none_kinder(county, tmp_path, capsys, left):
    lost = _thinned(county, tmp_path / "state", "silver_bank__account", left)
    whole = decide.undecided(county)
    if left == "FALSE":
        with pytest.raises(FieldstoneError, match="features need bank__account, which have no rows in silver"):
            build.run(lost)
    else:
        build.run(lost)
    with pytest.raises(
        FieldstoneError, match="nothing decided, because more data are missing than when the models were trained"
    ):
        decide.run(lost)
    with pytest.raises(FieldstoneError, match=r"silver_bank__account: .*\d rows, in training [\d,]+"):
        decide.run(lost)
    assert not lost.lake.exists(decide.DECISIONS)

    client = tracking.connect(county.workspace.settings)
    scorer, earner = (champions.load(county, client, name).predictor for name in ("admission", "limit"))
    of_account = [
        column.name for column in declarations.feature_set(county.workspace).columns if "account" in column.table
    ]
    thin = decide.undecided(lost) if left != "FALSE" else whole.assign(**dict.fromkeys(of_account, float("nan")))
    assert thin["balance_cny"].isna().all()
    assert not whole["balance_cny"].isna().any()
    cut_off = county.workspace.policy.refer_pd
    assert (scorer.predict_pd(thin) <= cut_off).sum() <= (scorer.predict_pd(whole) <= cut_off).sum()
    assert scorer.predict_pd(thin).mean() >= scorer.predict_pd(whole).mean()
    assert earner.predict_capacity(thin).mean() <= earner.predict_capacity(whole).mean()

    capsys.readouterr()
    with pytest.raises(FieldstoneError, match=r"changed since: when_missing\.decisions"):
        decide.run(_referring(lost))
    policy_release.approve(_referring(lost), "Rita", "a person is to decide", sandbox=False)
    decide.run(_referring(lost))
    assert "all applications are referred, because more data are missing" in capsys.readouterr().out
    assert {row["decision"] for row in _rows(lost, decide.DECISIONS).collect()} == {Decision.REFER}


def _champions(context) -> list[Champion]:
    client = tracking.connect(context.workspace.settings)
    return [champions.load(context, client, name) for name in context.workspace.models]


def test_a_table_that_lost_more_than_a_tenth_of_its_rows_stops_decisions_though_no_value_is_missing(county, tmp_path):
    rows = decide.undecided(county)
    assert not data_coverage.is_short(county, rows, _champions(county))
    lost = _thinned(county, tmp_path / "state", "silver_bank__loan", "substring(subject_key, 1, 1) > '2'")
    with pytest.raises(FieldstoneError, match=r"silver_bank__loan: [\d,]+ rows, in training [\d,]+"):
        data_coverage.is_short(lost, rows, _champions(lost))


@pytest.mark.further
def test_a_table_to_which_nothing_is_added_any_more_stops_decisions(county, tmp_path):
    rows = decide.undecided(county)
    # loans end nine months ago
    stale = _thinned(county, tmp_path / "state", "silver_bank__loan", "known_at < '2025-04-01'")
    with pytest.raises(FieldstoneError, match="silver_bank__loan: 0 new in 120 days, before training at least"):
        data_coverage.is_short(stale, rows, _champions(stale))
    # no row of any table is gone, but the farm source, which isn't late yet, brought nothing for 100 days
    later = Context(county.workspace, county.as_of + timedelta(days=100))
    with pytest.raises(FieldstoneError, match=r"silver_farm__planting: \d+ new in 120 days, before training at least"):
        data_coverage.is_short(later, rows, _champions(later))


@pytest.mark.further
def test_what_came_last_of_a_source_that_is_out_may_be_old_but_not_be_gone(county, tmp_path):
    rows, table = decide.undecided(county), "silver_housing__rural_house"
    out = _thinned(county, tmp_path / "state", table, "TRUE")
    suspension.suspend(out, "housing", ["Ada", "Bo"], "drill")
    assert not data_coverage.is_short(out, rows, _champions(out))
    catalogue = declarations.feature_set(county.workspace).columns
    of_houses = [column.name for column in catalogue if column.tables == ["housing__rural_house"]]
    bare = rows.assign(**dict.fromkeys(of_houses, float("nan")))
    with pytest.raises(FieldstoneError, match=rf"{table}: house_count known of 0%"):
        data_coverage.is_short(out, bare, _champions(out))


def test_a_withdrawal_refers_open_applications_and_tells_which_models_are_due(county, capsys):
    trained = _of_training(county)
    consent.withdrawn(county, as_json=False)
    before = capsys.readouterr().out
    assert "due" not in before
    assert f"{len(trained):,}" in before
    assert _tags(county) == [None, None]

    pending = _rows(county, "gold__application_features").orderBy("application_id").collect()
    leaving = pending[0]
    _withdraw(county, [leaving["subject_key"]], "one")
    left = _rows(county, "gold__application_features").where(F.col("application_id") == leaving["application_id"])
    assert left.count() == (0 if leaving["consent_ids"] else 1)
    build.run(county)
    decide.run(county)
    made = {row["application_id"]: row for row in _rows(county, decide.DECISIONS).collect()}
    assert len(made) == len(pending)
    assert made[leaving["application_id"]]["decision"] == Decision.REFER
    assert ReviewTrigger.CONSENT_MISSING in made[leaving["application_id"]]["refer_reasons"]

    _withdraw(county, trained[: len(trained) // 10], "many")
    capsys.readouterr()
    consent.withdrawn(county, as_json=False)
    assert capsys.readouterr().out.count("due") == 2
    assert _tags(county) == ["due", "due"]

    erase.run(county, None, due=True, execute=True, operator="airflow")
    gone = {*trained[: len(trained) // 10]}
    assert not raw_access.subjects(county.lake, "silver_farm__planting") & gone
    erase.run(county, trained[-1], due=False, execute=True, operator="Olga")
    capsys.readouterr()
    consent.withdrawn(county, as_json=False)
    gone |= {trained[-1], leaving["subject_key"]} & {*trained}
    assert capsys.readouterr().out.count(f" {len(gone):,} ") == 2


def test_a_notice_that_cannot_be_read_ends_all_use_until_somebody_has_read_it(populated, capsys):
    lake, settings = populated.lake, populated.workspace.settings
    consents = lake.read("silver_consent__grant", purpose=Purpose.CREDIT_ASSESSMENT, as_of=populated.as_of).collect()
    number = next(row["consent_no"] for row in consents if row["subject_key"] == key_of(populated, ANN))
    notice = {"consent_no": number, "subject_id_no": ANN, "published_at": "2025-07-01T01:00:00Z"}
    write_jsonl(settings.landing / "consent/withdrawal/torn.jsonl", [notice | {"withdrawn_at": "the other day"}])
    lenient = populated.workspace.contract("consent__withdrawal").model_copy(update={"max_failure_share": 1.0})
    contracts = populated.workspace.contracts | {lenient.table: lenient}
    reading = Context(replace(populated.workspace, contracts=contracts), populated.as_of)
    for job in (ingest, refine):
        job.run(reading, "consent")
    assert not _may_be_used(populated, ANN)
    assert _may_be_used(populated, BEN)
    with pytest.raises(FieldstoneError, match="a notice of withdrawal waits in quarantine until somebody has read it"):
        consent.check(populated, key_of(populated, ANN), "farm.land_transfer", "credit_assessment")
    dropping.drop(populated, lenient.table, Selection(), who="Olga", why="the subject was asked and stays")
    assert _may_be_used(populated, ANN)


def test_two_notices_that_differ_end_a_consent_all_the_same(populated):
    consents = populated.lake.read(
        "silver_consent__grant", purpose=Purpose.CREDIT_ASSESSMENT, as_of=populated.as_of
    ).collect()
    number = next(row["consent_no"] for row in consents if row["subject_key"] == key_of(populated, ANN))
    notice = {"consent_no": number, "subject_id_no": ANN, "withdrawn_at": "2025-07-01T00:00:00Z"}
    published = ("2025-07-01T01:00:00Z", "2031-01-01T00:00:00Z")
    path = populated.workspace.settings.landing / "consent/withdrawal/two.jsonl"
    write_jsonl(path, [notice | {"published_at": at} for at in published])
    for job in (ingest, refine):
        job.run(populated, "consent")
    assert not _may_be_used(populated, ANN)


def _may_be_used(context, subject: str) -> bool:
    rows = context.lake.read(f"silver_{TRANSFER}", purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
    return not rows.where(F.col("subject_key") == key_of(context, subject)).isEmpty()
