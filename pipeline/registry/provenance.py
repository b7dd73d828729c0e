"""What a registered version must tell of its making, in words: where its data come from, and its parameters.

JR/T 0221 wants it kept for each model; `docs/model-governance.md` says where each of its fields is.
"""

from collections.abc import Mapping
from typing import Any

from conf.schema.errors import ContractError
from conf.schema.model import ModelSpec
from features.engine.feature_set import FeatureSet

# What JR/T 0221 wants kept of a model's making; of its deployment the trail tells who, when and with what result.
OF_ITS_MAKING = (
    *("data_as_of", "data_sources", "data_rows", "data_sha256", "sampling"),
    *("code_version", "software", "trainer", "started_at", "ended_at", "parameters", "parameters_history"),
)
# Without one of them registration fails.
REQUIRED_TAGS = (
    *OF_ITS_MAKING,
    *("data_versions", "models_sha256", "contracts_sha256", "impact_assessment", "fingerprint"),
)


def require(model: str, tags: dict[str, str]) -> None:
    """Refuse to register what doesn't tell of its making.

    Raises:
        ContractError: a required tag is missing, or says nothing.
    """
    if absent := [tag for tag in REQUIRED_TAGS if not tags.get(tag, "").strip()]:
        raise ContractError(
            f"{model} can't be registered without {', '.join(absent)}; nothing was registered. A version tells "
            f"of all of its making, as JR/T 0221 wants it: {', '.join(REQUIRED_TAGS)}"
        )


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
