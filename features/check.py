"""Hold a feature set against the contracts before anything is read."""

from collections.abc import Iterable

from conf.contract import Contract
from conf.errors import FieldstoneError
from features.records import names
from features.spec import FeatureColumn, FeatureSet
from features.windows import CLOCKS


def check(features: FeatureSet, contracts: dict[str, Contract]) -> None:
    """Hold a feature set against the contracts: tables, columns, purposes.

    Raises:
        FieldstoneError: with every breach found.
    """
    if breaches := sorted({b for column in features.columns for b in _breaches(column, features, contracts)}):
        raise FieldstoneError("features break their contracts: " + "; ".join(breaches))


def _breaches(column: FeatureColumn, features: FeatureSet, contracts: dict[str, Contract]) -> Iterable[str]:
    for table in column.table.split(" + "):
        if table not in contracts:
            yield f"{column.name} reads table {table!r}; there are {', '.join(sorted(contracts))}"
            return
        if beyond := set(column.purposes) - set(contracts[table].purposes):
            yield f"{column.name} is for {', '.join(sorted(beyond))}, which the contract of {table} does not allow"
    if column.kind == "derived":
        return
    contract = contracts[column.table]
    for name in sorted(_reads(column, features)):
        declared = contract.columns.get(name)
        if name == "subject_key":
            continue
        if declared is None:
            yield f"{column.name} reads {column.table}.{name}, which the contract does not declare"
        elif declared.identifier:
            yield f"{column.name} reads {column.table}.{name}, an identifier that never leaves the vault"
        elif declared.protected:
            yield f"{column.name} reads {column.table}.{name}, which is protected: fairness testing only"
        elif declared.outcome:
            yield f"{column.name} reads {column.table}.{name}, which is known only after the decision (outcome)"


def _reads(column: FeatureColumn, features: FeatureSet) -> set[str]:
    """The contract's columns behind a feature column."""
    if column.kind == "request":
        return names(column.sql) - CLOCKS
    used = [features.measures[column.table][name] for name in names(column.sql) - CLOCKS]
    texts = [text for m in used for text in (m.value, m.condition, m.window.contains, *m.window.reads)]
    return {name for text in texts for name in names(text) if not name.startswith("_")} - CLOCKS
