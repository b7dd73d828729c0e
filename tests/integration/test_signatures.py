"""Acts are signed by whoever does them: who isn't somebody can't act as them, and nobody changes it afterwards."""

import io
import json
import shutil
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conf.schema import audit_actions, person_keys
from conf.schema.errors import FieldstoneError
from conf.schema.people import Office
from lake import dsse, signatures
from lake.entries import Entry
from pipeline import auditing
from pipeline.people import register
from pipeline.sources import suspension
from pipeline.trail import query
from tests.integration.people_of_a_bank import OFFICES, PASSPHRASE, released, with_people

SUITABLE = {
    action: next(name for name, office in OFFICES.items() if office in owners)
    for action, owners in audit_actions.OWNERS.items()
}
ABOUT = {"model": "admission", "version": "1"}  # what an approval has to say
SPELT = ["wang.fang", "Wang.Fang", "ｗａｎｇ．ｆａｎｇ", "WANG.FANG", "wfang", "ＷＦＡＮＧ"]


def last(context) -> Entry:
    return context.trail.entries()[-1]


def forge(context, entry: Entry) -> None:
    """Append an entry as somebody can who has the trail's key: linked, in head and anchor."""
    trail = context.trail
    before = trail.entries()[-1]
    entry = replace(entry, number=before.number + 1, previous=before.link)
    entry = replace(entry, link=entry.linked(trail.key))
    context.lake.append_records("audit__trail", [vars(entry)])
    trail.settle(trail.entries())


# who isn't somebody -----------------------------------------------------------------------------------------------


def test_a_name_that_is_only_typed_does_nothing_where_no_people_are(context):
    alone = with_people(context, {})
    for action in audit_actions.OWNERS.keys() - audit_actions.BY_OPERATOR - {audit_actions.RELEASE_PEOPLE}:
        with pytest.raises(FieldstoneError, match=r"nobody is called Olga among .*\(there are: none\).*enrol"):
            alone.trail.record("Olga", action)
    assert not alone.trail.entries()


def test_in_a_sandbox_a_name_is_believed_and_the_entry_says_so(context):
    for name in ("Olga", "ＯＬＧＡ"):
        assert context.trail.record(name, "approve", **ABOUT).signature == signatures.SANDBOX
    assert query.row(last(context), "UTC")[3] == "sandbox"
    assert context.trail.record("Olga", "take in").signature is None


@pytest.mark.parametrize("is_called_sandbox", [False, True])
def test_whoever_isnt_among_the_people_acts_no_more_whatever_calls_itself_a_sandbox(bank, listed, is_called_sandbox):
    changed = with_people(bank, listed, sandbox=is_called_sandbox, sandbox_approval=is_called_sandbox)
    for name in ("Olga", "wang", "wangfang", "root", "wang.fang2", "王芳"):
        for action in ("approve", "erase begin", "train", "subject show"):
            with pytest.raises(FieldstoneError, match=f"nobody is called {name} among the people of this state"):
                changed.trail.require_signer(name, action)
        with pytest.raises(FieldstoneError, match=f"nobody is called {name} among the people of this state"):
            changed.trail.record(name, "approve", **ABOUT)


def test_each_act_is_signed_by_who_may_do_it_and_refused_to_others(bank):
    for action in audit_actions.OWNERS.keys() - {audit_actions.RELEASE_PEOPLE}:
        outside = [name for name, office in OFFICES.items() if office not in audit_actions.OWNERS[action]]
        for name in outside:
            with pytest.raises(FieldstoneError, match=f"{name} is {OFFICES[name]}, and {action} is for .* was written"):
                bank.trail.require_signer(name, action)
        bank.trail.require_signer(SUITABLE[action], action)
    for action in ("approve", "erase begin", "accept trail", "contract migrate"):
        entry = bank.trail.record(SUITABLE[action], action, **ABOUT)
        assert dsse.read(entry.signature).signers == (SUITABLE[action],)
    assert bank.trail.verify() == []


def test_a_person_signs_however_the_name_is_written(bank):
    for name in SPELT:
        signed = dsse.read(bank.trail.record(name, "approve", **ABOUT).signature)
        assert (signed.people, signed.signers) == (("wang.fang",), ("wang.fang",))
    assert bank.trail.verify() == []


def test_nobody_acts_as_another_whose_key_they_dont_have(bank, keys, listed, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    own = bank.workspace.people.find("ruth").key_id
    shutil.copy(keys / f"{own}.pem", mine)
    theirs = bank.workspace.people.find("wang.fang").key_id
    for is_renamed in (False, True):
        if is_renamed:
            shutil.copy(keys / f"{own}.pem", mine / f"{theirs}.pem")
        at_my_desk = with_people(bank, listed, person_key=mine)
        with pytest.raises(FieldstoneError, match=rf"approve by wang\.fang has to be signed by the key {theirs}"):
            at_my_desk.trail.record("wang.fang", "approve", **ABOUT)
    as_a_file = with_people(bank, listed, person_key=mine / f"{own}.pem")
    assert as_a_file.trail.record("ruth", "approve", **ABOUT).signature
    with pytest.raises(FieldstoneError, match="has to be signed by the key"):
        as_a_file.trail.record("wang.fang", "approve", **ABOUT)


def test_a_key_is_its_owners_alone_and_under_a_passphrase(bank, keys, listed, monkeypatch):
    path = keys / f"{bank.workspace.people.find('wang.fang').key_id}.pem"
    monkeypatch.setenv(person_keys.PASSPHRASE, "another passphrase")
    with pytest.raises(FieldstoneError, match="can't be opened: the passphrase is wrong or the file is damaged"):
        bank.trail.record("wang.fang", "approve", **ABOUT)
    monkeypatch.delenv(person_keys.PASSPHRASE)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(FieldstoneError, match="needs a passphrase; give it by FIELDSTONE_PASSPHRASE"):
        bank.trail.record("wang.fang", "approve", **ABOUT)
    monkeypatch.setenv(person_keys.PASSPHRASE, PASSPHRASE)
    path.chmod(0o640)
    with pytest.raises(FieldstoneError, match=r"others on this machine can read .*chmod 600"):
        bank.trail.record("wang.fang", "approve", **ABOUT)
    with pytest.raises(FieldstoneError, match="at least 12 characters"):
        person_keys.made(keys, "short")


def test_a_key_without_a_passphrase_is_a_services_alone(context, listed, keys):
    listed["wang.fang"]["key"] = person_keys.made(keys, None)
    bank = released(context, listed, keys)
    with pytest.raises(FieldstoneError, match=r"key of wang\.fang in .* has no passphrase"):
        bank.trail.record("wang.fang", "approve", **ABOUT)
    assert bank.trail.record("airflow", "erase begin").signature


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ({"until": "2026-01-31"}, "wang.fang may act from 2026-01-01 to 2026-01-31, not on"),
        ({"from": "2999-01-01"}, "wang.fang may act from 2999-01-01 to further notice, not on"),
    ],
)
def test_who_may_act_no_more_or_not_yet_is_refused(context, listed, keys, days, says):
    listed["wang.fang"] |= days
    bank = released(context, listed, keys)
    with pytest.raises(FieldstoneError, match=says.replace(".", r"\.")):
        bank.trail.record("wang.fang", "approve", **ABOUT)


# two people -------------------------------------------------------------------------------------------------------


def test_two_people_are_two_keys(bank):
    suspension.suspend(bank, "bank", ["amin", "ZHAO"], "late")
    entry = last(bank)
    assert sorted(dsse.read(entry.signature).signers) == ["amin", "zhao"]
    assert len({each["keyid"] for each in dsse.read(entry.signature).signatures}) == 2
    handed = bank.trail.record("pia", "hand over", approved_by="zhao")
    assert dsse.read(handed.signature).signers == ("pia", "zhao")
    assert bank.trail.verify() == []


def test_one_person_under_two_names_isnt_two(bank):
    for names in (["zhao", "ZHAO"], ["zhao", "ｚｈａｏ"], ["wfang", "wang.fang"]):
        with pytest.raises(FieldstoneError, match="it takes two different people"):
            suspension.suspend(bank, "bank", names, "late")
    for other in ("ZHAO", "ｚｈａｏ", "zhao"):
        with pytest.raises(FieldstoneError, match="takes 2 people with a key each, and one of them is there twice"):
            bank.trail.record(f"zhao, {other}", "partner-suspend")
        with pytest.raises(FieldstoneError, match="takes 2 people with a key each, and one of them is there twice"):
            bank.trail.record("zhao", "hand over", approved_by=other)


# Airflow ----------------------------------------------------------------------------------------------------------


def _airflows(bank, keys, listed):
    service = bank.workspace.people.find("airflow").key_id
    return with_people(bank, listed, person_key=keys / f"{service}.pem", operator="airflow")


def test_a_service_signs_what_somebody_has_answered_for_them_and_says_so(bank, keys, listed):
    airflow = _airflows(bank, keys, listed)
    for name, action in (("wfang", "approve"), ("tara", "train"), ("airflow", "train")):
        airflow.trail.record(name, action, **ABOUT)
    signed = [dsse.read(entry.signature) for entry in bank.trail.entries()[-3:]]
    assert [(each.people, each.signers) for each in signed] == [
        (("wang.fang",), ("airflow",)),
        (("tara",), ("airflow",)),
        (("airflow",), ("airflow",)),
    ]
    assert bank.trail.verify() == []


def test_a_service_signs_for_nobody_else(bank, keys, listed):
    for name, action, says in (
        ("airflow", "approve", "airflow is service, and approve is for reviewer"),
        ("admin", "approve", "nobody is called admin"),
        ("tara", "approve", "tara is modeler, and approve is for reviewer"),
        ("pia", "erase begin", "airflow has signed for pia, who has to sign erase begin personally"),
        ("amin, zhao", "partner-suspend", "airflow has signed for amin"),
    ):
        with pytest.raises(FieldstoneError, match=says):
            _airflows(bank, keys, listed).trail.record(name, action, **ABOUT)


# people who change ------------------------------------------------------------------------------------------------


def test_a_file_of_people_that_nobody_released_makes_nobody_act(bank, listed, keys):
    bank.trail.record("wang.fang", "approve", **ABOUT)
    mallory = {"roles": ["reviewer"], "from": "2026-01-01", "key": person_keys.made(keys, PASSPHRASE)}
    swapped = with_people(bank, listed | {"wang.fang": listed["wang.fang"] | {"key": mallory["key"]}})
    promoted = with_people(bank, listed | {"tara": listed["tara"] | {"roles": ["reviewer"]}})
    emptied = with_people(bank, {})
    for changed, name in ((swapped, "wang.fang"), (promoted, "tara"), (emptied, "ruth")):
        with pytest.raises(FieldstoneError, match="differs from what was released to this state"):
            changed.trail.record(name, "approve", **ABOUT)
        assert changed.trail.verify() == []  # what was signed stays so
    added = with_people(bank, listed | {"mallory": mallory})
    with pytest.raises(FieldstoneError, match="nobody is called mallory"):
        added.trail.record("mallory", "approve", **ABOUT)
    with pytest.raises(FieldstoneError, match="nobody is called mallory"):
        register.release(added, "mallory", "let me in")
    with pytest.raises(FieldstoneError, match="zhao is engineer, and people release is for auditor, privacy_officer"):
        register.release(added, "zhao", "let him in")


def test_a_lost_key_is_replaced_and_what_it_signed_stays(bank, listed, keys, capsys):
    bank.trail.record("wang.fang", "reject", model="admission", version="1")
    anew = with_people(bank, listed | {"wang.fang": listed["wang.fang"] | {"key": person_keys.made(keys, PASSPHRASE)}})
    register.release(anew, "pia", "Wang Fang has lost her key")
    assert json.loads(last(anew).details)["changed"] == ["wang.fang"]
    anew.trail.record("wang.fang", "reject", model="admission", version="1")
    gone = with_people(anew, {name: entry for name, entry in listed.items() if name != "wang.fang"})
    register.release(gone, "li", "has left")
    with pytest.raises(FieldstoneError, match=r"nobody is called wang\.fang"):
        gone.trail.record("wang.fang", "approve", **ABOUT)
    assert gone.trail.verify() == []
    auditing.verify(gone)
    assert "audit: 5 acts signed by the keys of those who did them\n" in capsys.readouterr().out


def test_nothing_new_is_released_once(bank, capsys):
    register.release(bank, "li", "again")
    assert "nothing new" in capsys.readouterr().out
    assert last(bank).number == 1


def test_a_sandbox_never_becomes_real_nor_a_real_state_a_sandbox(context, listed, keys):
    context.trail.record("Olga", "approve", **ABOUT)
    with pytest.raises(FieldstoneError, match="this state began as a sandbox"):
        released(context, listed, keys)


def test_a_state_of_sandbox_people_stays_one(context, listed, keys):
    sandbox = with_people(context, listed, person_key=keys, sandbox=True)
    register.release(sandbox, "li", "the sandbox's own")
    assert json.loads(last(sandbox).details)["sandbox"] is True
    assert dsse.read(sandbox.trail.record("ruth", "approve", **ABOUT).signature).signers == ("ruth",)
    by_hand = with_people(sandbox, listed, person_key=keys)
    assert by_hand.trail.record("Olga", "approve", **ABOUT).signature == signatures.SANDBOX
    with pytest.raises(FieldstoneError, match="this state began as a sandbox"):
        register.release(with_people(by_hand, {"li": listed["li"]}), "li", "real now")
    assert sandbox.trail.verify() == []


def test_a_real_state_never_becomes_a_sandbox(bank, listed):
    called = with_people(bank, {"li": listed["li"]}, sandbox=True)
    with pytest.raises(FieldstoneError, match="has real people, and can't become a sandbox"):
        register.release(called, "li", "who would notice")


def _cut(context, left: int) -> None:
    """Take the end of a trail off, with its head, as whoever may write the state folder can."""
    kept = context.trail.entries()[:left]
    shutil.rmtree(context.lake.path("audit__trail"))
    (context.workspace.settings.home / "audit.head").unlink()
    if kept:
        context.lake.append_records("audit__trail", [vars(entry) for entry in kept])


def test_whoever_cuts_the_people_off_the_trail_has_no_sandbox_by_that(bank, listed, tmp_path):
    bank.trail.record("ruth", "approve", model="admission", version="3")
    _cut(bank, 0)
    called = with_people(bank, listed, sandbox=True)
    for who in ("Olga", "li"):
        with pytest.raises(FieldstoneError, match=f"nobody is called {who} among the people of this state"):
            called.trail.accept(who, "accept trail", why="as if nothing had been")


def test_an_auditor_accepts_what_is_left_where_the_people_are_still_there(bank):
    for version in ("3", "4", "5"):
        bank.trail.record("ruth", "approve", model="admission", version=version)
    _cut(bank, 2)
    with pytest.raises(FieldstoneError, match="ruth is reviewer, and accept trail is for auditor"):
        bank.trail.accept("ruth", "accept trail", why="never mind")
    assert dsse.read(bank.trail.accept("li", "accept trail", why="the disk failed").signature).signers == ("li",)
    assert bank.trail.verify() == []


# what is in the trail ---------------------------------------------------------------------------------------------


def _resigned(bank, keys, by: str, entry: Entry) -> Entry:
    """The entry with a signature by somebody's key that claims to be of its actor."""
    person = bank.workspace.people.find(by)
    claimed = dsse.Signed("", (entry.actor,), (entry.actor,))
    key = person_keys.find(bank.workspace.settings, person)
    before = bank.trail.entries()[-1]
    placed = replace(entry, number=before.number + 1, previous=before.link)
    return replace(entry, signature=dsse.sign(placed, claimed, [(person.key_id, key)]).written())


FORGERIES = {
    "unsigned": (lambda bank, keys, real: replace(real, signature=None), "isn't signed"),
    "as in a sandbox": (lambda bank, keys, real: replace(real, signature="sandbox"), "isn't signed"),
    "signature of another entry": (lambda bank, keys, real: real, "a signature that isn't by the key of"),
    "no signature": (lambda bank, keys, real: replace(real, signature='{"signers": 1}'), "a signature that is none"),
    "no JSON": (lambda bank, keys, real: replace(real, signature="[" * 10000), "a signature that is none"),
    "by another key": (lambda bank, keys, real: _resigned(bank, keys, "tara", real), "signed by another key than"),
    "by who may not": (
        lambda bank, keys, real: _resigned(bank, keys, "tara", replace(real, actor="tara")),
        "tara is modeler, and approve is for reviewer",
    ),
    "for another actor": (lambda bank, keys, real: replace(real, actor="ruth"), "is signed as an act of wang.fang"),
    "by nobody known": (lambda bank, keys, real: _resigned(bank, keys, "tara", replace(real, actor="eve")), "wasn't"),
    "an act that nobody owns": (lambda bank, keys, real: replace(real, action="crown", signature=None), "isn't signed"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_entry_that_isnt_signed_as_it_has_to_be_breaks_the_trail_even_by_its_own_key(bank, keys, forgery):
    made, says = FORGERIES[forgery]
    real = bank.trail.record("wang.fang", "approve", model="admission", version="3")
    forge(bank, made(bank, keys, real))
    (finding,) = bank.trail.verify()
    assert says in finding
    assert finding.startswith("entry 3 (")
    with pytest.raises(FieldstoneError, match="the audit trail is broken: entry 3"):
        bank.trail.record("wang.fang", "approve", **ABOUT)
    with pytest.raises(FieldstoneError, match="this can't be accepted; restore the last backup"):
        bank.trail.accept("li", "accept trail", why="never mind")


def test_each_part_of_an_entry_is_signed(bank):
    real = bank.trail.record("wang.fang", "reject", **ABOUT)
    others = {"actor": "wfang", "action": "approve", "details": "{}", "at": real.at + timedelta(seconds=1), "number": 7}
    for field in (*others, "os_user", "host", "previous"):
        changed = replace(real, **{field: others.get(field, "x")})
        (finding,) = signatures.findings([*bank.trail.entries()[:1], changed])
        assert "a signature that isn't by the key of wang.fang" in finding


def test_a_release_of_people_that_is_forged_counts_for_nothing(bank, listed, keys):
    mallory = {"id": "mallory", "name": "M", "roles": ["reviewer"], "from": "2026-01-01"}
    mallory["key"] = person_keys.made(keys, PASSPHRASE)
    details = json.dumps({"people": [mallory], "sandbox": False})
    before = signatures.released(bank.trail.entries())
    for signature in (None, signatures.SANDBOX, last(bank).signature):
        entry = replace(last(bank), number=2, action=audit_actions.RELEASE_PEOPLE, details=details, signature=signature)
        assert before.after(entry) == before
        assert signatures.findings([*bank.trail.entries()[:1], entry])
    torn = replace(last(bank), details="[]")
    assert signatures.findings([torn])


def test_other_tools_can_check_a_signature(bank):
    entry = bank.trail.record("wang.fang", "approve", model="admission", version="3")
    signature = query.shown(entry).signature
    payload, kind = b64decode(signature["payload"]), signature["payloadType"].encode()
    message = b" ".join([b"DSSEv1", b"%d" % len(kind), kind, b"%d" % len(payload), payload])
    public = b64decode(bank.workspace.people.find("wang.fang").key)
    Ed25519PublicKey.from_public_bytes(public).verify(b64decode(signature["signatures"][0]["sig"]), message)
    signed = json.loads(payload)
    assert (signed["action"], signed["people"], signed["number"]) == ("approve", ["wang.fang"], entry.number)
    assert json.loads(signed["details"]) == {"model": "admission", "version": "3"}


def test_every_office_owns_something_and_every_act_is_somebodys():
    assert {office for owners in audit_actions.OWNERS.values() for office in owners} == {*Office}
    assert not audit_actions.OWNERS.keys() & audit_actions.OF_JOBS
    assert audit_actions.OWNERS.keys() >= audit_actions.BY_OPERATOR | audit_actions.FOR_OTHERS
