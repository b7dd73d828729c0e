"""Files in no table's folder are named; those of the source of withdrawals hold up all use until dealt with."""

import io
import os
import zipfile

import pytest

from lake import file_names, runs
from tests.deliveries.test_withdrawals_as_they_come import consented, context_of, lines, live, notice
from tests.deliveries.test_withdrawals_left_alone import manifest_of, require_blocked, require_free
from tests.integration.landing import person

STRAY = "train has to wait.*there is 1 stray file that may hold withdrawals .*move them into the folder of their table"
IGNORED = (
    "ingest {}: files are left alone: 1 that lie in no table's folder; move each to where its table's are looked for"
)


def zipped(content: bytes) -> bytes:
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr("withdrawal/w.jsonl", content)
    return packed.getvalue()


STRAYS = [
    *("consent/withdrawal.jsonl", "consent/withdrawals/w.jsonl", "consent/Withdrawal/w.jsonl", "consent/all.zip"),
    *("consent/withdrawal /2025/w.jsonl", "consent/.w", "consent/_old/w.jsonl", "consent/w.jsonl.part"),
    *("Consent/withdrawal/w.jsonl", "withdrawal/w.jsonl", "w.jsonl", "consents/withdrawal/w.jsonl"),
]


def test_files_in_no_tables_folder_are_named_and_hold_up_all_use_until_they_are_moved(site):
    people = len(STRAYS) + 1
    consented(site, people)
    site.deliver("consent/manifest.json", manifest_of(content=b""))
    paths = {}
    for n, name in enumerate(STRAYS, 1):
        content = lines([notice(n)])
        paths[n] = site.deliver(name, zipped(content) if name.endswith("zip") else content)
    for _ in range(2):
        output = site.take_in("consent")[0].out
        assert f"{len(STRAYS)} that lie in no table's folder" in output
        assert "and 2 more" in output
        require_blocked(site, "there are 12 stray files that may hold withdrawals")
    assert live(site, people) == {*range(1, people + 1)}
    (site.landing / "consent/withdrawal").mkdir()
    for n, path in paths.items():
        path.rename(site.landing / "consent/withdrawal" / f"{n}{path.suffix if path.suffix == '.zip' else '.jsonl'}")
    assert "left alone" not in site.take_in("consent")[0].out
    require_free(site)
    assert live(site, people) == {people}


def listed(site) -> str:
    return next(line for line in site.run("batches", "list").out.splitlines() if "  stray  " in line).split()[1]


@pytest.mark.further
def test_a_person_may_drop_a_stray_file_for_good_but_nobody_can_have_it_read_where_it_lies(site):
    consented(site, 1)
    site.deliver("consent/readme.txt", "these are consents")
    site.take_in("consent")
    batch, who = listed(site), ("--who", "Olga", "--why", "words for people")
    for action in ("retry", "accept"):
        refused = site.run("batches", action, batch, *who)
        assert (refused.code, "move it into the folder of its table" in refused.err) == (1, True)
        require_blocked(site, STRAY)
    assert site.run("batches", "drop", batch, *who).code == 0
    require_free(site)
    site.take_in("consent")
    require_free(site)
    site.deliver("consent/readme.txt", lines([notice(1)]))  # another content is another file
    site.take_in("consent")
    require_blocked(site, STRAY)


@pytest.mark.further
def test_a_stray_file_that_was_removed_and_comes_again_holds_up_all_use_again(site):
    consented(site, 1)
    for _ in range(2):
        path = site.deliver("consent/w.jsonl", lines([notice(1)]))
        output = site.take_in("consent")[0].out
        assert (output.count("consent/w.jsonl"), IGNORED.format("consent") in output) == (1, True)
        require_blocked(site, STRAY)
        path.unlink()
        site.take_in("consent")
        require_free(site)


@pytest.mark.further
def test_what_is_stray_and_cannot_even_be_looked_at_holds_up_all_use(site):
    consented(site, 1)
    os.mkfifo(site.landing / "consent/w")
    (site.landing / "consent/l.jsonl").symlink_to(site.folder / "gone")
    site.take_in("consent")
    require_blocked(
        site, "files in the landing zone that may hold withdrawals weren't read: 2 that lie in no table's folder"
    )


def test_what_programs_leave_and_what_is_other_sources_is_no_stray_file(site):
    consented(site, 1)
    for name in (
        "consent/.DS_Store",
        "consent/done",
        "Thumbs.db",
        "farm/planting/a.csv",
        "farm/x.csv",
        "manifest.json",
    ):
        site.deliver(name, b"" if name.endswith("done") else b"{}")
    assert "left alone" not in site.take_in("consent")[0].out
    require_free(site)


def test_stray_files_of_any_source_are_named_without_numbers_and_known_by_tokens(site):
    own, alike = site.deliver("probe/500102199001011239.csv", "a\n1\n"), site.deliver("PROBE/csv/a.csv", "a\n1\n")
    for _ in range(2):
        output = site.run("ingest", "probe").out
        assert "ingest probe: files are left alone: 2 that lie in no table's folder" in output
        assert "probe/******************.csv" in output
        assert "PROBE/csv/a.csv" in output
    context = context_of(site)
    noted = [r["fingerprint"] for r in context.lake.records(runs.TABLE) if r["job"] == "strays probe"]
    assert len(noted) == 1
    assert {str(path.relative_to(site.landing)) for path in (own, alike)} == {
        *file_names.revealed(context.vault).values()
    }
    assert all(token in noted[0] for token in file_names.revealed(context.vault))
    own.unlink()
    alike.unlink()
    assert "left alone" not in site.run("ingest", "probe").out
    assert runs.last(context.lake, "strays probe") == "[]"


def test_stray_files_are_listed_by_masked_name_and_size(site):
    consented(site, 1)
    content = lines([notice(1)])
    site.deliver("consent/readme.txt", "words")
    site.deliver(f"consent/{person(1)}.jsonl", content)
    site.take_in("consent")
    output = site.run("batches", "list").out
    assert "    consent/readme.txt, 5 bytes" in output
    assert f"    consent/{'*' * 18}.jsonl, {len(content):,} bytes" in output


IN_ANOTHERS = [
    *("farm/withdrawal/w.jsonl", "farm/consent/withdrawal/w.jsonl", "farm/Withdrawals.jsonl", "farm/撤回/w.jsonl"),
    *("farm/planting/withdrawal.jsonl", "farm/planting/consent/w.csv.part", "FARM/consents.zip"),
]


def test_files_in_another_sources_folder_that_speak_of_consents_hold_up_all_use_until_they_are_moved(site):
    people = len(IN_ANOTHERS) + 1
    consented(site, people)
    paths = {n: site.deliver(name, lines([notice(n)])) for n, name in enumerate(IN_ANOTHERS, 1)}
    site.deliver("farm/words/a.txt", "of no consequence here")
    for _ in range(2):
        output = site.take_in("consent")[0].out
        assert f"{len(paths)} that lie in no table's folder" in output
        assert "farm/withdrawal/w.jsonl" in output
        require_blocked(site, f"there are {len(paths)} stray files that may hold withdrawals")
    (site.landing / "consent/withdrawal").mkdir()
    for n, path in paths.items():
        path.rename(site.landing / "consent/withdrawal" / f"{n}.jsonl")
    site.take_in("consent")
    require_free(site)
    assert live(site, people) == {people}
