"""A notice of withdrawal with values under names that nobody declared is kept whole, and linked by what it says."""

import json

import pytest

from conf.schema.errors import FieldstoneError
from pipeline.consent import withdrawals
from tests.deliveries.test_withdrawals_as_they_come import consented, context_of, lines, live, notice, number
from tests.deliveries.test_withdrawals_left_alone import require_free
from tests.integration.landing import WITHDRAWAL, person

# what person n sends of consent n
UNDER = {
    "names of their own": lambda n: {"no": number(n), "id": person(n), "when": "2025-06-01"},
    "Chinese names": lambda n: {"授权编号": number(n), "身份证号": person(n)},
    "declared names in capitals": lambda n: {key.upper(): value for key, value in notice(n).items()},
    "declared names with blanks": lambda n: {f" {key} ": value for key, value in notice(n).items()},
    "the number alone": lambda n: {"number": number(n)},
    "the ID alone": lambda n: {"holder": person(n)},
    "an object": lambda n: {"notice": notice(n)},
    "a list": lambda n: {"values": [number(n), person(n)]},
    "a sentence": lambda n: {"text": f"I, {person(n)}, take back {number(n)}."},
    "a name for the ID alone": lambda n: {("id" if key == "subject_id_no" else key): v for key, v in notice(n).items()},
    "declared ones left empty": lambda n: (
        notice(n, consent_no="", subject_id_no=None) | {"no": number(n), "id": person(n)}
    ),
    "the ID as a name": lambda n: {person(n): True},
}


def test_notices_are_linked_by_their_values_under_whatever_names(site):
    people = len(UNDER)
    consented(site, people + 1)
    sent = {n: build(n) for n, build in enumerate(UNDER.values(), 1)}
    site.deliver("consent/withdrawal/a.jsonl", lines(sent.values()))
    assert [ran.code for ran in site.take_in("consent")] == [0, 0]
    names = dict(enumerate(UNDER, 1))
    assert {names.get(n, "nobody") for n in live(site, people + 1)} == {"nobody"}
    require_free(site)
    context = context_of(site)
    waiting = context.lake.platform(f"quarantine_{WITHDRAWAL}")
    opened = context.vault.unseal_rows(waiting, "row_ciphertext", "row").collect()
    assert sorted(row["row"] for row in opened) == sorted(lines([each]).decode().strip() for each in sent.values())


def test_a_person_sees_the_line_and_corrects_it(site):
    consented(site, 2)
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(2), {"no": number(1), "id": person(1)}]))
    site.take_in("consent")
    shown = site.run("quarantine", "show", "--table", WITHDRAWAL).out
    assert "BAD_RECORD" in shown
    assert person(1) not in shown
    who = ("--who", "Olga", "--why", "read by hand")
    release = ("quarantine", "release", "--table", WITHDRAWAL, *who, "--corrections", "-")
    assert "1 row released" in site.run(*release, stdin=json.dumps(notice(1))).out
    assert not site.quarantined(WITHDRAWAL)
    assert live(site, 2) == set()


@pytest.mark.further
def test_columns_that_nobody_declared_are_not_kept_of_a_notice_in_order(site):
    consented(site, 2)
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(1) | {"reason": "none of your business"}]))
    site.take_in("consent")
    assert not site.quarantined(WITHDRAWAL)
    assert len(site.silver(WITHDRAWAL)) == 1


@pytest.mark.further
def test_no_key_that_is_a_number_of_a_person_is_told(site):
    consented(site, 1)
    site.deliver("consent/withdrawal/a.jsonl", lines([{person(1): True}]))
    output = "".join(ran.text for ran in site.take_in("consent"))
    assert person(1) not in output


FURTHER = {
    "a number": {"also_no": number(2)},
    "a list": {"also": [number(2)]},
    "several in one value": {"consents": f"{number(1)};{number(2)}"},
    "an object": {"more": {"consent": number(2)}},
    "a number without zeros": {"also_no": "G2"},
    "an ID": {"spouse_id": person(2)},
    "an ID in a sentence": {"note": f"for {person(2)} as well"},
    "an ID as a name": {person(2): True},
}


@pytest.mark.further
@pytest.mark.parametrize("more", FURTHER.values(), ids=FURTHER)
def test_a_notice_that_names_further_consents_or_persons_waits_for_somebody_who_reads_it(site, more):
    consented(site, 3)
    same = {"note": "as agreed on 2025-06-01", "copy_of": number(3), "who": person(3)}
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(1) | more, notice(3) | same]))
    site.take_in("consent")
    assert site.quarantined(WITHDRAWAL) == {"BAD_RECORD": 1}
    assert 1 not in live(site, 3)
    assert 3 not in live(site, 3)
    with pytest.raises(FieldstoneError, match="whose person can't be identified"):
        withdrawals.require_settled(context_of(site), "train")
