"""A workspace in which everything is called otherwise, tables, columns and features: `tests/deliveries/hof`."""

import shutil
from dataclasses import replace
from datetime import datetime

import pytest

from conf.schema.table_roles import TableRole
from conf.schema.workspace import load
from lake import erasure, seals
from lake.vault import token_of
from models.household_decisions import LEDGER, LOANS
from pipeline.context import Context
from pipeline.decisions import commitments
from tests.deliveries.conftest import HERE, Site
from tests.deliveries.test_withdrawals_as_they_come import lines
from tests.integration.landing import person

HOF = HERE / "hof"
TEXTS = {text.version: sha256 for sha256, text in load(HOF).consent_texts.items()}
ANNA, BEN, CARL, DORA = range(1, 5)
SOURCES = ("einwilligung", "hof", "kasse")
REPORTED = {"gemeldet_am": "2025-03-01T00:00:00Z"}


def erteilt(n: int, version: str = "f1") -> dict:
    """Everybody's consent has the number of the person; Dora gave hers to somebody else."""
    return REPORTED | {
        "nummer": f"E{n:08d}", "ausweis": person(n), "bereiche": "hof.leute;hof.ernte", "fassung": version,
        "zwecke": "credit_assessment;model_training", "empfaenger": "Dorfkasse" if n != DORA else "Stadtkasse",
        "fassung_sha256": TEXTS[version], "erteilt_am": "2025-02-01T00:00:00Z", "gilt_bis": "2028-01-01T00:00:00Z",
        "expires_at": "Schrank 3",
    }  # fmt: skip


def widerruf(n: int) -> dict:
    return {"zu_nummer": f"E{n:08d}", "ausweis": person(n), "widerrufen_am": "2025-12-01T00:00:00Z"}


def ernte(n: int, kg: int, field: str = "oben", day: str = "2025-09-01") -> dict:
    usual = {"gemeldet_am": "2025-10-01T00:00:00Z", "zettel": f"{n}-{field}-{day}", "hof": "h7", "household_no": field}
    return usual | {"ausweis": person(n), "menge_kg": f"{kg}", "tag": day}


def antrag(n: int, state: str, at: str) -> dict:
    usual = {"antrag": f"{state}-{n}", "ausweis": person(n), "gestellt_am": at, "summe_cny": "900", "dauer_months": "6"}
    return usual | {"art": "saatgut", "stand": state, "gemeldet_am": at}


@pytest.fixture
def hof(site) -> Site:
    """A farm of four: Anna and Ben share, Carl signed the text that doesn't, Dora let somebody else see hers."""
    site.workspace = HOF
    people = (ANNA, BEN, CARL, DORA)
    homes = [REPORTED | {"hof": "h7", "ausweis": person(n), "ab_tag": "2020-01-01", "bis_tag": None} for n in people]
    loan = {"darlehen": "d1", "antrag": "bewilligt-2", "ausweis": person(BEN), "ausgezahlt_am": "2025-04-01"}
    harvests = [
        ernte(ANNA, 100, day="2025-09-02"),
        ernte(BEN, 20),
        ernte(BEN, 7, "unten", "2024-09-01"),
        ernte(CARL, 3),
        ernte(DORA, 1),
    ]
    files = {
        "einwilligung/erteilt": [erteilt(n, "f0" if n == CARL else "f1") for n in people],
        "hof/bewohner": homes,
        "hof/ernte": harvests,
        "kasse/antrag": [
            antrag(ANNA, "offen", "2025-12-20T00:00:00Z"),
            antrag(BEN, "bewilligt", "2025-03-15T00:00:00Z"),
        ],
        "kasse/darlehen": [REPORTED | loan | {"rest_cny": "500", "art": "saatgut", "ist_faul": "false"}],
    }
    for name, rows in files.items():
        site.deliver(f"{name}/a.jsonl", lines(rows))
    for source in SOURCES:
        for ran in site.take_in(source):
            assert ran.code == 0, ran.text
    return site


def context_of(site: Site) -> Context:
    workspace, as_of = load(HOF), datetime.fromisoformat(site.as_of)
    settings = workspace.settings.model_copy(update={"home": site.home, "landing": site.landing, "as_of": as_of})
    return Context(replace(workspace, settings=settings), as_of)


def renamed(site: Site, before: str, after: str) -> None:
    """Let the notices' contract call a column otherwise, in a copy of the workspace that the site takes from now on."""
    root = site.folder / "workspace"
    shutil.copytree(HOF, root, ignore=shutil.ignore_patterns("__pycache__"))
    roles, path = root / "conf/tables.yaml", root / "conf/contracts/einwilligung/widerruf.yaml"
    roles.write_text(roles.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace(f"[{before}]", f"[{after}]")
    path.write_text(text.replace(f"{before}: {{", f"{after}: {{renamed_from: {before}, "), encoding="utf-8")
    site.workspace = root


def built(site: Site, table: str = "gold__application_features") -> dict[str, dict]:
    """Rows of gold by application, built anew."""
    ran = site.run("build-features")
    assert ran.code == 0, ran.text
    return {row["application_id"]: row for row in site._rows(table)}


def test_what_a_workspace_calls_otherwise_serves_features_decisions_and_erasure(hof):
    assert hof.silver("einwilligung__erteilt", "nummer") == [f"E{n:08d}" for n in (ANNA, BEN, CARL, DORA)]
    assert hof.silver("hof__ernte", "consent_id") == ["E00000001", "E00000002", "E00000002", "E00000003"]
    (anna,) = built(hof).values()
    assert anna["consent_ids"] == ["E00000001", "E00000002"]
    values = [anna[name] for name in ("ernte_kg_12m", "letzte_kg", "kunde_months", "restschuld_cny", "summe_cny")]
    assert values == [120.0, 107.0, 16.0, 0.0, 900.0]  # of one field the youngest, whoever holds it
    assert (anna["dauer_months"], anna["is_art_saatgut"]) == (6.0, 1.0)
    labels = {row["application_id"]: row["label_status"] for row in hof._rows("gold__training_labels")}
    assert labels == {"bewilligt-2": "good"}
    context = context_of(hof)
    open_ = commitments.standing(context).set_index("application_id")
    assert open_["household_no"].to_dict() == {"offen-1": "h7"}
    (loan,) = commitments.outstanding(context)[LOANS].to_dict("records")
    assert loan | {"subject_key": None} == {
        "subject_key": None, "household_no": "h7", "product_code": "saatgut",
        "existing_exposure": 500.0, "existing_debt_service_month": 50.0,
    }  # fmt: skip
    assert commitments.granted(context, open_.reset_index())[LEDGER].empty
    key = token_of(person(BEN), context.vault.secrets.pseudonym)
    assert erasure.consents(context.lake, {key}) == {"E00000002"}
    played = [context.workspace.of_role(role).named("silver") for role in (TableRole.CONSENT, TableRole.WITHDRAWAL)]
    assert all(seals.is_sealed(context.lake, table) for table in played)
    assert not seals.is_sealed(context.lake, "silver_consent__grant")
    assert played[0] in seals.tables(context.lake)


def test_whoever_withdraws_is_used_on_no_more_and_a_damaged_notice_stops_as_well(hof):
    hof.deliver("einwilligung/widerruf/b.jsonl", lines([widerruf(BEN), lines([widerruf(CARL)])[:40]]))
    hof.take_in("einwilligung")
    (anna,) = built(hof).values()
    assert (anna["consent_ids"], anna["ernte_kg_12m"]) == (["E00000001"], 100.0)
    command = ("consent", "check", "--subject", "-", "--scope", "hof.ernte", "--purpose", "credit_assessment")
    shown = {n: hof.run(*command, stdin=f"{person(n)}\n").text for n in (ANNA, BEN, CARL, DORA)}
    assert "it holds until" in shown[ANNA]
    assert "was withdrawn at 2025-12-01" in shown[BEN]
    assert "a notice of withdrawal waits in quarantine" in shown[CARL]
    assert "was given to somebody else" in shown[DORA]
    assert hof.quarantined("einwilligung__widerruf")
    renamed(hof, "zu_nummer", "zu_welcher")
    for verb in (command, ("build-features",), ("consent", "show", "--subject", "-")):
        ran = hof.run(*verb, stdin=f"{person(BEN)}\n")
        assert ran.code == 1, f"{verb}: {ran.text}"  # a notice whose number nobody finds would end nothing
        assert "fieldstone contract migrate einwilligung__widerruf" in ran.err
    assert hof.run("contract", "migrate", "einwilligung__widerruf", "--who", "Olga", "--why", "as agreed").code == 0
    assert "was withdrawn at 2025-12-01" in hof.run(*command, stdin=f"{person(BEN)}\n").text
