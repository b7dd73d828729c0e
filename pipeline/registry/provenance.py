"""The origin of a registered version, as text in its tags: the sources of its data, and its parameters.

JR/T 0221 requires this record for each model; `docs/model-governance.md` lists where each of its fields is stored.
"""

from collections.abc import Mapping
from typing import Any

from conf.schema.errors import ContractError
from conf.schema.model import ModelSpec
from features.engine.feature_set import FeatureSet

# Facts of a model's development that JR/T 0221 requires; the audit trail has its deployment: who, when, which result.
OF_ITS_MAKING = (
    *("data_as_of", "data_sources", "data_rows", "data_sha256", "sampling"),
    *("code_version", "software", "trainer", "started_at", "ended_at", "parameters", "parameters_history"),
)
# Registration fails if one of them is missing.
REQUIRED_TAGS = (
    *OF_ITS_MAKING,
    *("data_versions", "models_sha256", "contracts_sha256", "impact_assessment", "fingerprint"),
)


def require(model: str, tags: dict[str, str]) -> None:
    """Refuse to register a version without a complete record of its origin.

    Raises:
        ContractError: a required tag is missing or empty.
    """
    if absent := [tag for tag in REQUIRED_TAGS if not tags.get(tag, "").strip()]:
        raise ContractError(
            f"{model} can't be registered without {', '.join(absent)}; nothing was registered. A version has to "
            f"record how it was made, as JR/T 0221 requires: {', '.join(REQUIRED_TAGS)}"
        )


def sources(spec: ModelSpec, declared: FeatureSet) -> str:
    """Names of the sources that a model's features are computed from.

    Args:
        declared: the features that it may learn from.
    """
    used = {source for name in spec.reads(declared.names) for source in declared.sources[name]}
    return ", ".join(sorted(used))


def parameters(params: Mapping[str, Any]) -> str:
    """The final parameters of a fit, as text."""
    return ", ".join(f"{name}={value}" for name, value in params.items()) or "none"


def parameters_history(search: Mapping[str, Any]) -> str:
    """How the parameters were chosen, as text; each trial of a search is a child run of the training's run.

    Args:
        search: part of the record; empty if there were no trials.
    """
    if not search:
        return "as declared in the spec, whose text is in the trail; none tried"
    trials = search["trials"]
    pruned = sum(trial["pruned"] for trial in trials)
    return f"{len(trials)} sets tried, {pruned} of them pruned; trial {search['chosen'] + 1} chosen"
