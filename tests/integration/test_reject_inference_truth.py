"""What inferring outcomes can't do, judged by the true PD of those who were declined, which only the simulator knows.

The declined of the county were turned down on what no record says as well, so that nothing learnt from those who were
lent to, with inferred outcomes or without, comes near their risk.
"""

import pandas as pd
import pytest

from conf.schema.contract import Purpose
from pipeline.context import Context
from pipeline.features import build
from tests.integration.truth_of_counties import learnt, record_of, true_applications

pytestmark = pytest.mark.nightly  # a county of this size takes minutes


@pytest.fixture(scope="module")
def county(spark, tmp_path_factory) -> Context:
    """A county of 2,000 households, with what it learnt."""
    folder = tmp_path_factory.mktemp("declined")
    return learnt(spark, folder, households=2000, months=36, seed=7, defect_share=0.0)


@pytest.fixture(scope="module")
def record(county) -> dict:
    return record_of(county, "admission")


def true_pd_of_late_declined(county: Context, record: dict) -> pd.Series:
    """Of those whom the report speaks of: declined out of time."""
    rows = county.lake.read(build.DECLINED, purpose=Purpose.MODEL_TRAINING, as_of=county.as_of).toPandas()
    late = rows[rows["as_of"].dt.tz_localize("UTC") >= pd.Timestamp(record["split"]["oot"]["from"])]
    return true_applications(county).loc[late["application_id"], "true_pd"]


def test_no_inference_comes_near_the_true_risk_of_the_declined(county, record):
    true_pd, inferred = true_pd_of_late_declined(county, record), record["reject_inference"]
    assert len(true_pd) == inferred["declined_late"] > 100
    by_method = {each["method"]: each["mean_pd_declined"] for each in inferred["methods"]}
    assert set(by_method) == {"none", "fuzzy_augmentation", "parcelling"}
    assert max(by_method.values()) < 0.7 * true_pd.mean()
    assert max(by_method.values()) - by_method["none"] < 0.05


def test_inferring_costs_those_who_were_lent_to_little(record):
    areas = {each["method"]: each["auc"] for each in record["reject_inference"]["methods"]}
    assert min(areas.values()) > areas["none"] - 0.03
