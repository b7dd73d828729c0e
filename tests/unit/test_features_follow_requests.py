"""Features follow what an applicant could change as they say: held against the same features computed anew."""

import pytest
from silver import FEATURES, computed
from test_features_spec import module
from test_features_values import CASES

from conf.schema.errors import ContractError
from conf.schema.loan_request import REQUESTED, Repaid
from features.engine.collect import collect
from features.engine.records import Records, ratio
from features.engine.spec import Request, Table, derived
from features.engine.windows import Ever

request = Request("bank__application")


@request.feature(unit="months")
def requested_months() -> str:
    """Term requested."""
    return "term_months"


@request.feature(unit="cny")
def amount_cny() -> str:
    """Amount requested."""
    return "requested_amount"


def follows(*features) -> dict:
    return {column.name: dict(column.follows) for column in collect([module(*features)]).columns if column.follows}


def test_every_feature_of_the_workspace_follows_what_is_asked_for_as_it_says(spark):
    requests = {"a1": (10_000, 12), "a2": (4_300, 12), "a3": (10_000, 30), "a4": (77_700, 7)}
    applications = [
        {"application_id": number, "requested_cny": str(amount), "term_months": str(term)}
        for number, (amount, term) in requests.items()
    ]
    first, *others = computed(spark, CASES["credit"][0], *applications)
    declared = {column.name: dict(column.follows) for column in FEATURES.columns}
    known = {name for name, powers in declared.items() if powers and first[name]}
    assert known >= {"requested_to_income_ratio", "instalment_to_income_ratio", "requested_cny_mu"}
    for row in others:
        factors = [now / then for now, then in zip(requests[row["application_id"]], requests["a1"], strict=True)]
        for name, powers in declared.items():
            factor = 1.0
            for lever, by in zip(REQUESTED, factors, strict=True):
                factor *= by ** powers.get(lever, 0)
            expected = None if first[name] is None else pytest.approx(first[name] * factor)
            assert row[name] == expected, name


def test_a_column_of_what_is_asked_for_follows_it_and_a_derived_feature_as_it_declares():
    @derived(unit="ratio", scales_with={"requested_amount": 1, "term_months": -1})
    def instalment_ratio() -> str:
        """Instalment."""
        return ratio("amount_cny", "requested_months * 2")

    @derived(unit="flag")
    def is_long() -> str:
        """Is asked for over more than two years."""
        return "requested_months > 24"

    assert follows(requested_months, amount_cny, instalment_ratio, is_long) == {
        "requested_months": {"term_months": 1},
        "amount_cny": {"requested_amount": 1},
        "instalment_ratio": {"requested_amount": 1, "term_months": -1},
        "is_long": {"term_months": None},
    }


@pytest.mark.parametrize(
    ("scales_with", "message"),
    [
        ({"income_cny": 1}, "scales_with names income_cny; give requested_amount or term_months"),
        ({"term_months": 0}, "scales_with has a power of 0"),
        ({"requested_amount": 1}, "declares scales_with requested_amount, but isn't computed from it"),
    ],
)
def test_what_a_feature_cannot_follow_is_refused(scales_with, message):
    def long_months() -> str:
        """Term."""
        return "requested_months + 1"

    with pytest.raises(ContractError, match=message):
        follows(requested_months, derived(unit="months", scales_with=scales_with)(long_months))


PAID = {"loan_no": "l1", "due_date": "2024-04-01", "due_cny": "1000", "paid_cny": "1000", "days_past_due": "0"}
OWING = {
    "loan_no": "l1", "disbursed_date": "2023-11-01", "principal_cny": "12000", "term_months": "12",
    "annual_rate": "0.06", "outstanding_cny": "7000", "event_time": "2024-05-09",
}  # fmt: skip


def test_every_feature_of_the_workspace_is_what_it_says_once_loans_are_repaid(spark):
    records = CASES["credit"][0] | {
        "bank__instalment": [
            PAID | {"instalment_no": "1", "due_date": "2023-12-01", "paid_date": "2023-12-20"},
            PAID | {"instalment_no": "2", "paid_date": "2024-04-01"},
        ]
    }
    settled = OWING | {"outstanding_cny": "0", "closed_date": "2024-05-08"}
    (before,), (after,) = (computed(spark, records | {"bank__loan": [loan]}) for loan in (OWING, settled))
    repaid = {column.name: column.repaid for column in FEATURES.columns}
    assert {name for name, effect in repaid.items() if effect is Repaid.ZERO and before[name]} >= {
        "existing_exposure_cny", "existing_debt_service_cny_month", "running_loan_count", "exposure_to_income_ratio",
    }  # fmt: skip
    assert [name for name, effect in repaid.items() if effect is Repaid.BARS] == ["overdue_cny"]
    for name, effect in repaid.items():
        assert effect is not Repaid.UNKNOWN, name
        expected = 0 if effect is Repaid.ZERO and before[name] is not None else before[name]
        assert after[name] == expected, name


def test_what_reads_debts_and_does_not_say_what_repaying_brings_is_unknown():
    loan, other = Table("bank__loan"), Table("bank__transaction")

    @loan.feature(windows=[Ever()], unit="cny", once_repaid=Repaid.ZERO)
    def owed_cny(records: Records) -> str:
        """Owed."""
        return records.sum("outstanding_cny")

    @loan.feature(windows=[Ever()], unit="count")
    def loan_count(records: Records) -> str:
        """Loans."""
        return records.count()

    @other.feature(windows=[Ever()], unit="cny")
    def income_cny(records: Records) -> str:
        """Income."""
        return records.sum("amount_cny")

    @derived(unit="ratio")
    def owed_ratio() -> str:
        """Owed against income."""
        return ratio("owed_cny", "income_cny")

    @derived(unit="ratio", once_repaid=Repaid.ZERO)
    def owed_twice_ratio() -> str:
        """Owed twice against income."""
        return ratio("owed_cny * 2", "income_cny")

    collected = collect([module(owed_cny, loan_count, income_cny, owed_ratio, owed_twice_ratio)])
    assert {column.name: column.repaid for column in collected.columns} == {
        "owed_cny": Repaid.ZERO,
        "loan_count": Repaid.UNKNOWN,
        "income_cny": Repaid.SAME,
        "owed_ratio": Repaid.UNKNOWN,
        "owed_twice_ratio": Repaid.ZERO,
    }
