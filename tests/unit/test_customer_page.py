"""What customers are told of a model: all seven parts, all that it reads, and no row of anybody."""

import re
from dataclasses import replace
from html import unescape

import pytest

from conf.schema.workspace import ROOT, Workspace, load
from models.record import Record
from pipeline.features import declarations
from pipeline.registry import training_data
from pipeline.releases import customer_page
from tests.unit.portfolio import admitted

PARTS = ("算法组合", "算法逻辑", "算法应用", "算法数据", "算法主体", "算法变更", "算法审计")
CATALOGUE = {column.name: column for column in declarations.feature_set(load()).columns}
NAMES = tuple(training_data.features(load()).names)


def text_of(record: Record, *languages: str) -> str:
    """The page as plain text."""
    html = page(record, *languages)
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)).split())


def page(record: Record, *languages: str) -> str:
    return customer_page.page(_in(*languages), _in().model("admission"), record, CATALOGUE, "2026-01-01T08:00:00+08:00")


def _in(*languages: str) -> Workspace:
    workspace = load()
    settings = workspace.settings.model_copy(update={"languages": languages or ("en", "zh")})
    return replace(workspace, settings=settings)


@pytest.fixture(scope="module")
def record() -> Record:
    """Of a fit, as if it had learnt from the county's features."""
    return replace(
        admitted().record,
        features=NAMES,
        monotone={name: CATALOGUE[name].monotone for name in NAMES},
        importance={name: 1 / (place + 1) for place, name in enumerate(NAMES)},
    )


def test_all_parts_and_all_data_are_told(record):
    text = text_of(record)
    assert [part for part in PARTS if part not in text] == []
    assert [name for name in NAMES if CATALOGUE[name].zh not in text or CATALOGUE[name].en not in text] == []


@pytest.mark.parametrize(("languages", "other"), [(("zh",), r"[a-z]{3,} [a-z]{3,}"), (("en",), r"[\u4e00-\u9fff]")])
def test_a_page_of_one_language_has_no_other(record, languages, other):
    assert re.findall(other, text_of(record, *languages)) == []


def test_what_may_be_left_out_is_said_of_these_tables_only(record):
    used = list(customer_page.used(load(), [CATALOGUE[name] for name in NAMES]))
    optional = {column.table for each in used if each.is_optional for column in each.features}
    # the policy requires the others
    assert optional == {"farm__breeding", "farm__land_transfer", "housing__rural_house"}
    assert sum(len(each.features) for each in used) == len(NAMES)


def test_figures_are_those_of_the_record(record):
    figures = record.metrics | {"auc_oot": 0.743, "mean_pd_oot": 0.0612, "bad_rate_oot": 0.0588}
    text = text_of(replace(record, metrics=figures), "en")
    assert "in about 74." in text
    assert "expected 6.1 defaults in 100 loans, and there were 5.9." in text
    assert "later than all that it learnt from" in text
    assert re.findall(r"[a-z0-9)][.:;][A-Z]\w+", text) == []


@pytest.mark.parametrize(("language", "sentence"), [("en", "application to the lender"), ("zh", "由本机构组织开发")])
def test_a_bank_that_is_not_named_has_no_other_name(record, language, sentence):
    workspace = _in(language)
    unnamed = replace(workspace, settings=workspace.settings.model_copy(update={"recipient": ""}))
    args = unnamed.model("admission"), record, CATALOGUE, "2026-01-01T08:00:00+08:00"
    assert sentence in customer_page.page(unnamed, *args)
    assert "Fieldstone" not in customer_page.page(unnamed, *args)
    assert "Fieldstone Rural Bank" in page(record, language)


def test_what_was_not_tested_is_said(record):
    text = text_of(replace(record, split_by="chance", fairness={}), "en")
    assert "held out by chance" in text
    assert "was not tested" in text


def test_how_many_it_learnt_from_and_was_tested_on_is_said_and_not_how_many_there_were(record):
    split = {name: part | {"rows": rows} for (name, part), rows in zip(record.split.items(), (3806, 1270), strict=True)}
    text = text_of(replace(record, split=split, counts={"given": 5200, "used": 5076, "left_out": 124}), "en")
    assert "it learnt from 3,806 applications of which the outcome is known, and was tested on 1,270 others" in text
    assert "5,200" not in text


def test_a_page_says_what_is_so_where_nobody_was_asked_and_no_feature_has_a_sentence(record):
    loans = load(ROOT / "examples/sba_farm")
    catalogue = {column.name: replace(column, sentences=None) for column in declarations.feature_set(loans).columns}
    of_loans = replace(record, features=tuple(catalogue), importance=dict.fromkeys(catalogue, 1.0))
    html = customer_page.page(loans, loans.model("admission"), of_loans, catalogue, "2026-01-01T08:00:00+08:00")
    assert "Grounds:" in html
    assert [
        each for each in ("authorisation", "授权", "how it may count", "可能对申请不利的情形") if each in html
    ] == []
    assert "What weighs most on average:" in html
    consenting = page(record)
    assert "withdraw your authorisation" in consenting
    assert "What weighs most on average, and how it may count against an application:" in consenting


@pytest.mark.parametrize(
    ("language", "whose"), [("en", "the guide of the People's Bank of China"), ("zh", "中国人民银行《人工智能算法")]
)
def test_the_standard_is_named_with_whose_it_is(record, language, whose):
    assert whose in text_of(record, language)


def test_protected_attributes_are_named_as_not_used(record):
    assert "Not used to judge: Sex, Year of birth" in text_of(record, "en")
