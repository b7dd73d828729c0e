"""Features follow amount and term asked for as they say: held against the same features computed anew."""

import pytest
from silver import FEATURES, computed
from test_features_spec import module
from test_features_values import CASES

from conf.schema.asked import ASKED
from conf.schema.errors import ContractError
from features.engine.collect import collect
from features.engine.records import ratio
from features.engine.spec import Request, derived

request = Request("bank__application")


@request.feature(unit="months")
def asked_months() -> str:
    """Term requested."""
    return "term_months"


@request.feature(unit="cny")
def amount_cny() -> str:
    """Amount requested."""
    return "requested_cny"


def follows(*features) -> dict:
    return {column.name: dict(column.follows) for column in collect([module(*features)]).columns if column.follows}


def test_every_feature_of_the_workspace_follows_what_is_asked_for_as_it_says(spark):
    asked = {"a1": (10_000, 12), "a2": (4_300, 12), "a3": (10_000, 30), "a4": (77_700, 7)}
    given = [
        {"application_id": number, "requested_cny": str(amount), "term_months": str(term)}
        for number, (amount, term) in asked.items()
    ]
    first, *others = computed(spark, CASES["credit"][0], *given)
    declared = {column.name: dict(column.follows) for column in FEATURES.columns}
    known = {name for name, powers in declared.items() if powers and first[name]}
    assert known >= {"requested_to_income_ratio", "instalment_to_income_ratio", "requested_cny_mu"}
    for row in others:
        factors = [now / then for now, then in zip(asked[row["application_id"]], asked["a1"], strict=True)]
        for name, powers in declared.items():
            factor = 1.0
            for lever, by in zip(ASKED, factors, strict=True):
                factor *= by ** powers.get(lever, 0)
            expected = None if first[name] is None else pytest.approx(first[name] * factor)
            assert row[name] == expected, name


def test_a_column_of_what_is_asked_for_follows_it_and_a_derived_feature_as_it_declares():
    @derived(unit="ratio", scales_with={"requested_cny": 1, "term_months": -1})
    def instalment_ratio() -> str:
        """Instalment."""
        return ratio("amount_cny", "asked_months * 2")

    @derived(unit="flag")
    def is_long() -> str:
        """Is asked for over more than two years."""
        return "asked_months > 24"

    assert follows(asked_months, amount_cny, instalment_ratio, is_long) == {
        "asked_months": {"term_months": 1},
        "amount_cny": {"requested_cny": 1},
        "instalment_ratio": {"requested_cny": 1, "term_months": -1},
        "is_long": {"term_months": None},
    }


@pytest.mark.parametrize(
    ("scales_with", "message"),
    [
        ({"income_cny": 1}, "scales_with names income_cny; give requested_cny or term_months"),
        ({"term_months": 0}, "scales_with has a power of 0"),
        ({"requested_cny": 1}, "is said to scale with requested_cny, and isn't computed from it"),
    ],
)
def test_what_a_feature_cannot_follow_is_refused(scales_with, message):
    def long_months() -> str:
        """Term."""
        return "asked_months + 1"

    with pytest.raises(ContractError, match=message):
        follows(asked_months, derived(unit="months", scales_with=scales_with)(long_months))
