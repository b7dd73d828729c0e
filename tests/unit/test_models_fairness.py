"""Groups compared."""

import numpy as np
import pandas as pd
import pytest
from portfolio import POLICY, PROXY, admitted, frame, limited, protected

import models
from models import fairness, metrics

GROUPS = pd.Series(["F"] * 100 + ["M"] * 100 + ["X"] * 5 + [None] * 3)
ADMITTED = np.r_[np.arange(100) < 60, np.arange(100) < 80, np.ones(8)].astype(bool)
BAD = np.r_[np.arange(100) >= 90, np.arange(100) >= 90, np.zeros(8)].astype(int)
PD = np.linspace(0.01, 0.3, 208)
TABLE = fairness.by_group(ADMITTED, BAD, PD, GROUPS)


def test_rates_by_group():
    assert TABLE.index.tolist() == ["F", "M"]
    assert TABLE["rows"].tolist() == [100, 100]
    assert TABLE["admitted"].tolist() == [0.6, 0.8]
    assert TABLE["admitted_good"].tolist() == pytest.approx([60 / 90, 80 / 90])
    assert TABLE["bad_rate"].tolist() == [0.1, 0.1]
    assert TABLE["mean_pd"].tolist() == pytest.approx([PD[:100].mean(), PD[100:200].mean()])
    assert TABLE["auc"].tolist() == [1.0, 1.0]


def test_figures_sum_the_table_up():
    assert fairness.figures({"sex": TABLE}) == pytest.approx(
        {"adverse_impact_sex": 0.75, "equal_opportunity_difference_sex": 20 / 90}
    )


def test_amounts_by_group():
    predicted = np.r_[np.full(100, 30.0), np.full(100, 40.0), np.full(8, 1.0)]
    actual = np.r_[np.arange(100) < 60, np.arange(100) < 80, np.ones(8)] * 100.0
    table = fairness.by_group_of_amounts(actual, predicted, GROUPS)
    assert table.to_dict("index") == {
        "F": {"rows": 100, "mean_actual": 60, "mean_predicted": 30, "reached": 0.6, "share": 0.5, "relative": 1},
        "M": {"rows": 100, "mean_actual": 80, "mean_predicted": 40, "reached": 0.8, "share": 0.5, "relative": 1},
    }
    lost = fairness.by_group_of_amounts(-actual, predicted, GROUPS)
    assert lost[["share", "relative"]].isna().all(axis=None)
    assert fairness.by_group_of_amounts(actual[:20], predicted[:20], GROUPS[:20]).empty


def test_groups_that_are_all_too_small_give_an_empty_table():
    table = fairness.by_group(ADMITTED[:20], BAD[:20], PD[:20], GROUPS[:20])
    assert table.empty
    assert list(table.columns) == list(TABLE.columns)


def test_one_group_alone_has_no_figures():
    assert fairness.figures({"sex": TABLE.head(1)}) == {}


def test_the_groups_are_compared_out_of_time():
    late = admitted().scored.query("slice == 'oot'").set_index("application_id")
    (women, men) = admitted().record.fairness["sex"]
    assert women["rows"] + men["rows"] == len(late) < len(frame()) / 2
    theirs = late[protected().loc[late.index, "sex"] == "F"]
    assert women["admitted"] == pytest.approx((theirs["pd"] <= POLICY.decline_pd).mean())
    assert women["auc"] == pytest.approx(metrics.auc(theirs["bad"], theirs["pd"]))
    least = min(women["adverse_impact"], men["adverse_impact"])
    assert admitted().record.metrics["adverse_impact_sex"] == least < 1


@pytest.mark.parametrize("fitted", [admitted, limited])
def test_proxies_are_found_at_training_and_ship_with_the_predictor(fitted):
    assert list(fitted().record.proxies["sex"]) == [PROXY]
    assert fitted().record.proxies["birth_year"] == {}
    predictor = models.predictor_from_json(fitted().predictor.to_json())
    assert predictor.hidden == fitted().predictor.hidden == (PROXY,)


def test_a_handful_of_rows_makes_nothing_a_proxy():
    few, enough = pd.Series(["F"] * 29 + ["M"] * 179), pd.Series(["F"] * 30 + ["M"] * 178)
    assert fairness.proxies(pd.DataFrame({"telling": few == "F"}), few) == {}
    assert fairness.proxies(pd.DataFrame({"telling": enough == "F"}), enough) == {"telling": 1.0}


def test_years_of_birth_fall_into_bands_of_equal_size():
    bands = fairness.banded(pd.Series([1950, 1960, 1970, 1980, 1990, 1991, 1992, 1993, None]))
    assert bands.dropna().value_counts().tolist() == [2, 2, 2, 2]
    assert sorted(bands.dropna().unique()) == ["1950–1960", "1970–1980", "1990–1991", "1992–1993"]
    assert fairness.banded(GROUPS).equals(GROUPS)


def test_a_feature_that_gives_a_group_away_is_a_proxy():
    rng = np.random.default_rng(0)
    features = pd.DataFrame({"telling": (GROUPS == "F") + 0.1 * rng.normal(size=208), "neutral": rng.normal(size=208)})
    features.loc[:3, "telling"] = np.nan
    assert list(fairness.proxies(features, GROUPS)) == ["telling"]


def test_a_gap_that_gives_a_group_away_is_a_proxy_too():
    features = pd.DataFrame({"pregnancy_count": np.where(GROUPS == "F", 1.0, np.nan)})
    assert fairness.proxies(features, GROUPS)["pregnancy_count"] > fairness.PROXY_AUC
