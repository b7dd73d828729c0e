"""Packed files are read within limits: what can't be is refused with the reason, and takes nothing else with it."""

import gzip
import io
import warnings
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conf.schema import errors
from conf.schema.errors import FieldstoneError
from pipeline.ingest.files import archives, landing

HEADER = "code,acct,remark,day,n,amount_cny,big,ratio,closed_at,flag\n"
TABLE = "probe__csv"


def csv(*codes: str) -> str:
    return HEADER + "".join(f"{code},,good,2024-01-05,3,1.50,,0.5,,true\n" for code in codes)


def packed(*files: tuple[str | zipfile.ZipInfo, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two of one name
        for name, text in files:
            archive.writestr(name, text)
    return content.getvalue()


def flagged(content: bytes, bit: int) -> bytes:
    """A zip whose only file has a bit more among its flags, in both of its headers."""
    changed = bytearray(content)
    changed[6] |= bit
    changed[content.index(b"PK\x01\x02") + 8] |= bit
    return bytes(changed)


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("a.csv")
    info.external_attr = 0o120777 << 16
    return info


def in_gbk(name: str) -> bytes:
    """A zip as Chinese programs write it: the name in GBK, which its flags don't say."""
    stand_in = "x" * len(name.encode("gb18030"))
    return packed((stand_in, csv("A1"))).replace(stand_in.encode(), name.encode("gb18030"))


READ = {
    "gz": ("a.csv.gz", gzip.compress(csv("A1").encode())),
    "gz in capitals": ("A.CSV.GZ", gzip.compress(csv("A1").encode())),
    "gz in members": ("a.csv.gz", gzip.compress(HEADER.encode()) + gzip.compress(csv("A1")[len(HEADER) :].encode())),
    "gz without an inner ending": ("a.gz", gzip.compress(csv("A1").encode())),
    "zip": ("a.zip", packed(("a.csv", csv("A1")))),
    "zip with folders": ("a.zip", packed(("x/", ""), ("x/y/A.CSV", csv("A1")), ("__MACOSX/._a.txt", "x"))),
    "zip, only stored": ("a.csv.zip", packed(("a.csv", csv("A1")), method=zipfile.ZIP_STORED)),
    "zip with a name in GBK": ("a.zip", in_gbk("种植.csv")),
    "zip with files of others": ("a.zip", packed(("read.txt", "x"), ("a.csv", csv("A1")))),
    "zip, what macOS adds": ("a.zip", packed(("__MACOSX/._a.csv", "x"), ("._a.csv", "x"), ("a.csv", csv("A1")))),
    "zip, hidden archives": ("a.zip", packed(("__MACOSX/._b.zip", "x"), (".b.tar", "x"), ("a.csv", csv("A1")))),
    "zip, hidden files and folders": ("a.zip", packed((".a.csv", csv("A9")), (".x/a.csv", "x"), ("a.csv", csv("A1")))),
    "zip, a lock of Office": ("a.zip", packed(("x/~$a.csv", "x"), ("x/a.csv", csv("A1")))),
    "zip, half a file": ("a.zip", packed(("b.csv.part", csv("A9")), ("y.tmp/b.csv", csv("A9")), ("a.csv", csv("A1")))),
    "zip, still written": ("a.zip", packed(("w/_temporary/", ""), ("w/b.csv", csv("A9")), ("x/a.csv", csv("A1")))),
    "zip, a table beside": (
        "a.zip",
        packed(("t\\_delta_log\\0.json", "x"), ("t\\y\\b.csv", csv("A9")), ("x\\a.csv", csv("A1"))),
    ),
    "zip behind what unpacks it": ("a.zip", b"MZ" * 50 + packed(("a.csv", csv("A1")))),
    "zip before zeros": ("a.zip", packed(("a.csv", csv("A1"))) + b"\0" * 100),
}

REFUSED = {
    "gz, cut off": ("a.csv.gz", gzip.compress(csv("A9").encode())[:-9], "it isn't a complete archive"),
    "gz, damaged": ("a.csv.gz", gzip.compress(csv("A9").encode())[:-8] + b"\0" * 8, "it isn't a complete archive"),
    "gz, with more behind it": ("a.csv.gz", gzip.compress(csv("A9").encode()) + b"more", "it isn't a complete archive"),
    "gz, none": ("a.csv.gz", csv("A9").encode(), "it isn't a complete archive"),
    "gz in gz": ("a.csv.gz", gzip.compress(gzip.compress(csv("A9").encode())), "another archive"),
    "gz bomb": ("a.csv.gz", gzip.compress(b"\0" * (80 << 20)), "unpacks to more than 16 MB"),
    "zip, cut off": ("a.zip", packed(("a.csv", csv("A9")))[:-9], "it isn't a complete archive"),
    "zip, damaged": (
        "a.zip",
        packed(("a.csv", csv("A9")), method=0).replace(b"A9", b"A8"),
        "it isn't a complete archive",
    ),
    "zip in zip": ("a.zip", packed(("b.zip", packed(("a.csv", csv("A9"))))), "another archive"),
    "zip in zip by content": ("a.zip", packed(("a.csv", packed(("a.csv", csv("A9"))))), "another archive"),
    "zip behind a zip": ("a.zip", packed(("a.csv", csv("A8"))) + packed(("a.csv", csv("A9"))), "several archives"),
    "zip behind two": ("a.zip", b"MZ" * 9 + 3 * packed(("a.csv", csv("A9"))), "several archives"),
    "zip before half a zip": ("a.zip", (2 * packed(("a.csv", csv("A9"))))[:-30], "several archives"),
    "zip bomb": ("a.zip", packed(("a.csv", b"\0" * (80 << 20))), "unpacks to more than 16 MB"),
    "zip of bombs": ("a.zip", packed(*((f"{n}.csv", b"\0" * (9 << 20)) for n in range(9))), "more than 16 MB"),
    "zip, a way up": ("a.zip", packed(("../a.csv", csv("A9"))), "leads out of the archive"),
    "zip, a way up in Windows": ("a.zip", packed(("x\\..\\..\\a.csv", csv("A9"))), "leads out of the archive"),
    "zip, an absolute way": ("a.zip", packed(("/etc/a.csv", csv("A9"))), "leads out of the archive"),
    "zip, a drive": ("a.zip", packed(("C:/a.csv", csv("A9"))), "leads out of the archive"),
    "zip, a link": ("a.zip", packed((link(), "/etc/passwd")), "a link in place of a file"),
    "zip under a password": ("a.zip", flagged(packed(("a.csv", csv("A9"))), 1), "it has a password"),
    "zip by bzip2": ("a.zip", packed(("a.csv", csv("A9")), method=zipfile.ZIP_BZIP2), "a method that isn't read"),
    "zip without such a file": ("a.zip", packed(("a.txt", csv("A9"))), "no file named .csv"),
    "zip, empty": ("a.zip", packed(), "no file named .csv"),
    "zip with a bad file": ("a.zip", packed(("a.csv", csv("A9")), ("b.csv", "code\nB9\n")), "has no column day"),
}


@pytest.mark.parametrize(("name", "content"), READ.values(), ids=READ)
def test_what_is_packed_in_an_ordinary_way_is_read(site, name, content):
    site.deliver(f"probe/csv/{name}", content)
    first, _ = site.take_in("probe")
    assert (first.code, site.silver(TABLE, "code")) == (0, ["A1"]), first.text
    assert "nothing new" in site.run("ingest", "probe").out
    assert not [*(site.home / "staging").rglob("*.csv")]


@pytest.mark.further
@pytest.mark.parametrize(("name", "content", "why"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_unpacked_is_refused_alone(site, name, content, why):
    site.deliver(f"probe/csv/{name}", content)
    site.deliver("probe/csv/z.csv", csv("Z1"))
    first, _ = site.take_in("probe")
    assert (first.code, site.silver(TABLE, "code")) == (errors.REFUSED, ["Z1"])
    assert f"probe/csv/{name}" in first.err
    assert why in first.err
    assert site.run("ingest", "probe").code == 0
    assert not [*(site.home / "staging").rglob("*.csv")]


@pytest.mark.further
def test_each_member_is_a_file_and_what_came_before_is_nothing_new(site):
    site.deliver("probe/csv/a.csv", csv("A1"))
    site.take_in("probe")
    site.deliver("probe/csv/b.zip", packed(("x/a.csv", csv("A1")), ("b.csv", csv("B1")), ("c.csv", csv("C1", "C2"))))
    first, _ = site.take_in("probe")
    assert f"ingest {TABLE}: 3 rows in 3 parts" in first.out  # the archive, and two files
    assert site.silver(TABLE, "code") == ["A1", "B1", "C1", "C2"]
    site.deliver("probe/csv/c.csv", csv("B1"))
    assert f"ingest {TABLE}: nothing new" in site.run("ingest", "probe").out


@pytest.mark.further
def test_other_formats_are_unpacked_too(site):
    site.deliver("probe/jl/a.jsonl.gz", gzip.compress(b'{"code": "J1", "day": "2024-01-05"}\n'))
    site.take_in("probe")
    assert site.silver("probe__jl", "code") == ["J1"]


@given(
    kind=st.sampled_from(["a.zip", "a.csv.gz"]),
    at=st.integers(0, 2000),
    byte=st.integers(0, 255),
    cut=st.integers(0, 200),
)
@example(kind="a.zip", at=288, byte=0, cut=0)  # a file without a name
def test_a_damaged_archive_is_whole_or_an_error(tmp_path, kind, at, byte, cut):
    whole = packed(("a.csv", csv("A1")), ("b.csv", csv("B1"))) if kind == "a.zip" else gzip.compress(csv("A1").encode())
    changed = bytearray(whole[: len(whole) - cut])
    if changed:
        changed[at % len(changed)] = byte
    _try(tmp_path, kind, bytes(changed))


@given(
    kind=st.sampled_from(["a.zip", "a.csv.gz"]), content=st.binary(max_size=300), names=st.lists(st.text(max_size=9))
)
def test_any_bytes_and_any_names_are_files_or_an_error(tmp_path, kind, content, names):
    _try(tmp_path, kind, content)
    sound = [n.encode(errors="ignore").decode().replace("\0", "") or "x" for n in names]
    _try(tmp_path, "a.zip", packed(*((f"{name}.csv", content) for name in sound)))


def _try(folder, name: str, content: bytes) -> None:
    path, target = folder / name, folder / "unpacked"
    path.write_bytes(content)
    try:
        members, _ = archives.unpacked(path, target, "csv", lambda name: name.endswith(".csv"), landing.ignored)
    except FieldstoneError:
        return
    assert all(member.path.parent == target for member in members)
    assert all(member.path.stat().st_size == member.bytes for member in members)
