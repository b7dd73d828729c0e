"""Silver to gold: point-in-time features of past loans (to train on) and of pending applications (to decide on).

Runs on what silver holds once every source was refined or has failed, and daily, so that a source that is paused or
has nothing to deliver doesn't hold up the others: what decisions do without it is the policy's to say
(`when_suspended`). A source of which silver has no row at all fails it, if its assets aren't optional.
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
