"""Whoever signs a text that doesn't share ends the sharing at once, in whatever state what she signed arrives."""

import json
from datetime import datetime

import pytest

from conf.schema.contract import Purpose
from lake.vault import token_of
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.features import build_notes as as_built
from pipeline.features.build import LABELS, SCORING, TRAINING
from pipeline.registry import training_data
from tests.deliveries.test_withdrawals_as_they_come import context_of, lines, notice
from tests.integration.holding import CAT, application
from tests.integration.landing import GRANT, HOUSEHOLD, TEXTS, as_csv, grant, person

WITH, WITHOUT = TEXTS["2025-01"], TEXTS["2024-01"]
AT = {"published_at": "2025-06-10T08:00:00Z", "granted_at": "2025-01-10T08:00:00Z"}
LATER = AT | {"granted_at": "2025-03-10T08:00:00Z"}


def signed(n: int, **changes) -> dict:
    """What person n signs later, by a text that doesn't share."""
    return grant(person(n), 100 + n, **WITHOUT | LATER | changes)


def torn(n: int) -> bytes:
    return json.dumps(signed(n), ensure_ascii=False).encode()[:-20]


# what person n sends later, which fails; whether her records are still shared
WAITING = {
    "a scope that no text knows": (lambda n: signed(n, scopes="bank.account"), False),
    "purposes beyond the text": (lambda n: signed(n, purposes="fairness_testing"), False),
    "an expiry before it was given": (lambda n: signed(n, expires_at="2020-01-01T00:00:00Z"), False),
    "a hash that nobody knows": (lambda n: signed(n, text_sha256="0" * 64), False),
    "the hash of the other text": (lambda n: signed(n, text_sha256=WITH["text_sha256"]), False),
    "the version of the other text": (lambda n: signed(n, text_version="2025-01"), False),
    "no hash": (lambda n: signed(n, text_sha256=None), False),
    "no number": (lambda n: signed(n, consent_no=None), False),
    "no date": (lambda n: signed(n, granted_at=None), False),
    "a date before the other": (lambda n: signed(n, granted_at="2019-01-01T00:00:00Z"), False),
    "a line that is torn": (torn, False),
    "no ID where it belongs": (lambda n: signed(n, subject_id_no=None, recipient=f"for {person(n)}"), False),
    "no ID, under the number that we know": (lambda n: grant(None, n, **WITHOUT | LATER), False),
    "a damaged ID, under the number that we know": (
        lambda n: grant(person(n)[:-1] + "a", n, **WITHOUT | LATER, consent_no=f"g{n:010d}"), False,
    ),
    "no ID, in a torn line under that number": (
        lambda n: json.dumps(grant(None, n, **WITHOUT | LATER)).encode()[:-20], False,
    ),
    "no ID, by a text that shares": (lambda n: grant(None, n, **WITH | LATER), True),
    "two of them in one line": (lambda n: torn(n) + json.dumps(person(n + 400)).encode(), False),
    "a text that shares, torn elsewhere": (lambda n: signed(n, **WITH, expires_at="soon"), True),
    "a text that shares, in capitals": (
        lambda n: signed(n, text_version="2025-01", text_sha256=WITH["text_sha256"].upper(), scopes="x.y"), True,
    ),
}  # fmt: skip


def sharing_of(site, people: int) -> set[int]:
    """Of the first people those whose planting serves the others of their households."""
    context = context_of(site)
    keys = {token_of(person(n), context.vault.secrets.pseudonym): n for n in range(1, people + 1)}
    contract = context.workspace.contract("farm__planting")
    shared = context.lake.permitted(contract, {Purpose.CREDIT_ASSESSMENT}, context.as_of).where("_is_shared")
    return {keys[row["subject_key"]] for row in shared.collect() if row["subject_key"] in keys}


def agreed(site, people: int) -> None:
    """Everybody has signed a text that shares."""
    site.own().deliver("consent/grant/a.jsonl", lines(grant(person(n), n, **WITH | AT) for n in range(1, people + 1)))


def test_a_signature_that_waits_in_quarantine_ends_the_sharing_unless_its_text_plainly_shares(site):
    names = dict(enumerate(WAITING, 1))
    people = len(names) + 1
    agreed(site, people)
    site.deliver("consent/grant/b.jsonl", lines(WAITING[name][0](n) for n, name in names.items()))
    beside = (grant(person(n), n) for n in range(300, 400))  # enough in order that the batch passes
    site.deliver("consent/grant/more.jsonl", lines(beside))
    site.take_in("consent")
    assert site.quarantined(GRANT).total() >= len(names)
    shared = {name for name, (_, is_shared) in WAITING.items() if is_shared}
    assert {names.get(n, "nobody") for n in sharing_of(site, people)} == shared | {"nobody"}


def test_a_signature_in_order_ends_the_sharing_however_the_recipient_is_spelt(site):
    agreed(site, 6)
    spelt = ["fieldstone rural bank", "Fieldstone Rural Bank.", "FIELDSTONE-RURAL  BANK", "Rural Bank of Elsewhere"]
    sent = [signed(n, recipient=name) for n, name in enumerate(spelt, 1)]
    sent.append(grant(person(5), 105, **WITH | LATER) | {"recipient": spelt[0]})
    site.deliver("consent/grant/b.jsonl", lines(sent))
    site.take_in("consent")
    assert site.quarantined(GRANT).total() == 0
    assert sharing_of(site, 6) == {4, 5, 6}


@pytest.mark.further
def test_who_signed_without_an_id_is_told_of_and_can_be_erased(site):
    agreed(site, 3)
    site.take_in("consent")
    several = json.dumps(grant(None, 2, **WITHOUT | LATER)).encode()[:-20] + b"G0000000003"
    sent = [grant(None, 1, **WITHOUT | LATER), grant(None, 999, **WITHOUT | LATER), several]
    site.deliver("consent/grant/b.jsonl", lines([*sent, *(grant(person(n), n) for n in range(20, 60))]))
    output = site.take_in("consent")[1].out
    assert "nothing tells whose 1 of them are, so they end nobody's sharing" in output
    assert sharing_of(site, 3) == set()
    erase = ("erase", "--subject", "-", "--execute", "--operator", "Olga")
    assert site.run(*erase, stdin=f"{person(1)}\n").code == 0
    assert sorted(row["linked_consents"] for row in site._rows(f"quarantine_{GRANT}")) == [
        ["G0000000002", "G0000000003"],
        ["G0000000999"],
    ]
    refused = site.run(*erase, stdin=f"{person(2)}\n")
    assert "a consent given in quarantine names the subject and another person" in refused.err


@pytest.mark.further
@pytest.mark.parametrize("stage", ["not refined", "refused", "refused and dropped"])
def test_a_batch_that_is_not_in_silver_ends_the_sharing_too(site, stage):
    agreed(site, 3)
    site.take_in("consent")
    assert sharing_of(site, 3) == {1, 2, 3}
    bad = [signed(n, scopes="no.such") for n in (8, 9)] if stage != "not refined" else []
    site.deliver("consent/grant/b.jsonl", lines([signed(1), grant(person(2), 102, **WITH | LATER), *bad]))
    site.run("ingest", "consent")
    if stage != "not refined":
        assert "refused and set aside" in site.run("refine", "consent").err
    assert sharing_of(site, 3) == {2, 3}
    if stage == "refused and dropped":
        batch = site.run("batches", "list").out.split()[1]
        assert site.run("batches", "drop", batch, "--who", "Olga", "--why", "a test file").code == 0
        assert sharing_of(site, 3) == {1, 2, 3}


@pytest.mark.further
def test_a_person_who_drops_or_releases_what_waits_decides_it(site):
    agreed(site, 3)
    waiting = [signed(1, expires_at="2020-01-01T00:00:00Z"), signed(2, expires_at="2020-01-01T00:00:00Z")]
    site.deliver("consent/grant/b.jsonl", lines([*waiting, *(grant(person(n), n) for n in range(11, 20))]))
    output = site.take_in("consent")[1].out
    assert "): 2; until somebody has released or dropped them, nothing is shared with the household" in output
    assert sharing_of(site, 3) == {3}
    rows = [row["_row_hash"] for row in site._rows(f"quarantine_{GRANT}")]
    who = ("--table", GRANT, "--who", "Olga", "--why", "asked at the branch")
    assert site.run("quarantine", "drop", *who, "--row", rows[0]).code == 0
    ended = {"expires_at": "2028-01-01T00:00:00Z"}
    released = site.run("quarantine", "release", *who, "--corrections", "-", stdin=json.dumps(ended))
    assert "1 row released" in released.out
    assert len(sharing_of(site, 3)) == 2


APPLICANT = 9
# what persons do after features were built with their records; whether applications of others may still be decided on,
# and whether they may still be trained on
SINCE = {
    1: ("nothing", True, True),
    2: ("signs a text that doesn't share", False, False),
    3: ("signs one that waits in quarantine", False, False),
    4: ("withdraws", False, False),
    5: ("leaves the household", False, True),
    6: ("withdraws by a notice without a number", False, False),
    7: ("moves to another household", False, True),
    8: ("signs a text that doesn't share, and one that does", False, False),
}


def member(n: int, **changes) -> dict:
    return {
        "household_no": HOUSEHOLD, "member_id_no": person(n), "member_name": "", "relation": "other",
        "village_code": "500102001201", "valid_from_date": "2020-01-01", "valid_to_date": "",
        "published_at": "2025-01-11T00:00:00Z",
    } | changes  # fmt: skip


def built(site) -> Context:
    """Each of the people serves an application of person 9 by her first consent; person 9's own is the last of them."""
    agreed(site, APPLICANT)
    everybody = range(1, APPLICANT + 1)
    site.deliver("farm/household_membership/a.csv", as_csv([member(n) for n in everybody]))
    applied_at = "2025-02-01T00:00:00Z"
    site.deliver(
        "bank/application/a.jsonl",
        lines(
            application(CAT, applied_at, application_no=f"A{n:010d}", id_no=person(APPLICANT), status="pending")
            for n in everybody
        ),
    )
    for source in ("consent", "farm", "bank"):
        site.take_in(source)
    context = context_of(site)
    key = token_of(person(APPLICANT), context.vault.secrets.pseudonym)
    at = datetime.fromisoformat(applied_at)
    rows = [(f"A{n:010d}", key, at, sorted({f"G{n:010d}", f"G{APPLICANT:010d}"})) for n in everybody]
    names = "application_id string, subject_key string, as_of timestamp, consent_ids array<string>"
    frame = context.lake.spark.createDataFrame(rows, names)
    for table in (TRAINING, SCORING):
        context.lake.overwrite(table, frame)
    context.lake.overwrite(LABELS, frame.drop("consent_ids"))
    as_built.note(context, (TRAINING, SCORING, LABELS), as_built.stated(context))
    return context


def used(context) -> tuple[set[int], set[int]]:
    """By the applications that would be decided on and trained on, whose records these rest on."""
    rows = decide.undecided(context), training_data.frame(context)
    return tuple({int(number[1:]) for number in each["application_id"]} for each in rows)


def test_what_was_built_while_somebody_shared_is_neither_decided_nor_trained_on_afterwards(site):
    context = built(site)
    assert used(context) == ({*SINCE, APPLICANT}, {*SINCE, APPLICANT})
    later = LATER | {"granted_at": "2025-04-10T08:00:00Z"}
    sent = [signed(2), signed(3, scopes="no.such"), signed(8), grant(person(8), 208, **WITH | later)]
    beside = (grant(person(n), n) for n in range(20, 30))
    site.deliver("consent/grant/b.jsonl", lines([*sent, *beside]))
    site.deliver("consent/withdrawal/b.jsonl", lines([notice(4), notice(6, consent_no=None)]))
    moved = {"household_no": HOUSEHOLD[:-1] + "9", "valid_from_date": "2025-05-01"}
    ended, published = {"valid_to_date": "2025-05-01"}, {"published_at": "2025-05-02T00:00:00Z"}
    changes = [member(5, **ended | published), member(7, **moved | published)]
    site.deliver("farm/household_membership/b.csv", as_csv(changes))
    for source in ("consent", "farm"):
        site.take_in(source)
    decided, trained = used(context)
    assert decided == {n for n, (_, is_decided, _) in SINCE.items() if is_decided} | {APPLICANT}
    assert trained == {n for n, (_, _, is_trained) in SINCE.items() if is_trained} | {APPLICANT}
    assert {int(number[1:]) for number in decide._waiting(context)} == {*SINCE, APPLICANT}
