"""`fieldstone people`: a key of one's own for everybody; and the sandbox's own people."""

import stat
from pathlib import Path

import pytest
import yaml

from conf.schema import people, person_keys
from conf.schema.errors import FieldstoneError
from conf.schema.people import Office
from conf.schema.settings import Settings
from jobs.command.parser import parser
from jobs.command.running import perform
from lake import dsse
from pipeline.people import register
from sandbox.stack import staff
from tests.integration.people_of_a_bank import PASSPHRASE, with_people


@pytest.fixture
def people_command(context, tmp_path, monkeypatch):
    """Run a command of a workspace whose people are those of its file by now."""
    monkeypatch.setenv(person_keys.PASSPHRASE, PASSPHRASE)
    file = tmp_path / "people.yaml"

    def ask(*arguments: str):
        listed = yaml.safe_load(file.read_text())["people"] if file.exists() else {}
        run = with_people(context, listed, people=file, person_key=tmp_path / "keys")
        if not listed:
            file.unlink()
        parsed = parser().parse_args(["people", *arguments])
        perform(run, parsed)
        return file

    return ask


def test_somebody_is_enrolled_with_a_key_that_is_theirs_alone(people_command, tmp_path, capsys):
    people_command("enrol", "Li Wei", "--role", "auditor")
    file = people_command("enrol", "Wang Fang", "--role", "reviewer", "--login", "wfang", "--until", "2999-12-31")
    wang = people.read(file).find("wfang")
    assert (wang.id, wang.name, wang.roles, str(wang.until)) == ("wang fang", "Wang Fang", ("reviewer",), "2999-12-31")
    path = tmp_path / "keys" / f"{wang.key_id}.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert f"the private key is in {path}; it is Wang Fang's alone" in capsys.readouterr().out
    people_command("list")
    assert capsys.readouterr().out.count("no: isn't released") == 2
    people_command("release", "--who", "li wei", "--why", "the first people")
    assert "released by li wei in entry 1: added li wei, wang fang\n" in capsys.readouterr().out
    people_command("list")
    environut = capsys.readouterr().out
    assert environut.count("│ yes") == 2
    assert "isn't released" not in environut


def test_of_somebody_who_is_there_the_new_key_is_printed_and_nothing_is_changed(people_command, capsys):
    file = people_command("enrol", "Wang Fang", "--role", "reviewer")
    before = yaml.safe_load(file.read_text())
    for name in ("Wang Fang", "ＷＡＮＧ  FANG", "wang.fang"):
        people_command("enrol", name, "--new-key")
        environut = capsys.readouterr().out
        assert f"wang fang is in {file} already; put this in its place, and release it:\n  wang fang:\n" in environut
        assert yaml.safe_load(file.read_text()) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Li, Wei", "--role", "reviewer"], "leave out ,"),
        (["Lі", "--role", "reviewer"], "mixes letters of LATIN and CYRILLIC"),
        (["Li", "--role", "service", "--role", "reviewer"], "with the role service can't have other roles"),
        (["Li", "--role", "reviewer", "--login", "wang fang"], "are names of more than one person"),
        (["Li", "--role", "reviewer", "--until", "2001-01-01"], "until 2001-01-01 is before from"),
    ],
)
def test_who_cannot_be_meant_gets_no_key(people_command, tmp_path, arguments, says):
    people_command("enrol", "Wang Fang", "--role", "reviewer")
    with pytest.raises(FieldstoneError, match=says):
        people_command("enrol", *arguments)
    assert len(list((tmp_path / "keys").iterdir())) == 1


@pytest.mark.parametrize("name", ["", "  ", "-", "\u200bLi", "Li\nWei", "Li\u202eWei"])
def test_a_name_that_nobody_sees_is_no_name(people_command, name, capsys):
    with pytest.raises(SystemExit):
        people_command("enrol", name, "--role", "reviewer")
    assert "in words" in (environut := capsys.readouterr().err) or "can't be seen" in environut


def test_nobody_is_enrolled_without_a_passphrase_but_a_service(people_command, monkeypatch):
    monkeypatch.setenv(person_keys.PASSPHRASE, "")
    with pytest.raises(FieldstoneError, match="the key of Li needs a passphrase"):
        people_command("enrol", "Li", "--role", "reviewer")
    monkeypatch.setenv(person_keys.PASSPHRASE, "short")
    with pytest.raises(FieldstoneError, match="at least 12 characters"):
        people_command("enrol", "Li", "--role", "reviewer")
    monkeypatch.setenv(person_keys.PASSPHRASE, "")
    assert people.read(people_command("enrol", "airflow", "--role", "service")).find("airflow").key


def test_a_persons_key_never_lies_in_the_state_folder(tmp_path):
    with pytest.raises(ValueError, match=r"person_key .* lies in the state folder"):
        Settings(home=tmp_path, person_key=tmp_path / "keys")


def test_the_sandbox_has_people_of_its_own_for_every_office_and_makes_them_once(context, tmp_path):
    settings = context.workspace.settings
    environ = staff.environ(settings)
    made = people.read(settings.sandbox_people / people.FILE)
    assert {office for person in made.people.values() for office in person.roles} == {*Office}
    assert staff.environ(settings) == environ
    assert environ["FIELDSTONE_OPERATOR"] == staff.SERVICE
    listed = yaml.safe_load((settings.sandbox_people / people.FILE).read_text())["people"]
    by_hand = with_people(context, listed, people=settings.sandbox_people / people.FILE, person_key=None)
    register.release(by_hand, "sandbox-auditor", "nobody")
    airflow = with_people(by_hand, listed, person_key=Path(environ["FIELDSTONE_PERSON_KEY"]), operator=staff.SERVICE)
    for run, signer in ((by_hand, staff.REVIEWER), (airflow, staff.SERVICE)):
        entry = run.trail.record(staff.REVIEWER, "approve", model="admission", version="1")
        assert dsse.read(entry.signature).signers == (signer,)
