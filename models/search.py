"""Search of a model's parameters: Optuna's TPE on folds of time, from which trials that fall behind are pruned.

Each trial is judged on rows after its training rows, and never out of time. Each has a sampler with a seed of its own,
so that a search that is resumed gives the same result as an uninterrupted one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from conf.schema.model import Range, Search

Losses = Callable[[dict[str, Any]], Iterable[float]]
optuna.logging.set_verbosity(optuna.logging.WARNING)


def run(
    search: Search, seed: int, losses: Losses, known: Sequence[FrozenTrial], tell: Callable[[FrozenTrial], None]
) -> list[FrozenTrial]:
    """Try as many parameters as the search has trials; the ones with the least mean loss are the best.

    A trial is pruned after a fold where its mean loss so far exceeds the median of earlier trials (Optuna's
    `MedianPruner`); values are drawn by a tree-structured Parzen estimator (Bergstra et al. 2011).

    Args:
        losses: of parameters, fold by fold in order of time; asked for no more folds once a trial is pruned.
        known: trials of the same search that were finished before, in their order.
        tell: called with each finished trial.
    """
    study = optuna.create_study(pruner=optuna.pruners.MedianPruner())
    study.add_trials(known)
    for number in range(len(known), search.trials):
        own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        study.sampler = optuna.samplers.TPESampler(seed=own)
        study.optimize(lambda trial: _mean_loss(trial, losses(_suggested(trial, search.space))), n_trials=1)
        tell(study.get_trials()[-1])
    return study.get_trials()


def best(trials: Iterable[FrozenTrial]) -> FrozenTrial:
    """The finished trial with the least loss, the first of equals."""
    return min((trial for trial in trials if not is_pruned(trial)), key=lambda trial: (loss(trial), trial.number))


def is_pruned(trial: FrozenTrial) -> bool:
    """Whether a trial was pruned."""
    return trial.state == TrialState.PRUNED


def loss(trial: FrozenTrial) -> float:
    """Mean loss of a trial over the folds on which it was judged."""
    return trial.intermediate_values[max(trial.intermediate_values)]


def as_records(trials: Iterable[FrozenTrial]) -> tuple[dict[str, Any], ...]:
    """Trials in the form of the record: number, parameters, mean loss, number of folds judged, and whether pruned."""
    return tuple(
        {
            "number": trial.number,
            "params": trial.params,
            "loss": loss(trial),
            "folds": len(trial.intermediate_values),
            "pruned": is_pruned(trial),
        }
        for trial in trials
    )


def _suggested(trial: Trial, space: Mapping[str, Range | tuple[Any, ...]]) -> dict[str, Any]:
    return {name: _value(trial, name, values) for name, values in space.items()}


def _value(trial: Trial, name: str, values: Range | tuple[Any, ...]) -> Any:
    if not isinstance(values, Range):
        return trial.suggest_categorical(name, values)
    if isinstance(values.low, int) and isinstance(values.high, int):
        return trial.suggest_int(name, values.low, values.high, log=values.log)
    return trial.suggest_float(name, values.low, values.high, log=values.log)


def _mean_loss(trial: Trial, losses: Iterable[float]) -> float:
    seen: list[float] = []
    for fold, each in enumerate(losses):
        seen.append(each)
        trial.report(float(np.mean(seen)), fold)
        if trial.should_prune():  # here, so that no further fold is boosted
            raise optuna.TrialPruned
    return float(np.mean(seen))
