"""The text that somebody signed last says whether her records serve other members of her household."""

from conf.schema.contract import Purpose
from lake.vault import token_of
from tests.deliveries.test_withdrawals_as_they_come import context_of, lines, live, notice
from tests.integration.landing import TEXTS, grant, person

TABLES = ("farm__planting", "farm__breeding")
WITH, WITHOUT = "2025-01", "2024-01"

# what somebody signs: month, text and what else is unlike; whether her records are shared then
CASES = {
    "a text with it": ([(1, WITH, {})], True),
    "one without it": ([(1, WITHOUT, {})], False),
    "one without it later": ([(1, WITH, {}), (3, WITHOUT, {})], False),
    "one with it later": ([(1, WITHOUT, {}), (3, WITH, {})], True),
    "both at once": ([(1, WITH, {}), (1, WITHOUT, {})], False),
    "with, without and with it again": ([(1, WITH, {}), (2, WITHOUT, {}), (3, WITH, {})], True),
    "without it for one scope alone": ([(1, WITH, {}), (3, WITHOUT, {"scopes": "farm.planting"})], False),
    "without it for another purpose": ([(1, WITH, {}), (3, WITHOUT, {"purposes": "model_training"})], False),
    "without it until it ran out": ([(1, WITH, {}), (3, WITHOUT, {"expires_at": "2025-04-01T00:00:00Z"})], False),
    "without it for somebody else": ([(1, WITH, {}), (3, WITHOUT, {"recipient": "Another Bank"})], True),
}
WITHDRAWN = "without it, and withdraws that"


def signed(people: int) -> list[dict]:
    every = [*(texts for texts, _ in CASES.values()), CASES["one without it later"][0]]
    rows = []
    for n, texts in enumerate(every, people + 1):
        for month, text, changes in texts:
            at = {"granted_at": f"2025-{month:02}-10T08:00:00Z", "published_at": "2025-06-10T08:00:00Z"}
            ends = {"expires_at": "2028-01-05T00:00:00Z"}
            rows.append(grant(person(n), 1000 * month + 10 * n + (text == WITH), **TEXTS[text], **at | ends | changes))
    return rows


def test_the_text_signed_last_decides_whatever_becomes_of_the_consent(site):
    rows, people = signed(0), len(CASES) + 1
    last = rows[-1]
    ended = notice(1, consent_no=last["consent_no"], subject_id_no=last["subject_id_no"])
    site.own().deliver("consent/grant/a.jsonl", lines(rows))
    site.deliver("consent/withdrawal/a.jsonl", lines([ended]))
    site.take_in("consent")
    assert live(site, people) == {*range(1, people + 1)}
    context = context_of(site)
    keys = {token_of(person(n), context.vault.secrets.pseudonym): n for n in range(1, people + 1)}
    names, expected = (
        dict(enumerate([*CASES, WITHDRAWN], 1)),
        {case: is_shared for case, (_, is_shared) in CASES.items()},
    )
    for table in TABLES:
        contract, purpose = context.workspace.contract(table), {Purpose.CREDIT_ASSESSMENT}
        shared = context.lake.permitted(contract, purpose, context.as_of).collect()
        assert {names[keys[row["subject_key"]]]: row["_is_shared"] for row in shared} == expected | {WITHDRAWN: False}
