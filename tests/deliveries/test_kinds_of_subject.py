"""People known by other numbers than resident IDs: of kinds of the workspace's own, and such as only issuers read."""

import shutil

import pytest

from tests.deliveries.conftest import HERE, Site
from tests.deliveries.test_withdrawals_as_they_come import lines

MITGLIED = HERE / "mitglied"


@pytest.fixture
def verein(site) -> Site:
    site.workspace = MITGLIED
    return site


def rows(*numbers: str | None) -> str:
    return lines([{"nr": f"{n}", "wer": who, "name": "Lamm", "tag": "2025-05-01"} for n, who in enumerate(numbers)])


def keys(site: Site, asset: str, *numbers: str | None) -> list[str]:
    """Deliver rows of these numbers; the subject keys that they got, in their order."""
    site.deliver(f"verein/{asset}/a.jsonl", rows(*numbers))
    for ran in site.take_in("verein"):
        assert ran.code == 0, ran.text
    return [key for _, key in site.silver(f"verein__{asset}", "nr", "subject_key")]


@pytest.mark.parametrize(
    ("asset", "sound", "broken"),
    [
        ("beitrag", ["M00017", " m00017 ", "Ｍ０００１７"], ["M0017", "X00017", "M00017X", "", None, "M0001\u0667"]),
        ("einkauf", ["4539148801", "4539 1488 01", "4539-148801"], ["4539148804", "453914880", "-", "4539148801.0"]),
        ("kunde", ["AB-123", "ab-123", " AB-123\t"], ["AB123", "AB-1234", "ABC-123", "无"]),
    ],
)
def test_a_number_is_one_person_however_it_is_written_and_what_is_none_is_told(verein, asset, sound, broken):
    subject_keys = keys(verein, asset, *sound, *broken)
    assert len(subject_keys) == len(sound)
    assert len({*subject_keys}) == 1
    assert len(subject_keys[0]) == 64
    assert verein.quarantined(f"verein__{asset}") == {"INVALID_SUBJECT": len(broken)}


def test_numbers_of_two_kinds_are_two_people_though_they_look_alike(verein):
    workspace = verein.folder / "workspace"
    shutil.copytree(MITGLIED, workspace)
    kinds = workspace / "conf/subjects.yaml"
    kinds.write_text(kinds.read_text(encoding="utf-8") + 'goat: {pattern: "M[0-9]{5}"}\n', encoding="utf-8")
    contract = workspace / "conf/contracts/verein/einkauf.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("kind: card", "kind: goat"), encoding="utf-8")
    verein.workspace = workspace
    assert keys(verein, "beitrag", "M00017") != keys(verein, "einkauf", "M00017")
    command = ("subject", "show", "--subject", "-", "--purpose", "credit_assessment", "--why", "she asked")
    ran = verein.run(*command, stdin="M00017\n")
    assert ran.code == 1
    assert "fits several kinds of subject, member or goat; write the kind before it, such as goat:NUMBER" in ran.err
    shown = verein.run(*command, stdin="goat:M00017\n")
    assert shown.code == 0, shown.text
    assert "verein__einkauf" in shown.out
    assert "verein__beitrag" not in shown.out


def test_who_is_known_by_a_number_of_its_own_is_shown_masked_and_erased_by_it(verein):
    keys(verein, "kunde", "AB-123", "AB-124")
    command = ("subject", "show", "--subject", "-", "--purpose", "credit_assessment", "--why", "she asked")
    shown = verein.run(*command, stdin="ab-123\n")
    assert shown.code == 0, shown.text
    assert "wer=A****3, name=L***" in shown.out
    assert "AB-123" not in shown.text
    wrong = verein.run(*command, stdin="AB123\n")
    assert "with a valid number of kind member or card or opaque on standard input" in wrong.err.replace(
        "member or opaque or card", "member or card or opaque"
    )
    erased = verein.run("erase", "--subject", "-", "--execute", "--operator", "Olga", stdin="AB-123\n")
    assert erased.code == 0, erased.text
    assert "restricted" in erased.text  # a contract is kept for its term
    assert "0 records of the vault" in verein.run(*command, stdin="AB-123\n").out
    assert "wer=A****4" in verein.run(*command, stdin="AB-124\n").out


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("subjects.yaml", "member:", "memmber:", "no kind of subject 'member'; the kinds are resident_id"),
        ("subjects.yaml", "member:", "opaque:", "opaque: already built in; give your own kind another name"),
        ("subjects.yaml", "M[0-9]{5}", "M[0-9", "pattern isn't a valid regular expression"),
        ("subjects.yaml", "M[0-9]{5}", "M*", "pattern matches no number at all"),
        ("subjects.yaml", "luhn", "lunh", "checksum"),
        ("contracts/verein/beitrag.yaml", ": subject", ": resident_id", "write `identifier: subject`"),
        ("contracts/verein/kunde.yaml", ', pattern: "[A-Z]{2}-[0-9]{3}"', "", "has no pattern to tell a number by"),
        ("contracts/verein/kunde.yaml", "[A-Z]{2}-[0-9]{3}", "(", "pattern isn't a valid regular expression"),
        ("contracts/verein/beitrag.yaml", "kind: member", "kind: resident_id", "write `identifier: resident_id`"),
    ],
)  # fmt: skip
def test_a_kind_that_cant_be_used_is_refused_with_what_to_do(verein, file, before, after, message):
    workspace = verein.folder / "workspace"
    shutil.copytree(MITGLIED, workspace)
    path = workspace / "conf" / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    verein.workspace = workspace
    ran = verein.run("sources")
    assert ran.code == 1
    assert message in ran.err


def test_another_form_of_a_kinds_numbers_is_refused_while_rows_are_held_by_the_one_before(verein):
    keys(verein, "beitrag", "M00017")
    workspace = verein.folder / "workspace"
    shutil.copytree(MITGLIED, workspace)
    path = workspace / "conf/subjects.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('{5}"}', '{5}", normalise: text}', 1), encoding="utf-8")
    verein.workspace = workspace
    verein.deliver("verein/beitrag/b.jsonl", rows("M00018"))
    ran = verein.run("ingest", "verein")
    assert ran.code == 1
    assert "subject is another one: rows that are held are kept under the keys of the one before" in ran.text
