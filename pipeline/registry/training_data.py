"""The training frame of a model, and the facts about it that the registry keeps."""

import hashlib
import json
import logging
import platform
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version as installed
from pathlib import Path

import pandas as pd

import models
from conf.schema import naming
from conf.schema.clock import local
from conf.schema.column import Text
from conf.schema.contract import Contract, Purpose
from conf.schema.errors import ContractError, DataError
from conf.schema.hashing import files_sha256
from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from conf.schema.validation import Validation
from conf.schema.workspace import ROOT, Workspace
from features.engine.feature_set import FeatureSet
from lake.tables import Lake
from models.withholding import Scopes
from pipeline.context import Context
from pipeline.features import build_notes, declarations, kinds
from pipeline.features.build import DECLINED, LABELS, TRAINING
from pipeline.features.constant_features import constant_summary
from pipeline.registry import provenance, statements, tracking
from pipeline.registry.tracking import KIND_SHA256

LOG = logging.getLogger(__name__)

# parts of a policy that fits read
_OF_POLICY = {"decline_pd", "grades", "withholding", "score_base", "score_base_odds", "score_pdo"}
_SOFTWARE = (
    "xgboost-cpu",
    "scikit-learn",
    "scipy",
    "optbinning",
    "optuna",
    "fairlearn",
    "pyspark",
    "pysail",
    "numpy",
    "pandas",
)


def frame(context: Context, names: Collection[str] = ()) -> pd.DataFrame:
    """Training features joined to their labels, one row per application, in a fixed order.

    Has only applications whose subjects consent to training now, whatever they consented to when features were built.
    `as_of` is in the workspace's zone.

    Args:
        names: features that must be built by their present declarations.

    Raises:
        FieldstoneError: nothing was built as of a back-dated run's moment, or what is there isn't what was built.
    """
    lake = context.lake
    if context.is_backdated and not lake.exists(context.gold(TRAINING)):
        moment = context.as_of.isoformat()
        raise DataError(
            f"no training rows were built as of {moment}; run fieldstone build-features --as-of {moment} first"
        )
    with lake.lock(TRAINING, wait_seconds=600):  # nothing changes between the check and the read
        for table in () if context.is_backdated else (TRAINING, LABELS):  # nothing is recorded for backdated tables
            build_notes.require(context, table, names)
        return _local(joined(lake, context.gold(TRAINING), context.gold(LABELS), context.as_of), context.zone)


def declined(context: Context, spec: ModelSpec, names: Collection[str]) -> pd.DataFrame | None:
    """Features of those who were declined and let their data train models now; None unless the spec infers from them.

    Args:
        names: features that must be built by their present declarations.

    Raises:
        FieldstoneError: nothing was built, or what is there isn't what was built.
    """
    if spec.reject_inference is None:
        return None
    table, lake = context.gold(DECLINED), context.lake
    if not lake.exists(table):
        raise DataError(
            f"{spec.name} infers from declined applications, but none have features yet; run fieldstone build-features"
        )
    with lake.lock(TRAINING, wait_seconds=600):
        if not context.is_backdated:
            build_notes.require(context, DECLINED, names)
        rows = lake.read(table, purpose=Purpose.MODEL_TRAINING, as_of=context.as_of).drop("consent_ids").toPandas()
    return _local(rows.sort_values("application_id", ignore_index=True), context.zone)


def joined(lake: Lake, features: str, labels: str, as_of: datetime) -> pd.DataFrame:
    """Rows of a feature table with their labels, read through the gate, one per application, in a fixed order."""
    rows, known = (lake.read(table, purpose=Purpose.MODEL_TRAINING, as_of=as_of) for table in (features, labels))
    frame = rows.join(known.drop(*set(rows.columns) - {"application_id"}), "application_id").toPandas()
    return frame.sort_values("application_id", ignore_index=True)


def _local(rows: pd.DataFrame, zone: str) -> pd.DataFrame:
    return rows.assign(as_of=pd.to_datetime(rows["as_of"], utc=True).dt.tz_convert(zone))


def spec_of(workspace: Workspace, name: str) -> ModelSpec:
    """The spec of a model for training; split at random, with a message, where no application has a time.

    Raises:
        ContractError: there is no such kind of model, or it is incomplete.
    """
    spec = workspace.model(name)
    kinds.of(workspace, spec.kind)
    if not declarations.is_timeless(workspace):
        return spec
    LOG.warning(f"train {name}: rows have no time; {statements.parted(spec.by_chance()).en}", extra={"model": name})
    return spec.by_chance()


def tell_constant(data: pd.DataFrame, model: str, names: Collection[str]) -> None:
    """Print the features that have the same value in all rows, from which a model can't learn.

    Raises:
        DataError: all features are constant.
    """
    values = data[[name for name in names if name in data]]
    varied = set(values.columns[values.nunique(dropna=False) > 1])
    if len(data) < 2 or len(varied) == values.shape[1]:
        return
    kinds = {
        str(name): "null" if column.isna().all() else "one value"
        for name, column in values.items()
        if name not in varied
    }
    if not varied:
        raise DataError(
            f"all {len(kinds):,} features are the same for every application, so a model can't learn from them; "
            "fieldstone build-features says why, and whether a contract needs `published`"
        )
    LOG.info(f"train {model}: {constant_summary(kinds)}")


def features(workspace: Workspace) -> FeatureSet:
    """Features that a model may learn from: they may be used for training, and are available again at a decision."""
    declared = declarations.feature_set(workspace)
    return declared.for_purpose(Purpose.MODEL_TRAINING).for_purpose(Purpose.CREDIT_ASSESSMENT)


def refuse_unlawful(spec: ModelSpec, workspace: Workspace) -> None:
    """Refuse to train without an impact assessment, or on columns that are known only after the decision.

    Raises:
        ContractError: the spec lacks the assessment (PIPL art. 55-56), or names a forbidden column.
    """
    if workspace.has_personal_data and spec.impact_assessment is None:
        raise ContractError(
            f"model {spec.name} has no impact_assessment; personal data may not train a model without one "
            f"(PIPL art. 55): add its reference and date to conf/models/{spec.name}.yaml"
        )
    for contract in workspace.contracts.values():
        for name in spec.features or ():
            if name in (forbidden := _forbidden(contract)):
                raise ContractError(
                    f"model {spec.name} names {name} as a feature, which {contract.table} marks as {forbidden[name]}; "
                    "take it out of the spec"
                )


def lineage(
    context: Context, spec: ModelSpec, data: pd.DataFrame, subjects: set[str], stated: Mapping[str, Text]
) -> dict[str, str]:
    """Tags with the origin of a model's data, code and consents (JR/T 0221).

    Args:
        data: the training frame.
        subjects: all people whose data it has, see `pipeline.registry.training_subjects`.
        stated: sentences, `statements.of_training`.
    """
    return {
        "data_sources": provenance.sources(spec, features(context.workspace)),
        "data_versions": naming.at_versions(context.lake.versions(map(context.gold, (TRAINING, LABELS)))),
        "data_rows": str(len(data)),
        "data_subjects": str(len(subjects)),
        "data_sha256": sha256(data.drop(columns=["consent_ids"])),
        "data_as_of": local(context.as_of, context.zone).isoformat(),
        **{name: text.en for name, text in stated.items()},
        "code_version": code_version(),
        "models_sha256": models_sha256(),
        **({KIND_SHA256: own} if (own := kinds.fingerprint(context.workspace, spec)) else {}),
        "contracts_sha256": declarations.contracts_sha256(context.workspace),
        "software": software(),
        "trainer": context.workspace.settings.trainer or context.workspace.settings.operator,
        **({tracking.BACKDATED: context.as_of.isoformat()} if context.is_backdated else {}),
    }


def fingerprint(
    spec: ModelSpec,
    policy: Policy | None,
    features: FeatureSet,
    data: pd.DataFrame,
    protected: pd.DataFrame | None,
    backdated: datetime | None = None,
    optional: Scopes | None = None,
    validation: Validation | None = None,
    declined: pd.DataFrame | None = None,
    kind: str | None = None,
) -> str:
    """SHA-256 of all inputs of a training: as long as it is the same, another training would give the same version.

    Inputs are the rows with the names of their columns, the declarations of features, the spec, the policy's
    grades, cut-off and scale, the code of `models` and the software. Neither the time of training nor versions of
    tables are part of it.

    Args:
        data: the frame for `fit`, without consents.
        protected: groups for fairness tests, indexed by application_id.
        backdated: the moment of a back-dated run, whose version must never be reused by a present one.
        optional: features by scope that may be withheld.
        validation: thresholds of the validation.
        declined: rows for which outcomes are inferred.
        kind: SHA-256 of the workspace's file of the kind; None for a built-in kind.
    """
    stated = {
        "data": sha256(data),
        "protected": None if protected is None else sha256(protected.reset_index()),
        "features": [asdict(column) for column in features.columns],
        "spec": spec.model_dump(mode="json"),
        "policy": policy and policy.model_dump(mode="json", include=_OF_POLICY),
        "optional": optional,
        "validation": validation and validation.fingerprint,
        "models": models_sha256(),
        "software": software(),
    }
    if kind is not None:
        stated["kind"] = kind
    if declined is not None:
        stated["declined"] = sha256(declined)
    if backdated:
        stated["backdated"] = backdated.isoformat()
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def sha256(rows: pd.DataFrame) -> str:
    """SHA-256 of rows and the names of their columns, independent of the order of columns."""
    ordered = rows.sort_index(axis=1)
    hashes: pd.Series = pd.util.hash_pandas_object(ordered, index=False)  # pyright: ignore[reportAttributeAccessIssue] - made by pandas.util while it is asked for
    values = hashes.to_numpy().tobytes()
    return hashlib.sha256("\0".join([*ordered.columns, ""]).encode() + values).hexdigest()


def models_sha256() -> str:
    """SHA-256 of the code that fits and validates models."""
    return files_sha256(Path(models.__file__).parent.rglob("*.py"))


def software() -> str:
    """Versions of Python and of the libraries that fit models."""
    return ", ".join([f"python {platform.python_version()}", *(f"{name} {installed(name)}" for name in _SOFTWARE)])


def code_version() -> str:
    """Git commit of the code, `+` if files have changed since; the package version where there is no repository."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if commit.returncode:
        return f"fieldstone {installed('fieldstone')}"
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False).stdout
    return commit.stdout.strip() + ("+" if changed.strip() else "")


def _forbidden(contract: Contract) -> dict[str, str]:
    why = {"outcome": "known only after the decision", "protected": "protected", "identifier": "an identifier"}
    return {
        name: reason
        for name, column in contract.columns.items()
        for flag, reason in why.items()
        if getattr(column, flag)
    }
