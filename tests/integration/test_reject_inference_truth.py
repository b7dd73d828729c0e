"""What inferring outcomes can't do, judged by the true PD of those who were declined, which only the simulator knows.

The declined of the county were turned down on what no record says as well, so that nothing learnt from those who were
lent to, with inferred outcomes or without, comes near their risk.
"""

import json
from dataclasses import replace

import pandas as pd
import pyarrow.parquet as pq
import pytest

from conf.schema.contract import Purpose
from conf.schema.workspace import load
from pipeline import all_jobs
from pipeline.context import Context
from pipeline.features import build
from pipeline.registry import tracking
from sandbox.county.generator import generate
from tests.integration.small import copied

pytestmark = pytest.mark.nightly  # a county of this size takes minutes


@pytest.fixture(scope="module")
def county(spark, tmp_path_factory) -> Context:
    """A county of 2,000 households, with what it learnt."""
    folder = tmp_path_factory.mktemp("declined")
    made = generate(spark, folder / "county", households=2000, months=36, seed=7, defect_share=0.0)
    workspace = load(copied(folder / "workspace"))
    settings = {"home": folder / "state", "landing": folder / "county/landing", "as_of": made.as_of}
    stated = workspace.settings.model_copy(update=settings)
    context = Context(replace(workspace, settings=stated), made.as_of)
    all_jobs.take_in(context).end()
    all_jobs.learn(context)
    return context


@pytest.fixture(scope="module")
def record(county) -> dict:
    client = tracking.connect(county.workspace.settings)
    return json.loads(tracking.artifact(client, client.get_model_version("admission", "1"), tracking.RECORD))


def true_pd_of_late_declined(county: Context, record: dict) -> pd.Series:
    """Of those whom the report speaks of: declined out of time."""
    rows = county.lake.read(build.DECLINED, purpose=Purpose.MODEL_TRAINING, as_of=county.as_of).toPandas()
    late = rows[rows["as_of"] >= pd.Timestamp(record["split"]["oot"]["from"])]
    truth = pq.read_table(county.workspace.settings.landing.with_name("truth") / "applications.parquet").to_pandas()
    return truth.set_index("application_no").loc[late["application_id"], "true_pd"]


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
