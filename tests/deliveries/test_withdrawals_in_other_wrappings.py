"""Notices that come packed beside other files, called as programs' marks are, or in the folder of grants."""

import io
import json
import zipfile

import pytest

from conf.schema.errors import REFUSED
from tests.deliveries.test_withdrawals_as_they_come import consented, lines, live, notice, number
from tests.deliveries.test_withdrawals_left_alone import FOLDER, require_blocked, require_free
from tests.integration.landing import GRANT, grant, person

ONE_REFUSED = "1 batch or file of them refused"
LEFT_UNREAD = "files in the landing zone that may hold withdrawals weren't read: 1 not named as"


def packed(**members: bytes) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def of(*people: int) -> bytes:
    return lines(notice(n) for n in people)


BESIDE = ["b.json", "c.csv", "_x/b.jsonl", ".b.jsonl", "c.jsonl.part", "__MACOSX/._a.jsonl", "_SUCCESS", "Thumbs.db"]


@pytest.mark.parametrize("name", BESIDE)
def test_an_archive_with_files_that_would_be_left_alone_is_refused(site, name):
    consented(site, 3)
    path = site.deliver(f"{FOLDER}/a.zip", packed(**{"a.jsonl": of(1), name: of(2)}))
    output = site.take_in("consent")[0]
    assert (output.code, "packs 1 files that are left alone by their names" in output.err) == (REFUSED, True)
    site.take_in("consent")
    require_blocked(site, ONE_REFUSED)
    path.unlink()
    site.deliver(f"{FOLDER}/b.zip", packed(**{"a.jsonl": of(1), "b.jsonl": of(2)}))
    site.take_in("consent")
    assert live(site, 3) == {3}


@pytest.mark.further
def test_marks_of_programs_in_an_archive_hold_up_nothing(site):
    consented(site, 2)
    marks = {"__MACOSX/._a.jsonl": b"\0\5\x16\7", ".DS_Store": b"\0\1", "empty.txt": b"", "_SUCCESS": b""}
    site.deliver(f"{FOLDER}/a.zip", packed(**{"a.jsonl": of(1)}, **marks))
    assert site.take_in("consent")[0].code == 0
    require_free(site)
    assert live(site, 2) == {2}


@pytest.mark.parametrize("name", ["_SUCCESS", ".w.jsonl.crc", "desktop.ini", "manifest.json.sig"])
def test_notices_in_a_file_that_is_called_as_a_mark_hold_up_all_use(site, name):
    consented(site, 1)
    site.deliver(f"{FOLDER}/{name}", of(1).decode().encode("utf-16" if name == "desktop.ini" else "utf-8"))
    site.take_in("consent")
    require_blocked(site, LEFT_UNREAD)


IN_GRANTS = {
    "withdrawal.jsonl": (of(1), ONE_REFUSED),
    "withdrawal/w.jsonl": (of(1), ONE_REFUSED),
    "w2.jsonl.part": (of(1), "1 still being written"),
    "w.csv": (of(1), LEFT_UNREAD),
    "all.zip": (packed(**{"withdrawal/w.jsonl": of(1), "a.jsonl": lines([grant(person(3), 3)])}), ONE_REFUSED),
    "b.zip": (packed(**{"w.csv": of(1), "a.jsonl": lines([grant(person(3), 3)])}), ONE_REFUSED),
}


@pytest.mark.further
@pytest.mark.parametrize("name", IN_GRANTS)
def test_what_is_not_read_in_the_folder_of_grants_holds_up_all_use_until_it_is_moved(site, name):
    content, message = IN_GRANTS[name]
    consented(site, 2)
    path = site.deliver(f"consent/grant/{name}", content)
    for _ in range(2):
        site.take_in("consent")
        require_blocked(site, message)
    if message != ONE_REFUSED:
        path.unlink()
        site.deliver(f"{FOLDER}/w.jsonl", content)
        site.take_in("consent")
        require_free(site)
        assert live(site, 2) == {2}


AMONG_GRANTS = {
    "a notice": notice(1),
    "one without its person": notice(1, subject_id_no=""),
    "one with names of its own": {"no": number(1), "withdrawn_at": "2025-06-01"},
    "a sentence": b"I withdraw consent G0000000001",
    "own columns left empty": notice(1, scopes="", purposes=" ", granted_at=None),
}


@pytest.mark.parametrize("sent", AMONG_GRANTS.values(), ids=AMONG_GRANTS)
def test_a_notice_among_grants_holds_up_all_use_until_somebody_has_read_it(site, sent):
    consented(site, 1)
    site.deliver("consent/grant/b.jsonl", lines([*(grant(person(n), n) for n in range(2, 5)), sent]))
    site.take_in("consent")
    require_blocked(site, "there is 1 row that came as a consent and may be a notice of withdrawal")
    assert site.run("quarantine", "drop", "--table", GRANT, "--who", "Olga", "--why", "sent again").code == 0
    require_free(site)


@pytest.mark.further
def test_a_damaged_grant_is_no_notice(site):
    consented(site, 2)
    damaged = [grant(person(3), 3, granted_at=None), grant("?", 4), json.dumps(grant(person(5), 5)).encode()[:150]]
    site.deliver("consent/grant/b.jsonl", lines(damaged))
    site.take_in("consent")
    assert sum(site.quarantined(GRANT).values()) == len(damaged)
    require_free(site)


@pytest.mark.further
def test_a_folder_of_grants_with_nothing_to_read_and_a_file_left_alone_holds_up_all_use(site):
    consented(site, 1)
    site.take_in("consent")
    (site.landing / "consent/grant/a.jsonl").rename(site.landing / "consent/grant/w.csv")
    assert "no file for consent/grant" in site.take_in("consent")[0].err
    require_blocked(site, LEFT_UNREAD)
