"""Gathers the features that modules declare into a set, see `features.engine.spec`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import TypeGuard

from conf.schema.contract import Contract, Purpose
from conf.schema.errors import ContractError
from conf.schema.loan_request import REQUESTED, Follows, Repaid
from conf.schema.plain_features import NO_FEATURES, PlainFeatures
from conf.schema.table_roles import TableRole
from features.engine.feature_set import FeatureColumn, FeatureSet
from features.engine.plain_columns import declared
from features.engine.records import Aggregate, Records, names
from features.engine.spec import Feature, Request, Table
from features.engine.windows import CLOCKS, Ever, Window


def collect(
    modules: Iterable[ModuleType],
    contracts: Mapping[str, Contract] | None = None,
    plain: PlainFeatures = NO_FEATURES,
) -> FeatureSet:
    """Collect the features that modules declare, in the order of the modules; plain columns come first.

    Args:
        contracts: contracts by table. Their purposes count for a feature that declares none; a table without a
            contract here allows all purposes.
        plain: plain columns that are features unchanged, each of a table with a contract.

    Raises:
        ContractError: a column is declared twice, a derived feature names an unknown column, or a feature is declared
            to scale with a column that it isn't computed from.
    """
    declared_here = [value for module in modules for value in vars(module).values() if _is_own(module, value)]
    measures: dict[str, dict[Aggregate, str]] = {}
    columns: dict[str, FeatureColumn] = {}
    keys = {table: lookup.key for table, lookup in plain.lookup.items()}
    terms = _terms(contracts or {})
    for column in _each(declared_here, plain, measures, columns, contracts or {}):
        if column.name in columns:
            raise ContractError(
                f"feature column {column.name!r} is declared twice, in {columns[column.name].domain} "
                f"and {column.domain}; rename one"
            )
        columns[column.name] = replace(column, follows=_follows(column, columns, keys, terms))
    named = {table: {name: m for m, name in ms.items()} for table, ms in measures.items()}
    return FeatureSet(_once_repaid(columns), named, keys)


def _once_repaid(columns: Mapping[str, FeatureColumn]) -> tuple[FeatureColumn, ...]:
    """The columns with `repaid` filled in. A column that doesn't declare it stays unchanged if it reads no debts."""
    of_debts = {
        table for column in columns.values() if column.repaid and column.kind == "records" for table in column.tables
    }
    resolved = dict[str, FeatureColumn]()
    for name, column in columns.items():  # derived columns come last
        if column.kind == "derived":
            moves = any(resolved[read].repaid is not Repaid.SAME for read in names(column.sql))
        else:
            moves = not of_debts.isdisjoint(column.tables)
        resolved[name] = replace(column, repaid=column.repaid or (Repaid.UNKNOWN if moves else Repaid.SAME))
    return tuple(resolved.values())


def _terms(contracts: Mapping[str, Contract]) -> dict[str, str]:
    """Column of applications → the requested term that it carries; called so itself where no role says otherwise."""
    carrying = (each.carries for each in contracts.values() if each.role is TableRole.APPLICATION)
    carries = next(carrying, dict[str, str]())
    return {carries.get(name, name): name for name in REQUESTED}


def _follows(
    column: FeatureColumn,
    columns: Mapping[str, FeatureColumn],
    keys: Mapping[str, dict[str, str]],
    terms: Mapping[str, str],
) -> Follows:
    """How a column follows the requested terms: it is one of them, it declares how, or the way isn't declared."""
    if column.kind == "derived":
        read = {requested for name in names(column.sql) for requested, _ in columns[name].follows}
    elif column.kind == "request":
        read = {terms[name] for name in names(column.sql) if name in terms}
    else:
        of_keys = {name for table in column.tables for name in keys.get(table, {}).values()}
        read = {terms[name] for name in of_keys if name in terms}
    powers = dict(column.follows)
    if beside := sorted({*powers} - read):
        raise ContractError(
            f"feature {column.name!r} declares scales_with {', '.join(beside)}, but isn't computed from it; take that "
            "out of scales_with="
        )
    return tuple((name, 1 if terms.get(column.sql) == name else powers.get(name)) for name in REQUESTED if name in read)


def _each(
    features: Iterable[Feature],
    plain: PlainFeatures,
    measures: dict[str, dict[Aggregate, str]],
    columns: dict[str, FeatureColumn],
    contracts: Mapping[str, Contract],
) -> Iterator[FeatureColumn]:
    yield from declared(plain, contracts, measures)
    for value in sorted(features, key=lambda value: value.kind == "derived"):
        for window in value.windows:
            yield _compile(value, window, measures, columns, contracts)


def _is_own(module: ModuleType, value: object) -> TypeGuard[Feature]:
    return isinstance(value, Feature) and value.compute.__module__ == module.__name__


def _compile(
    feature: Feature,
    window: Window,
    measures: dict[str, dict[Aggregate, str]],
    columns: dict[str, FeatureColumn],
    contracts: Mapping[str, Contract],
) -> FeatureColumn:
    if isinstance(feature.source, Table):
        records_read = [_records(feature.source, window, measures)]
        if feature.beside:
            records_read.append(_records(feature.beside, Ever(), measures))
        sql = feature.compute(*records_read)
        if loose := sorted(names(sql).difference(CLOCKS, *(records.measures.values() for records in records_read))):
            raise ContractError(
                f"feature {feature.compute.__name__!r} names {', '.join(loose)} outside an aggregate; "
                "ask the records for it: records.sum(...), .max(...), .count()"
            )
        tables = [records.table for records in records_read]
        return feature.column(window, " + ".join(tables), sql, _allowed(tables, contracts))
    sql = feature.compute()
    if isinstance(feature.source, Request):
        return feature.column(window, feature.source.name, sql, _allowed([feature.source.name], contracts))
    inputs = sorted(names(sql))
    if unknown := [name for name in inputs if name not in columns or columns[name].kind == "derived"]:
        raise ContractError(
            f"derived feature {feature.compute.__name__!r} names {', '.join(unknown)}; "
            "give columns of features that are declared and not derived themselves"
        )
    for name in inputs:
        if beyond := sorted(set(feature.purposes or ()) - set(columns[name].purposes)):
            raise ContractError(
                f"derived feature {feature.compute.__name__!r} declares the purposes {', '.join(beyond)}, which its "
                f"input {name} doesn't serve; take them out of purposes="
            )
    tables = sorted({table for name in inputs for table in columns[name].tables})
    allowed = set(Purpose).intersection(*(columns[name].purposes for name in inputs))
    return feature.column(window, " + ".join(tables), sql, allowed)


def _allowed(tables: Iterable[str], contracts: Mapping[str, Contract]) -> set[Purpose]:
    """The purposes that all of these tables allow."""
    return set(Purpose).intersection(*(contracts[table].purposes for table in tables if table in contracts))


def _records(table: Table, window: Window, measures: dict[str, dict[Aggregate, str]]) -> Records:
    return Records(table.name, window, table.complete, table.counted, measures.setdefault(table.name, {}))
