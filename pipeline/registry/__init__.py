"""The model registry (the only MLflow client), what models learn from, and whom they have learnt from."""
