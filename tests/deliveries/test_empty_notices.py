"""A file of withdrawals that is read and holds no record holds no notice: it is noted, and holds nothing up."""

import gzip
import hashlib
import json

import pytest

from conf.schema.errors import REFUSED
from tests.deliveries.test_withdrawals_as_they_come import consented, context_of, lines, live, notice
from tests.deliveries.test_withdrawals_left_alone import FOLDER, require_blocked, require_free

EMPTY = {
    "none.jsonl": b"",
    "none.jsonl.gz": gzip.compress(b""),
    "blank.jsonl": b" \n\t\r\n",
    "mark.jsonl": b"\xef\xbb\xbf",
    "2025/d.jsonl/part-00000": b"",
}


def listed(name: str, content: bytes, **details) -> str:
    return json.dumps({"files": [{"name": name, "sha256": hashlib.sha256(content).hexdigest()} | details]})


@pytest.mark.further
def test_files_without_a_record_hold_up_nothing(site):
    consented(site, 2)
    for name, content in EMPTY.items():
        site.deliver(f"{FOLDER}/{name}", content)
    for _ in range(2):
        ran = site.take_in("consent")[0]
        assert ran.code == 0, ran.text
        require_free(site)
    (batch,) = context_of(site).lake.batches("consent__withdrawal", "ingest")
    assert (len(batch.parts), batch.rows_read) == (len(EMPTY) - 1, 0)  # two are alike
    site.deliver(f"{FOLDER}/none.jsonl", lines([notice(1)]))  # what was still on its way
    site.take_in("consent")
    require_free(site)
    assert live(site, 2) == {2}


@pytest.mark.further
def test_an_archive_cut_to_nothing_proves_nothing(site):
    consented(site, 1)
    site.deliver(f"{FOLDER}/nothing.jsonl.gz", b"")
    assert site.take_in("consent")[0].code == REFUSED
    require_blocked(site, "1 batch or file of them refused")


def test_an_empty_file_that_a_manifest_says_more_of_holds_up_all_use(site):
    consented(site, 1)
    site.deliver(f"{FOLDER}/d/a.jsonl", b"")
    manifest = site.deliver(f"{FOLDER}/d/manifest.json", listed("a.jsonl", b"", rows=1))
    site.take_in("consent")
    require_blocked(site, "train has to wait")
    manifest.write_text(listed("a.jsonl", lines([notice(1)])))
    site.take_in("consent")
    require_blocked(site, "train has to wait")


def test_an_empty_file_of_a_table_that_must_come_is_refused(site):
    site.own().deliver("consent/grant/a.jsonl", b"")
    assert "is empty" in site.run("ingest", "consent").err
