"""`fieldstone labels`: the page of a label, over a small county with a model in force."""

from dataclasses import replace

import pytest

from conf.schema.errors import FieldstoneError
from pipeline.labels import page

LABEL = "is_default_12m"


@pytest.fixture(scope="module")
def results(county):
    """What the verb has found, of a county of the module's own."""
    return page.write(county)


def test_the_label_as_declared_comes_out_as_in_gold(county, results):
    [result] = results
    declared = result.choices[0]
    statuses = county.lake.spark.read.format("delta").load(str(county.lake.path("gold__training_labels")))
    counts = {row["label_status"]: row["count"] for row in statuses.groupBy("label_status").count().collect()}
    assert {name: getattr(declared, name) for name in counts} == counts
    assert declared.bad_rate == pytest.approx(counts["bad"] / (counts["bad"] + counts["good"]))
    assert 0.4 < declared.auc["admission"] <= 1


def test_other_choices_move_the_bad_rate_as_they_must(results):
    choices = {(c.horizon_months, c.bad_days): c for c in results[0].choices}
    assert len(choices) == len(results[0].choices) == 9
    for months in (6, 12, 18):
        rates = [choices[months, days].bad_rate_of_all for days in (30, 60, 90)]
        assert rates == sorted(rates, reverse=True)
        assert rates[0] > rates[-1]
    assert choices[6, 90].immature < choices[12, 90].immature < choices[18, 90].immature
    assert choices[12, 30].indeterminate <= choices[12, 60].indeterminate <= choices[12, 90].indeterminate


def test_the_page_shows_all_of_it_in_both_languages_and_names_nobody(county, results):
    text = (county.workspace.settings.home / "reports/labels" / f"{LABEL}.html").read_text(encoding="utf-8")
    for words in (
        "Vintages",
        "账龄分析",
        "Roll rates",
        "逾期迁徙率",
        "90+ days",
        "Declared otherwise",
        "AUC admission",
    ):
        assert words in text
    assert f"{results[0].choices[0].bad_rate:.1%}" in text
    numbers = county.lake.spark.read.format("delta").load(str(county.lake.path("silver_bank__loan")))
    assert not [row["loan_no"] for row in numbers.select("loan_no").distinct().collect() if row["loan_no"] in text]


def test_a_workspace_without_labels_by_days_past_due_is_told_where_they_are_declared(county):
    without = replace(county, workspace=replace(county.workspace, labels={}))
    with pytest.raises(FieldstoneError, match=r"declares no label based on days past due; write conf/labels\.yaml"):
        page.write(without)
