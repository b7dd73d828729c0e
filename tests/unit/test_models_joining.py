"""What joining sources is worth: told of rows out of time, in pairs, and as large as what hides in the data."""

import re
from dataclasses import replace

import numpy as np
import pytest
from portfolio import ADMISSION, CATALOGUE, MONOTONE, NAMES, POLICY, admitted, frame

import models
from conf.schema.errors import ContractError
from conf.schema.model import Joining, ThinFile
from models import joining, metrics, report

OWN, KIND = ("lender",), models.of_kind("admission")
# of the strongest features the lender has but some; the register's are noise, the weakest of all
SOURCES = {
    name: frozenset({"farm"} if j < 4 else {"register"} if j > 11 else {"lender"}) for j, name in enumerate(NAMES)
}
SPEC = ADMISSION.model_copy(update={"joining": Joining(own=OWN, thin=ThinFile(feature=NAMES[5], below=0))})


@pytest.fixture(scope="module")
def joined() -> dict:
    return joining.recorded(admitted(), frame(), SPEC, MONOTONE, SOURCES, KIND, POLICY).record.as_dict()["joining"]


def by_set(group: dict) -> dict[tuple[str, ...], dict]:
    return {tuple(each["sources"]): each for each in group["sets"]}


def test_the_own_sources_the_others_each_with_its_own_and_all_are_compared(joined):
    sets = [OWN, ("farm", "register"), ("lender", "farm"), ("lender", "register"), ("lender", "farm", "register")]
    assert list(by_set(joined["all"])) == sets
    assert list(joined) == ["all", "thin", "thick"]


def test_sources_without_the_lenders_own_are_left_out_if_no_feature_is_theirs_alone():
    shared = {name: own | {"lender"} for name, own in SOURCES.items()}
    assert list(joining.sets(SPEC.joining, shared, NAMES))[:2] == [OWN, ("lender", "farm")]


def test_what_tells_of_defaults_gains_and_noise_doesnt(joined):
    figures = by_set(joined["all"])
    farm, register = figures["lender", "farm"], figures["lender", "register"]
    assert farm["auc"]["low"] > 0
    assert farm["ks"]["low"] > 0
    assert farm["approval_rate"]["gain"] > 0
    assert register["auc"]["low"] < 0 < register["auc"]["high"]


def test_all_sources_are_the_model_itself(joined):
    scored = admitted().scored
    late = scored[scored["slice"] == "oot"]
    every = by_set(joined["all"])["lender", "farm", "register"]
    assert every["auc"]["value"] == pytest.approx(metrics.auc(late["bad"], late["pd"]))
    assert every["ks"]["value"] == pytest.approx(metrics.ks(late["bad"], late["pd"]))
    shipped = late[late["pd"] <= POLICY.decline_pd]
    assert joined["all"]["bad_rate"] == pytest.approx(shipped["bad"].mean())
    assert every["approval_rate"]["value"] >= len(shipped) / len(late)


def test_own_sources_gain_nothing_over_themselves(joined):
    own = by_set(joined["all"])[OWN]
    assert {figure: own[figure]["gain"] for figure in ("auc", "ks", "approval_rate")} == dict.fromkeys(
        ("auc", "ks", "approval_rate"), 0
    )


def test_each_file_is_thin_or_thick(joined):
    assert joined["thin"]["rows"] + joined["thick"]["rows"] == joined["all"]["rows"]


def test_thin_files_are_those_below_the_bound_and_those_unknown(joined):
    rows = frame()[["application_id", NAMES[5]]]
    late = admitted().scored.query("slice == 'oot'").merge(rows, on="application_id")
    thin = late[(late[NAMES[5]] < 0) | late[NAMES[5]].isna()]
    assert (joined["thin"]["rows"], joined["thin"]["bads"]) == (len(thin), thin["bad"].sum())


def test_the_same_twice(joined):
    assert (
        joining.recorded(admitted(), frame(), SPEC, MONOTONE, SOURCES, KIND, POLICY).record.as_dict()["joining"]
        == joined
    )


def test_a_feature_of_several_sources_counts_when_all_are_joined():
    both = {**SOURCES, NAMES[0]: frozenset({"lender", "farm"}), NAMES[1]: frozenset({"farm", "register"})}
    names_by_set = joining.sets(SPEC.joining, both, NAMES)
    assert [NAMES[0] in names for names in names_by_set.values()] == [False, False, True, False, True]
    assert [NAMES[1] in names for names in names_by_set.values()] == [False, True, False, False, True]


def test_too_few_are_not_compared():
    few = SPEC.model_copy(update={"joining": Joining(own=OWN, thin=ThinFile(feature=NAMES[5], below=-3))})
    gone = frame().assign(**{NAMES[5]: frame()[NAMES[5]].fillna(0)})
    assert joining.recorded(admitted(), gone, few, MONOTONE, SOURCES, KIND, POLICY).record.joining["thin"]["sets"] == ()


def test_a_spec_without_it_changes_nothing():
    plain = SPEC.model_copy(update={"joining": None})
    assert joining.recorded(admitted(), frame(), plain, MONOTONE, SOURCES, KIND, POLICY) is admitted()


def test_sources_that_give_no_feature_are_refused():
    with pytest.raises(ContractError, match="features are computed from farm, lender, register"):
        joining.sets(Joining(own=("bank",)), SOURCES, NAMES)


def test_thin_files_by_a_feature_that_isnt_built_are_refused():
    unknown = SPEC.model_copy(update={"joining": Joining(own=OWN, thin=ThinFile(feature="age_months", below=12))})
    with pytest.raises(ContractError, match="age_months, which isn't built"):
        joining.recorded(admitted(), frame(), unknown, MONOTONE, SOURCES, KIND, POLICY)


def test_the_most_that_keep_a_bad_rate_are_counted():
    bad, score = np.array([0, 0, 1, 0, 1, 0]), np.array([1, 2, 3, 4, 5, 6.0])
    figures = joining.figures(bad, score, np.ones(6, int), 0.25)
    assert figures == pytest.approx((metrics.ks(bad, score), 4 / 6))
    twice = joining.figures(bad, score, np.array([1, 1, 1, 0, 0, 3]), 1 / 6)
    assert twice[1] == 1  # as it is drawn, so it is counted


def test_the_report_shows_it_first(joined):
    result = replace(admitted(), record=replace(admitted().record, joining=joined))
    page = report.page(result, frame(), SPEC, CATALOGUE, {}, POLICY, currency="CNY")
    assert page.index('id="joining"') < page.index('id="gates"')
    assert "lender + farm + register" in re.sub(r"<[^>]*>", "", page)
    assert f"Feature {NAMES[5]} below 0" in page
