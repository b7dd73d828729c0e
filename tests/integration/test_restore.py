"""A backup and its restore: all or nothing, by hash, and nobody who was erased or has withdrawn comes back."""

import json
import shutil
from dataclasses import replace

import pytest

from conf.schema.errors import FieldstoneError
from jobs import erase
from lake import state
from lake.fingerprints import fingerprint
from pipeline import refine
from pipeline.consent import restored, withdrawals
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.recovery import acceptance
from pipeline.recovery.backup import save
from pipeline.recovery.restore import restore
from tests.conftest import AS_OF
from tests.integration.holding import ANN, BEN, TRANSFER, key_of, withdraw

SILVER = f"silver_{TRANSFER}"


@pytest.fixture
def saved(populated, tmp_path):
    """A state that has been backed up."""
    shutil.rmtree(populated.workspace.settings.home / "mlflow")  # no real registry
    state.note(populated.workspace.settings.home)
    save(populated, tmp_path / "backup", keys=False, operator="Olga")
    return populated


def at(context: Context, home) -> Context:
    """The same workspace with another state folder."""
    workspace = context.workspace
    settings = workspace.settings.model_copy(update={"home": home})
    return Context(replace(workspace, settings=settings), AS_OF)


@pytest.fixture
def again(saved, tmp_path):
    """Restores it into another folder that has its keys."""

    def run() -> Context:
        home = tmp_path / "again"
        shutil.copytree(saved.workspace.settings.key_folder, tmp_path / "again-keys")
        restore(at(saved, home), tmp_path / "backup")
        return at(saved, home)

    return run


def test_what_is_restored_is_what_was_saved_and_its_trail_is_whole(saved, again, tmp_path, capsys):
    tables = set(saved.lake.tables()) - {"audit__runs", "audit__trail"}
    before = {table: fingerprint(saved.lake, table) for table in tables}
    new = again()
    assert {table: fingerprint(new.lake, table) for table in before} == before
    assert new.trail.verify() == []
    assert [entry.action for entry in new.trail.entries()[-2:]] == ["backup", "restore"]
    assert state.read(new.workspace.settings.home).identity == state.read(saved.workspace.settings.home).identity
    assert not state.findings(new.workspace.settings.home)
    names = {path.relative_to(tmp_path / "backup").parts[0] for path in (tmp_path / "backup").rglob("*")}
    assert not names & {"secrets", "airflow", "staging", "locks"}
    output = capsys.readouterr().out
    assert "all as they were saved" in output
    assert "suspend again the partners that were suspended since before you ingest" in output
    assert "suspend again the partners that were suspended since, ingest" in restored.obstacles(new.lake)[0]


def test_keys_are_copied_only_if_they_are_asked_for(saved, tmp_path, capsys):
    save(saved, tmp_path / "with-keys", keys=True, operator="Olga")
    assert (tmp_path / "with-keys/secrets/pseudonym.key").exists()
    assert "keys included: keep it as safe as the data" in capsys.readouterr().out


def change(folder) -> None:
    path = next(folder.glob(f"lake/{SILVER}/*/*.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def lose(folder) -> None:
    next(folder.glob(f"lake/{SILVER}/_delta_log/*.json")).unlink()


def lead_outside(folder) -> None:
    whole = json.loads((folder / "backup.json").read_text())
    whole["files"]["../outside"] = {"sha256": "0" * 64, "bytes": 0}
    (folder / "backup.json").write_text(json.dumps(whole))


def cut_short(folder) -> None:
    (folder / "backup.json").unlink()


def tear(name: str, text: str):
    return lambda folder: (folder / name).write_text(text)


def forget_who_was_erased(folder) -> None:
    (folder / "erased_since.jsonl").unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (tear("backup.json", ""), "backup.json is damaged"),
        (tear("backup.json", '{"taken_at": "20'), "backup.json is damaged"),
        (tear("erased_since.jsonl", '{"subjects": ["ab'), "people erased since the backup, is lost or damaged"),
        (forget_who_was_erased, "people erased since the backup, is lost or damaged"),
        (change, "differs from what was saved: 1 files are lost or changed, such as lake/"),
        (lose, "differs from what was saved: 1 files are lost or changed, such as lake/"),
        (lead_outside, "differs from what was saved: 1 files are lost or changed, such as ../outside"),
        (cut_short, "has no backup.json: it isn't a backup, or is an incomplete one"),
    ],
)
def test_a_backup_that_isnt_whole_is_refused_before_anything_is_written(saved, tmp_path, spoil, says):
    spoil(tmp_path / "backup")
    with pytest.raises(FieldstoneError) as error:
        restore(at(saved, tmp_path / "again"), tmp_path / "backup")
    assert says in str(error.value)
    assert not (tmp_path / "again").exists()


def test_a_state_that_is_there_is_not_written_over(saved, tmp_path):
    with pytest.raises(FieldstoneError, match=r"already; restore into a new folder \(FIELDSTONE_HOME\)"):
        restore(saved, tmp_path / "backup")


@pytest.mark.parametrize("place", ["backup", "state/copy"])
def test_a_backup_goes_to_an_empty_folder_outside_the_state(saved, tmp_path, place):
    with pytest.raises(FieldstoneError, match="isn't a new or empty folder outside the state folder"):
        save(saved, tmp_path / place, keys=False, operator="Olga")


@pytest.mark.further
def test_a_backup_doesnt_go_into_the_state_through_a_link(saved, tmp_path):
    (tmp_path / "link").symlink_to(saved.workspace.settings.home)
    with pytest.raises(FieldstoneError, match="isn't a new or empty folder outside the state folder"):
        save(saved, tmp_path / "link/copy", keys=False, operator="Olga")


@pytest.mark.further
def test_a_backup_of_what_has_lost_a_file_is_refused(saved, tmp_path):
    next(saved.lake.path(SILVER).glob("*/*.parquet")).unlink()
    with pytest.raises(FieldstoneError, match=f"{SILVER} has lost 1 of its data files"):
        save(saved, tmp_path / "second", keys=False, operator="Olga")
    assert not (tmp_path / "second/backup.json").exists()


def test_a_restore_that_was_cut_short_is_no_state(saved, again):
    new = again()
    shutil.rmtree(new.lake.path(SILVER))
    with pytest.raises(FieldstoneError, match=f"{SILVER} is gone"):
        state.require_whole(new.workspace.settings.home)


def newest(context: Context, ending: str):
    """The certificate of erasure that was written last."""
    return max(
        (context.workspace.settings.home / "reports/erasure").glob(f"*.{ending}"), key=lambda p: p.stat().st_mtime_ns
    )


@pytest.mark.further
def test_an_erasure_in_a_state_that_wasnt_restored_names_no_restore(saved):
    erase.run(saved, key_of(saved, ANN), due=False, execute=True, operator="Olga")
    assert "restored_from" not in json.loads(newest(saved, "json").read_text())
    assert "state that was restored" not in newest(saved, "html").read_text()
    assert "1 are known" in newest(saved, "json").read_text()
    assert "restored_from" not in saved.trail.entries()[-1].details


def test_who_was_erased_since_the_backup_is_erased_again_before_anything_rests_on_it(saved, again, capsys):
    erase.run(saved, key_of(saved, ANN), due=False, execute=True, operator="Olga")
    new, ann = again(), key_of(saved, ANN)
    assert restored.again_there(new.lake) == [ann]
    for what in ("train", "decide"):
        with pytest.raises(FieldstoneError, match="erase 1 again who had been erased since"):
            withdrawals.require_settled(new, what)
    ingest.run(new, "consent")
    refine.run(new, "consent")
    with pytest.raises(FieldstoneError, match="1 erased people are back in the data; erase them first"):
        acceptance.accept(new, "Rita", "all was redone")
    capsys.readouterr()
    acceptance.show(new)
    assert f"fieldstone erase --subject {ann} --execute --operator NAME" in capsys.readouterr().out
    erase.run(new, ann, due=False, execute=True, operator="Olga")
    taken_at = state.read(new.workspace.settings.home).restored["taken_at"]
    begun, redacted, ended = new.trail.entries()[-3:]
    assert (begun.action, redacted.action, ended.action) == ("erase begin", "redact", "erase")
    for entry in (begun, ended):
        details = json.loads(entry.details)
        assert (details["restored_from"], details["erased_anew"]) == (taken_at, 1)
    certificate = json.loads(newest(new, "json").read_text())
    assert (certificate["restored_from"], certificate["erased_anew"]) == (taken_at, 1)
    assert "1 of those concerned had been erased before the restore" in newest(new, "html").read_text()
    acceptance.accept(new, "Rita", "all was redone")
    withdrawals.require_settled(new, "decide")
    assert (new.trail.entries()[-1].actor, new.trail.entries()[-1].action) == ("Rita", "accept state")


def test_who_has_withdrawn_since_the_backup_has_withdrawn_before_anything_rests_on_it(saved, again):
    withdraw(saved, BEN, 2)
    new = again()
    with pytest.raises(FieldstoneError, match=r"the state was restored from a backup of .*; the last ingest of withdr"):
        withdrawals.require_settled(new, "decide")
    with pytest.raises(FieldstoneError, match="withdrawals since the backup aren't all known: the last ingest"):
        acceptance.accept(new, "Rita", "all was redone")
    ingest.run(new, "consent")
    refine.run(new, "consent")
    with pytest.raises(FieldstoneError, match="erase again who was erased since, retire again"):
        withdrawals.require_settled(new, "decide")
    acceptance.accept(new, "Rita", "all was redone")
    withdrawals.require_settled(new, "decide")
    assert "G0000000002" not in new.lake.live_consents(AS_OF)
