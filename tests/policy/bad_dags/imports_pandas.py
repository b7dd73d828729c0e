"""Must fail: import conf and Airflow only"""

import pandas as pd
from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("imports_pandas", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    for source in pd.Series(["farm"]):
        job("refine", source, pool=source)
