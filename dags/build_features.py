"""Silver to gold: point-in-time features of past loans (to train on) and of pending applications (to decide on).

Runs on the rows in silver once every source was refined or has failed, and daily, so that a source that is paused or
has nothing to deliver doesn't delay the others: the policy determines how decisions are made without it
(`when_suspended`). The run fails if silver has no row of a source whose assets aren't optional.
"""

from airflow.sdk import DAG

from dags.common import APPLICATION_FEATURES, DAG_DEFAULTS, GATED, SILVER, TRAINING_FEATURES, caught_up, job

with DAG(
    "build_features",
    doc_md=__doc__,
    schedule=caught_up("build_features", [SILVER[name] for name in GATED]),
    tags=["fieldstone", "features"],
    default_args={"owner": "risk-modelling"},
    **DAG_DEFAULTS,
):
    job("build-features", pool="features", outlets=[TRAINING_FEATURES, APPLICATION_FEATURES])
