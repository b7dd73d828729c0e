"""Feature files: each workspace's are a package of its own, the project's like any other's."""

from pathlib import Path

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.workspace import ROOT
from pipeline.features import feature_files


def write(root: Path, **files: str) -> Path:
    """A workspace's feature files, by their names; returns its root."""
    for name, text in files.items():
        path = root / f"features/{name.replace('_below_', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def loaded(root: Path) -> list:
    return [feature_files.load(path) for path in feature_files.paths(root)]


def test_files_of_one_name_import_their_own_neighbours(tmp_path):
    for place in ("north", "south"):
        write(tmp_path / place, banking=f"WHOSE = '{place}'", spine="from .banking import WHOSE")
    whose = {place: loaded(tmp_path / place)[1].WHOSE for place in ("north", "south")}
    assert whose == {"north": "north", "south": "south"}
    assert not hasattr(loaded(ROOT)[0], "WHOSE")


def test_neighbours_are_loaded_once_whoever_asks_first(tmp_path):
    write(tmp_path, a="from . import b\nTHEIRS = b.VALUE", b="VALUE = object()", c="from .b import VALUE")
    first, second, third = loaded(tmp_path)
    assert first.THEIRS is second.VALUE is third.VALUE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:", "SyntaxError"),
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("from .nowhere import NOTHING", "ModuleNotFoundError"),
        ("VALUE = 1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named_each_time_and_loaded_once_it_is_mended(tmp_path, text, message):
    write(tmp_path, land=f"HALF = 1\n{text}")
    for _ in range(2):  # half of a file never counts as the whole
        with pytest.raises(FieldstoneError, match=rf"features/land\.py can't be loaded: {message}"):
            loaded(tmp_path)
    write(tmp_path, land="HALF = 'a longer text, so that nobody takes the file for the one before'")
    assert loaded(tmp_path)[0].HALF.startswith("a longer")


def test_what_a_file_refuses_is_told_in_its_own_words(tmp_path):
    write(tmp_path, land="from conf.schema.errors import FieldstoneError\nraise FieldstoneError('give fewer windows')")
    with pytest.raises(FieldstoneError, match=r"^give fewer windows$"):
        loaded(tmp_path)


def test_a_file_written_after_others_were_loaded_is_found(tmp_path):
    for name in ("a", "b", "c"):
        write(tmp_path, **{name: "VALUE = 1"})
        assert loaded(tmp_path)[-1].__name__.endswith(f".{name}")


@pytest.mark.parametrize("name", ["my-land", "2024", "land.old"])
def test_a_file_whose_name_cannot_be_imported_is_named(tmp_path, name):
    write(tmp_path, **{name: "VALUE = 1"})
    with pytest.raises(FieldstoneError, match=r"can't be loaded: its name may only have letters, digits and _"):
        loaded(tmp_path)


@pytest.mark.parametrize("name", ["engine", "land"])
def test_no_folder_is_loaded_in_place_of_a_file(tmp_path, name):
    write(tmp_path, **{name: "VALUE = 1", f"{name}_below_check": "", f"{name}_below___init__": "VALUE = 2"})
    with pytest.raises(
        FieldstoneError, match=rf"features/{name}\.py can't be imported because of the folder {name}/ beside it; rename"
    ):
        loaded(tmp_path)


def test_folders_below_are_no_declarations(tmp_path):
    write(tmp_path, __init__="raise RuntimeError", land="VALUE = 1", engine_below_check="raise RuntimeError")
    assert [path.name for path in feature_files.paths(tmp_path)] == ["land.py"]
    assert {path.parent for path in feature_files.paths(ROOT)} == {ROOT / "features"}
