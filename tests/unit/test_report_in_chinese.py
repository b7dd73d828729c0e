"""In Chinese a report has no English word but names of methods and figures; names of columns are set apart as code."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from page_texts import texts_of
from portfolio import ADMISSION, CATALOGUE, LIMIT, POLICY, admitted, frame, limited, protected

import models
from conf.schema.languages import unit_zh
from conf.schema.workspace import load
from models import report
from models.validation import of_fit, part_names
from pipeline.features import declarations
from pipeline.registry import statements
from tests.conftest import AS_OF

WORKSPACE = load()
CHINESE_NAMES = {name: replace(entry, zh=f"特征{number}") for number, (name, entry) in enumerate(CATALOGUE.items())}
# figures, methods and whose they are: in Chinese texts of the field they are written in Latin letters
NAMES = (
    *("AUC", "KS", "PSI", "CSI", "ROC", "IV", "WoE", "SHAP", "TreeSHAP", "Brier", "phi", "OOT", "PD", "XGBoost"),
    *("Jeffreys", "Spiegelhalter", "Hosmer", "Lemeshow", "Platt", "Beta", "DeLong", "Bonferroni", "PIA"),
)
PAID = {"product": "farm_credit", "payment_every_months": 12, "rows": 40, "mean": 0.4}
FIGURE = {"value": 0.7, "gain": -0.01, "low": -0.02, "high": 0.01}
SETS = [
    {"sources": sources, "auc": FIGURE, "ks": FIGURE, "approval_rate": FIGURE}
    for sources in (["bank"], ["bank", "farm", "housing"])
]


def chinese_report(fit, spec, **more) -> str:
    """The Chinese report of a fit that was validated, with what its record says beside, as text."""
    groups = protected() if spec is ADMISSION else None
    result = of_fit.validated(
        fit, frame(), spec, WORKSPACE.validation, AS_OF, models.of_kind(spec.kind), POLICY, groups
    )
    counts = result.record.counts | {"status_good": 9, "status_indeterminate": 1}
    record = replace(result.record, counts=counts, **more)
    stated = statements.of_training(WORKSPACE, spec, pd.DataFrame({"sex": ["F", None]}))
    page = report.page(
        replace(result, record=record),
        frame(),
        spec,
        CHINESE_NAMES,
        {name: text.en for name, text in stated.items()},
        POLICY,
        languages=["zh"],
        currency="CNY",
        stated=stated,
        titles=statements.titles(WORKSPACE),
    )
    return texts_of(re.sub(r"<metadata>.*?</metadata>", "", page, flags=re.DOTALL))


@pytest.mark.parametrize(
    ("fit", "spec", "more"),
    [
        (admitted, ADMISSION, {"joining": {"all": {"rows": 9, "bads": 3, "bad_rate": 0.1, "sets": SETS}}}),
        (limited, LIMIT.model_copy(update={"seasonality": [*CATALOGUE][5]}), {"seasonality": (PAID,)}),
    ],
    ids=["admission", "limit"],
)
def test_no_english_word_is_left_in_the_chinese_report(fit, spec, more):
    text = chinese_report(fit(), spec, **more)
    english = {word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in NAMES}
    assert not english, (
        f"the Chinese report says {sorted(english)}: give the text in both languages, t(en, zh); set the name of a "
        "column apart as <code>; or, if it is the name of a method or figure, add it to NAMES here"
    )
    assert "全部有标签且授权有效的申请" in text


@pytest.mark.parametrize(
    ("part", "chinese"),
    [
        (part_names.of_column("age", 4, 4), "age 第 4 段（共 4 段）"),
        (part_names.numbered(2, 5), "第 2 段（共 5 段）"),
        (part_names.missing("age"), "age 缺失"),
        (part_names.known("age"), "age 有记录"),
        (part_names.not_zero("age"), "age 不为 0"),
        ("sex F", "sex F"),
    ],
)
def test_parts_of_the_rows_are_told_in_chinese(part, chinese):
    assert part_names.in_chinese(part) == chinese


@pytest.mark.parametrize(("unit", "chinese"), [("kg_mu", "千克/亩"), ("cny_mu_year", "元/亩/年"), ("months", "月")])
def test_units_are_told_in_chinese(unit, chinese):
    assert unit_zh(unit, "CNY") == chinese
    assert "元" not in unit_zh(unit, "KES")


def test_every_unit_of_the_workspace_has_a_chinese_name():
    units = {column.unit for column in declarations.feature_set(WORKSPACE).columns}
    assert [unit for unit in units if re.search(r"[A-Za-z]{2,}", unit_zh(unit, "CNY"))] == []
