"""Finds the declarations of a workspace in Python: its features, spines and labels."""

import re
from collections.abc import Collection
from dataclasses import asdict
from types import ModuleType
from typing import Any, cast

import yaml

from conf.schema import label, plain_features, table_roles
from conf.schema.contract import Purpose
from conf.schema.errors import ContractError
from conf.schema.hashing import document_sha256, file_sha256, files_sha256
from conf.schema.model import ModelSpec
from conf.schema.sentences import SIDES, unsaid
from conf.schema.table_roles import TableRole
from conf.schema.workspace import Workspace
from features.engine.check import check
from features.engine.collect import collect
from features.engine.feature_set import FeatureColumn, FeatureSet
from features.engine.records import names as columns_of
from features.engine.spine import DecliningSpine, LendingSpine, RepaidSpine, Spine, require
from pipeline.features import feature_files, kinds

SPINE = "features/spine.py"
_RESTED_ON = (TableRole.CONSENT, TableRole.WITHDRAWAL, TableRole.APPLICATION)


def feature_set(workspace: Workspace) -> FeatureSet:
    """All features that a workspace declares in `conf/features.yaml` and `features/`, checked against its contracts.

    The spine, if there is one, and the facts of decisions are checked as well, so that every reader of features finds
    their faults at once, not only at a decision.

    Raises:
        ContractError: a feature reads what its contract doesn't declare or what is known only afterwards, a model
            that decides reads one without a sentence for people, a fact is no feature, or the spine isn't whole.
    """
    modules = map(feature_files.load, feature_files.paths(workspace.root))
    declared = collect(modules, workspace.contracts, workspace.plain_features)
    check(declared, workspace.contracts)
    if "zh" in workspace.settings.languages and (silent := [c.name for c in declared.columns if not c.zh]):
        raise ContractError(
            f"the features {', '.join(silent)} have no text in Chinese (zh), which languages in conf/settings.yaml "
            "lists; add it, or take zh out there"
        )
    _require_sentences(workspace, declared)
    _require_facts(workspace, declared)
    if (workspace.root / SPINE).exists():
        spine(workspace)
    return declared


def _require_facts(workspace: Workspace, declared: FeatureSet) -> None:
    """Check that the facts of decisions are features.

    Raises:
        ContractError: one isn't declared for credit assessment.
    """
    names = declared.for_purpose(Purpose.CREDIT_ASSESSMENT).names
    if absent := {what: name for what, name in _facts(workspace).items() if name not in names}:
        undeclared = ", ".join(f"{what} is {name}" for what, name in absent.items())
        raise ContractError(
            f"{table_roles.FILE} names features that neither {plain_features.FILE} nor a file in features/ declares "
            f"for decisions: {undeclared}; name one of the feature catalogue (`fieldstone docs`), or leave the fact out"
        )


def _facts(workspace: Workspace) -> dict[str, str]:
    return workspace.tables.facts.stated if workspace.tables.facts else {}


def _require_sentences(workspace: Workspace, declared: FeatureSet) -> None:
    """Check that each feature has sentences to explain a decision; columns that are features have their labels.

    Raises:
        ContractError: a model that decides reads a feature that lacks a sentence for a way in which it may be adverse.
    """
    if workspace.policy is None:
        return
    languages = min(2, len(workspace.settings.languages)) if "zh" in workspace.settings.languages else 1
    sides = {c.name: unsaid(c.sentences, c.monotone, languages) for c in declared.columns if not c.is_plain}
    lacking = {name: f"{name} ({', '.join(each)})" for name, each in sides.items() if each}
    readers = [spec for spec in workspace.models.values() if not lacking.keys().isdisjoint(_read(spec, declared))]
    shown = {name for spec in readers if kinds.decides(workspace, spec.kind) for name in _read(spec, declared)}
    if silent := [each for name, each in lacking.items() if name in shown]:
        raise ContractError(
            f"features that models decide by have no sentence that explains to people why they count against them: "
            f"{'; '.join(silent)}. Give each in the languages of conf/settings.yaml, such as "
            "sentences=Sentences(LATER, low=('Little income was paid in', '入账收入偏少')) of "
            f"conf.schema.sentences; its sides are {', '.join(SIDES)}, and a table may say absent= for all its features"
        )


def _read(spec: ModelSpec, declared: FeatureSet) -> set[str]:
    """Names of the features that a model reads."""
    lawful = declared.for_purpose(Purpose.MODEL_TRAINING).for_purpose(Purpose.CREDIT_ASSESSMENT)
    return {*spec.reads(lawful.names)}


def spine(workspace: Workspace) -> Spine:
    """The workspace's `features/spine.py`; with a policy that sets limits it is one for lending, see `lending_spine`.

    Raises:
        ContractError: there is none, or it isn't whole.
    """
    is_lending = workspace.policy is not None and workspace.policy.sets_limits
    return lending_spine(workspace) if is_lending else cast(Spine, _spine(workspace, Spine))


def lending_spine(workspace: Workspace) -> LendingSpine:
    """The `features/spine.py` of a workspace that decides how much is lent.

    Raises:
        ContractError: there is none, or it isn't whole.
    """
    return cast(LendingSpine, _spine(workspace, LendingSpine))


def repaid_spine(workspace: Workspace) -> RepaidSpine:
    """The `features/spine.py` of a workspace whose labels come of days past due.

    Raises:
        ContractError: there is none, or it isn't whole.
    """
    return cast(RepaidSpine, _spine(workspace, RepaidSpine))


def declining_spine(workspace: Workspace) -> DecliningSpine | None:
    """The `features/spine.py` if a model infers the outcomes of declined applications; else None.

    Raises:
        ContractError: there is none, or it isn't whole.
    """
    if all(spec.reject_inference is None for spec in workspace.models.values()):
        return None
    return cast(DecliningSpine, _spine(workspace, DecliningSpine))


def is_timeless(workspace: Workspace) -> bool:
    """Whether no application has a time of its own: all tables of the spine are `static`."""
    return all(workspace.contract(table).static for table in spine(workspace).TABLES)


def facts(workspace: Workspace) -> dict[str, str]:
    """Fact of a decision → its feature; loading the workspace has checked that a policy has the facts it needs.

    Raises:
        ContractError: one isn't declared for credit assessment.
    """
    feature_set(workspace)
    return _facts(workspace)


def fingerprint(workspace: Workspace) -> str:
    """SHA-256 of the text of contracts, roles, labels, consent texts and feature files; any change alters it."""
    declared = ("features/*.py", "conf/contracts/*/*.yaml", "conf/consent_texts/*.yaml")
    stated = (table_roles.FILE, plain_features.FILE, label.FILE)
    return files_sha256(path for pattern in (*declared, *stated) for path in workspace.root.glob(pattern))


def contracts_sha256(workspace: Workspace) -> str:
    """SHA-256 of the contracts' text."""
    return files_sha256(workspace.root.glob("conf/contracts/*/*.yaml"))


def spec_sha256(spec: ModelSpec) -> str:
    """SHA-256 of a model's declaration, its gates included."""
    return document_sha256(stated(spec))


def stated(spec: ModelSpec) -> dict[str, Any]:
    """A model's declaration as JSON."""
    return spec.model_dump(mode="json")


def by_name(declared: dict[str, Any]) -> dict[str, Any]:
    """A model's declaration in a form for comparison: gates by figure, and each name of a list as its own key."""
    gates = {gate["metric"]: {name: gate[name] for name in ("min", "max")} for gate in declared.get("gates") or ()}
    lists = {name: declared.get(name) for name in ("features", "exclude")}
    each = {name: dict.fromkeys(items, True) if items else None for name, items in lists.items()}
    return declared | each | {"gates": gates}


def features_sha256(workspace: Workspace, names: Collection[str]) -> dict[str, str]:
    """Domain → SHA-256 of the declarations of some features, and the SHA-256 of the spine that they are joined to.

    Features that are no longer declared are left out.
    """
    declared = feature_set(workspace)
    domains: dict[str, list[dict]] = {}
    for column in declared.columns:
        if column.name in names:
            domains.setdefault(column.domain, []).append(_stated(column, declared))
    of_domains = {domain: document_sha256(columns) for domain, columns in domains.items()}
    return of_domains | {"spine": _spine_sha256(workspace)}


def each_sha256(workspace: Workspace) -> dict[str, str]:
    """Feature → SHA-256 of its declaration, and `SPINE` → that of the spine."""
    declared = feature_set(workspace)
    each = {column.name: document_sha256(_stated(column, declared)) for column in declared.columns}
    return each | {SPINE: _spine_sha256(workspace)}


def rested_on_sha256(workspace: Workspace, names: Collection[str]) -> dict[str, str]:
    """Table → SHA-256 of its contract, for the tables that some features, consents and applications come from.

    `conf/tables.yaml`, if it exists, is a key as well, for the tables' roles and for the features that are facts of a
    decision. The layout of a file and its comments don't count.
    """
    tables = {table for column in feature_set(workspace).columns if column.name in names for table in column.tables}
    tables |= {contract.table for role in _RESTED_ON if (contract := workspace.playing(role))}
    paths = {table: workspace.root / f"conf/contracts/{table.replace('__', '/')}.yaml" for table in sorted(tables)}
    if (roles := workspace.root / table_roles.FILE).exists():
        paths[table_roles.FILE] = roles
    return {name: document_sha256(yaml.safe_load(path.read_bytes())) for name, path in paths.items()}


def _spine(workspace: Workspace, kind: type) -> ModuleType:
    path = workspace.root / SPINE
    if not path.exists():
        raise ContractError(
            f"{path} is missing; it has to declare the rows that features are built for, and their labels"
        )
    require(module := feature_files.load(path), kind, str(path))
    return module


def _spine_sha256(workspace: Workspace) -> str:
    """SHA-256 of the spine's file and of the definition of a bad loan, if it is declared."""
    spine = file_sha256(workspace.root / SPINE)
    labels = {name: each.model_dump(mode="json") for name, each in workspace.labels.items()}
    return document_sha256({SPINE: spine, label.FILE: labels}) if labels else spine


def _stated(column: FeatureColumn, declared: FeatureSet) -> dict[str, Any]:
    """The declaration of a column with all its inputs; aggregates in full, as names depend on other declarations."""
    measures = {name: measure for each in declared.measures.values() for name, measure in each.items()}
    used = columns_of(column.sql)
    sql = re.sub(r"\b_\w+", lambda match: str(measures.get(match[0], match[0])), column.sql)
    inputs = [_stated(each, declared) for each in declared.columns if each.name in used and column.kind == "derived"]
    keys = {table: declared.keys[table] for table in column.tables if table in declared.keys}
    return asdict(column, dict_factory=_declared) | {"sql": sql, "inputs": inputs} | ({"keys": keys} if keys else {})


def _declared(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Fields of a declaration; one that doesn't state a later field keeps the SHA-256 of before."""
    return {name: value for name, value in fields if (name, value) not in (("only_grows", False), ("fact", ""))}
