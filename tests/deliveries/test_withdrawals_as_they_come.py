"""Notices of withdrawal as the world sends them: whatever their state, nobody's withdrawn data is used on."""

import json
from dataclasses import replace
from datetime import datetime

import pytest

from conf.schema.contract import Purpose
from conf.schema.errors import REFUSED, FieldstoneError
from conf.schema.workspace import ROOT, load
from lake.vault import token_of
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.quarantine import dropping
from pipeline.quarantine.row_choice import Selection
from tests.integration.landing import TEXTS, WITHDRAWAL, as_csv, grant, person, transfer

FULL_WIDTH = str.maketrans("G0123456789", "Ｇ０１２３４５６７８９")


def number(n: int) -> str:
    return f"G{n:010d}"


def notice(n: int, **changes) -> dict:
    """A notice of withdrawal by person n of consent n."""
    at = {"withdrawn_at": "2025-06-01T08:00:00Z", "published_at": "2025-06-01T09:00:00Z"}
    return {"consent_no": number(n), "subject_id_no": person(n)} | at | changes


def lines(records) -> bytes:
    texts = (r if isinstance(r, bytes) else json.dumps(r, ensure_ascii=False).encode() for r in records)
    return b"".join(text + b"\n" for text in texts)


def broken(n: int, keep: int) -> bytes:
    return json.dumps(notice(n)).encode()[:keep]


def context_of(site) -> Context:
    """What jobs of the site are given, to look into its lake."""
    workspace, as_of = load(ROOT), datetime.fromisoformat(site.as_of)
    settings = workspace.settings.model_copy(update={"home": site.home, "landing": site.landing, "as_of": as_of})
    return Context(replace(workspace, settings=settings), as_of)


def live(site, people: int) -> set[int]:
    """Of the first people, those with a consent that holds."""
    context = context_of(site)
    keys = {token_of(person(n), context.vault.secrets.pseudonym): n for n in range(1, people + 1)}
    rows = context.lake.consenting(Purpose.CREDIT_ASSESSMENT, context.as_of).collect()
    return {keys[row["subject_key"]] for row in rows}


def consented(site, people: int, **changes) -> None:
    """Everybody up to a number has given a consent of his own number."""
    site.own().deliver("consent/grant/a.jsonl", lines(grant(person(n), n, **changes) for n in range(1, people + 1)))


def test_an_id_number_in_scientific_notation_does_not_undo_a_withdrawal(site):
    site.own().case("03-withdrawal-turned-away-at-the-door")
    site.as_of = "2025-12-01T00:00:00Z"
    ingest, refine = site.take_in("consent")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    options = ("--subject", "-", "--scope", "farm.planting", "--purpose", "credit_assessment")
    for subject in ("50010219800101001X", "500102198001010028"):
        assert site.run("consent", "check", *options, stdin=f"{subject}\n").code == 1
    output = site.run("consent", "check", *options, stdin="50010219800101001X\n").text
    assert "a notice of withdrawal waits in quarantine until somebody has read it" in output
    assert site.run("consent", "check", *options, stdin="500102198001010079\n").code == 0


DAMAGED = {
    "ID in scientific notation": lambda n: notice(n, subject_id_no="5.00102198001010E+17"),
    "no ID": lambda n: notice(n, subject_id_no=None),
    "ID left out": lambda n: {k: v for k, v in notice(n).items() if k != "subject_id_no"},
    "ID too short": lambda n: notice(n, subject_id_no=person(n)[:15]),
    "ID with a wrong check digit": lambda n: notice(n, subject_id_no=person(n)[:17] + "a"),
    "ID starred": lambda n: notice(n, subject_id_no="500102********0011"),
    "a name in place of the ID": lambda n: notice(n, subject_id_no="张三"),
    "ID within an object": lambda n: notice(n, subject_id_no={"value": person(n)[:9]}),
    "null bytes in the ID": lambda n: notice(n, subject_id_no=person(n)[:6] + "\0" + person(n)[6:]),
    "line torn after the number": lambda n: broken(n, 40),
    "line torn within the ID": lambda n: broken(n, 60),
    "line torn within the date": lambda n: broken(n, 90),
    "line without its beginning": lambda n: json.dumps(notice(n)).encode()[12:],
    "a byte that is no UTF-8 in the ID": lambda n: json.dumps(notice(n)).encode().replace(b"5001", b"50\xff01"),
    "a byte that is no UTF-8 in the date": lambda n: json.dumps(notice(n)).encode().replace(b"T08", b"\xb0T08"),
    "no date": lambda n: notice(n, withdrawn_at=None),
    "an odd date": lambda n: notice(n, withdrawn_at="the other day"),
    "a date of 1900": lambda n: notice(n, withdrawn_at="1900-01-01T00:00:00Z"),
    "a date to come": lambda n: notice(n, withdrawn_at="2099-01-01T00:00:00Z"),
    "an unknown number": lambda n: notice(n, consent_no=number(900 + n)),
    "no number": lambda n: notice(n, consent_no=None),
    "number of full width": lambda n: notice(n, consent_no=number(n).translate(FULL_WIDTH)),
    "number in lower case": lambda n: notice(n, consent_no=number(n).lower()),
    "number between blanks": lambda n: notice(n, consent_no=f" \u3000{number(n)}\t"),
    "number with blanks": lambda n: notice(n, consent_no=f"G 00000 {n:05d}"),
    "number without zeros": lambda n: notice(n, consent_no=f"G{n}"),
    "number without its letter": lambda n: notice(n, consent_no=f"{n:010d}"),
    "number as a number": lambda n: notice(n, consent_no=n),
    "number within an object": lambda n: notice(n, consent_no={"no": number(n)}),
    "number under another name": lambda n: {("no" if k == "consent_no" else k): v for k, v in notice(n).items()},
    "a name twice": lambda n: json.dumps(notice(n)).encode().replace(b'"published_at"', b'"withdrawn_at"'),
    "full width and no ID": lambda n: notice(n, consent_no=number(n).translate(FULL_WIDTH), subject_id_no=""),
    "an array": lambda n: json.dumps(list(notice(n).values())).encode(),
}  # fmt: skip


def test_a_damaged_notice_ends_what_it_can_still_be_linked_to(site):
    people = len(DAMAGED)
    consented(site, people + 2)
    damaged = [spoil(n) for n, spoil in enumerate(DAMAGED.values(), 1)]
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(people + 1), *damaged]))
    ingest, refine = site.take_in("consent")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    kinds = dict(enumerate(DAMAGED, 1))
    assert {kinds.get(n, "none") for n in live(site, people + 2)} == {"none"}
    assert live(site, people + 2) == {people + 2}


def test_a_notice_that_names_another_persons_consent_stops_both(site):
    consented(site, 4)
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(1), notice(2, consent_no=number(3))]))
    site.take_in("consent")
    assert live(site, 4) == {4}
    assert site.quarantined("consent__withdrawal") == {"OTHER_SUBJECT": 1}


@pytest.mark.further
def test_of_two_notices_with_different_subjects_both_subjects_are_stopped(site):
    consented(site, 3)
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(1), notice(1, subject_id_no=person(2))]))
    site.take_in("consent")
    assert live(site, 3) == {3}


WAITING = {
    "neither number nor ID": notice(1, consent_no="", subject_id_no="") | {"note": "withdrawn"},
    "ID of somebody we don't know, and no number": notice(1, consent_no=None, subject_id_no=person(99)),
    "unknown number, and no ID": notice(1, consent_no=number(99), subject_id_no="?"),
    "number cut off, and no ID": notice(1, consent_no="G000000001", subject_id_no="?"),
    "no JSON at all": b"withdraw everything of Zhang San, please",
    "two notices in one line, one torn": json.dumps(notice(1)).encode() + broken(2, 25),
    "several numbers in one value": notice(1, consent_no=f"{number(1)},{number(2)}", subject_id_no="?"),
    "nothing that tells anybody, under other names": {"who": "Zhang San", "what": "everything"},
}


@pytest.mark.parametrize("spoilt", WAITING.values(), ids=WAITING)
def test_a_notice_that_may_be_anybodys_holds_up_all_use_until_a_person_has_resolved_it(site, spoilt):
    consented(site, 3)
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(3), spoilt]))
    site.take_in("consent")
    context = context_of(site)
    for use in ("train", "decide", "subject show"):
        with pytest.raises(FieldstoneError, match=f"{use} has to wait.*fieldstone quarantine show"):
            withdrawals.require_settled(context, use)
    assert "holds up train" in context.lake.records("audit__alerts")[0]["en"]
    dropping.drop(context, WITHDRAWAL, Selection(), who="Olga", why="the partner was asked")
    withdrawals.require_settled(context, "train")


@pytest.mark.further
def test_the_commands_say_what_they_wait_for_and_a_correction_makes_a_notice_count(site):
    consented(site, 2)
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(2, consent_no=number(99)), b"to whom it may concern"]))
    assert "nobody can be found for 1 of them" in site.take_in("consent")[1].out
    options = ("--subject", "-", "--purpose", "credit_assessment", "--why", "a question")
    for ran in (
        site.run("train", "admission"),
        site.run("decide"),
        site.run("subject", "show", *options, stdin=f"{person(1)}\n"),
    ):
        assert ran.code == 1
        assert "has to wait, because a withdrawal of consent may be unread: there is 1 notice in quarantine" in ran.err
    assert "have to wait, because a withdrawal of consent may be unread" in " ".join(site.run("summary").out.split())
    shown = site.run("quarantine", "show", "--table", WITHDRAWAL)
    assert shown.code == 0
    row = next(line for line in shown.out.splitlines() if "BAD_RECORD" in line).split()[0]
    who = ("--who", "Olga", "--why", "read by hand")
    corrected = json.dumps(notice(1))
    chosen = ("--table", WITHDRAWAL, "--row", row)
    released = site.run("quarantine", "release", *chosen, *who, "--corrections", "-", stdin=corrected)
    assert "1 row released" in released.out
    assert live(site, 2) == set()
    assert site.run("train", "admission").err.count("may be unread") == 0
    released = site.run(
        "quarantine",
        "release",
        "--table",
        WITHDRAWAL,
        *who,
        "--corrections",
        "-",
        stdin=json.dumps({"consent_no": number(2)}),
    )
    assert "1 row released" in released.out
    assert not site.quarantined(WITHDRAWAL)
    assert live(site, 2) == set()


@pytest.mark.further
def test_a_batch_of_notices_is_never_refused_and_never_waits_behind_another(site):
    consented(site, 4)
    site.deliver("consent/withdrawal/a.jsonl", lines(notice(n, withdrawn_at="soon") for n in (1, 2)))
    site.take_in("consent")
    site.deliver("consent/grant/bad.jsonl", lines(grant(person(n), n, recipient=None) for n in range(5, 9)))
    site.deliver("consent/withdrawal/b.jsonl", lines([notice(3)]))
    refine = site.take_in("consent")[1]
    site.run("refine", "consent")
    assert "max_failure_share" in refine.err
    assert live(site, 4) == {4}
    withdrawals.require_settled(context_of(site), "train")


def test_batches_that_wait_and_an_ingest_that_failed_hold_up_all_use(site):
    consented(site, 2)
    site.take_in("consent")
    withdrawals.require_settled(context_of(site), "train")
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(1)]))
    site.run("ingest", "consent")
    with pytest.raises(FieldstoneError, match="there is 1 batch of them not refined"):
        withdrawals.require_settled(context_of(site), "train")
    site.run("refine", "consent")
    withdrawals.require_settled(context_of(site), "train")
    site.deliver("consent/withdrawal/b.jsonl.gz", lines([notice(2)]))
    assert site.run("ingest", "consent").code == REFUSED
    with pytest.raises(FieldstoneError, match="train has to wait"):
        withdrawals.require_settled(context_of(site), "train")


@pytest.mark.further
def test_a_partner_of_consents_that_is_suspended_holds_up_all_use(site):
    consented(site, 2)
    site.take_in("consent")
    who = ("--approver", "Olga", "--approver", "Piet", "--why", "a leak")
    assert site.run("partner", "suspend", "consent", *who).code == 0
    with pytest.raises(FieldstoneError, match="consent is suspended, so withdrawals aren't received"):
        withdrawals.require_settled(context_of(site), "train")
    site.run("partner", "resume", "consent", *who)
    withdrawals.require_settled(context_of(site), "train")


@pytest.mark.further
def test_the_order_of_notices_and_grants_does_not_matter(site):
    """A notice before its grant, a grant that is sent again after its withdrawal, and one of an expired consent."""
    ended = {"granted_at": "2023-01-05T08:00:00Z", "expires_at": "2024-01-01T00:00:00Z"} | TEXTS["2023-01"]
    early = [notice(1), notice(2), notice(3)]
    site.own().deliver("consent/withdrawal/a.jsonl", lines(early))
    site.deliver(
        "consent/grant/a.jsonl", lines([grant(person(2), 2), grant(person(3), 3, **ended), grant(person(3), 13)])
    )
    site.take_in("consent")
    assert live(site, 4) == {3}
    withdrawals.require_settled(context_of(site), "train")
    again = [grant(person(1), 1), grant(person(2), 2), grant(person(4), 4)]
    site.deliver("consent/grant/b.jsonl", lines(again))
    site.take_in("consent")
    assert live(site, 4) == {3, 4}


@pytest.mark.further
def test_a_source_to_whose_scope_nobody_consented_says_so(site):
    consented(site, 1, scopes="farm.breeding")
    site.take_in("consent")
    site.deliver("farm/land_transfer/a.csv", as_csv([transfer(person(1), n) for n in range(1, 4)]))
    context = context_of(site)
    contract = context.workspace.contract("farm__land_transfer")
    ingest.ingest(context, context.workspace.source("farm"), contract)
    message = "nobody has consented to farm.land_transfer, so all 3 rows were turned away"
    assert f"ingest farm__land_transfer: {message}" in site.capsys.readouterr().out
