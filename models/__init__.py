"""The models and everything that judges and explains them.

Pure: pandas and specs in, values out; no I/O, no session, no MLflow, no clock. Imports `conf` only.
"""

import importlib
import json
from types import ModuleType
from typing import TYPE_CHECKING

from conf.schema.errors import ContractError

if TYPE_CHECKING:  # whoever asks for no predictor needs no library of models
    from models.predictor import Predictor


def of_kind(kind: str) -> ModuleType:
    """The module behind a kind of model: its `fit` trains, its `PREDICTOR` scores.

    Raises:
        ContractError: there is none.
    """
    try:
        module = importlib.import_module(f"models.{kind}")
    except ModuleNotFoundError as error:
        if error.name != f"models.{kind}":
            raise  # it is there, and what it imports isn't
    else:
        if hasattr(module, "PREDICTOR"):
            return module
    raise ContractError(f"no kind of model {kind!r}: models/{kind}.py must have a fit and a PREDICTOR")


def predictor_from_json(text: str) -> "Predictor":
    """The predictor that some predictor's `to_json` wrote, of whatever kind."""
    return of_kind(json.loads(text)["kind"]).PREDICTOR.from_json(text)


def features_of_json(text: str) -> tuple[str, ...]:
    """The features that a predictor reads, in its order, from what its `to_json` wrote."""
    return tuple(json.loads(text)["features"])
