"""An embedded Airflow and MLflow on this machine."""
