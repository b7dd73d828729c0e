"""The search for a model's parameters in a training; a stopped search is resumed from its finished trials."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from filelock import FileLock

from conf.schema.model import ModelSpec
from models.kind import ModelKind

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

LOG = logging.getLogger(__name__)


def searched(
    home: Path, spec: ModelSpec, kind: ModelKind, data: pd.DataFrame, monotone: dict[str, int], fingerprint: str
) -> tuple[ModelSpec, dict[str, Any]]:
    """The spec with the best parameters of its search, and the search as recorded; unchanged without a search.

    Finished trials are kept in `search/MODEL.db` of the state folder: parameters and losses, nothing of a row.

    Args:
        home: the state folder.
        kind: of the model.
        fingerprint: of all inputs of the training; trials with another fingerprint aren't reused.

    Raises:
        ContractError, DataError: the frame can't train a model, or the search space names a parameter that specs lack.
    """
    declared = spec.search
    if declared is None:
        return spec, {}
    import optuna  # takes a second, which trainings without a search save

    from models import search

    folder = home / "search"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{spec.name}.lock"):
        kept = optuna.create_study(
            storage=f"sqlite:///{folder / spec.name}.db", study_name=fingerprint, load_if_exists=True
        )
        known, started = kept.get_trials(), time.monotonic()

        def losses(params: dict[str, Any]) -> Iterator[float]:
            return kind.fold_losses(data, _with(spec, params), monotone)

        def tell(trial: "FrozenTrial") -> None:
            kept.add_trial(trial)
            each = (time.monotonic() - started) / (trial.number + 1 - len(known))
            progress = _progress(trial.number, declared.trials, search.loss(trial), search.is_pruned(trial), each)
            LOG.info(f"train {spec.name}: {progress}", extra={"model": spec.name})

        trials = search.run(declared, spec.seed, losses, known, tell)
    chosen = search.best(trials)
    return _with(spec, chosen.params), {"chosen": chosen.number, "trials": search.as_records(trials)}


def _with(spec: ModelSpec, params: dict[str, Any]) -> ModelSpec:
    return spec.model_copy(update={"params": spec.params | params})


def _progress(number: int, trials: int, loss: float, is_pruned: bool, seconds: float) -> str:
    """Progress of a search, and the minutes that remain if trials keep their mean duration."""
    ended = "pruned at" if is_pruned else "loss"
    left = (trials - number - 1) * seconds / 60
    return f"trial {number + 1} of {trials}, {ended} {loss:.5f}, about {left:.0f} min left"
