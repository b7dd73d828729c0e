"""The trail cut off, deleted, rewound or rewritten by whoever may write the state folder: found, and never healed."""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from typing import ClassVar

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from conf.schema.errors import FieldstoneError
from conf.schema.settings import read
from conf.schema.workspace import ROOT
from jobs import audit as audit_job
from jobs.command.documents import document
from lake import audit, keyfiles, state
from lake.audit import HEAD, TRAIL, Trail
from lake.marks import Mark
from lake.vault import OWN_KEYS
from pipeline import auditing
from pipeline.ingest import run as ingest
from pipeline.trail.entry_choice import Wanted
from tests.integration.holding import folder_context, restarted
from tests.integration.moving import BESIDE

BROKEN = "the audit trail is broken: "


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A folder with a trail of four entries, to be copied."""
    folder = tmp_path_factory.mktemp("trail")
    trail = folder_context(folder).trail
    for step in range(4):
        trail.record("auditor", "look", step=step)
    return folder


@pytest.fixture
def trail(once, context, tmp_path) -> Trail:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return context.trail


def head(trail: Trail):
    return trail.lake.workspace.settings.home / HEAD


def anchor(trail: Trail):
    return trail.lake.workspace.settings.anchor_file


def table(trail: Trail) -> DeltaTable:
    return DeltaTable(str(trail.lake.path(TRAIL)))


def cut(trail: Trail, number: int = 4) -> None:
    table(trail).delete(f"number >= {number}")


def cut_with_its_head(trail: Trail) -> None:
    """As one who kept an older head, which is under the right key."""
    cut(trail)
    head(trail).write_text(Mark(3, trail.entries()[2].link).written(trail.key, "head"))


def delete_all(trail: Trail) -> None:
    shutil.rmtree(trail.lake.path(TRAIL))
    head(trail).unlink()


def empty(trail: Trail) -> None:
    cut(trail, 1)
    head(trail).unlink()


def forge_head(trail: Trail) -> None:
    cut(trail)
    head(trail).write_text(Mark(3, trail.entries()[2].link).written(b"another key" * 3, "head"))


def head_of_before(trail: Trail) -> None:
    cut(trail)
    head(trail).write_text(f"3 {trail.entries()[2].link}")


def anchor_line_as_head(trail: Trail) -> None:
    cut(trail)
    head(trail).write_text(anchor(trail).read_text().split()[2])


def older_copy(trail: Trail) -> None:
    """The state of before an entry, put back whole."""
    home = head(trail).parent
    kept = shutil.copytree(home, home.with_name("kept"))
    trail.record("auditor", "look", step=5)
    trail.record("auditor", "look", step=6)
    shutil.rmtree(home)
    kept.rename(home)


def rewrite_by_key(trail: Trail) -> None:
    """As one who has got hold of the key as well, but not of the anchor."""
    records = [vars(entry) for entry in trail.entries()]
    shutil.rmtree(trail.lake.path(TRAIL))
    previous = audit.START
    for record in records:
        record["actor"], record["previous"] = "Rita", previous
        record["link"] = previous = audit.Entry(**record).linked(trail.key)
    trail.lake.append_records(TRAIL, records)
    head(trail).write_text(Mark(4, previous).written(trail.key, "head"))


def twice(trail: Trail) -> None:
    write_deltalake(table(trail), table(trail).to_pyarrow_table().slice(1, 1), mode="append")


LOST = {
    cut: "entries after 3 are missing",
    cut_with_its_head: "entries after 3 are missing",
    delete_all: "entries after 0 are missing",
    empty: "entries after 0 are missing",
    forge_head: f"the head of the trail ({HEAD}) was changed",
    head_of_before: f"the head of the trail ({HEAD}) was changed",
    anchor_line_as_head: f"the head of the trail ({HEAD}) was changed",
    older_copy: "entries after 4 are missing",
    lambda trail: head(trail).unlink(): f"the head of the trail ({HEAD}) is missing",
    lambda trail: head(trail).write_text(""): f"the head of the trail ({HEAD}) was changed",
    lambda trail: head(trail).write_bytes(b"\xff\xfe"): f"the head of the trail ({HEAD}) was changed",
    lambda trail: head(trail).write_text('{"number":1e999,"link":"x","mac":"y"}'): f"({HEAD}) was changed",
    lambda trail: head(trail).write_text('{"number":1,"link":"\\ud800","mac":"\\ud800"}'): f"({HEAD}) was changed",
    lambda trail: head(trail).write_text("[" * 100_000): f"the head of the trail ({HEAD}) was changed",
    lambda trail: anchor(trail).unlink(): "the anchor tells nothing of 4 entries",
    lambda trail: anchor(trail).write_text(anchor(trail).read_text().split()[0]): "the anchor is at entry 1 of 4",
}
CHANGED = {
    rewrite_by_key: "entry 1 was replaced",
    twice: "is there twice",
    lambda trail: table(trail).update({"actor": "'Rita'"}, predicate="number = 4"): "entry 4 was changed",
    lambda trail: table(trail).update({"os_user": "'rita'"}, predicate="number = 2"): "entry 2 was changed",
    lambda trail: table(trail).update({"os_user": "NULL", "host": "NULL"}): "entry 1 was changed",
    lambda trail: table(trail).delete("number = 1"): "entry 1 is missing",
    lambda trail: table(trail).update({"details": "'{'"}, predicate="number = 3"): "entry 3 was changed",
}


@pytest.mark.parametrize(("attack", "says"), [*LOST.items(), *CHANGED.items()])
def test_an_attack_is_found_and_one_more_entry_doesnt_heal_it(trail, attack, says):
    attack(trail)
    for _ in range(2):
        assert says in "; ".join(trail.verify())
        with pytest.raises(FieldstoneError, match=f"{BROKEN}.*Nothing was written.*fieldstone audit accept") as refused:
            trail.record("auditor", "look")
        assert says in str(refused.value)


@pytest.mark.parametrize("attack", LOST)
def test_what_is_lost_can_be_accepted_by_somebody_and_stays_told(trail, attack, context, capsys):
    attack(trail)
    findings = trail.verify()
    auditing.accept(context, "Olga", "the disk was full")
    assert trail.verify() == []
    entry = trail.entries()[-1]
    assert (entry.actor, json.loads(entry.details)["found"]) == ("Olga", findings)
    trail.record("auditor", "look")
    auditing.verify(context)
    is_of_entries = any("missing" in text and "entries" in text for text in findings)
    assert (f"are lost, as entry {entry.number} records" in capsys.readouterr().out) == is_of_entries


@pytest.mark.parametrize("attack", [each for each in CHANGED if each is not rewrite_by_key])
def test_what_was_changed_is_accepted_by_nobody(trail, attack, context):
    attack(trail)
    with pytest.raises(FieldstoneError, match="this can't be accepted; restore the last backup"):
        auditing.accept(context, "Olga", "I know better")


@pytest.mark.further
def test_a_folder_in_the_place_of_the_head_is_a_head_that_was_changed(trail, context):
    head(trail).unlink()
    head(trail).mkdir()
    assert trail.verify() == [f"the head of the trail ({HEAD}) was changed"]
    with pytest.raises(FieldstoneError, match=f"{HEAD} is a folder, .*; move it away and run this again"):
        auditing.accept(context, "Olga", "I know why")
    head(trail).rmdir()
    auditing.accept(context, "Olga", "I know why")
    assert trail.verify() == []


@pytest.mark.further
@pytest.mark.parametrize(
    "line", ['{"number":1,"link":"\\ud800","mac":"\\ud800"}', "[" * 100_000 + "}", '{"number":1e999}']
)
def test_whatever_stands_in_the_anchor_is_told_by_its_line(trail, line):
    with anchor(trail).open("a") as file:
        file.write(f"{line}\n")
    assert trail.verify() == ["line 5 of the anchor was changed, torn or is of another trail"]


@pytest.mark.further
@pytest.mark.parametrize("number", ["1", None])
def test_another_table_in_the_place_of_the_trail_is_told(trail, number):
    rows = pa.table({"number": [number], "x": ["y"]})
    write_deltalake(str(trail.lake.path(TRAIL)), rows, mode="overwrite", schema_mode="overwrite")
    for look in (trail.verify, trail.entries, lambda: trail.record("auditor", "look")):
        with pytest.raises(FieldstoneError, match=f"{BROKEN}{TRAIL} contains something that isn't an entry"):
            look()


@pytest.mark.further
@pytest.mark.parametrize("details", ["{", "[1]", "[" * 100_000])
def test_an_entry_whose_details_are_torn_is_shown_as_it_stands(trail, context, capsys, details):
    table(trail).update({"details": f"'{details}'"}, predicate="number = 3")
    for is_json in (True, False):
        entries = audit_job.show(context, Wanted(), is_json)
        assert "unreadable" in (document(entries) if is_json else capsys.readouterr().out)


@pytest.mark.further
def test_an_anchor_that_is_no_file_is_refused_and_not_read_without_end(context):
    trail = restarted(context, anchor="file:/dev/zero").trail
    with pytest.raises(FieldstoneError, match=r"/dev/zero, can't be read \(OSError\)"):
        trail.record("auditor", "look")


def test_a_line_of_which_only_a_part_is_taken_at_once_is_added_whole(trail, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:7]))
    trail.record("auditor", "look")
    assert trail.verify() == []
    assert len(anchor(trail).read_text().split()) == 5


@pytest.mark.further
@pytest.mark.parametrize("draft", ["audit.head.draft", "state.json.draft", "lake/.identity.draft"])
def test_a_link_in_the_place_of_a_draft_has_nothing_else_written_over(trail, context, draft):
    home = context.workspace.settings.home
    victims = [anchor(trail), *context.workspace.settings.key_folder.iterdir()]
    before = [path.read_text() for path in victims]
    for path in victims:
        (home / draft).symlink_to(path)
        trail.record("auditor", "look")
        state.note(home, backups=[f"{len(trail.entries())}"])
        (home / "lake/.identity").unlink()
        (home / draft).unlink(missing_ok=True)
        assert [p.read_text() for p in victims[1:]] == before[1:]
    assert anchor(trail).read_text().startswith(before[0])
    assert trail.verify() == []


@pytest.mark.further
def test_an_anchor_line_that_was_changed_is_named_and_may_be_accepted(trail, context):
    anchor(trail).write_text(anchor(trail).read_text().replace('"number":2', '"number":3'))
    assert trail.verify() == ["line 2 of the anchor was changed, torn or is of another trail"]
    auditing.accept(context, "Olga", "a hand slipped")
    assert trail.verify() == []


def test_a_whole_trail_needs_no_acceptance(context, trail):
    with pytest.raises(FieldstoneError, match="there is nothing to accept"):
        auditing.accept(context, "Olga", "to be sure")


def test_a_line_that_was_torn_by_a_full_disk_is_no_break(trail):
    with anchor(trail).open("a") as file:
        file.write(anchor(trail).read_text().split()[-1][:40])
    for step in (5, 6):
        assert trail.verify() == []
        trail.record("auditor", "look", step=step)


@pytest.mark.parametrize("behind", ["head", "anchor"])
def test_a_crash_between_table_head_and_anchor_is_made_good_by_the_next_entry(trail, behind):
    marked, anchored = head(trail).read_text(), anchor(trail).read_text()
    trail.record("auditor", "look", step=5)
    anchor(trail).write_text(anchored)
    if behind == "head":
        head(trail).write_text(marked)
    assert trail.verify() == []
    trail.record("auditor", "look", step=6)
    assert trail.verify() == []
    assert len(anchor(trail).read_text().split()) == 6


def test_nothing_is_taken_in_while_the_trail_is_broken(populated):
    populated.trail.record("Olga", "look")
    populated.trail.record("Olga", "look")
    delete_all(populated.trail)
    with pytest.raises(FieldstoneError, match=BROKEN):
        ingest.run(populated, "consent")


@pytest.mark.parametrize("spoil", [lambda p: (p.unlink(), p.mkdir()), lambda p: p.write_bytes(b"\xff")])
def test_an_anchor_that_cant_be_used_stops_what_belongs_in_the_trail(trail, spoil):
    spoil(anchor(trail))
    with pytest.raises(FieldstoneError, match=r"trail\.jsonl, can't be read \(.*FIELDSTONE_ANCHOR"):
        trail.record("auditor", "look")


def test_an_anchor_of_another_trail_is_named_with_its_line(trail, tmp_path):
    other = folder_context(tmp_path / "other").trail
    other.record("auditor", "look")
    with anchor(trail).open("a") as file:
        file.write(anchor(other).read_text())
    assert trail.verify() == ["line 5 of the anchor was changed, torn or is of another trail"]


class Kept:
    """An anchor as a bank may bring it: in the memory of this process."""

    lines_of_all: ClassVar[list[str]] = []

    def __init__(self, name: str) -> None:
        self.name = name

    def lines(self) -> list[str]:
        return [line for name, line in map(str.split, self.lines_of_all) if name == self.name]

    def add(self, line: str) -> None:
        self.lines_of_all.append(f"{self.name} {line}")


@pytest.mark.further
def test_an_anchor_may_be_a_plug_in(context):
    trail = restarted(context, anchor=f"plugin:{__name__}:Kept@ours").trail
    trail.record("auditor", "look")
    trail.record("auditor", "look")
    assert len(Kept("ours").lines()) == 2
    delete_all(trail)
    assert "entries after 0 are missing" in trail.verify()
    with pytest.raises(FieldstoneError, match="there is no anchor plug-in 'nobody'; give package"):
        assert restarted(context, anchor="plugin:nobody@ours").trail


def test_keys_and_anchor_lie_beside_the_state_and_are_nobody_elses_to_read(trail, context):
    home = context.workspace.settings.home
    keys, anchored = (home.with_name(home.name + part) for part in BESIDE[1:])
    assert sorted(path.name for path in keys.iterdir()) == ["master.key", "pseudonym.key", "trail.key"]
    assert not (home / "secrets").exists()
    for path in (keys, anchored, *keys.iterdir(), *anchored.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    secrets = {path.read_text() for path in keys.iterdir()}
    assert len(secrets) == 3
    assert not [p for p in home.rglob("*") if p.is_file() and any(s.encode() in p.read_bytes() for s in secrets)]


@pytest.mark.parametrize("name", ["keys", "anchor"])
def test_neither_may_lie_in_the_state_folder(tmp_path, name):
    where = f"{'file:' if name == 'anchor' else ''}{tmp_path}/state/../state/x"
    with pytest.raises(FieldstoneError, match=f"{name} .* lies in the state folder"):
        read(tmp_path / "none.yaml", {"FIELDSTONE_HOME": f"{tmp_path}/state", f"FIELDSTONE_{name.upper()}": where})


# lakes of before -----------------------------------------------------------------------------------------------------


@pytest.fixture
def former(context) -> Trail:
    """A trail as it was kept before: its key in the vault, its head without a MAC, no anchor."""
    home, vault = context.workspace.settings.home, context.vault
    trail = Trail(context.lake, vault.own_key("audit-trail").secret, audit.anchors.of(context.workspace.settings))
    previous = audit.START
    for number in (1, 2, 3):
        entry = audit.Entry(number, audit.datetime.now(audit.UTC), "auditor", "look", "{}", previous, "")
        entry = audit.Entry(**vars(entry) | {"link": entry.linked(trail.key)})
        trail.lake.append_records(TRAIL, [vars(entry)])
        previous = entry.link
    (home / HEAD).write_text(f"3 {previous}")
    (home / "secrets").mkdir()
    for path in context.workspace.settings.key_folder.iterdir():
        path.rename(home / "secrets" / path.name)
    return trail


def test_a_trail_of_before_is_taken_over_once_and_says_so(former, context, capsys):
    after = restarted(context).trail
    assert [entry.action for entry in after.entries()] == ["look"] * 3 + ["take over trail"]
    assert after.verify() == []
    assert not restarted(context).lake.records(OWN_KEYS)
    output = capsys.readouterr().out
    assert "master.key lay in the state folder that it protects, and was moved to" in output
    assert "audit: the trail has a key of its own now" in output
    assert len(restarted(context).trail.entries()) == 4
    assert capsys.readouterr().out == ""


def test_a_trail_of_before_that_was_cut_is_not_taken_over(former, context):
    table(former).delete("number = 3")
    with pytest.raises(FieldstoneError, match=f"{BROKEN}entries after 2 are missing"):
        assert restarted(context).trail


@pytest.mark.further
def test_a_trail_of_before_has_its_own_key_and_another_is_refused(former, context, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_TRAIL_KEY", "ab" * 32)
    with pytest.raises(FieldstoneError, match="has an earlier key in its vault, but another one is set"):
        assert restarted(context).trail


@pytest.mark.further
def test_taking_over_that_was_killed_goes_on(former, context, monkeypatch):
    keyfiles.keep(context.workspace.settings, "trail", former.key)
    head(former).write_text(Mark(3, former.entries()[2].link).written(former.key, "head"))
    former.settle(former.entries())
    assert restarted(context).trail.verify() == []


@pytest.mark.further
def test_of_two_first_runs_at_once_one_takes_it_over(former, context):
    came_to = []
    runs = [threading.Thread(target=lambda: came_to.append(restarted(context).trail.verify())) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert came_to == [[], []]
    assert [entry.action for entry in restarted(context).trail.entries()] == ["look"] * 3 + ["take over trail"]


def test_entries_of_several_processes_at_once_are_one_chain(context):
    code = "import sys; from tests.integration.holding import folder_context as f; from pathlib import Path; "
    code += "t = f(Path(sys.argv[1])).trail; [t.record('Olga', 'look', n=n) for n in range(5)]"
    restarted(context).trail.record("Olga", "look")
    folder = str(context.workspace.settings.home.parent)
    runs = [subprocess.Popen([sys.executable, "-c", code, folder], cwd=ROOT) for _ in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    assert context.trail.verify() == []
    assert len(context.trail.entries()) == len(anchor(context.trail).read_text().split()) == 16


def test_two_different_keys_of_one_name_are_named(former, context):
    context.workspace.settings.key_folder.joinpath("master.key").write_text("cd" * 32)
    with pytest.raises(FieldstoneError, match="are two different keys; move the one that isn't this lake's away"):
        assert restarted(context).vault
