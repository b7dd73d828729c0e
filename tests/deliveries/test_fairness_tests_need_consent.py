"""Protected columns are read for fairness tests only of people with a live consent for these."""

import io
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lake.vault import token_of
from pipeline.registry import protected_groups, statements
from tests.deliveries.test_withdrawals_as_they_come import context_of, lines, notice
from tests.integration.landing import TEXTS, grant, person

BASE = "credit_assessment;model_training"
FAIR = f"{BASE};fairness_testing"
SIGNED = {**TEXTS["2025-01"], "granted_at": "2025-02-01T08:00:00Z", "published_at": "2025-02-01T09:00:00Z"}
ENDED = {"expires_at": "2025-09-01T08:00:00Z"}

# what each person has signed; whether fairness may be tested on her
PEOPLE = {
    "ticked it": ([SIGNED | {"purposes": FAIR}], True),
    "did not tick it": ([SIGNED | {"purposes": BASE}], False),
    "gave no consent": ([], False),
    "withdrew it": ([SIGNED | {"purposes": FAIR}], False),
    "ticked it until it ran out": ([SIGNED | {"purposes": FAIR} | ENDED], False),
    "ticked it for somebody else": ([SIGNED | {"purposes": FAIR, "recipient": "Another Bank"}], False),
    "ticked it where the text says nothing of it": ([{"purposes": FAIR}], False),
    "ticked it later": ([{"purposes": BASE}, SIGNED | {"purposes": FAIR}], True),
    "ticked it alone": ([SIGNED | {"purposes": "fairness_testing", "scopes": "farm.household"}], True),
}


def customers(people: int) -> bytes:
    rows = [
        {
            "customer_no": f"C{n:010d}", "id_no": person(n), "opened_date": date(2020, 1, 1), "branch_code": "B500102",
            "sex": "F", "birth_year": 1950 + n, "published_at": datetime(2020, 1, 2, tzinfo=UTC),
        }
        for n in range(1, people + 1)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), file := io.BytesIO())
    return file.getvalue()


def test_only_people_who_agreed_to_fairness_tests_are_tested(site):
    grants = [
        grant(person(n), 10 * n + i, **changes)
        for n, (signed, _) in enumerate(PEOPLE.values(), 1)
        for i, changes in enumerate(signed)
    ]
    withdrew = [*PEOPLE].index("withdrew it") + 1
    sound = [grant(person(n), 1000 + n) for n in range(100, 110)]  # so that the batch isn't refused
    site.own().deliver("consent/grant/a.jsonl", lines([*grants, *sound]))
    ended = notice(10 * withdrew, subject_id_no=person(withdrew))
    site.deliver("consent/withdrawal/a.jsonl", lines([ended]))
    site.take_in("consent")
    site.deliver("bank/customer/a.parquet", customers(len(PEOPLE)))
    site.take_in("bank")
    assert len(site.silver("bank__customer")) == len(PEOPLE)

    context = context_of(site)
    keys = [token_of(person(n), context.vault.secrets.pseudonym) for n in range(1, len(PEOPLE) + 1)]
    groups = protected_groups.groups(context, pd.DataFrame({"application_id": [*PEOPLE], "subject_key": keys}))
    assert {*groups.columns} == {"sex", "birth_year"}
    expected = {who: is_tested for who, (_, is_tested) in PEOPLE.items()}
    assert groups["sex"].notna().to_dict() == expected
    assert groups["birth_year"].notna().to_dict() == expected
    tested = statements.fairness_tests(groups, asks=True)
    assert tested.en == "3 of 9 applications are of people who have consented to fairness tests"

    nobody = pd.DataFrame({"application_id": ["a", "b"], "subject_key": keys[1:3]})
    groups = protected_groups.groups(context, nobody)
    assert [*groups.columns] == []
    tested = statements.fairness_tests(groups, asks=True)
    assert tested.en.startswith("not tested for lack of consents: 0 of 2 applications")
