"""What stands granted over runs: approvals and decisions until they are disbursed, expire or are withdrawn."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models.caps import Constraint
from models.household_decisions import decide_in_turn
from pipeline import refine
from pipeline.decisions import commitments
from pipeline.decisions.decide import DECISIONS
from pipeline.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.holding import ANN as BORROWER
from tests.integration.holding import application, folder_context, key_of
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
    13: (ANN, "approved", "9000", "2025-06-20T00:00:00Z"),  # disbursed, and partly repaid
    14: (ANN, "approved", "8000", "2025-06-20T00:00:00Z"),  # disbursed, and settled
    15: (CAT, "approved", "5000", "2025-06-20T00:00:00Z"),  # disbursed
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
    approval = {"approved_cny": approved} if approved else {}
    return (
        application(BORROWER, moment) | {"application_no": number(one), "id_no": subject, "status": status} | approval
    )


def member(subject: str) -> dict:
    return {
        "household_no": HOUSEHOLD, "member_id_no": subject, "member_name": "", "relation": "head",
        "village_code": "500102001201", "valid_from_date": "2020-01-01", "valid_to_date": "",
        "published_at": "2024-01-10T00:00:00Z",
    }  # fmt: skip


# number of the application → what its loan says beside `loan`
LOANS = {
    5: {},
    13: {"principal_cny": "9000", "product_code": "farm_equipment", "repayment_type": "equal_principal",
         "outstanding_cny": "6000", "disbursed_date": "2025-06-28", "published_at": "2025-12-03T00:00:00Z"},
    14: {"principal_cny": "8000", "disbursed_date": "2025-06-28", "closed_date": "2025-12-01",
         "published_at": "2025-12-02T00:00:00Z"},
    15: {"principal_cny": "5000", "repayment_type": "bullet"},
}  # fmt: skip


def loan(one: int) -> dict:
    return {
        "loan_no": f"L{one:010d}", "application_no": number(one), "id_no": APPLICATIONS[one][0],
        "product_code": "farm_credit", "principal_cny": "15000", "annual_rate": "0.05", "term_months": "12",
        "disbursed_date": "2025-12-28", "published_at": "2025-12-29T00:00:00Z",
        "repayment_type": "", "outstanding_cny": "", "closed_date": "",
    } | LOANS[one]  # fmt: skip


def instalment(one: int, due: str, paid: str) -> dict:
    return {
        "loan_no": f"L{one:010d}", "instalment_no": "1", "id_no": APPLICATIONS[one][0], "due_date": due,
        "due_cny": "3100", "paid_cny": paid, "paid_date": due if paid != "0" else "", "days_past_due": "0",
        "published_at": "2025-12-03T00:00:00Z",
    }  # fmt: skip


@pytest.fixture(scope="module")
def bank(tmp_path_factory, spark):
    """The folder of a bank with all of these, and a household of Ann and Ben; Cat's isn't known."""
    context = folder_context(tmp_path_factory.mktemp("bank"))
    landing = context.workspace.settings.landing
    write_jsonl(landing / "consent/grant/a.jsonl", [grant(each, n) for n, each in enumerate((ANN, BEN, CAT), 1)])
    write_jsonl(landing / "bank/application/a.jsonl", [applied(one) for one in APPLICATIONS])
    for path, rows in (
        ("farm/household_membership", [member(ANN), member(BEN)]),
        ("bank/loan", [loan(one) for one in LOANS]),
        ("bank/instalment", [instalment(13, "2025-12-01", "0"), instalment(14, "2025-11-28", "3100")]),
    ):
        (landing / path).mkdir(parents=True)
        (landing / path / "a.csv").write_text(as_csv(rows))
    for name in ("consent__grant", "farm__household_membership", "bank__application", "bank__loan", "bank__instalment"):
        contract = context.workspace.contract(name)
        ingest.ingest(context, context.workspace.source(contract.source), contract)
        refine.refine_waiting(context, contract)
    rows = [
        (number(one), key_of(context, APPLICATIONS[one][0]), [], decision, Decimal(limit_amount), decided_at)
        for one, (decision, limit_amount, decided_at) in DECIDED.items()
    ]
    columns = (
        "application_id string, subject_key string, consent_ids array<string>, decision string, "
        "limit_amount decimal(12,2), decided_at timestamp"
    )
    context.lake.append_gold(DECISIONS, context.lake.spark.createDataFrame(rows, columns))
    return context.workspace.settings.home.parent


@pytest.fixture
def lent(bank, tmp_path):
    """That bank, to oneself."""
    shutil.copytree(bank, tmp_path, dirs_exist_ok=True)
    return folder_context(tmp_path)


def test_what_was_granted_counts_until_it_is_disbursed_expires_or_is_withdrawn(lent):
    ledger = commitments.granted(lent, commitments.standing(lent)).set_index("application_id")
    expected = {2: 15_000, 3: 12_000, 4: 20_000, 9: 7_000, 10: 6_000}
    assert ledger["amount"].to_dict() == {number(one): cny for one, cny in expected.items()}
    assert ledger.loc[number(2), "subject_key"] == key_of(lent, ANN)


def test_members_of_a_household_are_known_by_it(lent):
    homes = commitments.standing(lent).set_index("application_id")["household_no"]
    assert homes[number(2)] == homes[number(4)]
    assert homes[[number(9), number(10)]].isna().all()
    assert len(homes.dropna().unique()) == 1


def test_before_any_decision_approvals_count(lent):
    lent.lake.delete(DECISIONS, {"application_id": [number(one) for one in DECIDED]})
    ledger = commitments.granted(lent, commitments.standing(lent))
    assert ledger["amount"].sum() == 15_000 + 20_000 + 20_000
    assert set(ledger["product_code"]) == {"farm_credit"}


def test_what_is_owed_is_told_of_each_loan(lent):
    book = commitments.outstanding(lent)
    by_subject = {row["subject_key"]: row for _, row in book.iterrows()}
    assert len(book) == 3
    ann, ben, cat = (by_subject[key_of(lent, each)] for each in (ANN, BEN, CAT))
    # half of 9,000 isn't due yet; of the 6,000 that are outstanding 3,100 are overdue, which is more together
    assert (ann["product_code"], ann["existing_exposure"]) == ("farm_equipment", 4_500 + 3_100)
    assert ann["existing_debt_service_month"] == pytest.approx(9_000 / 12 + 4_500 * 0.05 / 12 + 3_100 / 12)
    assert (ben["product_code"], ben["existing_exposure"]) == ("farm_credit", 15_000)
    assert (cat["existing_exposure"], cat["household_no"]) == (5_000, None)
    assert ann["household_no"] == ben["household_no"]


def test_caps_hold_over_all_that_the_household_has(lent):
    """Ann of grade C asks for 90,000 of 100,000, of which she owes 7,600 and Ben 15,000; 47,000 are granted to them."""
    open_ = commitments.standing(lent)
    ledger, book = commitments.granted(lent, open_), commitments.outstanding(lent)
    frame = open_[open_["application_id"] == number(1)].assign(
        pd=0.06, capacity_year=9e6, requested_amount=90_000.0, existing_debt_service_month=0.0,
        existing_exposure=0.0, has_required_consent=True, is_source_suspended=False, history_months=24.0,
    )  # fmt: skip
    row = decide_in_turn(frame, lent.workspace.policy, ledger, book).iloc[0]
    assert row["existing_exposure"] == 7_600
    assert row["household_existing_amount"] == 15_000
    assert row["household_committed_amount"] == 15_000 + 12_000 + 20_000
    assert row["limit_amount"] == 100_000 - 7_600 - 15_000 - 47_000
    assert row["binding_constraint"] == Constraint.HOUSEHOLD


def test_a_loan_is_owed_from_the_moment_that_it_is_undisbursed_no_more(lent):
    """At each moment around its disbursement 15,000 stand granted or are owed, never both and never neither."""
    for hours in (-25, -24, -23, 0):
        at = replace(lent, as_of=datetime(2025, 12, 30, 16, tzinfo=UTC) + timedelta(hours=hours))
        open_, book = commitments.standing(at), commitments.outstanding(at)
        ben = key_of(lent, BEN)
        owed = book.loc[book["subject_key"] == ben, "existing_exposure"].sum()
        assert owed + 15_000 * (number(5) in set(open_["application_id"])) == 15_000
