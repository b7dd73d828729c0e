"""The tests of a limit's validation are tested: they leave a true capacity alone and find each planted defect."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from planted import OF_QUANTILES, SPREAD, Defect, a_capacity, falsely_red, shuffled, unfair, verdicts
from portfolio import CATALOGUE, LIMIT, POLICY, frame, limited, protected

import models
from conf.schema.workspace import load
from models import report
from models.validation import of_capacity, of_fit
from models.validation.finding import findings
from models.validation.limit_questions import LIMIT_QUESTIONS
from models.validation.of_capacity import CapacityEvidence

RULES, UNTIL = load().validation, datetime(2025, 1, 1, tzinfo=UTC)
KIND = models.of_kind("limit")


def judged(of: CapacityEvidence) -> dict[str, str]:
    return verdicts(findings(of_capacity.measures(of), RULES))


def test_a_true_capacity_is_seldom_called_red():
    assert not falsely_red([judged(a_capacity(seed)) for seed in range(12)])


@pytest.mark.nightly
def test_a_true_capacity_is_called_red_by_no_test_in_more_than_one_of_twenty_seeds():
    assert not falsely_red([judged(a_capacity(seed)) for seed in range(200)])


def test_every_test_of_a_limit_is_asked_and_can_be_tested():
    by_test = judged(a_capacity(1))
    assert set(LIMIT_QUESTIONS) < set(by_test)
    assert "not tested" not in by_test.values()


def other_quantiles_too_high(of: CapacityEvidence) -> CapacityEvidence:
    return replace(of, others={level: predicted + SPREAD for level, predicted in of.others.items()})


DEFECTS: dict[Defect, tuple[str, ...]] = OF_QUANTILES | {
    other_quantiles_too_high: ("coverage_of_range",),
    shuffled: (*OF_QUANTILES[shuffled], "overstated"),
    unfair: (*OF_QUANTILES[unfair], "group_capacity"),
}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_a_planted_defect_is_found_by_the_test_named_for_it(defect):
    shown = judged(defect(a_capacity(1)))
    assert {name: shown[name] for name in DEFECTS[defect]} == dict.fromkeys(DEFECTS[defect], "red")


def test_every_test_is_shown_a_defect():
    assert set(judged(a_capacity(1))) == {name for names in DEFECTS.values() for name in names}


@cache
def validated():
    return of_fit.validated(limited(), frame(), LIMIT, RULES, UNTIL, KIND, POLICY, protected())


def test_a_fitted_limit_has_its_findings_in_its_record_and_report():
    result = validated()
    record = json.loads(json.dumps(result.record.as_dict()))
    assert set(LIMIT_QUESTIONS) < {each["name"] for each in record["validation"]}
    assert record["validation_rules"]["fingerprint"] == RULES.fingerprint
    page = report.page(result, frame(), LIMIT, CATALOGUE, {}, POLICY, currency="CNY")
    assert all(f"<code>{name}</code>" in page for name in LIMIT_QUESTIONS)
    assert "Tested out of time" in page


def test_townships_are_parts_whose_coverage_is_looked_at():
    worse = limited().scored.copy()
    is_first = frame().set_index("application_id")["_out_of"].reindex(worse["application_id"]).eq("valley 1").to_numpy()
    worse["capacity"] += np.where(is_first & worse["slice"].eq("oot"), 1e6, 0.0)
    result = of_fit.validated(replace(limited(), scored=worse), frame(), LIMIT, RULES, UNTIL, KIND, POLICY, protected())
    by_part = {each.name: each for each in result.record.validation}["coverage_by_part"]
    assert by_part.where == ("township valley 1",)
    assert by_part.verdict == "red"
