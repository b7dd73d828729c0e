"""What stands granted over runs: approvals and decisions until they are disbursed, expire or are withdrawn."""

from datetime import timedelta

import pytest

from jobs import commitments, refine
from jobs.decide import DECISIONS
from jobs.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.holding import ANN as HELD
from tests.integration.holding import application, key_of
from tests.integration.landing import HOUSEHOLD, as_csv, grant, person, write_jsonl

ANN, BEN, CAT = person(1), person(2), person(3)
LATELY = "2025-12-20T00:00:00Z"
# number → whose, status, amount approved, when published
APPLICATIONS = {
    1: (ANN, "pending", None, LATELY),  # no decision yet
    2: (ANN, "approved", "15000", LATELY),
    3: (ANN, "approved", None, LATELY),  # nobody told how much: what was decided here
    4: (BEN, "approved", None, LATELY),  # neither told nor decided here: what was asked for
    5: (BEN, "approved", "15000", LATELY),  # disbursed
    6: (BEN, "approved", "15000", "2025-09-01T00:00:00Z"),  # expired
    7: (BEN, "withdrawn", None, LATELY),
    8: (BEN, "declined", None, LATELY),
    9: (CAT, "pending", None, LATELY),  # admitted
    10: (CAT, "pending", None, LATELY),  # referred
    11: (CAT, "pending", None, LATELY),  # declined here
    12: (CAT, "pending", None, "2025-08-01T00:00:00Z"),  # admitted so long ago that it has expired
}
DECIDED = {
    3: ("admit", 12_000, AS_OF - timedelta(days=15)),
    7: ("admit", 9_000, AS_OF - timedelta(days=15)),
    9: ("admit", 7_000, AS_OF - timedelta(days=89)),
    10: ("refer", 6_000, AS_OF - timedelta(days=1)),
    11: ("decline", 0, AS_OF - timedelta(days=1)),
    12: ("admit", 5_000, AS_OF - timedelta(days=90)),
}


def number(one: int) -> str:
    return f"A{one:010d}"


def applied(one: int) -> dict:
    subject, status, approved, moment = APPLICATIONS[one]
    told = {"approved_cny": approved} if approved else {}
    return application(HELD, moment) | {"application_no": number(one), "id_no": subject, "status": status} | told


def member(subject: str) -> dict:
    return {
        "household_no": HOUSEHOLD, "member_id_no": subject, "member_name": "", "relation": "head",
        "village_code": "500102001201", "valid_from_date": "2020-01-01", "valid_to_date": "",
        "published_at": "2024-01-10T00:00:00Z",
    }  # fmt: skip


def loan(one: int) -> dict:
    return {
        "loan_no": f"L{one:010d}", "application_no": number(one), "id_no": APPLICATIONS[one][0],
        "product_code": "farm_credit", "principal_cny": "15000", "annual_rate": "0.05", "term_months": "12",
        "disbursed_date": "2025-12-28", "published_at": "2025-12-29T00:00:00Z",
    }  # fmt: skip


@pytest.fixture
def lent(context):
    """A bank with all of these, and a household of Ann and Ben; Cat's isn't known."""
    landing = context.workspace.settings.landing
    write_jsonl(landing / "consent/grant/a.jsonl", [grant(each, n) for n, each in enumerate((ANN, BEN, CAT), 1)])
    write_jsonl(landing / "bank/application/a.jsonl", [applied(one) for one in APPLICATIONS])
    for path, rows in (
        ("farm/household_membership", [member(ANN), member(BEN)]),
        ("bank/loan", [loan(5)]),
    ):
        (landing / path).mkdir(parents=True)
        (landing / path / "a.csv").write_text(as_csv(rows))
    for name in ("consent__grant", "farm__household_membership", "bank__application", "bank__loan"):
        contract = context.workspace.contract(name)
        ingest.ingest(context, context.workspace.source(contract.source), contract)
        refine.refine_waiting(context, contract)
    rows = [(number(one), *decision) for one, decision in DECIDED.items()]
    columns = "application_id string, decision string, limit_cny double, decided_at timestamp"
    context.lake.append_gold(DECISIONS, context.lake.spark.createDataFrame(rows, columns))
    return context


def test_what_was_granted_counts_until_it_is_disbursed_expires_or_is_withdrawn(lent):
    ledger = commitments.granted(lent, commitments.standing(lent)).set_index("application_id")
    expected = {2: 15_000, 3: 12_000, 4: 20_000, 9: 7_000, 10: 6_000}
    assert ledger["amount_cny"].to_dict() == {number(one): cny for one, cny in expected.items()}
    assert ledger.loc[number(2), "subject_key"] == key_of(lent, ANN)


def test_members_of_a_household_are_known_by_it(lent):
    homes = commitments.standing(lent).set_index("application_id")["household_no"]
    assert homes[number(2)] == homes[number(4)]
    assert homes[[number(9), number(10)]].isna().all()
    assert len(homes.dropna().unique()) == 1


def test_before_any_decision_approvals_count(lent):
    lent.lake.delete(DECISIONS, {"application_id": [number(one) for one in DECIDED]})
    ledger = commitments.granted(lent, commitments.standing(lent))
    assert ledger["amount_cny"].sum() == 15_000 + 20_000 + 20_000
    assert set(ledger["product_code"]) == {"farm_credit"}
