"""What exists: contracts, sources, models, policy and settings, and their typed loaders.

The ground floor. It imports neither PySpark, Airflow, MLflow nor XGBoost, so that DAG files stay light.
"""
