"""Silver to gold: point-in-time features of past loans (to train on) and of pending applications (to decide on).

Runs on what silver holds once every source was refined or has failed. A source of which silver has no row at all fails
it, if its assets aren't optional.
"""

from airflow.sdk import DAG

from dags.common import APPLICATION_FEATURES, DAG_DEFAULTS, GATED, SILVER, TRAINING_FEATURES, job

with DAG(
    "build_features",
    doc_md=__doc__,
    schedule=[SILVER[name] for name in GATED],
    tags=["fieldstone", "features"],
    default_args={"owner": "risk-modelling"},
    **DAG_DEFAULTS,
):
    job("build-features", pool="features", outlets=[TRAINING_FEATURES, APPLICATION_FEATURES])
