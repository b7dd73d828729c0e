"""A key of pseudonyms that isn't the lake's is noticed before anything is written, however it came about."""

import secrets
import shutil
import stat
import threading

import pytest

from conf.schema.errors import FieldstoneError
from jobs import erase
from jobs.cli import main
from lake import pseudonym
from lake.masters import load_secrets
from lake.vault import Vault
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.holding import ANN, CAT, TRANSFER, folder_context, key_of, restarted
from tests.integration.landing import grant, person, write_jsonl

ANOTHER = r"the pseudonym key that .* gives isn't the one that this lake's pseudonyms were made with"


def _versions(context: Context) -> dict[str, int]:
    return context.lake.versions(context.lake.tables())


def _deliver(context: Context) -> None:
    write_jsonl(context.workspace.settings.landing / "consent/grant/later.jsonl", [grant(CAT, 3)])


@pytest.fixture
def other(populated, monkeypatch) -> Context:
    """The same lake, run with another key."""
    monkeypatch.setenv("FIELDSTONE_PSEUDONYM_KEY", secrets.token_hex(32))
    _deliver(populated)
    return restarted(populated)


@pytest.mark.parametrize("from_environment", [True, False])
def test_another_key_writes_nothing_and_it_is_said_which_is_wrong(populated, other, monkeypatch, from_environment):
    where = "FIELDSTONE_PSEUDONYM_KEY"
    if not from_environment:
        monkeypatch.delenv(where)
        where = "state-keys/pseudonym.key"
        (populated.workspace.settings.home.parent / where).write_text(secrets.token_hex(32))
    before = _versions(populated)
    contract = populated.workspace.contract(TRANSFER)
    runs = [
        lambda: ingest.run(other, "consent"),
        lambda: refine.refine_waiting(other, contract),
        lambda: erase.run(other, key_of(populated, ANN), due=False, execute=True, operator="Olga"),
        lambda: other.trail.record("Olga", "look"),
    ]
    for run in runs:
        with pytest.raises(FieldstoneError, match=f"{ANOTHER}.*Nothing was written") as stopped:
            run()
        assert where in str(stopped.value)
    assert _versions(populated) == before


def test_a_state_folder_that_was_restored_beside_another_key_is_noticed(populated, tmp_path):
    restored = tmp_path / "restored"
    shutil.copytree(tmp_path / "state/lake", restored / "state/lake")
    shutil.copytree(tmp_path / "state-keys", restored / "state-keys")
    (restored / "state-keys/pseudonym.key").write_text(secrets.token_hex(32))
    _deliver(folder_context(restored))
    with pytest.raises(FieldstoneError, match=ANOTHER):
        ingest.run(folder_context(restored), "consent")


def test_a_lake_of_before_takes_the_key_that_made_its_pseudonyms_and_says_so_once(populated, capsys):
    shutil.rmtree(populated.lake.path(pseudonym.CHECK))
    capsys.readouterr()
    for warnings in (1, 0):
        assert restarted(populated).vault.secrets
        assert capsys.readouterr().out.count("which made the pseudonyms of its people") == warnings


@pytest.mark.further
def test_a_lake_of_before_refuses_a_key_that_did_not_make_its_pseudonyms(populated, other):
    shutil.rmtree(populated.lake.path(pseudonym.CHECK))
    with pytest.raises(FieldstoneError, match=ANOTHER):
        ingest.run(other, "consent")
    assert not populated.lake.exists(pseudonym.CHECK)


@pytest.mark.further
def test_a_run_that_was_killed_before_it_had_noted_the_key_goes_on(context):
    load_secrets(context.workspace.settings)
    context.lake.create(pseudonym.CHECK)
    assert restarted(context).vault.secrets == restarted(context).vault.secrets
    assert context.lake.count(pseudonym.CHECK) == 1


def test_of_two_first_runs_with_two_keys_one_wins_and_the_other_is_told(context, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_MASTER_KEY", "11" * 32)
    came_to, contexts = [], []
    for digit in "23":
        monkeypatch.setenv("FIELDSTONE_PSEUDONYM_KEY", digit * 64)
        contexts.append((restarted(context), load_secrets(context.workspace.settings)))

    def first(of: Context, keys) -> None:
        try:
            pseudonym.require(Vault(of.lake, keys))
            came_to.append("fits")
        except FieldstoneError:
            came_to.append("told")

    threads = [threading.Thread(target=first, args=each) for each in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came_to) == ["fits", "told"]
    assert context.lake.count(pseudonym.CHECK) == 1


def test_what_a_run_writes_nobody_else_can_read(tmp_path, spark, monkeypatch):
    for name, folder in (("HOME", tmp_path / "state"), ("LANDING", tmp_path / "landing"), ("AS_OF", AS_OF)):
        monkeypatch.setenv(f"FIELDSTONE_{name}", str(folder))
    good = [grant(person(number), number) for number in range(1, 9)]
    write_jsonl(tmp_path / "landing/consent/grant/a.jsonl", [*good, grant(CAT, 9, expires_at="never")])
    for verb in ("ingest consent", "refine consent", "docs", "partner inspect consent", "audit verify"):
        assert main(verb.split()) == 0
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").rglob("*")}
    assert len(modes) > 50
    assert [path for path, mode in modes.items() if mode & 0o077] == []
