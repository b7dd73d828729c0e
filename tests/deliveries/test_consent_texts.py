"""Grants are held against the text that was signed: a damaged one gives no rights, a harmless variant does."""

import json

import pytest

from conf.schema.identifiers import resident_id_check
from tests.deliveries.test_withdrawals_as_they_come import lines
from tests.integration.landing import TEXTS, grant, person
from tests.integration.small import copied


def born(day: str) -> str:
    """A valid resident ID of somebody who was born on a day, such as 20060105."""
    body = f"500102{day}001"
    return body + resident_id_check(body)


DAMAGED = {
    "hash of another version": ({"text_sha256": TEXTS["2023-01"]["text_sha256"]}, "OTHER_CONSENT_TEXT"),
    "version of another hash": ({"text_version": "2025-01"}, "OTHER_CONSENT_TEXT"),
    "version that there never was": ({"text_version": "2031-07"}, "OTHER_CONSENT_TEXT"),
    "unknown hash": ({"text_sha256": "0" * 64}, "UNKNOWN_CONSENT_TEXT"),
    "a day before the text": ({"granted_at": "2023-12-31T15:59:59Z"}, "CONSENT_TEXT_NOT_IN_FORCE"),
    "years before the text": ({"granted_at": "2019-06-01T00:00:00Z"}, "CONSENT_TEXT_NOT_IN_FORCE"),
    "a text of the future": (TEXTS["2025-01"], "CONSENT_TEXT_NOT_IN_FORCE"),
    "a scope of no text": ({"scopes": "farm.planting;farm.fishing"}, "BEYOND_CONSENT_TEXT"),
    "a misspelt scope": ({"scopes": "farm.plantin"}, "BEYOND_CONSENT_TEXT"),
    "a purpose of no text": ({"purposes": "credit_assessment;advertising"}, "BEYOND_CONSENT_TEXT"),
    "fairness tests, of which its text says nothing": (
        {"purposes": "credit_assessment;fairness_testing"},
        "BEYOND_CONSENT_TEXT",
    ),
    "scopes without a separator": ({"scopes": "farm.plantingfarm.breeding"}, "BEYOND_CONSENT_TEXT"),
    "no end": ({"expires_at": None}, "MISSING_VALUE"),
    "the end of time": ({"expires_at": "9999-12-31T00:00:00Z"}, "CONSENT_WITHOUT_END"),
    "a hundred years": ({"expires_at": "2124-01-05T00:00:00Z"}, "CONSENT_WITHOUT_END"),
    "ends before it begins": ({"expires_at": "2024-01-05T07:59:59Z"}, "RULE_BROKEN"),
    "tomorrow": ({"granted_at": "2026-01-03T00:00:00Z", "published_at": "2026-01-03T00:00:00Z"}, "FUTURE_TIME"),
    "given tomorrow, published today": ({"granted_at": "2026-01-02T00:00:00Z"}, "FUTURE_TIME"),
    "given beyond the clock's tolerance": ({"granted_at": "2026-01-01T00:05:01Z"}, "FUTURE_TIME"),
    "a child": ({"subject_id_no": born("20100301")}, "UNDER_AGE"),
    "the day before she was 18": ({"subject_id_no": born("20060106")}, "UNDER_AGE"),
}


@pytest.fixture
def several(site):
    """Takes in one grant among nine good ones, so that its batch isn't refused for it."""

    def taken(**changes):
        good = [grant(person(n), n) for n in range(11, 20)]
        site.own().deliver("consent/grant/a.jsonl", lines([*good, grant(person(1), 1, **changes)]))
        site.take_in("consent")
        return "G0000000001" in site.silver("consent__grant", "consent_no")

    return taken


def test_damaged_grants_give_no_rights(site):
    good = [grant(person(n), n) for n in range(100, 200)]
    bad = [grant(person(n), n) | changes for n, (changes, _) in enumerate(DAMAGED.values(), 1)]
    site.own().deliver("consent/grant/a.jsonl", lines([*good, *bad]))
    site.take_in("consent")
    assert site.silver("consent__grant", "consent_no") == [each["consent_no"] for each in good]
    expected = sorted(reason for _, reason in DAMAGED.values())
    assert sorted(site.quarantined("consent__grant").elements()) == expected


HARMLESS = {
    "upper-case hash": {"text_sha256": TEXTS["2024-01"]["text_sha256"].upper()},
    "blanks around it": {"text_sha256": f"  {TEXTS['2024-01']['text_sha256']} ", "text_version": " 2024-01\u3000"},
    "full-width separators": {
        "scopes": "farm.planting；farm.breeding",
        "purposes": "credit_assessment；model_training",
    },
    "commas and blanks": {"scopes": "farm.planting, farm.breeding", "purposes": "credit_assessment ; model_training;"},
    "scopes that come twice": {"scopes": "farm.planting;farm.planting", "purposes": "credit_assessment"},
    "upper case": {"scopes": "FARM.PLANTING", "purposes": "Credit_Assessment"},
    "the first moment of the text": {"granted_at": "2023-12-31T16:00:00Z"},
    "the day she was 18": {"subject_id_no": born("20060105")},
    "an old text that is signed again": TEXTS["2023-01"],
    "ten years": {"expires_at": "2034-01-05T00:00:00Z"},
}


@pytest.mark.further
def test_harmless_variants_are_read_as_what_they_mean(site):
    grants = [grant(person(n), n) | changes for n, changes in enumerate(HARMLESS.values(), 1)]
    site.own().deliver("consent/grant/a.jsonl", lines(grants))
    site.take_in("consent")
    assert not site.quarantined("consent__grant")
    rows = site.silver("consent__grant", "scopes", "purposes")
    assert len(rows) == len(HARMLESS)
    assert {scope for scopes, _ in rows for scope in scopes.split(";")} <= {*grants[0]["scopes"].split(";")}
    assert ("farm.planting", "credit_assessment") in rows
    assert ("farm.planting;farm.breeding", "credit_assessment;model_training") in rows


def test_the_birth_date_of_a_child_stays_at_the_door(site, several):
    child = born("20100301")
    assert not several(subject_id_no=child)
    stored = [path for path in site.home.rglob("*") if path.is_file()]
    assert not [path.name for path in stored if b"20100301" in path.read_bytes()]


@pytest.mark.further
def test_a_replaced_text_is_refused_from_the_day_after_its_last(site, tmp_path):
    site.workspace = copied(tmp_path / "own")
    declared = site.workspace / "conf/consent_texts/2024-01.yaml"
    declared.write_text(declared.read_text() + "until_date: 2024-06-30\n")
    good = [grant(person(n), n, granted_at="2024-06-30T15:59:59Z") for n in range(1, 10)]
    site.deliver("consent/grant/a.jsonl", lines([*good, grant(person(10), 10, granted_at="2024-06-30T16:00:00Z")]))
    site.take_in("consent")
    assert len(site.silver("consent__grant", "consent_no")) == 9
    assert site.quarantined("consent__grant") == {"CONSENT_TEXT_NOT_IN_FORCE": 1}


def test_reasons_hold_no_values(site, several, capsys):
    assert not several(scopes="farm.planting;" + json.dumps(person(1)))
    assert person(1) not in capsys.readouterr().out
