"""Groups compared."""

import numpy as np
import pandas as pd
import pytest

from models import fairness

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
    assert fairness.figures(TABLE) == pytest.approx(
        {"adverse_impact_ratio": 0.75, "equal_opportunity_difference": 20 / 90}
    )


def test_a_feature_that_gives_a_group_away_is_a_proxy():
    rng = np.random.default_rng(0)
    features = pd.DataFrame({"telling": (GROUPS == "F") + 0.1 * rng.normal(size=208), "neutral": rng.normal(size=208)})
    features.loc[:3, "telling"] = np.nan
    assert list(fairness.proxies(features, GROUPS)) == ["telling"]


def test_a_gap_that_gives_a_group_away_is_a_proxy_too():
    features = pd.DataFrame({"pregnancy_count": np.where(GROUPS == "F", 1.0, np.nan)})
    assert fairness.proxies(features, GROUPS)["pregnancy_count"] > fairness.PROXY_AUC
