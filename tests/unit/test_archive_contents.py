"""The proof of an erasure finds what is packed, and says what it couldn't open."""

import bz2
import gzip
import io
import lzma
import zipfile

import pytest

from lake import archive_contents, file_search

SECRET = "500102198001010014"


def zipped(**files: bytes) -> bytes:
    """A zip archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


CONTENT = f"a,{SECRET},b".encode()
FORMS = {
    "plain": CONTENT,
    "gzip": gzip.compress(CONTENT),
    "two streams of gzip": gzip.compress(b"x") + gzip.compress(CONTENT),
    "bzip2": bz2.compress(CONTENT),
    "xz": lzma.compress(CONTENT),
    "zip": zipped(a=b"x", b=CONTENT),
    "a zip in a gzip": gzip.compress(zipped(b=CONTENT)),
    "a gzip in a zip in a zip": zipped(a=zipped(b=gzip.compress(CONTENT))),
}
ENDED = zipped(a=b"x" * 9999, b=CONTENT)
UNOPENED = {
    "gzip cut off": gzip.compress(CONTENT * 99)[:-9],
    "zip cut off": ENDED[:60],
    "7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 30,
    "zstd": b"\x28\xb5\x2f\xfd" + b"\0" * 30,
    "more than is unpacked": zipped(a=b"\0" * 70_000),
    "a bomb within": gzip.compress(gzip.compress(b"\0" * 70_000)),
}


def searched(folder, content: bytes) -> file_search.Findings:
    """What the search for the secret comes to."""
    (folder / "a.bin").write_bytes(content)
    return file_search.search(folder, [file_search.Traces(".", (SECRET,))])


@pytest.mark.parametrize("name", FORMS)
def test_what_is_packed_is_found(tmp_path, name):
    findings = searched(tmp_path, FORMS[name])
    assert (findings.files, findings.unopened, findings.holding) == (1, 0, ("a.bin",))


@pytest.mark.parametrize("name", UNOPENED)
def test_what_can_not_be_opened_is_counted(tmp_path, monkeypatch, name):
    monkeypatch.setattr(archive_contents, "LIMIT_BYTES", 64_000)
    findings = searched(tmp_path, UNOPENED[name])
    assert (findings.files, findings.unopened, findings.holding) == (1, 1, ())


def test_nothing_else_is_taken_for_an_archive(tmp_path):
    for content in (b"", b"BZh and so on", b"PK", b"\x1f", b"%PDF-1.7"):
        assert searched(tmp_path, content).unopened == 0
