"""Counties that were taken in and learnt from, whose truth only the simulator knows: they take minutes, so at night."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from conf.schema.workspace import load
from pipeline import all_jobs
from pipeline.context import Context
from pipeline.registry import tracking
from sandbox.county.generator import generate
from tests.integration.small import copied


def learnt(spark: SparkSession, folder: Path, **county: Any) -> Context:
    """A county, see `generate`, taken in by a copy of the project's workspace, with both models trained."""
    made = generate(spark, folder / "county", **county)
    workspace = load(copied(folder / "workspace"))
    settings = {"home": folder / "state", "landing": folder / "county/landing", "as_of": made.as_of}
    stated = workspace.settings.model_copy(update=settings)
    context = Context(replace(workspace, settings=stated), made.as_of)
    all_jobs.take_in(context).end()
    all_jobs.learn(context)
    return context


def record_of(context: Context, model: str) -> dict[str, Any]:
    """What is on record of a model's first version."""
    client = tracking.connect(context.workspace.settings)
    return json.loads(tracking.artifact(client, client.get_model_version(model, "1"), tracking.RECORD))


def true_applications(context: Context) -> pd.DataFrame:
    """The truth of each application, by its number."""
    truth = context.workspace.settings.landing.with_name("truth") / "applications.parquet"
    return pq.read_table(truth).to_pandas().set_index("application_no")
