"""The report of a limit shows, by product, whether payments fit the income of those who ask for it."""

import numpy as np
import pytest
from portfolio import CATALOGUE, LIMIT, NAMES, POLICY, frame, limited, paying_every

from conf.schema.errors import ContractError
from conf.schema.workspace import load
from models import report, seasonality

UNEVENNESS = NAMES[5]
SPEC = LIMIT.model_copy(update={"seasonality": UNEVENNESS})
YEARLY = paying_every(12, "farm_credit")


def requesting(**products: int):
    """The frame, whose rows ask for products in turn, so many of each as stated and then for consumer credit."""
    names = np.repeat([*products], [*products.values()])
    rows = frame()
    return rows.assign(product_code=[*names, *["rural_consumer"] * (len(rows) - len(names))])


def by_product(rows, spec=SPEC, policy=YEARLY):
    return seasonality.recorded(limited(), rows, spec, CATALOGUE, policy)


def test_each_product_has_the_mean_of_its_applicants_beside_how_often_it_is_paid():
    rows = requesting(farm_credit=600, farm_equipment=29)
    rows.loc[:99, UNEVENNESS] = np.nan
    made = {each["product"]: each for each in by_product(rows).record.seasonality}
    assert {name: each["payment_every_months"] for name, each in made.items()} == {
        "farm_credit": 12, "farm_equipment": 1, "rural_consumer": 1,
    }  # fmt: skip
    farm = rows[rows["product_code"].eq("farm_credit") & rows[SPEC.label].notna()][UNEVENNESS]
    assert made["farm_credit"]["rows"] == farm.notna().sum() < len(farm)
    assert made["farm_credit"]["mean"] == pytest.approx(farm.mean())
    assert made["farm_equipment"]["mean"] is None  # fewer than 30 rows tell of single people


def test_the_report_shows_it():
    result = by_product(requesting(farm_credit=600))
    page = report.page(result, frame(), SPEC, CATALOGUE, {}, YEARLY, currency="CNY")
    table = page[page.index('id="seasonality"') :].partition("</table>")[0]
    assert CATALOGUE[UNEVENNESS].en in table
    assert '<code>farm_credit</code></td><td class="n">12</td>' in table
    assert 'id="seasonality"' not in report.page(limited(), frame(), SPEC, CATALOGUE, {}, YEARLY, currency="CNY")


def test_nothing_is_compared_where_nothing_is_lent_or_no_feature_named():
    admits = POLICY.model_copy(update={"products": {}})
    assert by_product(frame(), policy=admits) is limited()
    assert by_product(frame(), policy=None) is limited()
    plain = SPEC.model_copy(update={"seasonality": None})
    assert by_product(frame(), plain) is limited()


def test_a_feature_or_product_that_is_not_there_is_refused():
    unknown = SPEC.model_copy(update={"seasonality": "income_gini_ratio"})
    with pytest.raises(ContractError, match="seasonality names the feature income_gini_ratio, which isn't built; name"):
        by_product(requesting(), unknown)
    with pytest.raises(ContractError, match="labels have no product_code; let labels of the spine return it, or leave"):
        by_product(frame())


def test_the_project_names_a_feature_that_it_has():
    assert load().models["limit"].seasonality == "income_volatility_ratio_12m"
