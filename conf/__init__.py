"""The declarations: contracts, sources, models, policy and settings, and their typed loaders.

This is the lowest layer. It imports neither PySpark, Airflow, MLflow nor XGBoost, so that DAG files stay light.
"""
