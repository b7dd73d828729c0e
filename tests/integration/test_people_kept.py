"""People change, and a state is never left without somebody who may release others; nobody is taken for a namesake."""

from base64 import b64decode
from dataclasses import replace

import pytest
import yaml

from conf.schema import people, person_keys
from conf.schema.errors import FieldstoneError
from conf.schema.person_names import a_name
from conf.schema.workspace import ROOT
from jobs import cli
from jobs import people as jobs_people
from jobs.command.parser import parser
from jobs.command.running import perform
from lake import signatures
from pipeline.people import register
from pipeline.sources import suspension
from tests.integration.people_of_a_bank import PASSPHRASE, released, with_people

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def without(listed: dict, *names: str) -> dict:
    return {name: entry for name, entry in listed.items() if name not in names}


def twin(key: str) -> str:
    """The same 32 bytes in another text: Base64 has bits there that nobody reads."""
    spare = _ALPHABET[_ALPHABET.index(key[42]) ^ 1]
    return key[:42] + spare + "="


# somebody is always left who may release ---------------------------------------------------------------------------

LEAVES = {
    "both are taken out": lambda each: without(each, "li", "pia"),
    "nobody is left": lambda each: {},
    "one is taken out, the other's days are over": lambda each: (
        without(each, "li") | {"pia": each["pia"] | {"until": "2026-01-02"}}
    ),
    "one isn't to begin yet": lambda each: without(each, "pia") | {"li": each["li"] | {"from": "2999-01-01"}},
    "one has no key": lambda each: without(each, "pia") | {"li": {k: v for k, v in each["li"].items() if k != "key"}},
    "both become something else": lambda each: (
        each | {"li": each["li"] | {"roles": ["reviewer"]}, "pia": each["pia"] | {"roles": ["engineer"]}}
    ),
}


@pytest.mark.parametrize("how", LEAVES)
def test_people_are_never_released_such_that_nobody_could_release_again(bank, listed, how):
    changed = with_people(bank, LEAVES[how](listed))
    for who in ("li", "pia"):
        with pytest.raises(FieldstoneError, match=r"nobody could release people again.*Nothing was written"):
            register.release(changed, who, "I leave")
    entries = [person.stated() for person in changed.workspace.people.people.values()]
    with pytest.raises(FieldstoneError, match="nobody could release people again"):
        changed.trail.record("li", "people release", people=entries, why="by a client of one's own")
    back = with_people(bank, listed | {"pia": listed["pia"] | {"until": "2999-01-01"}})
    register.release(back, "li", "as before, nearly")
    assert back.trail.verify() == []


def test_the_first_release_needs_somebody_too(context, listed, keys):
    with pytest.raises(FieldstoneError, match="nobody could release people again"):
        released(context, without(listed, "li", "pia"), keys, who="ruth")
    assert context.trail.entries() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda each: without(each, "pia"), "li alone can release people from now on; a lost key locks them for good"),
        (
            lambda each: each | {name: each[name] | {"until": f"2999-01-0{n}"} for n, name in ((1, "li"), (2, "pia"))},
            "nobody can release people after 2999-01-02",
        ),
        (lambda each: without(each, "ruth"), None),
        (lambda each: each | {"li": each["li"] | {"until": "2999-01-01"}}, None),
    ],
)
def test_a_release_warns_where_one_is_left_or_all_will_end(bank, listed, capsys, change, says):
    capsys.readouterr()
    register.release(with_people(bank, change(listed)), "li", "so be it")
    output = capsys.readouterr().out
    assert (f"people: warning: {says}. Enrol and release another" in output) if says else ("warning" not in output)


def test_a_release_says_what_changes_of_everybody_in_the_file(bank, listed, capsys):
    key = person_keys.made(bank.workspace.settings.person_key, PASSPHRASE)
    changed = without(listed, "zhao") | {
        "tara": listed["tara"] | {"roles": ["reviewer"], "logins": ["tara.li"]},
        "ruth": listed["ruth"] | {"key": key, "until": "2999-12-31"},
    }
    edited = with_people(bank, changed)
    capsys.readouterr()
    jobs_people.list_people(edited)
    table = capsys.readouterr().out
    assert "the file doesn't have them any more" in table
    assert "modeler -> reviewer" in " ".join(table.split())
    register.release(edited, "li", "new offices")
    was, now = (people.key_id(b64decode(text)) for text in (listed["ruth"]["key"], key))
    assert (
        f"changed ruth (key {was} -> {now}, until none -> 2999-12-31), "
        "tara (roles modeler -> reviewer, logins none -> tara.li); taken_out zhao\n"
    ) in capsys.readouterr().out


# one key is one person's ------------------------------------------------------------------------------------------


def test_a_key_written_in_another_way_is_the_same_key(bank, listed):
    key = listed["zhao"]["key"]
    assert twin(key) != key
    assert b64decode(twin(key), validate=True) == b64decode(key)
    with pytest.raises(FieldstoneError, match="zhao, zhao2 have the same key"):
        with_people(bank, listed | {"zhao2": listed["zhao"] | {"key": twin(key)}})
    again = with_people(bank, listed | {"zhao": listed["zhao"] | {"key": twin(key)}})
    assert again.workspace.people == bank.workspace.people
    again.trail.record("zhao", "contract migrate")


@pytest.mark.parametrize("text", ["", "=", "A" * 43, "A" * 44, "A" * 42 + "==", "é" * 43 + "=", " " + "A" * 43 + "="])
def test_what_is_no_key_is_none(text):
    with pytest.raises(ValueError, match="isn't a public key"):
        people.Person.model_validate(
            {"id": "li", "name": "Li", "roles": ["auditor"], "from": "2026-01-01", "key": text}
        )


def test_two_names_with_one_key_dont_make_two_people_to_a_signature(bank):
    zhao, pia = (bank.workspace.people.find(name) for name in ("zhao", "pia"))
    entry = replace(bank.trail.entries()[-1], action="partner-suspend", actor="zhao, pia")
    assert signatures._why_not(entry, [(zhao, zhao), (pia, pia)]) is None
    same = zhao.model_copy(update={"id": "zhao2"})
    assert "one of them is there twice" in signatures._why_not(entry, [(zhao, zhao), (same, same)])
    with pytest.raises(FieldstoneError, match="two different people"):
        suspension.suspend(bank, "farm", ["zhao", "ZH.AO"], "late")


# namesakes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def people_command(context, tmp_path, keys, capsys):
    """Run a command of a workspace whose people are those of its file by now; returns the file and what was said."""
    file = tmp_path / "staff.yaml"
    file.write_text("people:\n", encoding="utf-8")

    def ask(*arguments: str) -> str:
        known = replace(context.workspace, people=people.read(file))
        settings = context.workspace.settings.model_copy(update={"people": file, "person_key": keys, "sandbox": False})
        parsed = parser().parse_args(["people", *arguments])
        run = replace(context, workspace=replace(known, settings=settings))
        capsys.readouterr()
        perform(run, parsed)
        return capsys.readouterr().out

    ask.file = file
    return ask


WANG = ("Wang Fang", "--id", "wang.fang", "--role", "reviewer", "--login", "wfang", "--until", "2999-12-31")


@pytest.mark.parametrize("name", ["Wang Fang", "WANG  fang", "wang.fang", "Wang-Fang", "wfang", "ＷＡＮＧ　ＦＡＮＧ"])
def test_a_namesake_replaces_nobody_and_both_ways_are_told(people_command, keys, name):
    people_command("enrol", *WANG)
    before = people_command.file.read_bytes()
    with pytest.raises(
        FieldstoneError, match=r"""Wang Fang, reviewer.*--id 'wang\.fang2'.*enrol "wang\.fang" --new-key"""
    ):
        people_command("enrol", name, "--role", "modeler")
    assert people_command.file.read_bytes() == before
    assert len([*keys.iterdir()]) == 1
    people_command("enrol", name, "--id", "wang.fang2", "--role", "modeler")
    both = people.read(people_command.file).people
    assert [(each.name, each.roles) for each in both.values()] == [
        ("Wang Fang", ("reviewer",)),
        (a_name(name), ("modeler",)),
    ]


def test_a_namesake_whose_id_is_something_else_isnt_overlooked(people_command):
    people_command("enrol", "王芳", "--id", "wangfang", "--role", "reviewer")
    with pytest.raises(FieldstoneError, match="王芳 is in the list already: wangfang, 王芳, reviewer"):
        people_command("enrol", "王芳", "--role", "modeler")
    people_command("enrol", "王芳", "--id", "王芳（信贷部）".replace("（", " ").replace("）", ""), "--role", "modeler")
    assert [*people.read(people_command.file).people] == ["wangfang", "王芳 信贷部"]
    with pytest.raises(
        FieldstoneError,
        match=r"nobody who can get a new key has the id or login .*; give one of these: wangfang, 王芳 信贷部",
    ):
        people_command("enrol", "王芳", "--new-key")


@pytest.mark.parametrize("name", ["wang.fang", "WFANG", "Wang Fang", "wang  fang"])
def test_a_new_key_keeps_all_else(people_command, name):
    people_command("enrol", *WANG)
    (was,) = people.read(people_command.file).people.values()
    output = people_command("enrol", name, "--new-key")
    _, _, block = output.partition("put this in its place, and release it:\n")
    (now,) = people.People(**yaml.safe_load("people:\n" + block.rpartition("people: the private")[0])).people.values()
    assert now.key != was.key
    assert now.model_copy(update={"key": was.key}) == was
    with pytest.raises(FieldstoneError, match="leave out --id, --role, --login, --until"):
        people_command("enrol", name, "--new-key", "--role", "modeler")
    with pytest.raises(FieldstoneError, match=r"nobody who can get a new key has the id or login Li"):
        people_command("enrol", "Li", "--new-key")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Wang Fei", "--role", "modeler", "--login", "WFANG"], "wfang are names of more than one person"),
        (["Wang Fei", "--role", "modeler", "--login", "wang fang"], "wang fang, wang.fang are names of more than one"),
        (["Wang Fei", "--role", "modeler", "--id", "W.FANG"], "W.FANG is in the list already: wang.fang"),
        (["Wang Fei", "--role", "service", "--role", "modeler"], "with the role service can't have other roles"),
        (["Wang Fei", "--role", "modeler", "--id", "wang/fei"], "leave out /"),
        (["Wang Fei", "--role", "modeler", "--until", "2001-01-01"], "until 2001-01-01 is before from"),
        (["Wang Fei"], "state the role of Wang Fei: --role ROLE"),
    ],
)
def test_who_cannot_be_enrolled_is_told_why_in_words(people_command, keys, arguments, says):
    people_command("enrol", *WANG)
    with pytest.raises(FieldstoneError) as error:
        people_command("enrol", *arguments)
    assert says in str(error.value)
    assert "Value error" not in str(error.value)
    assert "system" not in str(error.value)
    assert len([*keys.iterdir()]) == 1


@pytest.mark.parametrize(
    "text", ["", "people:\n", "people: {}\n", "# who may act\npeople:\n", "# who\n\npeople: {}\n# end\n", "{}\n"]
)
def test_somebody_is_added_to_a_file_that_has_nobody_yet(people_command, text):
    people_command.file.write_text(text, encoding="utf-8")
    people_command("enrol", "Li Wei", "--role", "auditor")
    people_command("enrol", *WANG)
    assert [*people.read(people_command.file).people] == ["li wei", "wang.fang"]
    assert people_command.file.read_text().count("#") == text.count("#")


@pytest.mark.parametrize(
    "layout",
    [
        "people: {li: {roles: [auditor], from: 2026-01-01}}\n",
        "people:\n    li:\n        roles: [auditor]\n        from: 2026-01-01\n",
    ],
)
def test_a_file_laid_out_in_another_way_isnt_torn(people_command, layout):
    people_command.file.write_text(layout, encoding="utf-8")
    output = people_command("enrol", *WANG)
    assert "laid out so that it could be added to; put this in its place" in output
    assert "  wang.fang:\n" in output
    assert people_command.file.read_text() == layout


# where there is no state ------------------------------------------------------------------------------------------


def test_who_is_enrolled_on_a_machine_of_their_own_makes_no_state_there(tmp_path, keys, monkeypatch, capsys):
    home = tmp_path / "home"
    for name, value in {"HOME": home, "PEOPLE": tmp_path / "p.yaml", "PERSON_KEY": keys, "SANDBOX": "0"}.items():
        monkeypatch.setenv(f"FIELDSTONE_{name}", str(value))
    keys.mkdir(mode=0o700)
    assert cli.main(["people", "enrol", "Li Wei", "--role", "auditor", "--workspace", str(ROOT)]) == 0
    assert cli.main(["people", "list", "--workspace", str(ROOT)]) == 0
    assert "no: isn't released" in capsys.readouterr().out
    assert cli.main(["people", "enrol", "Li Wei", "--role", "auditor", "--workspace", str(ROOT)]) != 0
    assert not home.exists()
    assert not [*tmp_path.glob("home*")]
