"""The registered model, logged as code: loads the native booster and its calibration from JSON and scores.

MLflow runs this file when a version is loaded, so no pickle stands between training and scoring.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

import models


class Scorer(PythonModel):
    """Scores feature rows: `pd` for an admission model, `capacity_year` for a limit model, and so on."""

    def load_context(self, context) -> None:
        text = Path(context.artifacts["predictor"]).read_text(encoding="utf-8")
        own = context.artifacts.get("kind")
        self.predictor = _loaded(Path(own)).PREDICTOR.from_json(text) if own else models.predictor_from_json(text)

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.DataFrame:
        return self.predictor.predict(model_input)


def _loaded(path: Path) -> Any:
    """The workspace's own kind of model, loaded from the file that was registered with the predictor."""
    spec = spec_from_file_location(f"kind_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} beside the predictor isn't a Python file; register the version again")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


set_model(Scorer())
