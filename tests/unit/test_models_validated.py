"""A fitted model's validation: in its record, in its report, and never hidden by a banner."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import numpy as np
import pandas as pd
from page_texts import texts_of
from portfolio import ADMISSION, CATALOGUE, NAMES, POLICY, admitted, frame, protected

import models
from conf.schema.html_pages import with_minus
from conf.schema.validation import Threshold, Validation
from conf.schema.workspace import load
from models import report
from models.record import FitResult
from models.validation import of_fit
from models.validation.questions import QUESTIONS

RULES = load().validation
FITTED, ROWS = admitted(), frame()
UNTIL = datetime(2025, 6, 1, tzinfo=UTC)
KIND = models.of_kind("admission")


def validated(result: FitResult = FITTED, rules: Validation = RULES, rows: pd.DataFrame = ROWS) -> FitResult:
    return of_fit.validated(result, rows, ADMISSION, rules, UNTIL, KIND, POLICY, protected(), CATALOGUE)


def banner(result: FitResult) -> str:
    page = report.page(result, frame(), ADMISSION, CATALOGUE, {}, POLICY, currency="CNY")
    figure = re.search(r'<div class="figure verdict.*?</div>\s*</div>', page, re.DOTALL)
    assert figure
    return " ".join(re.sub(r"<[^>]+>", " ", figure.group()).split())


RESULT = validated()
PAGE = report.page(RESULT, frame(), ADMISSION, CATALOGUE, {}, POLICY, currency="CNY")


def test_the_record_holds_every_test_and_by_which_thresholds_it_was_judged():
    record = json.loads(json.dumps(RESULT.record.as_dict()))
    assert {each["name"] for each in record["validation"]} == set(QUESTIONS)
    assert record["validation_rules"] == {"version": RULES.version, "fingerprint": RULES.fingerprint}
    assert {each["verdict"] for each in record["validation"]} <= {"green", "amber", "red", "not tested"}


def test_a_sound_model_has_no_red_finding_and_its_banner_says_what_passed():
    assert RESULT.record.red == ()
    green = tuple(each for each in RESULT.record.validation if each.verdict == "green")
    assert re.search(r"All \d passed", banner(replace(RESULT, record=replace(RESULT.record, validation=green))))


def test_the_banner_counts_amber_findings_where_none_is_red():
    watched = RULES.model_copy(update={"thresholds": RULES.thresholds | {"auc": Threshold(amber=0.99, red=0.1)}})
    result = validated(rules=watched)
    ambers = [each.name for each in result.record.validation if each.verdict == "amber"]
    assert "auc" in ambers
    assert result.record.red == ()
    assert re.search(rf"{len(ambers)} findings? to watch", banner(result))
    assert "All" not in banner(result)


def test_the_banner_counts_red_findings_and_never_says_that_all_passed():
    strict = RULES.model_copy(update={"thresholds": RULES.thresholds | {"auc": Threshold(amber=0.99, red=0.98)}})
    red = validated(rules=strict)
    assert red.record.red == ("auc",)
    assert "1 red finding at training" in banner(red)
    assert "All" not in banner(red)
    assert 'class="figure verdict failed"' in report.page(
        red, frame(), ADMISSION, CATALOGUE, {}, POLICY, currency="CNY"
    )


def section(page: str, name: str) -> str:
    """What a part of the report says."""
    html = page.partition(f'id="{name}"')[2].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_figures_have_one_judgement_which_is_the_validations():
    judged = {"grades": "grade_order", "stability": "score_psi", "calibration": "pd_too_low", "fairness": "selection"}
    other = replace(RESULT.record, metrics=RESULT.record.metrics | {"score_psi": 0.2, "grades_monotone": 0.0})
    page = report.page(
        replace(RESULT, record=other), frame(), ADMISSION, CATALOGUE, {}, POLICY, languages=("en",), currency="CNY"
    )
    for name, test in judged.items():
        (judgement,) = [each for each in RESULT.record.validation if each.name == test]
        assert f"{judgement.verdict} {test} {judgement.says['en']}" in section(page, name)
        assert not re.search(r"\b(watch|rises|throughout|no sign)\b", section(page, name))
    assert "feature_csi" in section(page, "stability")


def test_without_a_validation_figures_are_judged_as_they_stand():
    other = replace(FITTED.record, metrics=FITTED.record.metrics | {"score_psi": 0.2, "grades_monotone": 0.0})
    page = report.page(
        replace(FITTED, record=other), frame(), ADMISSION, CATALOGUE, {}, POLICY, languages=("en",), currency="CNY"
    )
    assert "PSI 0.200 watch" in section(page, "stability")
    assert "doesn't rise throughout" in section(page, "grades")


def test_a_slice_is_told_by_days_of_the_workspaces_zone():
    part = {"from": "2023-12-31T16:00:00+00:00", "to": "2024-01-30T17:00:00+00:00", "rows": 9}
    other = replace(RESULT, record=replace(RESULT.record, split={"in_time": part, "oot": part}))
    page = report.page(
        other, frame(), ADMISSION, CATALOGUE, {}, POLICY, languages=("en",), zone="Asia/Shanghai", currency="CNY"
    )
    assert "9 in time, 2024-01-01 – 2024-01-31" in section(page, "validation")
    assert "judged in folds 2024-01-01 2024-01-31 9" in section(page, "making")


def test_a_verdict_comes_before_what_a_narrow_screen_may_cut_off():
    rows = section(
        report.page(RESULT, frame(), ADMISSION, CATALOGUE, {}, POLICY, languages=("en",), currency="CNY"), "validation"
    )
    assert re.search(r"Verdict Test Null hypothesis Finding Amber, red .*(green|amber|red|not tested) auc ", rows)


def test_the_report_says_how_many_rows_and_each_finding_in_both_languages():
    page = report.page(RESULT, frame(), ADMISSION, CATALOGUE, {}, POLICY, currency="CNY")
    section = page.partition('id="validation"')[2].partition("</section>")[0]
    counts = RESULT.record.counts
    assert f"{counts['used']:,} of {counts['given']:,} applications have a known end" in section
    assert f"{counts['given']:,} 笔申请中 {counts['used']:,} 笔已有结果" in section
    assert all(f"<code>{name}</code>" in section for name in QUESTIONS)
    assert "AUC out of time" in section
    assert "judged by its p where it has one" in section.partition("<table")[0]
    assert "按界值判定" in section.partition("<table")[0]
    assert "跨期 AUC" in section


def test_pds_that_are_too_low_are_a_red_finding():
    halved = admitted().scored.assign(pd=admitted().scored["pd"] / 2)
    assert "pd_too_low" in validated(replace(admitted(), scored=halved)).record.red


def test_a_feature_without_values_and_a_constant_one_can_be_validated():
    rows = frame().assign(**{NAMES[0]: np.nan, NAMES[1]: 1.0})
    assert len(validated(rows=rows).record.validation) == len(QUESTIONS)


def test_the_head_says_what_the_model_gains_or_loses_against_each_rival():
    (rival,) = [each for each in RESULT.record.validation if each.name == "logistic_regression"]
    head = texts_of(PAGE.partition('<div class="summary">')[2].partition("<nav>")[0])
    assert "over a scorecard," in head
    assert (
        f"over a logistic regression of all features\n较全部特征的逻辑回归\n{with_minus(f'{rival.statistic:+.3f}')}"
        in head
    )


def test_the_menu_leads_to_every_section_but_what_is_held_in_one():
    menu = PAGE.partition("<nav>")[2].partition("</nav>")[0]
    headings = re.findall(r'<h2 id="([a-z]+)"', PAGE)
    assert len(headings) > 10
    assert [name for name in headings if f'href="#{name}"' not in menu] == [], "give the section an entry in <nav>"


def test_a_number_below_0_has_a_minus_sign_wherever_it_is_written():
    text = texts_of(PAGE)
    assert len(re.findall(r"\u2212\d", text)) > 10
    assert re.findall(r"(?<![\w-])-\d\S*", text) == [], "write it with html_pages.with_minus"


def test_the_charts_say_that_a_constraint_holds_with_all_else_equal():
    section = texts_of(PAGE.partition('id="curves"')[2].partition("<h2")[0])
    assert "while all other features stay as they are" in section
    assert "以其他特征不变为前提" in section
    free = replace(RESULT, record=replace(RESULT.record, monotone=dict.fromkeys(RESULT.record.monotone, 0)))
    assert "while all other features stay" not in report.page(
        free, frame(), ADMISSION, CATALOGUE, {}, POLICY, currency="CNY"
    )
