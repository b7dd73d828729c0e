"""Partner APIs, against the sandbox's server over real TLS: who is asked, every fault, runs that die, trust."""

import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.workspace import ROOT, load
from lake import request_log
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.ingest.api import listings
from sandbox.partners import certificates, platform_records
from sandbox.partners.faults import KINDS, FaultPlan
from sandbox.partners.platform_api import running
from tests.integration.landing import as_csv, grant, person, transfer, with_numbers, write_jsonl
from tests.integration.partner import (
    CLOCK,
    CONSENTING,
    ENDPOINT,
    OTHERS,
    PATH,
    TABLE,
    Tuning,
    authorisation,
    holdings,
    record,
    source,
)

PAGES = 8  # that a whole pull asks for, after one request for the state of the endpoint


@pytest.fixture(scope="module")
def authorised(tmp_path_factory, spark):
    """A state folder in which ten people have consented, to be copied."""
    folder = tmp_path_factory.mktemp("authorised")
    grants = [grant(subject, number) for number, subject in enumerate(CONSENTING, 1)]
    write_jsonl(folder / "landing/consent/grant/a.jsonl", grants)
    context = _context(folder, spark)
    for job in (ingest, refine):
        job.run(context, "consent")
    return folder


def _context(folder, spark, as_of=CLOCK):
    workspace = load()
    settings = workspace.settings.model_copy(
        update={"home": folder / "state", "landing": folder / "landing", "as_of": as_of, "engine": "sail"}
    )
    context = Context(replace(workspace, settings=settings), as_of)
    vars(context.lake)["spark"] = spark  # one session for all tests
    return context


@pytest.fixture
def context(authorised, tmp_path, spark):
    shutil.copytree(authorised, tmp_path, dirs_exist_ok=True)
    return _context(tmp_path, spark)


@pytest.fixture
def serve(context, tmp_path, monkeypatch):
    """Starts the partner's server; what its client needs of the environment is set."""
    with ExitStack() as stack:

        def start(*faults, platform=None, **options):
            platform = platform or holdings(context.workspace.contract(TABLE))
            plan = faults[0] if faults else FaultPlan()
            partner = stack.enter_context(running(platform, tmp_path / "partner", plan=plan, **options))
            for name, value in partner.environ.items():
                monkeypatch.setenv(name, value)
            return partner

        yield start


def _pull(context, partner, tuning=Tuning(), **asset):  # noqa: B008
    return ingest.ingest(context, source(partner, tuning, **asset), context.workspace.contract(TABLE))


def _bronze(context):
    contract = context.workspace.contract(TABLE)
    if not context.lake.exists(contract.named("bronze")):
        return []
    rows = context.lake.read(contract.named("bronze"), purpose=contract.purposes, as_of=context.as_of)
    return with_numbers(context, rows.toArrow().to_pylist())


def _contracts(context):
    return [row["contract_no"] for row in _bronze(context)]


def _expected(people=CONSENTING):
    """Contract numbers of all records of some people, once each."""
    numbers = [int(subject[14:17]) for subject in people]
    return sorted(transfer("", number * 100 + serial)["contract_no"] for number in numbers for serial in range(3))


def _pages_of(log):
    return [access.request_id for access in log if access.status == 200]


# who is asked, and for what -------------------------------------------------------------------------------------


def test_all_records_of_those_who_consented_come_once(context, serve):
    partner = serve()
    batch = _pull(context, partner)
    assert _contracts(context) == _expected()
    assert (batch.rows_stored, batch.watermark) == (30, CLOCK.isoformat())
    pages = _pages_of(partner.platform.log)
    assert len(pages) == len(set(pages)) == PAGES
    assert {row["_source_ref"].split("#")[1].split("@")[0] for row in _bronze(context)} == set(pages)
    assert {row["consent_id"] for row in _bronze(context)} == {f"G{n:010d}" for n in range(1, 11)}


def test_nobody_is_asked_for_who_gave_no_consent(context, serve):
    partner = serve()
    _pull(context, partner)
    named = {subject for access in partner.platform.log for subject in access.subjects}
    assert named == set(CONSENTING)
    assert not named & set(OTHERS)


def test_a_second_pull_finds_nothing_new_and_asks_for_nobody(context, serve):
    partner = serve()
    _pull(context, partner)
    before, log = _contracts(context), len(partner.platform.log)
    assert _pull(context, partner) is None
    assert (_contracts(context), len(partner.platform.log)) == (before, log)


def test_the_next_pull_asks_from_the_watermark_and_new_subjects_for_everything(context, serve, tmp_path, spark):
    partner = serve()
    _pull(context, partner)
    write_jsonl(tmp_path / "landing/consent/grant/b.jsonl", [grant(person(11), 11)])
    later = datetime(2025, 7, 1, tzinfo=UTC)
    platform, context = partner.platform.holdings, _context(tmp_path, spark, later)
    for job in (ingest, refine):
        job.run(context, "consent")
    platform.clock = later
    platform.records[PATH][person(1)].append(record(1, 7, datetime(2025, 6, 15, tzinfo=UTC)))
    del partner.platform.log[:]
    batch = _pull(context, partner)
    assert (batch.rows_stored, batch.watermark) == (4, later.isoformat())
    assert _contracts(context) == sorted(
        [*_expected([*CONSENTING, person(11)]), record(1, 7, later).row["contract_no"]]
    )
    periods = {(subject, access.since) for access in partner.platform.log for subject in access.subjects}
    assert periods == {(subject, CLOCK) for subject in CONSENTING} | {(person(11), None)}


@pytest.mark.further
def test_a_consent_that_the_partner_does_not_know_yet_is_asked_for_in_full_again(
    context, serve, tmp_path, spark, capsys
):
    platform = holdings(context.workspace.contract(TABLE))
    unknown = platform.authorisations.pop("G0000000010")
    partner = serve(platform=platform)
    _pull(context, partner)
    assert _contracts(context) == _expected(CONSENTING[:9])
    assert "1 authorisations were refused by farm" in capsys.readouterr().out
    assert request_log.subjects(context.lake, TABLE, context.lake.batch_ids("bronze_farm__land_transfer")).count() == 9
    platform.authorisations["G0000000010"] = unknown
    _pull(context, partner)
    assert _contracts(context) == _expected()


@pytest.mark.further
def test_who_consents_again_is_asked_for_everything_and_no_row_comes_twice(context, serve, tmp_path, spark):
    partner = serve()
    _pull(context, partner)
    withdrawal = {
        "consent_no": "G0000000001",
        "subject_id_no": person(1),
        "withdrawn_at": "2025-06-02T00:00:00Z",
        "published_at": "2025-06-02T01:00:00Z",
    }
    write_jsonl(tmp_path / "landing/consent/withdrawal/a.jsonl", [withdrawal])
    platform = partner.platform.holdings
    for month, (number, grants) in {7: (2, []), 8: (1, [grant(person(1), 21)])}.items():
        if grants:
            write_jsonl(tmp_path / "landing/consent/grant/b.jsonl", grants)
            platform.authorisations["G0000000021"] = replace(authorisation(1), code="G0000000021")
        platform.clock = datetime(2025, month, 1, tzinfo=UTC)
        platform.records[PATH][person(number)].append(record(number, month, datetime(2025, month - 1, 20, tzinfo=UTC)))
        context = _context(tmp_path, spark, platform.clock)
        for job in (ingest, refine):
            job.run(context, "consent")
        del partner.platform.log[:]
        batch = _pull(context, partner)
    assert {access.since for access in partner.platform.log if person(1) in access.subjects} == {None}
    assert (batch.rows_read, batch.rows_stored, batch.rows_duplicate) == (4, 1, 3)
    assert len(set(_contracts(context))) == len(_contracts(context)) == 32


@pytest.mark.further
def test_what_came_as_files_does_not_come_again(context, serve, tmp_path):
    partner = serve()
    rows = [one.row for number in (1, 2) for one in partner.platform.holdings.records[PATH][person(number)]]
    path = tmp_path / "landing/farm/land_transfer/a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(as_csv(rows), encoding="utf-8")
    ingest.ingest(context, context.workspace.source("farm"), context.workspace.contract(TABLE))
    batch = _pull(context, partner)
    assert (batch.rows_read, batch.rows_stored, batch.rows_duplicate) == (30, 24, 6)
    assert _contracts(context) == _expected()


@pytest.mark.further
def test_a_partner_whose_clock_is_ahead_does_not_move_the_watermark_past_our_present(context, serve):
    platform = holdings(context.workspace.contract(TABLE))
    platform.clock = datetime(2039, 1, 1, tzinfo=UTC)
    platform.authorisations = {
        code: replace(right, expires_at=datetime(2040, 1, 1, tzinfo=UTC))
        for code, right in platform.authorisations.items()
    }
    assert _pull(context, serve(platform=platform)).watermark == CLOCK.isoformat()


# faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_changes_nothing(context, serve, fault, number):
    plan = FaultPlan(at={number: fault}, retry_after="0.05", stall_seconds=0.6)
    partner = serve(plan)
    _pull(context, partner, Tuning(timeout_seconds=0.3 if fault == "slow" else 5))
    assert _contracts(context) == _expected()
    assert partner.limit.impatient == 0
    assert len({row["_source_ref"] for row in _bronze(context)}) == PAGES


@pytest.mark.parametrize("seed", range(5))
def test_a_storm_of_faults_changes_nothing(context, serve, seed):
    kinds = tuple(kind for kind in KINDS if kind != "slow")
    partner = serve(FaultPlan(share=0.25, seed=seed, kinds=kinds, retry_after="0.01"))
    _pull(context, partner, Tuning(attempts=60, budget_seconds=60))
    assert _contracts(context) == _expected()
    assert partner.limit.impatient == 0


def test_an_expired_token_is_refreshed(context, serve):
    partner = serve(FaultPlan(at={3: "expired", 5: "expired"}))
    _pull(context, partner)
    assert partner.platform.tokens_issued == 3


@pytest.mark.further
def test_a_token_is_refreshed_as_often_as_it_expires(context, serve):
    partner = serve(token_seconds=0.1)
    _pull(context, partner, Tuning(requests_per_second=20))
    assert _contracts(context) == _expected()
    assert partner.platform.tokens_issued > 2


@pytest.mark.further
def test_records_that_keep_changing_are_given_up(context, serve):
    partner = serve(FaultPlan(share=1, kinds=("changed",)))
    with pytest.raises(FieldstoneError, match="land_transfer changed while they were listed, 6 times in a row"):
        _pull(context, partner)
    assert _contracts(context) == []


@pytest.mark.further
def test_the_agreed_rate_is_kept(context, serve):
    partner = serve(requests_per_second=1000)
    _pull(context, partner, Tuning(requests_per_second=40))
    arrivals = partner.limit.arrivals
    assert arrivals[-1] - arrivals[0] >= (len(arrivals) - 1) / 40 * 0.9
    assert partner.limit.impatient == 0


@pytest.mark.further
def test_a_stricter_limit_of_the_partner_is_respected(context, serve):
    partner = serve(requests_per_second=6)
    _pull(context, partner)
    assert _contracts(context) == _expected()
    assert len(partner.limit.arrivals) > PAGES + 1
    assert partner.limit.impatient == 0


@pytest.mark.further
def test_more_patience_than_there_is_left_ends_the_pull_at_once(context, serve):
    partner = serve(FaultPlan(at={2: "throttled"}, retry_after="86400"))
    with pytest.raises(FieldstoneError, match=r"failed 1 times, at last with 429, after 0\.0 s of waiting"):
        _pull(context, partner)


# interruption ---------------------------------------------------------------------------------------------------


def _down_from(number):
    return FaultPlan(at=dict.fromkeys(range(number, 100), "unavailable"))


def _scratch(context):
    return context.workspace.settings.home / "staging"


def _interrupted(context, serve, number):
    """A pull that fails at a request, and the page requests that were answered until then."""
    partner = serve(_down_from(number))
    with pytest.raises(FieldstoneError, match="failed 6 times, at last with 503"):
        _pull(context, partner)
    assert _contracts(context) == []
    return _pages_of(partner.platform.log)


def test_a_pull_goes_on_after_the_last_good_page(context, serve):
    before = _interrupted(context, serve, 6)
    partner = serve()
    _pull(context, partner)
    after = _pages_of(partner.platform.log)
    assert (len(before), len(after), set(before) & set(after)) == (5, PAGES - 5, set())
    assert _contracts(context) == _expected()


@pytest.mark.further
def test_pages_that_were_all_here_before_the_crash_are_not_asked_for_again(context, serve):
    partner, contract = serve(), context.workspace.contract(TABLE)
    pulled = listings.pull(context, source(partner), contract, [])
    log = len(partner.platform.log)
    batch = _pull(context, partner)
    assert (batch.batch_id, len(partner.platform.log)) == (pulled.batch_id(contract), log)
    assert _contracts(context) == _expected()


def test_a_resumed_pull_does_not_ask_for_who_withdrew_meanwhile(context, serve, tmp_path):
    _interrupted(context, serve, 6)
    withdrawal = {
        "consent_no": "G0000000001",
        "subject_id_no": person(1),
        "withdrawn_at": "2025-05-01T00:00:00Z",
        "published_at": "2025-05-01T01:00:00Z",
    }
    write_jsonl(tmp_path / "landing/consent/withdrawal/a.jsonl", [withdrawal])
    for job in (ingest, refine):
        job.run(context, "consent")
    partner = serve()
    _pull(context, partner)
    assert {s for access in partner.platform.log for s in access.subjects} <= set(CONSENTING[1:])
    assert _contracts(context) == _expected(CONSENTING[1:])


@pytest.mark.further
def test_a_listing_that_changed_while_the_pull_was_down_begins_again(context, serve):
    _interrupted(context, serve, 6)
    platform = holdings(context.workspace.contract(TABLE))
    partner = serve(platform=platform)
    partner.platform.revision = 5
    _pull(context, partner)
    assert _contracts(context) == _expected()


@pytest.mark.further
@pytest.mark.parametrize("damage", [lambda sealed: sealed[:20], lambda sealed: b"", lambda sealed: sealed[::-1]])
def test_a_damaged_page_is_fetched_again(context, serve, damage):
    _interrupted(context, serve, 6)
    page = sorted(_scratch(context).rglob("000001.page"))[0]
    page.write_bytes(damage(page.read_bytes()))
    _pull(context, serve())
    assert _contracts(context) == _expected()


def test_kept_pages_are_sealed_and_go_with_the_next_pull(context, serve):
    _interrupted(context, serve, 6)
    content = b"".join(path.read_bytes() for path in context.workspace.settings.home.rglob("*") if path.is_file())
    assert len(list(_scratch(context).rglob("*.page"))) == 5
    assert not [subject for subject in [*CONSENTING, *OTHERS] if subject.encode() in content]
    partner = serve()
    _pull(context, partner)
    _pull(context, partner)
    assert not list(_scratch(context).rglob("*.page"))


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_process_loses_and_doubles_nothing(context, serve, tmp_path, seed):
    stalled = random.Random(seed).randint(2, PAGES)
    partner = serve(FaultPlan(at={stalled: "slow"}, stall_seconds=60))
    reached = threading.Event()

    class Watched(list):
        def append(self, access):
            super().append(access)
            if len(self) == stalled:
                reached.set()

    partner.platform.log = Watched()
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.cli", "ingest", "farm", "--workspace", _workspace(tmp_path, partner)],
        env=os.environ | {"FIELDSTONE_HOME": str(tmp_path / "state"), "FIELDSTONE_AS_OF": CLOCK.isoformat()},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    assert reached.wait(120), "the page was never asked for"
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = _pages_of(partner.platform.log)[:-1]
    assert _contracts(context) == []
    partner = serve()
    _pull(context, partner, Tuning(timeout_seconds=60))
    assert not set(before) & set(_pages_of(partner.platform.log))
    assert _contracts(context) == _expected()


def _workspace(folder, partner):
    shutil.copytree(ROOT / "conf", folder / "place/conf", ignore=shutil.ignore_patterns("*.py", "*@*"))
    stated = source(partner, Tuning(timeout_seconds=60)).model_dump(
        mode="json", exclude_defaults=True, exclude={"name"}
    )
    (folder / "place/conf/sources/farm.yaml").write_text(json.dumps(stated))
    return str(folder / "place")


# what comes -----------------------------------------------------------------------------------------------------


def _changed(platform, **changes):
    """Every record with columns set, or taken away where None is given."""
    for subject, records in platform.records[PATH].items():
        rows = [one.row | changes for one in records]
        kept = [{name: value for name, value in row.items() if value is not None} for row in rows]
        platform.records[PATH][subject] = [replace(one, row=row) for one, row in zip(records, kept, strict=True)]
    return platform


@pytest.mark.further
def test_harmless_drift_is_reported(context, serve):
    platform = _changed(holdings(context.workspace.contract(TABLE)), colour="red", rent_cny_mu_year=None)
    batch = _pull(context, serve(platform=platform))
    assert (batch.ignored_columns, batch.missing_columns) == (("colour",), ("rent_cny_mu_year",))
    assert _contracts(context) == _expected()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"area_mu": None}, "/v1/farm/land_transfer has no column area_mu, which farm__land_transfer requires"),
        ({"area_mu": {"mu": 1}}, r"column area_mu is an object or a list, but farm__land_transfer declares decimal"),
    ],
)
def test_harmful_drift_stops_the_batch_until_the_partner_puts_it_right(context, serve, changes, says):
    partner = serve(platform=_changed(holdings(context.workspace.contract(TABLE)), **changes))
    with pytest.raises(FieldstoneError, match=says):
        _pull(context, partner)
    assert _contracts(context) == []
    partner.platform.holdings = holdings(context.workspace.contract(TABLE))
    _pull(context, partner)
    assert _contracts(context) == _expected()


@pytest.mark.further
def test_a_record_that_can_not_be_read_goes_to_quarantine(context, serve):
    platform = holdings(context.workspace.contract(TABLE))
    platform.records[PATH][person(1)].append(record(1, 9, datetime(2025, 3, 1, tzinfo=UTC), direction="in\ufffd"))
    platform.records[PATH][person(2)].append(record(2, 9, datetime(2025, 3, 1, tzinfo=UTC), holder_id_no="123"))
    batch = _pull(context, serve(platform=platform))
    assert batch.quarantined_by_reason == {"BAD_ENCODING": 1, "INVALID_SUBJECT": 1}
    assert _contracts(context) == _expected()


def test_a_record_of_somebody_else_is_not_stored(context, serve):
    platform = holdings(context.workspace.contract(TABLE))
    platform.records[PATH][person(1)].append(record(12, 9, datetime(2025, 3, 1, tzinfo=UTC)))
    batch = _pull(context, serve(platform=platform))
    assert (batch.rows_stored, batch.rows_not_authorised) == (30, 1)


@pytest.mark.further
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "failed 6 times, at last with a body that is no JSON"),
        (b"[" * 100_000, "failed 6 times, at last with a body that is no JSON"),
        (b'{"records": {}}', "failed 6 times, at last with a page without a list of records"),
        (
            b'{"records": [], "next_cursor": "1"}',
            "abandoned at page 2 of listing [0-9a-f]{16}: it lists in a circle",
        ),
        (b" " * (2 << 20), "an answer of /v1/farm/land_transfer is larger than 1,048,576 bytes; lower page_size"),
    ],
    ids=["empty", "deep", "no list", "circle", "huge"],
)
def test_a_partner_that_answers_nonsense_is_given_up(context, serve, body, says):
    partner = serve(FaultPlan(at=dict.fromkeys(range(1, 100), "garbage"), garbage=body))
    with pytest.raises(FieldstoneError, match=says):
        _pull(context, partner)
    assert _contracts(context) == []


@pytest.mark.further
def test_a_watermark_that_is_no_moment_is_refused(context, serve):
    partner = serve(FaultPlan(at=dict.fromkeys(range(100), "garbage"), garbage=b'{"complete_until": "soon"}'))
    with pytest.raises(FieldstoneError, match="at last with a complete_until that is no ISO 8601 moment"):
        _pull(context, partner)


# trust ----------------------------------------------------------------------------------------------------------


def test_a_server_of_another_authority_is_not_trusted(context, serve, tmp_path):
    partner, other = serve(), certificates.issue(tmp_path / "other")
    tuning = Tuning(other={"ca_file": str(other.ca)})
    with pytest.raises(
        FieldstoneError, match=r"the connection can't be trusted: the server's certificate fails its check"
    ):
        _pull(context, partner, tuning)
    assert len(partner.platform.log) == 0


@pytest.mark.further
@pytest.mark.parametrize("files", ["none", "of another authority"])
def test_the_server_refuses_who_shows_no_good_certificate(context, serve, tmp_path, files):
    partner, other = serve(), certificates.issue(tmp_path / "other")
    shown = (None, None) if files == "none" else (str(other.client), str(other.client_key))
    tuning = Tuning(other={"client_cert_file": shown[0], "client_key_file": shown[1]})
    with pytest.raises(FieldstoneError, match=r"connection closed, cut or slow|refuses our certificate"):
        _pull(context, partner, tuning)
    assert len(partner.limit.arrivals) == 0


@pytest.mark.further
@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"base_url": "http://127.0.0.1:1"}, "base_url must be an https:// address"),
        (
            {"client_secret_env": "FIELDSTONE_NO_SUCH"},
            "FIELDSTONE_NO_SUCH isn't set; set it to the value",
        ),
        ({"client_secret_env": "HOME"}, r"/oauth/token was answered with 401; check the credentials in .* and HOME"),
        ({"client_key_file": "/nowhere.key"}, r"can't be used \(No such file or directory\); all are PEM files"),
        ({"token_path": "/nowhere"}, "/nowhere was answered with 404"),
    ],
)
def test_a_wrong_setting_is_named(context, serve, other, says):
    with pytest.raises(FieldstoneError, match=says):
        _pull(context, serve(), Tuning(other=other))


@pytest.mark.further
def test_an_unknown_endpoint_is_named(context, serve):
    with pytest.raises(FieldstoneError, match="GET /v1/farm/nothing was answered with 404, which trying again won't"):
        _pull(context, serve(), endpoint="/v1/farm/nothing")


def test_secrets_and_identifiers_are_in_no_log_and_no_error(context, serve, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")  # Airflow, once a test has imported it, keeps it quiet
    partner = serve(FaultPlan(at={2: "cut", 3: "expired", 4: "garbage", **dict.fromkeys(range(7, 99), "unavailable")}))
    with pytest.raises(FieldstoneError) as refusal:
        _pull(context, partner)
    texts = [str(refusal.value), repr(refusal.value.__cause__), caplog.text, *capfd.readouterr()]
    tokens = [*partner.platform.tokens, partner.platform.client_secret]
    assert "/v1/farm/land_transfer" in caplog.text
    assert not [word for word in [*tokens, *CONSENTING, *OTHERS] if any(word in text for text in texts)]


def test_the_environment_can_not_reroute_a_pull(context, serve, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    _pull(context, serve())
    assert _contracts(context) == _expected()


@pytest.mark.further
def test_the_server_serves_what_would_be_delivered_as_files(context, tmp_path, serve):
    rows = [transfer(person(1), 101), transfer(person(2), 201), transfer(person(1), 102, published_at="soon")]
    path = tmp_path / "landing/farm/land_transfer/a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(as_csv(rows) + "ragged,line\n", encoding="utf-8")
    platform = platform_records.load(context.workspace, tmp_path / "landing", ["farm"], CLOCK)
    assert {subject: len(records) for subject, records in platform.records[PATH].items()} == {
        person(1): 1,
        person(2): 1,
    }
    assert platform.authorisations["G0000000001"] == replace(
        authorisation(1), scopes=platform.authorisations["G0000000001"].scopes
    )
    partner = serve(platform=platform)
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{partner.url}{ENDPOINT}", verify=False, trust_env=False)
    assert _pull(context, partner).rows_stored == 2
