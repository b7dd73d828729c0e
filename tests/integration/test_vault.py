"""The vault: master keys of any kind, their rotation, and SM4."""

import json
import os
import secrets
import shutil
import subprocess
import sys

import pytest
import watchfiles
from cryptography.exceptions import InvalidTag
from pyspark.sql import functions as F

from conf.schema.errors import FieldstoneError
from jobs import erase
from lake import file_search, raw_access, rotation
from lake.fingerprints import fingerprint
from lake.masters import load_secrets
from lake.vault import KEYS, OWN_KEYS
from pipeline import refine
from pipeline.context import Context
from pipeline.erasure import erasure_request, planning
from pipeline.ingest import run as ingest
from pipeline.quarantine import waiting_rows
from pipeline.recovery.rotation import rotate
from tests.conftest import AS_OF
from tests.integration.holding import ANN, BEN, CAT, TRANSFER, folder_context, key_of, restarted
from tests.integration.kms import service
from tests.integration.landing import grant, write_jsonl
from tests.integration.scan import holding


def _key_file(folder) -> str:
    path = folder / "new.key"
    path.write_text(secrets.token_hex(32))
    return f"file:{path}"


def _keys(context: Context, table: str = KEYS) -> list[dict]:
    return context.lake.records(table)


def _opened(context: Context) -> list:
    """All that is sealed, in the clear."""
    sealed = context.lake.platform("vault__identities").select(
        F.col("subject_key").alias("key_id"), "identity_ciphertext"
    )
    known = context.vault.unseal_rows(sealed, "identity_ciphertext", "identity").collect()
    contract = context.workspace.contract(TRANSFER)
    rows = waiting_rows.waiting(context, contract, waiting_rows.Selection())
    return [sorted(map(tuple, known)), sorted(waiting_rows.readable(context, contract, rows).items(), key=str)]


def _take_in(context: Context, table: str, records: list[dict]) -> None:
    contract, name = context.workspace.contract(table), records[0][context.workspace.contract(table).primary_key[0]]
    write_jsonl(context.workspace.settings.landing / table.replace("__", "/") / f"{name}.jsonl", records)
    ingest.ingest(context, context.workspace.source(contract.source), contract)
    refine.refine_waiting(context, contract)


def _holding(context: Context, values: set[bytes]) -> list[str]:
    """Files of the state folder in which any of the values stands."""
    home = context.workspace.settings.home
    files = (path for path in sorted(home.rglob("*")) if path.is_file())
    return [str(p.relative_to(home)) for p in files if any(v in text for text in file_search.texts(p) for v in values)]


# rotation -----------------------------------------------------------------------------------------------------------


def test_a_rotated_lake_reads_everything_and_the_former_key_opens_nothing(populated, tmp_path):
    populated.trail.record("Olga", "look")
    before, former, lake = _opened(populated), populated.vault.secrets.masters.current, populated.lake
    wrapped = {row["wrapped_key_ciphertext"] for table in (KEYS, OWN_KEYS) for row in _keys(populated, table)}
    versions = lake.versions(set(lake.tables()) - {KEYS, OWN_KEYS, "audit__trail"})
    assert _holding(populated, wrapped)
    new = _key_file(tmp_path)
    rotate(restarted(populated, new_master_from=new))
    after = restarted(populated, master_from=new)
    assert _opened(after) == before
    assert after.trail.verify() == []
    assert [entry.action for entry in after.trail.entries()][1:] == ["look", "vault rotate", "vault rotated"]
    assert json.loads(after.trail.entries()[-1].details)["keys"] == {
        KEYS: len(_keys(populated)),
        OWN_KEYS: 1,  # of the names of files
    }
    assert lake.versions(versions) == versions
    assert _holding(populated, wrapped) == []
    for row in [*_keys(after), *_keys(after, OWN_KEYS)]:
        name = row.get("key_id") or row["name"]
        assert row["master_id"] == after.vault.secrets.masters.current.key_id
        with pytest.raises(InvalidTag):
            former.unwrap({name: row["wrapped_key_ciphertext"]})


@pytest.mark.further
def test_a_lake_moves_to_a_key_service_and_goes_on_as_before(populated, tmp_path):
    """Including an erasure that had begun; the service never gives its key away."""
    before = _opened(populated)
    erasure_request.keep(populated, planning.of_subject(populated, key_of(populated, ANN), "Olga"))
    here = service(tmp_path / "one.key")
    rotate(restarted(populated, new_master_from=here))
    context = restarted(populated, master_from=here)
    assert _opened(context) == before
    assert {row["master_id"] for row in _keys(context)} == {"folder-service/one"}
    _take_in(context, "consent__grant", [grant(CAT, 3)])
    assert {json.loads(text)["subject_id_no"] for _, text in _opened(context)[0]} == {ANN, BEN, CAT}
    erase.run(context, key_of(context, ANN), due=False, execute=True, operator="Olga")
    assert holding(context.workspace.settings.home, [ANN]) == ()
    there = service(tmp_path / "two.key")
    rotate(restarted(context, new_master_from=there))
    (tmp_path / "one.key").unlink()
    context = restarted(context, master_from=there)
    assert {json.loads(text)["subject_id_no"] for _, text in _opened(context)[0]} == {BEN, CAT}
    assert context.trail.verify() == []


def test_while_both_keys_are_given_keys_of_either_are_read_and_new_ones_are_under_the_new(populated, tmp_path):
    before, both = _opened(populated), restarted(populated, new_master_from=_key_file(tmp_path))
    _take_in(both, "consent__grant", [grant(CAT, 3)])
    assert {row["master_id"] for row in _keys(both)} == {m.key_id for m in both.vault.secrets.masters.ring}
    assert _opened(both)[1] == before[1]
    assert len(_opened(both)[0]) == 3
    rotate(both)
    assert len({row["master_id"] for row in _keys(both)}) == 1
    rotate(both)
    assert json.loads(both.trail.entries()[-1].details)["keys"] == {KEYS: 0, OWN_KEYS: 0}


def test_a_key_that_is_missing_is_named_and_nothing_is_written(populated, tmp_path, monkeypatch):
    new = _key_file(tmp_path)
    versions = populated.lake.versions(populated.lake.tables())
    with pytest.raises(FieldstoneError, match="but no new one is set; set both, the new one by FIELDSTONE"):
        rotate(populated)
    monkeypatch.setenv("FIELDSTONE_MASTER_KEY", "00" * 32)
    for wrong in (restarted(populated, new_master_from=new), restarted(populated)):
        with pytest.raises(FieldstoneError, match=r"has keys under the master key [0-9a-f]{16}, but the keys set are"):
            rotate(wrong) if len(wrong.vault.secrets.masters.ring) > 1 else wrong.vault.data_key("ab")
    assert populated.lake.versions(populated.lake.tables()) == versions


@pytest.mark.further
def test_a_run_that_still_has_the_former_key_alone_adds_no_key(populated, tmp_path):
    rotate(restarted(populated, new_master_from=_key_file(tmp_path)))
    before = len(_keys(populated))
    with pytest.raises(FieldstoneError, match="after a rotation it is the new one"):
        _take_in(restarted(populated), "consent__grant", [grant(CAT, 3)])
    assert len(_keys(populated)) == before


@pytest.fixture(scope="module")
def rotated(filled, tmp_path_factory):
    """What an undisturbed rotation comes to, and the new key."""
    folder = tmp_path_factory.mktemp("rotated")
    shutil.copytree(filled, folder, dirs_exist_ok=True)
    context = restarted(folder_context(folder), new_master_from=_key_file(folder))
    rotate(context)
    return _state(context), context.workspace.settings.new_master_from


def _state(context: Context) -> list:
    """What is in the tables of keys but for ciphertext, and all that they open."""
    return [[fingerprint(context.lake, table) for table in (KEYS, OWN_KEYS)], _opened(context)]


@pytest.mark.parametrize("done", [(), (OWN_KEYS,), (OWN_KEYS, KEYS)])
def test_died_at_any_boundary_and_run_again_it_ends_the_same(populated, rotated, done):
    context = restarted(populated, new_master_from=rotated[1])
    context.trail.record("Olga", "vault rotate")
    for table in done:
        rotation._rewrap(context.vault, table)
    assert _opened(context) == rotated[0][1]
    rotate(restarted(context))
    assert _state(restarted(populated, master_from=rotated[1])) == rotated[0]


def test_killed_while_it_writes_and_run_again_it_ends_the_same(populated, rotated):
    home, wrapped = populated.workspace.settings.home, {row["wrapped_key_ciphertext"] for row in _keys(populated)}
    command = [sys.executable, "-m", "jobs.cli", "vault", "rotate"]
    names = {"HOME": home, "LANDING": populated.workspace.settings.landing, "AS_OF": AS_OF.isoformat()}
    environ = os.environ | {f"FIELDSTONE_{k}": str(v) for k, v in (names | {"NEW_MASTER_FROM": rotated[1]}).items()}
    with subprocess.Popen(command, env=environ) as process:
        for changes in watchfiles.watch(home, step=1, rust_timeout=1000, yield_on_timeout=True):
            if any(f"/{KEYS}/" in path for _, path in changes):
                process.kill()
                break
            assert process.poll() is None
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    assert "set that one as the master key from now on, and destroy the former" in done.stdout
    after = restarted(populated, master_from=rotated[1])
    assert _state(after) == rotated[0]
    assert _holding(populated, wrapped) == []
    assert after.trail.verify() == []


# algorithms ---------------------------------------------------------------------------------------------------------


@pytest.mark.further
def test_the_algorithm_is_a_setting_and_what_another_has_sealed_stays_readable(populated):
    before, sm4 = _opened(populated), restarted(populated, cipher="sm4-gcm")
    assert _opened(sm4) == before
    _take_in(sm4, "consent__grant", [grant(CAT, 3)])
    identities = raw_access.rows(populated.lake, "vault__identities").collect()
    assert sorted(bytes(row["identity_ciphertext"])[0] for row in identities) == [1, 1, 2]
    assert {row["wrapped_key_ciphertext"][0] for row in _keys(populated)} == {1, 2}
    assert _opened(restarted(populated)) == _opened(sm4)
    assert len(_opened(sm4)[0]) == 3


# where the master key comes from ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"master_from": "file:/nowhere/master.key"}, r"should be in /nowhere/master\.key, and there is no such file"),
        (
            {"master_from": "plugin:nowhere:Service"},
            "no master key plug-in 'nowhere:Service'; give package",
        ),
        ({"master_from": "plugin:nobody"}, "or the name of an entry point of the group fieldstone.masters"),
        ({"new_master_from": "env"}, "new_master_from is env, and FIELDSTONE_NEW_MASTER_KEY isn't set"),
    ],
)
def test_a_master_key_that_is_nowhere_is_told(workspace, settings, says):
    with pytest.raises(FieldstoneError, match=says):
        load_secrets(workspace.settings.model_copy(update=settings))


def test_a_malformed_key_is_refused_and_not_quoted(workspace, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_NEW_MASTER_KEY", "5ec4e7")
    with pytest.raises(FieldstoneError, match=r"the new master key .* must be 64 hex digits") as refused:
        load_secrets(workspace.settings)
    assert "5ec4e7" not in str(refused.value)


def test_a_plug_in_is_found_by_its_entry_point(workspace, tmp_path, monkeypatch):
    folder = tmp_path / "site/bank_keys-1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: bank-keys\nVersion: 1\n")
    (folder / "entry_points.txt").write_text("[fieldstone.masters]\nbank = tests.integration.kms:FolderService\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    settings = workspace.settings.model_copy(update={"master_from": "plugin:bank@keys/one.key"})
    assert load_secrets(settings).masters.current.key_id == "folder-service/one"
