"""An ID number in a sealed row of somebody else: it goes when its owner is erased, and the row stays."""

import json

import pytest

from lake.vault import token_of
from pipeline.erasure import named_elsewhere
from pipeline.erasure.planning import searched_for
from tests.deliveries.test_withdrawals_as_they_come import context_of, lines
from tests.integration.landing import GRANT, as_csv, grant, person, transfer

ANN, BEN, CAT = person(2), person(3), person(4)
TRANSFER, MEMBERSHIP = "farm__land_transfer", "farm__household_membership"
WIDE = ANN.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
SPACED = f"{ANN[:6]} {ANN[6:14]} {ANN[14:]}"


def member(subject: str, **changes) -> dict:
    return {
        "household_no": "500102001201000001", "member_id_no": subject, "member_name": "", "relation": "head",
        "village_code": "500102001201", "valid_from_date": "2020-01-01", "valid_to_date": "",
        "published_at": "2025-01-11T00:00:00Z",
    } | changes  # fmt: skip


def opened(context, table: str, sealed: str = "row_ciphertext", key_id: str = "key_id") -> list[str]:
    rows = context.lake.platform(table)
    rows = rows.withColumn("key_id", rows[key_id]).select("key_id", sealed)
    return sorted(row["text"] for row in context.vault.unseal_rows(rows, sealed, "text").collect())


def test_rows_of_others_lose_what_names_her_and_nothing_else(site):
    site.own().deliver("consent/grant/a.jsonl", lines([grant(ANN, 1), grant(BEN, 2)]))
    bens = [
        transfer(BEN, 1, direction=ANN),
        transfer(BEN, 2, direction=f"see {WIDE}"),
        transfer(BEN, 3, contract_no=SPACED),
        transfer(BEN, 4, household_no=ANN, parcel_code="?"),
        transfer(BEN, 5, direction="sideways"),
        *(transfer(BEN, n) for n in range(6, 40)),
    ]
    text = as_csv(bens) + f"{ANN},{BEN},torn\n"
    site.deliver("farm/land_transfer/a.csv", text)
    site.deliver("farm/household_membership/a.csv", as_csv([member(BEN, member_name=f"Ben of {ANN}")]))
    waiting = [
        grant(BEN, 3, recipient=f"with {ANN}", scopes="no.such"),
        grant(ANN, 4, subject_id_no=f"{ANN}?", recipient=CAT),
    ]
    site.deliver("consent/grant/b.jsonl", lines([*waiting, *(grant(person(n), n) for n in range(20, 30))]))
    for source in ("consent", "farm"):
        site.take_in(source)
    before = {table: len(site._rows(f"quarantine_{table}")) for table in (TRANSFER, GRANT)}
    assert before == {TRANSFER: 6, GRANT: 2}
    erased = site.run("erase", "--subject", "-", "--execute", "--operator", "Olga", stdin=f"{ANN}\n")
    assert (erased.code, "redacted" in erased.out) == (0, True), erased.text

    context = context_of(site)
    rows = [
        json.loads(text) for text in opened(context, f"quarantine_{TRANSFER}")
    ]  # the torn line named nobody for sure
    assert [row["holder_id_no"] for row in rows if "holder_id_no" in row] == [BEN] * 4  # the fifth failed inside
    nothing = [{name for name, value in row.items() if value is None} for row in rows]
    assert sorted(map(sorted, nothing)) == [[], ["contract_no"], ["direction"], ["direction"], ["household_no"]]
    identities = map(json.loads, opened(context, "vault__identities", "identity_ciphertext", "subject_key"))
    (identity,) = (each for each in identities if "member_name" in each)
    assert identity == {"member_id_no": BEN, "member_name": None}
    texts = "".join(opened(context, f"quarantine_{GRANT}"))
    assert (ANN in texts, BEN in texts, CAT in texts) == (False, True, True)
    links = [row["linked_subjects"] for row in site._rows(f"quarantine_{GRANT}")]
    assert [token_of(CAT, context.vault.secrets.pseudonym)] in links
    assert site.run("quarantine", "show", "--table", TRANSFER).code == 0


@pytest.mark.further
def test_all_whom_one_torn_line_names_can_be_erased_one_after_the_other(site):
    people = [ANN, BEN, CAT]
    site.own().deliver("consent/grant/a.jsonl", lines(grant(each, n) for n, each in enumerate(people, 1)))
    torn = json.dumps(grant(ANN, 5)).encode()[:-20]
    of_two, of_three = torn + json.dumps(BEN).encode(), torn + json.dumps([BEN, CAT]).encode()
    site.deliver("consent/grant/b.jsonl", lines([of_two, of_three, *(grant(person(n), n) for n in range(20, 50))]))
    site.take_in("consent")
    waiting = []
    for each in people:
        ran = site.run("erase", "--subject", "-", "--execute", "--operator", "Olga", stdin=f"{each}\n")
        assert ran.code == 0, ran.text
        waiting.append(sorted(len(row["linked_subjects"]) for row in site._rows(f"quarantine_{GRANT}")))
    assert waiting == [[1, 2], [1], []]


@pytest.mark.further
def test_the_proof_finds_a_row_that_came_in_meanwhile(site, monkeypatch):
    site.own().deliver("consent/grant/a.jsonl", lines([grant(ANN, 1), grant(BEN, 2)]))
    rows = [transfer(BEN, 1, direction=ANN), *(transfer(BEN, n) for n in range(2, 20))]
    site.deliver("farm/land_transfer/a.csv", as_csv(rows))
    for source in ("consent", "farm"):
        site.take_in(source)
    erase = ("erase", "--subject", "-", "--execute", "--operator", "Olga")
    with monkeypatch.context() as patched:
        patched.setattr(named_elsewhere, "redact", lambda context, subjects: {"rows": 0})
        refused = site.run(*erase, stdin=f"{ANN}\n")
    message = (
        f"isn't proved: sealed rows of others name the subject in quarantine_{TRANSFER}; run the same command again"
    )
    assert (refused.code, message in refused.err) == (1, True), refused.text
    assert site.run(*erase, stdin=f"{ANN}\n").code == 0


@pytest.mark.further
def test_people_of_short_names_can_be_erased_and_a_name_is_still_looked_for(site):
    site.own().deliver("consent/grant/a.jsonl", lines(grant(each, n) for n, each in enumerate((ANN, BEN, CAT), 1)))
    called = {ANN: "Lin", BEN: "Rosa", CAT: "Otto"}
    site.deliver("farm/household_membership/a.csv", as_csv([member(each, member_name=n) for each, n in called.items()]))
    for source in ("consent", "farm"):
        site.take_in(source)
    note = site.home / "reports/note.txt"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("the Ottoman Rosary, line 3")
    erase = ("erase", "--subject", "-", "--execute", "--operator", "Olga")
    for each in (ANN, BEN):
        ran = site.run(*erase, stdin=f"{each}\n")
        assert ran.code == 0, ran.text
    note.write_text("told by Otto")
    ran = site.run(*erase, stdin=f"{CAT}\n")
    assert "1 files still contain data that should be erased (reports/note.txt)" in ran.err


def test_what_is_looked_for_as_a_whole_word():
    search = searched_for(["Anna", "Li A", "Johanna", "王小明", "13800001234"])
    assert (search.values, search.words) == (("Johanna", "王小明", "13800001234"), ("Anna", "Li A"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"a": "x", "b": "HER"}', '{"a": "x", "b": null}'),
        ('{"a": ["HER", 1], "b": 2}', '{"a": null, "b": 2}'),
        ('{"HER": 1, "b": null}', '{"b": null}'),
        ('{"own": "HER", "b": "note HER"}', '{"own": "HER", "b": null}'),
        ("HER, torn 12 \uff11", "HER, torn ** *"),
    ],
)
def test_what_is_taken_out_of_a_row(text, left):
    assert named_elsewhere.without(text, lambda value: "HER" in value, {"own"}) == left
    assert named_elsewhere.names(text, lambda value: "HER" in value, {"own"})
    assert not named_elsewhere.names(left.replace("HER", ""), lambda value: "HER" in value, {"own"})
