"""What a registered version must tell of its making, in words: where its data come from, and its parameters.

JR/T 0221 wants it kept for each model; `docs/model-governance.md` says where each of its fields is.
"""

from collections.abc import Mapping
from typing import Any

from conf.schema.model import ModelSpec
from features.engine.feature_set import FeatureSet


def sources(spec: ModelSpec, declared: FeatureSet) -> str:
    """Names of the sources that a model's features are computed from.

    Args:
        declared: what it may learn from.
    """
    used = {source for name in spec.features or declared.names for source in declared.sources[name]}
    return ", ".join(sorted(used))


def parameters(params: Mapping[str, Any]) -> str:
    """Parameters that a fit ended with."""
    return ", ".join(f"{name}={value}" for name, value in params.items()) or "none"


def parameters_history(search: Mapping[str, Any]) -> str:
    """How its parameters came about: each trial of a search is a run of its own below that of the training.

    Args:
        search: of the record; empty where nothing was tried.
    """
    if not search:
        return "as declared in the spec, whose text is in the trail; none tried"
    trials = search["trials"]
    pruned = sum(trial["pruned"] for trial in trials)
    return f"{len(trials)} sets tried, {pruned} of them pruned; trial {search['chosen'] + 1} chosen"
