"""A folder that tests share is made once in a run, and begun anew where it couldn't be made."""

import pytest

from tests.integration.once import made_once


def test_a_folder_is_made_for_whoever_asks_first(tmp_path_factory):
    made = []
    folders = {made_once(tmp_path_factory, "asked-for-twice", made.append) for _ in range(2)}
    assert [*folders] == made


def test_what_failed_half_way_is_begun_anew(tmp_path_factory):
    def fail(folder):
        (folder / "half").touch()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        made_once(tmp_path_factory, "failed-at-first", fail)
    folder = made_once(tmp_path_factory, "failed-at-first", lambda folder: (folder / "whole").touch())
    assert [path.name for path in folder.iterdir()] == ["whole"]
