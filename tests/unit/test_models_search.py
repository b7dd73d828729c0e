"""A search of parameters: the same each time, stopped or not, and blind to what is out of time."""

import logging

import numpy as np
import pytest
from portfolio import ADMISSION, LIMIT, MONOTONE, frame
from pydantic import ValidationError

import models
from conf.schema.errors import ContractError
from conf.schema.model import Range, Search
from models import search
from pipeline.registry import parameter_search

SPACE = {"depth": Range(low=1, high=9), "rate": Range(low=0.001, high=1.0, log=True), "policy": ("a", "b")}
WIDE = Search(trials=30, space=SPACE)
SMALL = Search(trials=7, space={"max_depth": Range(low=1, high=4), "learning_rate": (0.1, 0.3, 1.0)})


def losses(params):
    """Least at depth 4, rate 0.1 and policy b; three folds."""
    loss = (params["depth"] - 4) ** 2 + abs(np.log10(params["rate"]) + 1) + (params["policy"] == "a")
    return (loss + fold / 10 for fold in range(3))


def small(kind):
    spec = {"admission": ADMISSION, "limit": LIMIT}[kind]
    return spec.model_copy(update={"search": SMALL, "rounds": 15, "params": {"subsample": 0.8, "max_bin": 16}})


def test_finds_the_least_loss_and_prunes_what_falls_behind():
    trials = search.run(WIDE, 7, losses, [], lambda trial: None)
    best = search.best(trials)
    assert best.params["depth"] == 4
    assert best.params["policy"] == "b"
    assert search.loss(best) == min(search.loss(trial) for trial in trials if not search.is_pruned(trial))
    records = search.as_records(trials)
    assert any(trial["pruned"] and trial["folds"] < 3 for trial in records)
    assert not any(trial["pruned"] for trial in records[:5])


def test_another_seed_tries_other_parameters():
    first, other = (search.run(WIDE, seed, losses, [], lambda trial: None) for seed in (7, 8))
    assert search.as_records(first) != search.as_records(other)


@pytest.mark.parametrize("kind", ["admission", "limit"])
def test_what_is_out_of_time_has_no_say(kind):
    spec = small(kind)
    late = frame()["as_of"] >= frame()["as_of"].quantile(0.8)
    spoilt = frame().assign(**{spec.label: frame()[spec.label].mask(late & (frame()[spec.label] >= 0), 0.0)})
    before, after = (list(models.of_kind(kind).fold_losses(rows, spec, MONOTONE)) for rows in (frame(), spoilt))
    assert before == after
    assert len(before) == spec.split.folds - 1


class Stopping(logging.Handler):
    """Somebody stops the command as it tells of its third trial."""

    def emit(self, record):
        if "trial 3 of 7" in record.getMessage():
            raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["admission", "limit"])
def test_a_search_that_was_stopped_ends_as_one_that_never_was(kind, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    whole = parameter_search.searched(tmp_path / "whole", small(kind), models.of_kind(kind), frame(), MONOTONE, "f")
    assert (
        parameter_search.searched(tmp_path / "whole", small(kind), models.of_kind(kind), frame(), MONOTONE, "f")
        == whole
    )
    parameter_search.LOG.addHandler(stopping := Stopping())
    with pytest.raises(KeyboardInterrupt):
        parameter_search.searched(tmp_path / "stopped", small(kind), models.of_kind(kind), frame(), MONOTONE, "f")
    parameter_search.LOG.removeHandler(stopping)
    caplog.clear()
    assert (
        parameter_search.searched(tmp_path / "stopped", small(kind), models.of_kind(kind), frame(), MONOTONE, "f")
        == whole
    )
    assert [message.split(",")[0] for message in caplog.messages] == [
        f"train {kind}: trial {number} of 7" for number in range(4, 8)
    ]
    spec, tried = whole
    assert spec.params == {"subsample": 0.8, "max_bin": 16} | tried["trials"][tried["chosen"]]["params"]


def test_without_a_search_nothing_is_tried_or_kept(tmp_path):
    assert parameter_search.searched(tmp_path, ADMISSION, models.of_kind(ADMISSION.kind), frame(), MONOTONE, "f") == (
        ADMISSION,
        {},
    )
    assert not list(tmp_path.iterdir())


def test_what_is_not_a_specs_to_set_is_refused_in_a_space(tmp_path):
    spec = ADMISSION.model_copy(update={"search": Search(trials=1, space={"seed": (1, 2)})})
    with pytest.raises(ContractError, match="must not set"):
        parameter_search.searched(tmp_path, spec, models.of_kind(spec.kind), frame(), MONOTONE, "f")


@pytest.mark.parametrize(
    ("low", "high", "log", "message"), [(2, 2, False, "isn't below high"), (0, 1, True, "has no logarithm")]
)
def test_a_range_is_one(low, high, log, message):
    with pytest.raises(ValidationError, match=message):
        Range(low=low, high=high, log=log)
