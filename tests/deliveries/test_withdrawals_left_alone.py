"""A file that may hold withdrawals and wasn't read, for whatever reason, holds up all use until it is dealt with."""

import gzip
import hashlib
import json
import os
import time

import pytest

from conf.schema.errors import REFUSED, FieldstoneError
from pipeline.consent import withdrawals
from tests.deliveries.test_withdrawals_as_they_come import consented, context_of, lines, live, notice

FOLDER = "consent/withdrawal"
UNREAD = "train has to wait.*files in the landing zone that may hold withdrawals weren't read: {} {}.*complete, remove"
TWO_HOURS = 7200


def require_blocked(site, message: str) -> None:
    with pytest.raises(FieldstoneError, match=message):
        withdrawals.require_settled(context_of(site), "train")


def require_free(site) -> None:
    withdrawals.require_settled(context_of(site), "train")


def manifest_of(*names: str, content: bytes) -> str:
    return json.dumps({"files": [{"name": n, "sha256": hashlib.sha256(content).hexdigest()} for n in names]})


LEFT = {
    "not named as": ("w.json", "w.ndjson", "w.csv", "w", "w.jsonl.bak", "w.txt.gz", "_w", "._w"),
    "still being written": ("w.jsonl.part", "w.jsonl.TMP", ".w.jsonl", "~$w.jsonl", "d.tmp/w.jsonl"),
    "in folders that are hidden": ("_d/w.jsonl", ".d/w.jsonl"),
    "of a Delta or Hudi table": ("d.jsonl/_delta_log/0.json",),
}


@pytest.mark.parametrize(("why", "names"), LEFT.items(), ids=LEFT)
def test_files_that_are_left_alone_hold_up_all_use_until_the_last_is_renamed(site, why, names):
    consented(site, len(names) + 2)
    site.deliver(f"{FOLDER}/a.jsonl", lines([notice(1)]))
    paths = [site.deliver(f"{FOLDER}/{name}", lines([notice(n)])) for n, name in enumerate(names, start=2)]
    for left in (len(paths), len(paths), 1):  # when there is nothing new, too
        for n, path in enumerate(paths[left:]):
            path.rename(site.landing / FOLDER / f"b{n}.jsonl")
        assert site.take_in("consent")[0].code == 0
        require_blocked(site, UNREAD.format(left, why))
    paths[0].rename(site.landing / FOLDER / "c.jsonl")
    site.take_in("consent")
    require_free(site)
    assert live(site, len(names) + 2) == {len(names) + 2}


def test_a_file_that_is_removed_holds_up_nothing_from_the_next_ingest_on(site):
    consented(site, 1)
    path = site.deliver(f"{FOLDER}/w.csv", "consent_no\n")
    site.take_in("consent")
    require_blocked(site, UNREAD.format(1, "not named as"))
    path.unlink()
    site.take_in("consent")
    require_free(site)


@pytest.mark.further
def test_dead_links_and_pipes_hold_up_all_use(site):
    consented(site, 1)
    folder = site.deliver(f"{FOLDER}/a.jsonl", lines([notice(9)])).parent
    (folder / "w.jsonl").symlink_to(folder / "gone.jsonl")
    os.mkfifo(folder / "p.jsonl")
    site.take_in("consent")
    require_blocked(site, "1 links to a folder, .*, 1 no regular files")


@pytest.mark.further
def test_what_can_hold_no_record_holds_up_nothing(site):
    consented(site, 2)
    content = lines([notice(1)])
    site.deliver(f"{FOLDER}/d.jsonl/part-00000", content)
    site.deliver(f"{FOLDER}/d.jsonl/.part-00000.crc", b"crc")
    site.deliver(f"{FOLDER}/d.jsonl/_SUCCESS", "")
    site.deliver(f"{FOLDER}/manifest.json", manifest_of("d.jsonl/part-00000", content=content))
    site.deliver(f"{FOLDER}/manifest.json.sig", b"0" * 64)
    for name in ("done.ok", ".DS_Store", "Thumbs.db"):
        site.deliver(f"{FOLDER}/{name}", "" if name == "done.ok" else b"\0\1")
    (site.landing / FOLDER / "empty").mkdir()
    for _ in range(2):
        site.take_in("consent")
        require_free(site)
    assert live(site, 2) == {2}


@pytest.mark.further
def test_nothing_delivered_holds_up_nothing(site):
    consented(site, 1)
    (site.landing / FOLDER).mkdir(parents=True)
    for _ in range(2):
        site.take_in("consent")
        require_free(site)


@pytest.mark.further
@pytest.mark.parametrize("beside", [True, False])
def test_a_delivery_that_is_not_whole_holds_up_all_use_until_it_is(site, beside):
    consented(site, 4)
    content = lines([notice(1)])
    site.deliver(f"{FOLDER}/d/a.jsonl", content)
    site.deliver(f"{FOLDER}/d/manifest.json", manifest_of("a.jsonl", "b.jsonl", content=content))
    if beside:
        site.deliver(f"{FOLDER}/c.jsonl", lines([notice(2)]))
    for _ in range(2):
        assert site.take_in("consent")[0].code == 0
        require_blocked(site, UNREAD.format(1, "of a delivery that isn't whole yet"))
    site.deliver(f"{FOLDER}/d/b.jsonl", content)
    site.take_in("consent")
    require_free(site)
    assert live(site, 4) == ({3, 4} if beside else {2, 3, 4})


NO_NAME = b'{"files": [{"sha256": "0"}]}'
BROKEN = {
    **{"no JSON": (b"{broken", False), "no name": (NO_NAME, False), "overdue": (None, False)},
    **{"no name beside another file": (NO_NAME, True), "overdue beside another file": (None, True)},
}


@pytest.mark.parametrize(("content", "beside"), BROKEN.values(), ids=BROKEN)
def test_a_manifest_that_does_not_hold_holds_up_all_use(site, content, beside):
    consented(site, 4)
    site.deliver(f"{FOLDER}/d/a.jsonl", lines([notice(1)]))
    overdue = manifest_of("a.jsonl", "b.jsonl", content=lines([notice(1)]))
    path = site.deliver(f"{FOLDER}/d/manifest.json", content or overdue)
    long_ago = time.time() - TWO_HOURS
    os.utime(path, (long_ago, long_ago))
    if beside:
        site.deliver(f"{FOLDER}/c.jsonl", lines([notice(2)]))
    for _ in range(2):
        assert site.take_in("consent")[0].code == 1
        require_blocked(site, "train has to wait.*run fieldstone ingest consent again")
    path.unlink()
    site.take_in("consent")
    require_free(site)
    assert live(site, 4) == ({3, 4} if beside else {2, 3, 4})


@pytest.mark.further
def test_a_refused_file_beside_a_good_one_holds_up_all_use_until_somebody_has_decided(site):
    consented(site, 3)
    site.deliver(f"{FOLDER}/a.jsonl", lines([notice(1)]))
    site.deliver(f"{FOLDER}/b.jsonl.gz", gzip.compress(lines([notice(2)]))[:-5])
    assert site.take_in("consent")[0].code == REFUSED
    require_blocked(site, "1 batch or file of them refused")
    assert site.take_in("consent")[0].code == 0
    (batch,) = (
        line.split()[1] for line in site.run("batches", "list").out.splitlines() if FOLDER.replace("/", "__") in line
    )
    assert site.run("batches", "drop", batch, "--who", "Olga", "--why", "it was sent again").code == 0
    require_free(site)
    assert live(site, 3) == {2, 3}
