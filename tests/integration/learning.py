"""A small county with models in force and nothing decided yet; made once, for it takes a minute, and copied."""

import shutil
from dataclasses import replace
from pathlib import Path

from pyspark.sql import SparkSession

from conf.schema.model import ModelSpec
from conf.schema.workspace import load
from lake import keyfiles
from pipeline import all_jobs, training
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.releases import model_release
from pipeline.trail.sandbox_approval import REVIEWER, WHY
from sandbox.county.generator import generate
from tests.conftest import AS_OF
from tests.integration.small import copied, modest

# with one key the county's tables are the same wherever it is made, see test_same_tables.py
PSEUDONYM_KEY = "24ccdfce2030e2ea9d6d46ccda24b50c1157ab34c0f859b5b81a3bf47c2a165b"


def county_context(folder: Path) -> Context:
    """What a job is given, with everything of the county in a folder."""
    workspace = load(folder / "workspace")
    options = {"home": folder / "state", "landing": folder / "county/landing", "sandbox_approval": True, "as_of": AS_OF}
    return Context(replace(workspace, settings=workspace.settings.model_copy(update=options)), AS_OF)


def learn(spark: SparkSession, folder: Path) -> None:
    """Make the county in a folder, take it in, train its models and put them in force."""
    generate(spark, folder / "county", households=300, months=36, seed=7, defect_share=0.0)
    modest(copied(folder / "workspace"))
    context = county_context(folder)
    keyfiles.keep(context.workspace.settings, "pseudonym", bytes.fromhex(PSEUDONYM_KEY))
    all_jobs.take_in(context).end()
    all_jobs.learn(context)
    all_jobs.approve_as_sandbox(context)


def county_copied(learnt: Path, folder: Path) -> Context:
    """A county of one's own."""
    shutil.copytree(learnt, folder, dirs_exist_ok=True)
    return county_context(folder)


def deciding_by(county: Context, spec: ModelSpec) -> Context:
    """The county with this model trained, put in force in place of the one of its name, and decided by."""
    workspace = replace(county.workspace, models=county.workspace.models | {spec.name: spec})
    context = Context(workspace, county.as_of)
    trained = training.train(context, spec.name)
    model_release.approve(context, spec.name, trained.version, approver=REVIEWER, why=WHY, sandbox=True)
    decide.run(context)
    return context
