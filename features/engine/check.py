"""Checks a feature set against the contracts before any data is read."""

from collections.abc import Iterable

from conf.schema import record_key
from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from features.engine.feature_set import FeatureColumn, FeatureSet
from features.engine.records import names
from features.engine.windows import CLOCKS


def check(features: FeatureSet, contracts: dict[str, Contract]) -> None:
    """Check the tables, columns and purposes of a feature set against the contracts.

    Raises:
        ContractError: the features breach a contract; the text lists every breach.
    """
    if breaches := sorted({b for column in features.columns for b in _breaches(column, features, contracts)}):
        raise ContractError("features break their contracts: " + "; ".join(breaches))


def _breaches(column: FeatureColumn, features: FeatureSet, contracts: dict[str, Contract]) -> Iterable[str]:
    for table in column.tables:
        if table not in contracts:
            yield f"{column.name} reads table {table!r}; there are {', '.join(sorted(contracts))}"
            continue
        if beyond := set(column.purposes) - set(contracts[table].purposes):
            allowed = ", ".join(contracts[table].purposes)
            yield (
                f"{column.name} is for {', '.join(sorted(beyond))}, which the contract of {table} does not allow; "
                f"leave that out of its purposes= (the contract allows {allowed})"
            )
        for name in sorted(_reads(column, features, table) | features.keys.get(table, {}).keys()):
            if why := _forbidden(name, contracts[table]):
                yield f"{column.name} reads {table}.{name}, {why}"


def _forbidden(name: str, contract: Contract) -> str | None:
    """Why no feature may read a column, and what to do; None if features may read it."""
    if name == "subject_key" or (name == record_key.NAME and contract.key_parts):
        return None
    column = contract.columns.get(name)
    if column is None:
        return "which the contract does not declare; declare it there, or read another column"
    if column.identifier:
        return "an identifier that never leaves the vault; leave it out (records find their applicant without it)"
    if column.protected:
        return "which is protected: fairness testing only; leave it out"
    if column.outcome:
        return "which is known only after the decision (outcome); leave it out, or predict it by labels of the spine"
    return None


def _reads(column: FeatureColumn, features: FeatureSet, table: str) -> set[str]:
    """The columns of a contract that a feature column is computed from."""
    if column.kind == "derived":
        return set()
    if column.kind == "request":
        return names(column.sql) - CLOCKS
    measures = features.measures[table]
    used = [measures[name] for name in names(column.sql) & measures.keys()]
    texts = [text for m in used for text in (m.value, m.condition, m.window.contains, *m.window.reads)]
    texts += [sql for m in used for _, sql in m.counted]
    return {name for text in texts for name in names(text) if not name.startswith("_")} - CLOCKS - {"application_id"}
