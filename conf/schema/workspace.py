"""A workspace: the declarations that one set of commands works on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from conf.schema import (
    consent_text,
    contract,
    inspection_rules,
    label,
    model,
    partner,
    people,
    plain_features,
    policy,
    role_checks,
    roles,
    settings,
    source,
    source_checks,
    source_variants,
    subject,
    table_roles,
    validation,
)
from conf.schema.consent_text import ConsentText
from conf.schema.contract import Contract, LawfulBasis
from conf.schema.errors import ContractError, NotFound
from conf.schema.inspection_rules import Inspection
from conf.schema.label import Label
from conf.schema.model import ModelSpec
from conf.schema.partner import Partner
from conf.schema.people import NOBODY, People
from conf.schema.plain_features import NO_FEATURES, PlainFeatures
from conf.schema.policy import Policy
from conf.schema.roles import MASKED_ONLY, Roles
from conf.schema.settings import Settings
from conf.schema.source import Source
from conf.schema.table_roles import NO_ROLES, TableRole, TableRoles
from conf.schema.validation import Validation

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "FIELDSTONE_WORKSPACE"  # environment variable with the workspace's folder; Airflow's DAGs use it, too
Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Workspace:
    """Everything declared under `<root>/conf`, keyed by name.

    Attributes:
        contracts: table (e.g. `farm__planting`) → contract.
        partners: source → partner that delivers it; a source may have none.
        inspection: rules by which partners are scored and inspected; None if they aren't.
        validation: thresholds by which models are validated; the defaults unless it declares its own.
        consent_texts: SHA-256 → content of a text that subjects may have been shown; oldest first.
        roles: which data of persons somebody may see.
        people: people who may act.
        tables: which contract plays which role, and which features are facts of a decision.
        plain_features: plain columns that are features unchanged.
        labels: column of the training labels → definition of a bad loan.
    """

    root: Path
    settings: Settings
    contracts: dict[str, Contract]
    sources: dict[str, Source]
    models: dict[str, ModelSpec]
    policy: Policy | None
    partners: dict[str, Partner]
    inspection: Inspection | None
    validation: Validation
    consent_texts: dict[str, ConsentText]
    roles: Roles = MASKED_ONLY
    people: People = NOBODY
    tables: TableRoles = NO_ROLES
    plain_features: PlainFeatures = NO_FEATURES
    labels: Mapping[str, Label] = field(default_factory=dict[str, Label])

    def contract(self, table: str) -> Contract:
        """The contract of a table.

        Raises:
            NotFound: no such contract.
        """
        return _known(self.contracts, table, "contract")

    def playing(self, role: TableRole) -> Contract | None:
        """The contract that plays a role; None if there is none."""
        return next((each for each in self.contracts.values() if each.role is role), None)

    def of_role(self, role: TableRole) -> Contract:
        """The contract that plays a role.

        Raises:
            ContractError: no contract plays it.
        """
        if playing := self.playing(role):
            return playing
        raise ContractError(f"{table_roles.FILE} doesn't say which table plays the role {role}; state it there")

    @property
    def asks_for_consent(self) -> bool:
        """Whether the workspace asks anybody for consent."""
        return self.playing(TableRole.CONSENT) is not None

    def source(self, name: str) -> Source:
        """The source of that name.

        Raises:
            NotFound: no such source.
        """
        return _known(self.sources, name, "source")

    def model(self, name: str) -> ModelSpec:
        """The model spec of that name.

        Raises:
            NotFound: no such model.
        """
        return _known(self.models, name, "model")

    def zone_of(self, source: str) -> str:
        """The zone of the times that a source writes without one."""
        return self.source(source).time_zone or self.settings.time_zone

    @property
    def has_personal_data(self) -> bool:
        """Whether any table has data other than public records."""
        return any(each.lawful_basis is not LawfulBasis.PUBLIC_RECORD for each in self.contracts.values())

    @property
    def people_file(self) -> Path:
        """File of the people: the one in the settings, else that of the workspace or of its sandbox."""
        return people.place(self.root / "conf", self.settings)

    @property
    def sharing_texts(self) -> dict[str, str]:
        """SHA-256 → version of the texts that let a subject's records serve the household, see `consent_text`."""
        texts = self.consent_texts.items()
        return {sha256: text.version for sha256, text in texts if text.shares_with_household}

    def tables_of(self, source: str) -> list[Contract]:
        """Contracts of the tables that a source delivers, in its order."""
        return [self.contract(f"{source}__{asset}") for asset in self.source(source).assets]


def load(root: Path | None = None) -> Workspace:
    """Load and check the declarations of a workspace.

    Args:
        root: folder of the workspace; by default that in `FIELDSTONE_WORKSPACE`, relative to the project's folder, or
            the project's folder itself.

    Raises:
        FieldstoneError: the folder has no `conf`, or a file in it is not valid.
    """
    root = (root or ROOT / os.environ.get(VARIABLE, "")).resolve()
    conf = root / "conf"
    if not conf.is_dir():
        raise NotFound(
            f"{root} isn't a workspace: it has no folder conf/; give one with --workspace PATH or {VARIABLE}"
        )
    texts = consent_text.read(conf / "consent_texts")
    known_values = {"consent_texts": tuple(texts)}
    stated = settings.read(conf / "settings.yaml")
    paths = sorted(conf.glob("contracts/*/*.yaml"))
    zone = stated.time_zone
    parts = table_roles.read(root / table_roles.FILE)
    tongues = stated.languages
    kinds = subject.read(root / subject.FILE, tongues)
    read = [contract.read(path, tongues).with_kind(kinds).with_values(known_values).in_zone(zone) for path in paths]
    read = role_checks.played(parts, read)
    read = [consent_text.bound_by_texts(each, texts.values(), zone) for each in read]
    contracts = {c.table: c for c in read}
    sources = {s.name: s for path in source_variants.chosen(conf / "sources") for s in [source.read(path, tongues)]}
    for entry in sources.values():
        source_checks.require_tables(entry, contracts)
        source_checks.require_renamed(entry, contracts)
    role_checks.require_both_of_consent(parts, contracts)
    role_checks.require_recipient(parts, stated.recipient)
    sources = {name: _by_earlier_names(entry, contracts) for name, entry in sources.items()}
    minutes = {name: entry.future_tolerance_minutes for name, entry in sources.items()}
    contracts = {table: c.tolerating(minutes.get(c.source, 0)) for table, c in contracts.items()}
    for each in contracts.values():
        _refers_to_its_like(each, contracts)
    rules = policy.read(conf / "policy.yaml")
    role_checks.require_declared(parts, contracts, rules)
    _names_what_there_is(rules, sources, contracts)
    seen_by = roles.read(conf / "roles.yaml", tongues)
    seen_by.require_kinds({c.identifier for each in contracts.values() for c in each.columns.values() if c.identifier})
    staff = people.read(people.place(conf, stated))
    partners = {p.name: p for path in sorted(conf.glob("partners/*.yaml")) for p in [partner.read(path, tongues)]}
    for name in partners:
        _known(sources, name, "source")
    models = {spec.name: spec for spec in (model.read(path, tongues) for path in sorted(conf.glob("models/*.yaml")))}
    for spec in models.values():
        model.require_groups(spec, contracts)
    return Workspace(
        root=root,
        settings=stated,
        contracts=contracts,
        sources=sources,
        models=models,
        policy=rules,
        partners=partners,
        inspection=inspection_rules.read(conf / "inspection.yaml"),
        validation=validation.read(conf / "validation.yaml"),
        consent_texts=texts,
        roles=seen_by.with_members(staff, datetime.now(UTC).date()),
        people=staff,
        tables=parts,
        plain_features=plain_features.read(root / plain_features.FILE, tongues),
        labels=label.read(root),
    )


def _by_earlier_names(entry: Source, contracts: dict[str, Contract]) -> Source:
    """A source whose files and tables may still use the earlier names of columns that its contracts have renamed.

    An API is asked for a column by one name only, which `rename` states.
    """
    if entry.connection.kind == "api":
        return entry
    assets = {}
    for name, asset in entry.assets.items():
        renamed = contracts[f"{entry.name}__{name}"].renamed
        stated = {theirs: renamed.get(ours, ours) for theirs, ours in asset.rename.items()}
        assets[name] = asset.model_copy(update={"rename": renamed | stated})
    return entry.model_copy(update={"assets": assets})


def _refers_to_its_like(entry: Contract, contracts: dict[str, Contract]) -> None:
    """Refuse a reference between a token and a plain number, because these are never equal."""
    for name, column in entry.columns.items():
        if column.references and (other := contracts.get(column.references.table)):
            theirs = _known(other.columns, column.references.column, f"column of {other.table}")
            if column.identifier or theirs.identifier or column.pseudonym != theirs.pseudonym:
                raise ContractError(
                    f"{entry.table}: {name} refers to {column.references.column} of {other.table}, but one is a "
                    "pseudonym and the other is stored plain; declare them alike"
                )


def _names_what_there_is(rules: Policy | None, sources: dict[str, Source], contracts: dict[str, Contract]) -> None:
    """Refuse a policy with an undeclared source or scope; it would refer nobody because of it, or everybody."""
    if rules is None:
        return
    scopes = {each.consent_scope for each in contracts.values() if each.consent_scope}
    named = (
        ("when_suspended", "source", set(rules.when_suspended), set(sources)),
        ("required_scopes", "scope of consent", set(rules.required_scopes), scopes),
    )
    for place, what, used, there in named:
        if unknown := sorted(used - there):
            raise ContractError(
                f"policy conf/policy.yaml is not valid: {place}: no {what} {', '.join(unknown)}; "
                f"there are {', '.join(sorted(there)) or 'none'}"
            )


def _known(entries: Mapping[str, Entry], name: str, what: str) -> Entry:
    if name not in entries:
        raise NotFound(f"there is no {what} {name!r}; there are {', '.join(sorted(entries)) or 'none'}")
    return entries[name]
