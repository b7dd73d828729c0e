"""The registered model, logged as code: loads the native booster and its calibration from JSON and scores.

MLflow runs this file when a version is loaded, so no pickle stands between training and scoring.
"""

from pathlib import Path

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

import models


class Scorer(PythonModel):
    """Scores feature rows: `pd` for an admission model, `capacity_cny_year` for a limit model, and so on."""

    def load_context(self, context) -> None:
        self.predictor = models.predictor_from_json(Path(context.artifacts["predictor"]).read_text(encoding="utf-8"))

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.DataFrame:
        return self.predictor.predict(model_input)


set_model(Scorer())
