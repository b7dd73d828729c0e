"""Rows that have neither a number nor a day: their key is made from them, and chance parts what time can't."""

import json
import random
import re
import shutil

import pytest

from conf.schema.workspace import load
from pipeline.registry import tracking
from tests.deliveries.conftest import HERE, Site

SCHAFE = HERE / "schafe"
HEADER = "rasse,gewicht_kg,ist_geschoren,ist_geplatzt\n"


@pytest.fixture
def markt(site) -> Site:
    site.workspace = SCHAFE
    return site


def sales(number: int = 400) -> str:
    """Heavy merinos aren't paid; a tenth of the sales is still open."""
    drawn = random.Random(5)
    lines = []
    for n in range(number):
        breed, weight = drawn.choice(["merino", "rhoen"]), 30 + n / 10
        bad = drawn.random() < (0.6 if breed == "merino" and weight > 50 else 0.15)
        lines.append(f"{breed},{weight:.2f},{drawn.choice(['yes', 'no', ''])},{'' if n % 10 == 0 else int(bad)}\n")
    return HEADER + "".join(lines)


def test_a_row_is_told_by_what_it_says_and_comes_once_however_often_it_is_sent(markt):
    markt.deliver("markt/verkauf/a.csv", HEADER + "merino,41.50,yes,0\nmerino,41.50,no,0\n merino ,41.50,yes,0\n")
    ingested, refined = markt.take_in("markt")
    assert (ingested.code, refined.code) == (0, 0), ingested.text + refined.text
    keys = markt.silver("markt__verkauf", "record_key")
    assert len(keys) == 2
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
    assert "1 duplicate" in refined.text
    markt.deliver("markt/verkauf/b.csv", HEADER + "merino,41.50,no,0\nrhoen,20,,\n")
    markt.take_in("markt", as_of="2026-02-01T00:00:00Z")
    assert len(markt.silver("markt__verkauf")) == 3
    assert {*keys} < {*markt.silver("markt__verkauf", "record_key")}


def test_what_has_no_moment_happened_when_it_became_known(markt):
    markt.deliver("markt/verkauf/a.csv", HEADER + "rhoen,20,,1\n")
    markt.take_in("markt")
    (row,) = markt.silver("markt__verkauf")
    assert row["event_time"] == row["known_at"]
    assert row["known_at"].isoformat().startswith("2026-01-01")


def test_rows_of_one_key_of_some_columns_that_contradict_each_other_are_told(markt):
    markt.deliver("markt/verkauf/a.csv", HEADER + "rhoen,20,,1\n")
    rows = "rasse,ort,eur\nmerino,Fulda,90\nmerino,Fulda,91\nmerino,,92\nrhoen,Fulda,80\nrhoen,Fulda,80\n"
    markt.deliver("markt/preis/a.csv", rows + "".join(f"m{n},Ulm,1\n" for n in range(20)))
    ingested, refined = markt.take_in("markt")
    assert (ingested.code, refined.code) == (0, 0), ingested.text + refined.text
    assert markt.quarantined("markt__preis") == {"DUPLICATE_KEY": 2}
    assert len(markt.silver("markt__preis")) == 22  # of the two that say the same, one


def test_a_model_of_rows_without_a_time_is_held_out_by_chance_and_says_so_everywhere(markt):
    markt.deliver("markt/verkauf/a.csv", sales())
    for ran in markt.take_in("markt"):
        assert ran.code == 0, ran.text
    assert markt.run("build-features").code == 0
    trained = markt.run("train", "admission")
    assert trained.code == 0, trained.text
    assert "parted by chance, stratified by the label; nothing is tested out of time" in trained.text
    assert "awaits approval" in trained.text
    settings = load(SCHAFE).settings.model_copy(update={"home": markt.home})
    client = tracking.connect(settings)
    version = client.get_model_version("admission", "1")
    assert "parted by chance" in version.tags["split"]
    record = json.loads(tracking.artifact(client, version, tracking.RECORD))
    assert record["split_by"] == "chance"
    assert record["split"]["oot"]["rows"] == 108
    page = tracking.artifact(client, version, tracking.REPORT).decode()
    assert "Not tested out of time" in page
    assert "Held out by chance" in page
    again = markt.run("train", "admission")
    assert "nothing new" in again.text


@pytest.mark.further
def test_whom_to_admit_is_decided_without_any_limit_and_can_be_decided_again(markt, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_SANDBOX_APPROVAL", "true")
    markt.deliver("markt/verkauf/a.csv", sales())
    ran = markt.run("run")
    assert ran.code == 0, ran.text
    assert "decide: 40 applications: " in ran.text
    assert "CNY" not in ran.text.split("decide: ")[1].split("\n")[0]
    decisions = markt._rows("gold__decisions")
    assert {row["decision"] for row in decisions} <= {"admit", "decline", "refer"}
    for row in decisions:
        assert row["decision"] == ("decline" if row["pd"] > 0.5 else "refer" if row["pd"] > 0.4 else "admit")
        of_limits = ("limit_amount", "capacity_year", "expected_loss", "binding_constraint", "limit_model")
        assert [row[name] for name in of_limits] == [None] * 5
        assert (row["admission_model"], row["grade"]) == ("admission:1", "gut" if row["pd"] <= 0.4 else "schlecht")
        assert bool(row["reason_features"]) == (row["decision"] != "admit")
    again = markt.run("replay", "--all")
    assert again.code == 0, again.text
    assert "40 of 40 decisions are the same" in again.text
    assert "decide: nothing new" in markt.run("decide").text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("max_dti: 0.5", "max_dti belongs to limits, but no products are stated"),
        ("loss_given_default: 0.45", "loss_given_default belongs to limits"),
        ("min_limit: 5", "min_limit belongs to limits"),
        (
            "products: {p: {annual_rate: 0.1, cap: 9, regulatory_cap: 9}}",
            "max_dti, min_limit, loss_",
        ),
        ("min_history_months: 3", "lacks facts.history_months (the feature that tells how long a history is"),
        ("required_scopes: [x]", "no scope of consent x"),
    ],
)
def test_half_of_what_limits_need_is_told(markt, line, message):
    workspace = markt.folder / "workspace"
    shutil.copytree(SCHAFE, workspace)
    path = workspace / "conf/policy.yaml"
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    markt.workspace = workspace
    ran = markt.run("sources")
    assert ran.code == 1
    assert message in ran.err
