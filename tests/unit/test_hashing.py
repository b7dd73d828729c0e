"""SHA-256 of files, of one however large and of several as one; and of documents, however their parts are ordered."""

import hashlib

import pytest

from conf.schema.hashing import canonical_json, document_sha256, file_sha256, files_sha256


@pytest.mark.parametrize("content", [b"", b"x", b"\0\xff\r\n", b"0123456789abcdef" * 100_000])
def test_a_file_is_known_by_its_bytes(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    assert file_sha256(path) == hashlib.sha256(content).hexdigest()


def test_several_files_are_the_same_in_whatever_order_they_are_found_and_no_others_are(tmp_path):
    for name, content in (("a", b"1"), ("b", b"2"), ("c", b"12"), ("d", b"")):
        (tmp_path / name).write_bytes(content)
    a, b, c, d = (tmp_path / name for name in "abcd")
    assert files_sha256([b, a]) == files_sha256(path for path in (a, b)) == hashlib.sha256(b"1\x002").hexdigest()
    assert len({files_sha256(paths) for paths in ([], [a], [a, b], [c], [c, d], [a, b, d])}) == 6


@pytest.mark.parametrize("name", ["gone", "."])
def test_what_can_not_be_read_is_an_error_of_the_system(tmp_path, name):
    with pytest.raises(OSError, match=name):
        file_sha256(tmp_path / name)


def test_a_document_has_one_text_in_whatever_order_its_parts_are():
    document = {"b": [1, 0.5, None, True], "a": {"地": "\u7530", "A": ""}}
    text = '{"a":{"A":"","地":"田"},"b":[1,0.5,null,true]}'
    assert canonical_json(document) == canonical_json(dict(reversed(document.items()))) == text
    assert document_sha256(document) == hashlib.sha256(text.encode()).hexdigest()


def test_what_no_json_says_is_no_document():
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"figure": float("nan")})
