"""Parts of a state that don't belong together, and losses: the next job says which table, and what is whole."""

import json
import re
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conf.schema.errors import FieldstoneError
from jobs.cli import main
from lake import state
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.registry import tracking
from tests.conftest import AS_OF
from tests.integration.holding import TRANSFER, restarted
from tests.integration.moving import copied

SILVER = f"silver_{TRANSFER}"


@pytest.fixture
def noted(populated) -> Context:
    """A state whose last job has noted what it left."""
    shutil.rmtree(populated.workspace.settings.home / "mlflow")  # no real registry
    state.note(populated.workspace.settings.home)
    return populated


@pytest.fixture
def fieldstone(noted, monkeypatch, capsys):
    """Runs a command on it; returns its exit code and what it said."""
    settings = noted.workspace.settings
    monkeypatch.setenv("FIELDSTONE_HOME", str(settings.home))
    monkeypatch.setenv("FIELDSTONE_LANDING", str(settings.landing))
    monkeypatch.setenv("FIELDSTONE_AS_OF", AS_OF.isoformat())

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code, output = main([*words]), capsys.readouterr()
        return code, output.out + output.err

    return run


def log_of(context: Context, table: str) -> list[Path]:
    return sorted((context.lake.path(table) / "_delta_log").glob("*.json"))


def lose_last_entry(context: Context) -> str:
    last = log_of(context, SILVER)[-1]
    last.unlink()
    number = int(last.stem)
    return f"{SILVER} is at version {number - 1} and was at {number}: an older copy, or its last entries are lost"


def lose_an_entry(context: Context) -> str:
    log_of(context, SILVER)[0].unlink()
    return f"{SILVER} lacks entry 0 of its log"


def lose_the_log(context: Context) -> str:
    shutil.rmtree(context.lake.path(SILVER) / "_delta_log")
    return f"{SILVER} has no log"


def lose_a_table(context: Context) -> str:
    version = context.lake.version(SILVER)
    shutil.rmtree(context.lake.path(SILVER))
    return f"{SILVER} is gone, which was at version {version}"


def put_another_lake(context: Context) -> str:
    (context.workspace.settings.home / "lake/.identity").write_text("f" * 32)
    return "the lake is of another state (ffffffff, and state.json is of "


def empty_the_last_entry(context: Context) -> str:
    log_of(context, SILVER)[-1].write_bytes(b"")
    return f"entry {int(log_of(context, SILVER)[-1].stem)} of the log of {SILVER} is empty or torn"


def tear_the_last_entry(context: Context) -> str:
    last = log_of(context, SILVER)[-1]
    last.write_bytes(last.read_bytes()[:-30])
    return f"entry {int(last.stem)} of the log of {SILVER} is empty or torn"


def fill_the_last_entry_with_zeros(context: Context) -> str:
    last = log_of(context, SILVER)[-1]
    last.write_bytes(bytes(last.stat().st_size))
    return f"entry {int(last.stem)} of the log of {SILVER} is empty or torn"


def empty_an_early_entry(context: Context) -> str:
    log_of(context, SILVER)[0].write_bytes(b"")
    return f"entry 0 of the log of {SILVER} is empty or torn"


def lose_what_is_noted(context: Context) -> str:
    path = context.workspace.settings.home / "state.json"
    identity = json.loads(path.read_text())["identity"]
    path.unlink()
    return f"state.json is lost, which was of state {identity[:8]}"


TORN = [empty_the_last_entry, tear_the_last_entry, fill_the_last_entry_with_zeros, empty_an_early_entry]
LOSSES = [lose_last_entry, lose_an_entry, lose_the_log, lose_a_table, put_another_lake, lose_what_is_noted, *TORN]


@pytest.mark.parametrize("lose", LOSSES)
@pytest.mark.parametrize("verb", [("ingest", "farm"), ("decide",)])
def test_the_next_job_names_the_table_and_writes_nothing(noted, fieldstone, lose, verb):
    home = noted.workspace.settings.home
    expected, before = lose(noted), {p: p.stat().st_mtime_ns for p in home.rglob("*") if p.is_file()}
    code, output = fieldstone(*verb)
    assert code == 1
    assert expected in output
    assert "Nothing was written" in output
    assert "fieldstone restore FOLDER" in output
    assert "fieldstone state accept" in output
    assert {p: p.stat().st_mtime_ns for p in home.rglob("*") if p.is_file()} == before


@pytest.mark.further
@pytest.mark.parametrize("lose", LOSSES)
def test_to_look_at_a_loss_isnt_to_accept_it(noted, fieldstone, lose):
    expected = lose(noted)
    for _ in range(2):
        code, output = fieldstone("state", "show")
        assert (code, expected in output) == (1, True)


def test_what_is_as_it_was_left_is_used_and_noted_by_each_job(noted, fieldstone):
    home = noted.workspace.settings.home
    first = state.read(home)
    assert fieldstone("state", "show") == (0, f"state: {first.identity}, generation 1, {len(first.tables)} tables\n")
    assert fieldstone("ingest", "consent")[0] == 0
    assert state.read(home).identity == first.identity
    assert state.read(home).tables == state.versions(home)


def test_a_state_that_was_moved_is_the_same(noted, fieldstone, tmp_path, monkeypatch):
    home = noted.workspace.settings.home
    identity = state.read(home).identity
    shutil.move(home, tmp_path / "elsewhere")
    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path / "elsewhere"))
    code, output = fieldstone("state", "show")
    assert (code, identity in output) == (0, True)


def test_a_lake_of_before_is_taken_as_it_is(populated, fieldstone):
    home = populated.workspace.settings.home
    (home / "state.json").unlink()
    (home / "lake/.identity").unlink()
    assert fieldstone("ingest", "consent")[0] == 0
    assert state.read(home).tables == state.versions(home)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def write_over(path: Path) -> None:
    """By another table's file, which can be read."""
    pq.write_table(pa.table({"x": [1]}), path)


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b""), cut, write_over])
@pytest.mark.parametrize("layer", ["bronze", "silver"])
def test_a_data_file_that_is_lost_or_spoilt_is_named_by_who_reads_it_and_by_show(noted, fieldstone, layer, spoil):
    table = f"{layer}_{TRANSFER}"
    lost = next(noted.lake.path(table).glob("_batch_id=[!0]*/*.parquet"))
    spoil(lost)
    with pytest.raises(FieldstoneError) as error:
        noted.lake.read(table, purpose=noted.workspace.contract(TRANSFER).purposes, as_of=AS_OF)
    assert str(error.value).startswith(
        f"{table} has lost 1 of its data files, such as {lost.name}, so it can't be read"
    )
    code, output = fieldstone("state", "show")
    assert (code, f"What isn't whole: {table} lacks 1 data files" in output) == (1, True)


@pytest.mark.further
@pytest.mark.parametrize("spoil", [Path.unlink, cut])
def test_a_spoilt_file_of_the_platforms_own_is_named_too(noted, fieldstone, spoil):
    table = "audit__batches"
    spoil(next(noted.lake.path(table).rglob("*.parquet")))
    # to drop rows takes no key of theirs, to look at them does
    who = ("--who", "Rita") if table == "audit__batches" else ()
    code, output = fieldstone("quarantine", "drop" if who else "show", "--table", TRANSFER, *who, "--why", "wrong")
    assert code == 1
    assert re.search(f"{table} (has lost 1 of its|lacks 1) data files", output), output


def test_after_an_error_of_the_system_it_is_said_what_is_whole_and_what_isnt(noted, fieldstone, monkeypatch):
    landing = noted.workspace.settings.landing / "farm/land_transfer/b.csv"
    landing.mkdir()  # anything that the system refuses
    monkeypatch.setattr("jobs.docs.run", lambda _context: (_ for _ in ()).throw(OSError(28, "full")))
    code, output = fieldstone("docs")
    assert (code, output.rstrip().endswith(". What was written is whole")) == (1, True)
    next(noted.lake.path(SILVER).glob("*/*.parquet")).unlink()
    code, output = fieldstone("docs")
    assert "stopped by the system: No space left on device" in output
    assert output.rstrip().endswith(f"What isn't whole: {SILVER} lacks 1 data files (docs/runbook.md)")


@pytest.mark.further
@pytest.mark.parametrize("left", ["_delta_log/_commit_1.json.tmp", "_delta_log/_last_checkpoint", "_batch_id=1/x.crc"])
def test_a_table_that_was_being_made_when_the_disk_was_full_has_lost_nothing(noted, left):
    path = noted.lake.path("silver_farm__breeding") / left
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert state.condition(noted.workspace.settings.home) == state.WHOLE


@pytest.fixture
def registered(noted):
    """A state whose registry was used at its generation."""
    tracking.connect(noted.workspace.settings)
    return noted


def test_what_is_accepted_counts_from_then_on_and_is_in_the_trail(registered, fieldstone):
    assert "there is nothing to accept" in fieldstone("state", "accept", "--who", "Olga", "--why", "drill")[1]
    lost = lose_last_entry(registered)
    code, output = fieldstone("state", "accept", "--who", "Olga", "--why", "drill")
    assert (code, lost in output) == (0, True)
    code, output = fieldstone("state", "show")
    assert code == 0, output
    entry = restarted(registered).trail.entries()[-1]
    assert (entry.actor, entry.action) == ("Olga", "accept state")


def test_after_a_loss_was_accepted_withdrawals_are_fetched_again_first(registered, fieldstone):
    lose_last_entry(registered)
    assert fieldstone("state", "accept", "--who", "Olga", "--why", "drill")[0] == 0
    assert any("the last ingest of withdrawals failed" in text for text in withdrawals.obstacles(restarted(registered)))


@pytest.mark.further
@pytest.mark.parametrize("lose", [lose_an_entry, lose_the_log, *TORN])
def test_what_no_job_can_read_isnt_accepted(registered, fieldstone, lose):
    lost, before = lose(registered), len(registered.trail.entries())
    code, output = fieldstone("state", "accept", "--who", "Olga", "--why", "drill")
    assert (code, lost in output, "restore the last backup" in output) == (1, True, True)
    assert "accepted by" not in output
    assert len(restarted(registered).trail.entries()) == before


@pytest.mark.parametrize("table", ["silver_consent__grant", "bronze_consent__grant", "vault__keys"])
def test_who_has_said_no_comes_back_by_no_acceptance(registered, fieldstone, table):
    shutil.rmtree(registered.lake.path(table))
    code, output = fieldstone("state", "accept", "--who", "Olga", "--why", "drill")
    assert (code, f"{table} is gone" in output, "it can't be accepted" in output) == (1, True, True)
    assert f"{table} is gone" in fieldstone("state", "show")[1]


def test_what_the_trail_cant_be_told_isnt_accepted(registered, fieldstone):
    lost, home = lose_last_entry(registered), registered.workspace.settings.home
    shutil.move(registered.workspace.settings.key_folder, home.parent / "kept-elsewhere")
    before = (home / "state.json").read_text()
    code, output = fieldstone("state", "accept", "--who", "Olga", "--why", "drill")
    assert (code, "accepted by" in output) == (1, False)
    assert (home / "state.json").read_text() == before
    assert lost in fieldstone("state", "show")[1]


@pytest.mark.further
@pytest.mark.parametrize("text", ["", '{"identity": "ab', "[]", '{"name": 1}', "\0" * 40])
@pytest.mark.parametrize("verb", [("ingest", "farm"), ("state", "show")])
def test_what_is_noted_and_torn_is_named_with_what_to_do(noted, fieldstone, text, verb):
    path = noted.workspace.settings.home / "state.json"
    path.write_text(text)
    code, output = fieldstone(*verb)
    assert (
        code,
        f"{path} is empty, damaged or not written by Fieldstone" in output,
        "fieldstone restore FOLDER" in output,
    ) == (
        1,
        True,
        True,
    )
    assert path.read_text() == text


def test_a_lake_older_than_the_registry_and_a_registry_older_than_the_lake_are_noticed(registered, tmp_path):
    settings = registered.workspace.settings
    older = shutil.copytree(settings.home, tmp_path / "older")
    state.note(settings.home, backups=["another job"])
    tracking.connect(settings)
    for part, expected in (
        (("lake", "state.json"), r"the lake is older \(generation 1; the registry was used at 2\)"),
        (("mlflow",), r"the registry is older \(last used at generation 1; the lake knows of 2\)"),
    ):
        mixed = shutil.copytree(settings.home, tmp_path / part[0])
        for name in part:
            path = mixed / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            copy = shutil.copytree if (older / name).is_dir() else shutil.copy
            copy(older / name, path)
        with pytest.raises(FieldstoneError, match=f"the model registry and the lake don't belong together: {expected}"):
            tracking.connect(settings.model_copy(update={"home": mixed}))


@pytest.mark.further
def test_a_registry_of_another_state_and_one_that_is_new_are_noticed(registered, tmp_path):
    settings = registered.workspace.settings
    other = tmp_path / "other"
    shutil.copytree(settings.home, other)
    known = state.read(other)
    state.write(other, state.State("0" * 32, **{k: v for k, v in vars(known).items() if k != "identity"}))
    with pytest.raises(FieldstoneError, match=r"the registry is of another state \(.*, and the lake is of 00000000\)"):
        tracking.connect(settings.model_copy(update={"home": other}))
    new = shutil.copytree(settings.home, tmp_path / "new", ignore=shutil.ignore_patterns("mlflow"))
    older = r"the registry is older \(last used at generation 0; the lake knows of 1"
    with pytest.raises(FieldstoneError, match=older):
        tracking.connect(settings.model_copy(update={"home": new}))


@pytest.mark.further
def test_show_tells_of_the_registry_that_is_this_states_and_of_one_that_isnt(
    registered, fieldstone, tmp_path, monkeypatch
):
    home = registered.workspace.settings.home
    older = shutil.copytree(home / "mlflow", tmp_path / "older")
    assert "the model registry is this state's, last used at generation 1" in fieldstone("state", "show")[1]
    state.note(home, backups=["another job"])
    tracking.connect(registered.workspace.settings)
    shutil.rmtree(home / "mlflow")
    code, output = fieldstone("state", "show")
    assert (code, "the model registry is lost, which was used at generation 2" in output) == (1, True), output
    assert not (home / "mlflow").exists()  # to look at it makes none
    torn, mixed = (copied(home, tmp_path / name) for name in ("torn", "mixed"))
    (torn / "mlflow").mkdir()
    (torn / "mlflow/mlflow.db").write_bytes(b"torn" * 999)
    monkeypatch.setenv("FIELDSTONE_HOME", str(torn))
    code, output = fieldstone("state", "show")
    assert (code, "the model registry can't be read" in output) == (1, True), output
    shutil.copytree(older, mixed / "mlflow")
    monkeypatch.setenv("FIELDSTONE_HOME", str(mixed))
    code, output = fieldstone("state", "show")
    assert (code, "the registry is older (last used at generation 1; the lake knows of 2)" in output) == (1, True), (
        output
    )
