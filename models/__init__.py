"""The models and everything that judges and explains them.

Pure: pandas and specs in, values out; no I/O, no session, no MLflow, no clock. Imports `conf` only.
"""

import importlib
import json
from typing import TYPE_CHECKING, cast

from conf.schema.errors import ContractError

if TYPE_CHECKING:  # code that needs no predictor doesn't import the libraries of models
    from models.kind import ModelKind
    from models.predictor import Predictor

# by the `kind` of a spec, the module that gives what `models.kind.ModelKind` says; workspaces add kinds of their own
KINDS = {
    "admission": "models.admission",
    "ebm": "models.ebm",
    "limit": "models.limit",
    "mean_regression": "models.mean_regression",
    "quantile_regression": "models.quantile_regression",
    "scorecard": "models.card",
}


def require_kind(kind: str) -> None:
    """Refuse an unknown kind of model.

    Raises:
        ContractError: there is no such kind.
    """
    if kind not in KINDS:
        raise ContractError(
            f"there is no kind of model {kind!r}; `kind` of a spec is one of {', '.join(sorted(KINDS))}"
        )


def of_kind(kind: str) -> "ModelKind":
    """A kind of model, see `models.kind`; raises what `require_kind` raises."""
    require_kind(kind)
    return cast("ModelKind", importlib.import_module(KINDS[kind]))


def predictor_from_json(text: str) -> "Predictor":
    """The predictor, of any kind, that a predictor's `to_json` wrote."""
    return of_kind(json.loads(text)["kind"]).PREDICTOR.from_json(text)


def features_of_json(text: str) -> tuple[str, ...]:
    """The features that a predictor reads, in its order, from what its `to_json` wrote."""
    return tuple(json.loads(text)["features"])
