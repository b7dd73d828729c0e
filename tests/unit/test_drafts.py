"""Drafts: a file is replaced whole or not at all, and nothing that lies in a draft's place is written over."""

import pytest

from conf.schema import drafts
from conf.schema.errors import FieldstoneError


@pytest.mark.parametrize("is_lasting", [False, True])
@pytest.mark.parametrize("before", [None, b"", b"of before, and longer"])
def test_a_content_is_put_in_the_place_of_another(tmp_path, before, is_lasting):
    path = tmp_path / "a.json"
    if before is not None:
        path.write_bytes(before)
    drafts.replace(path, b"new", is_lasting=is_lasting)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("a.json", b"new")]


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_file_is_its_owners_alone_where_that_is_asked_whatever_was_there(tmp_path, mode):
    path = tmp_path / "keys.env"
    path.write_text("open to all")
    path.chmod(0o666)
    path.with_name("keys.env.draft").touch(mode=0o666)
    drafts.replace(path, b"secret", mode=mode)
    assert path.stat().st_mode & 0o777 & ~mode == 0


@pytest.mark.parametrize("left", ["link", "link to nothing", "file"])
def test_what_lies_in_the_place_of_the_draft_is_not_written_over(tmp_path, left):
    path, other = tmp_path / "a", tmp_path / "other"
    other.write_text("mine")
    draft = tmp_path / "a.draft"
    draft.symlink_to(other if left == "link" else tmp_path / "nothing") if "link" in left else draft.write_text("old")
    drafts.replace(path, b"new")
    assert (path.read_bytes(), path.is_symlink(), other.read_text()) == (b"new", False, "mine")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "other"]


def test_a_folder_in_its_place_is_named(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(FieldstoneError, match="a is a folder, where a file of the platform's own has its place; move"):
        drafts.replace(tmp_path / "a", b"new")
