"""The model registry (the only MLflow client), the training data of models, and the subjects in these data."""
