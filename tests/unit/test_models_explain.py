"""Reasons: few, unfavourable, one's own, in order, and never of what is protected."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from portfolio import CATALOGUE, MONOTONE, NAMES, POLICY, Entry, admitted, frame

from conf.schema.sentences import Sentences
from models import explain

PREDICTOR = admitted().predictor
ROWS = frame().reset_index(drop=True)
SHAP = PREDICTOR.shap_values(ROWS)
REFERENCE = PREDICTOR.reference(POLICY.decline_pd)
VALUES = ROWS[list(PREDICTOR.features)]
DECLINED = PREDICTOR.predict_pd(ROWS) > POLICY.decline_pd
REASONS = explain.reasons(SHAP[DECLINED], VALUES[DECLINED], REFERENCE, CATALOGUE, PREDICTOR.hidden)


def entry(name: str, monotone: int = 0, window: str = "") -> Entry:
    return Entry(name, window, "cny", name.upper(), f"指标{name}", monotone, "banking")


def tell(contributions: list[float], names=("a", "b", "c", "d", "e", "f"), reference=None, **options):
    """Reasons of one applicant with these contributions."""
    names = names[: len(contributions)]
    shap = pd.DataFrame([contributions], columns=list(names))
    options.setdefault("catalogue", {name: entry(name, 1) for name in names})
    values = options.pop("values", shap * 0)
    return explain.reasons(shap, values, np.array(reference or [0.0] * len(names)), **options)[0]


def test_whoever_is_declined_gets_reasons():
    assert all(REASONS)
    assert 20 < DECLINED.sum() < len(ROWS) / 2


def test_reasons_are_few_in_order_and_among_ones_own_drivers():
    for i, reasons in zip(SHAP.index[DECLINED], REASONS, strict=True):
        excess = [reason.excess for reason in reasons]
        assert len(reasons) <= explain.MOST_REASONS
        assert excess == sorted(excess, reverse=True)
        assert all(SHAP.loc[i, reason.feature] > 0 < reason.excess for reason in reasons)


def test_reasons_are_held_against_the_cut_off_and_not_the_average():
    # b lies further above the average, a further above those at the cut-off
    assert [r.feature for r in tell([0.5, 0.6], reference=[0.1, 0.4])] == ["a", "b"]


def test_what_favours_the_applicant_is_no_reason():
    assert [r.feature for r in tell([1.0, -0.1], reference=[0.0, -0.5])] == ["a"]


def test_without_a_feature_that_does_both_those_that_raise_the_own_risk_are_told():
    # a lies less far above the average than those at the cut-off, b speaks for the applicant
    assert [r.feature for r in tell([1.0, -0.1], reference=[1.05, -0.6])] == ["a"]


def test_beyond_a_cut_off_below_the_average_what_reaches_beyond_it_is_told():
    assert [r.feature for r in tell([-0.1, -0.2], reference=[-0.4, -0.3])] == ["a", "b"]


def test_hidden_features_are_passed_over():
    assert [r.feature for r in tell([1.0, 0.5], hidden={"a"})] == ["b"]


def test_of_several_windows_of_a_feature_the_strongest_speaks():
    names = ("sales_cny_3m", "sales_cny_12m", "other_cny")
    catalogue = {n: entry(n, -1, n.rsplit("_", 1)[1] if "sales" in n else "") for n in names}
    reasons = tell([0.3, 0.5, 0.1], names=names, catalogue=catalogue)
    assert [r.feature for r in reasons] == ["sales_cny_12m", "other_cny"]


def of_facts(**facts: str) -> dict[str, Entry]:
    """Entries of features, each with its fact; empty is a fact of its own."""
    return {
        name: replace(entry(name, 1), sentences=Sentences("later", high=(f"Much of {name}",), fact=fact))
        for name, fact in facts.items()
    }


def test_features_of_one_fact_are_one_reason_by_their_sum():
    catalogue = of_facts(a="debt", b="", c="debt")
    reasons = tell([0.3, 0.5, 0.4], names=("a", "b", "c"), catalogue=catalogue)
    assert [(r.feature, r.en, r.excess) for r in reasons] == [("c", "Much of c", 0.7), ("b", "Much of b", 0.5)]


def test_a_fact_that_speaks_for_the_applicant_on_the_whole_is_no_reason():
    catalogue = of_facts(a="debt", b="", c="debt")
    assert [r.feature for r in tell([0.6, 0.1, -0.7], names=("a", "b", "c"), catalogue=catalogue)] == ["b"]


def test_a_hidden_feature_adds_nothing_to_its_fact():
    catalogue = of_facts(a="debt", b="", c="debt")
    reasons = tell([0.3, 0.5, 0.4], names=("a", "b", "c"), catalogue=catalogue, hidden={"c"})
    assert [(r.feature, r.excess) for r in reasons] == [("b", 0.5), ("a", 0.3)]


def test_what_several_features_say_with_one_sentence_is_said_once_and_the_next_strongest_moves_up():
    absent = Sentences("later", high=("Much is planted",), absent=("No planting is on record", "无种植记录"))
    catalogue = {name: replace(entry(name, 1), sentences=absent) for name in "abc"} | {n: entry(n, 1) for n in "def"}
    values = pd.DataFrame([dict.fromkeys("abc", np.nan) | dict.fromkeys("def", 1.0)])
    reasons = tell([6.0, 5.0, 4.0, 3.0, 2.0, 1.0], catalogue=catalogue, values=values)
    assert [(reason.feature, reason.en) for reason in reasons] == [
        ("a", "No planting is on record"),
        ("d", "D: too high"),
        ("e", "E: too high"),
        ("f", "F: too high"),
    ]


def test_what_is_told_of_several_causes_repeats_no_feature_and_no_sentence():
    pairs = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "z"), ("c", "u"), ("d", "v"), ("e", "w")]
    reasons = explain.distinct(explain.Reason(feature, 1.0, text, text) for feature, text in pairs)
    assert [(reason.feature, reason.en) for reason in reasons] == [("a", "x"), ("b", "z"), ("c", "u"), ("d", "v")]


@pytest.mark.parametrize(
    ("monotone", "value", "en", "zh"),
    [
        (1, 3.0, "A: too high", "指标a：偏高"),
        (-1, 3.0, "A: too low", "指标a：偏低"),
        (0, 3.0, "A: unfavourable together with other facts", "指标a：与其他情况综合考虑后较为不利"),
        (-1, np.nan, "A: no record", "指标a：无记录"),
    ],
)
def test_texts_say_in_both_languages_what_about_the_feature(monotone, value, en, zh):
    values = pd.DataFrame({"a": [value]})
    (reason,) = tell([1.0], catalogue={"a": entry("a", monotone)}, values=values)
    assert (reason.en, reason.zh) == (en, zh)


def test_what_is_measured_in_time_is_long_or_short():
    days = {"a": replace(entry("a", 1), unit="days"), "b": replace(entry("b", -1), unit="months")}
    assert [reason.en for reason in tell([2.0, 1.0], catalogue=days)] == ["A: too long", "B: too short"]


def test_a_flag_is_yes_or_no():
    flags = {name: replace(entry(name, 0), unit="flag") for name in "ab"}
    values = pd.DataFrame({"a": [1.0], "b": [0.0]})
    reasons = tell([2.0, 1.0], catalogue=flags, values=values)
    assert [(reason.en, reason.zh) for reason in reasons] == [("A: yes", "指标a：是"), ("B: no", "指标b：否")]


def test_no_text_speaks_of_a_score():
    assert not any("score" in reason.en.lower() for reasons in REASONS for reason in reasons)


numbers = st.lists(st.floats(-2, 2), min_size=6, max_size=6)


@given(numbers, numbers)
def test_one_to_four_reasons_for_whoever_is_beyond_the_cut_off(contributions, reference):
    assume(sum(contributions) > sum(reference) + 1e-9)
    reasons = tell(contributions, reference=reference)
    assert 1 <= len(reasons) <= 4
    assert all(reason.excess > 0 for reason in reasons)


def test_a_profile_adds_up_at_and_between_and_beyond_its_knots():
    margin, base = PREDICTOR.margin(ROWS), PREDICTOR.base_value
    profile = explain.profile(margin, SHAP.to_numpy())
    for wanted in (*profile.margins, -9.0, float(np.median(margin)), 4.0):
        assert profile.at(wanted).sum() + base == pytest.approx(wanted, abs=1e-4)


def test_a_profile_of_equal_margins_doesnt_fail():
    profile = explain.profile(np.full(30, -2.0), np.tile([0.5, -0.5], (30, 1)))
    assert profile.at(-2.0) == pytest.approx([0.5, -0.5])
    assert profile.at(-1.0).sum() == pytest.approx(1.0)


def test_importance_is_the_mean_size_of_contributions():
    ranked = explain.importance(pd.DataFrame({"a": [0.1, -0.1], "b": [0.5, -0.7]}))
    assert list(ranked) == ["b", "a"]
    assert ranked["b"] == pytest.approx(0.6)


def test_every_feature_has_a_direction_to_speak_of():
    assert set(MONOTONE.values()) == {-1, 0, 1}
    assert set(CATALOGUE) == set(NAMES)
