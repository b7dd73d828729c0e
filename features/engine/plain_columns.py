"""Plain columns, which are features unchanged: `conf/features.yaml` names them, and their contract describes them.

A number becomes a feature with the column's name and unit, and a boolean becomes a flag. A text with declared `values`
becomes a flag for each value, `is_<column>_<value>`, or one rank of all values. Null stays null, and a value that the
encoding leaves out becomes null.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from slugify import slugify

from conf.schema.column import Column
from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from conf.schema.plain_features import FILE, Lookup, PlainFeature, PlainFeatures
from features.engine.feature_set import FeatureColumn, Kind
from features.engine.records import Aggregate, Records
from features.engine.spec import served
from features.engine.windows import Newest

_NUMBERS = re.compile(r"int|long|double|decimal\(.*\)")


class _Number(NamedTuple):
    """A column encoded as a number: SQL over one record, or over the application."""

    name: str
    unit: str
    sql: str
    en: str
    zh: str


def declared(
    plain: PlainFeatures, contracts: Mapping[str, Contract], measures: dict[str, dict[Aggregate, str]]
) -> Iterator[FeatureColumn]:
    """The features that `conf/features.yaml` declares; the domain of each is the asset of its column.

    Args:
        contracts: contracts by table.
        measures: aggregates by table; those that these features read are added to it.

    Raises:
        ContractError: a contract lacks such a column, or lacks facts on it that a feature needs.
    """
    for table, columns in plain.application.items():
        contract = _contract(table, contracts)
        for each in columns:
            yield from _of_application(each, contract, contract.asset)
    for table, columns in plain.latest.items():
        contract = _contract(table, contracts)
        if contract.subject is None:
            raise ContractError(f"{FILE}: {table} has no subject; declare it under lookup, with a key")
        yield from _of_latest(columns, contract, measures)
    for table, lookup in plain.lookup.items():
        _require_lookup(contract := _contract(table, contracts), lookup, plain)
        yield from _of_latest(lookup.columns, contract, measures)


def _require_lookup(contract: Contract, lookup: Lookup, plain: PlainFeatures) -> None:
    if contract.subject or contract.table in plain.latest:
        raise ContractError(f"{FILE}: {contract.table} has a subject, which is its key; declare it under latest")
    if unknown := sorted({*lookup.key} - {*contract.stored}):
        raise ContractError(
            f"{FILE}: the key of {contract.table} names {', '.join(unknown)}, which aren't columns of it; its columns "
            "are "
            f"{', '.join(contract.stored)}"
        )


def _of_latest(
    columns: Iterable[PlainFeature], contract: Contract, measures: dict[str, dict[Aggregate, str]]
) -> Iterator[FeatureColumn]:
    table = contract.table
    for each in columns:
        records = Records(table, Newest(each.months), measures=measures.setdefault(table, {}))
        for number in _numbers(each, contract):
            yield _feature(number._replace(sql=records.max(number.sql)), each, contract, contract.asset, "records")


def _of_application(stated: PlainFeature, contract: Contract, domain: str) -> Iterator[FeatureColumn]:
    for number in _numbers(stated, contract):
        yield _feature(number, stated, contract, domain, "request")


def _feature(number: _Number, stated: PlainFeature, contract: Contract, domain: str, kind: Kind) -> FeatureColumn:
    name, unit, sql, en, zh = number
    purposes = stated.purposes or served(f"feature {name!r} reads {contract.table}", contract.purposes)
    fields = (name, contract.table, "", unit, en, zh, purposes, stated.monotone, domain, kind, sql)
    return FeatureColumn(*fields, is_plain=True)


def _contract(table: str, contracts: Mapping[str, Contract]) -> Contract:
    if (contract := contracts.get(table)) is None:
        raise ContractError(
            f"there is no contract {table!r}; the contracts are {', '.join(sorted(contracts)) or 'none'}"
        )
    return contract


def _numbers(stated: PlainFeature, contract: Contract) -> Iterable[_Number]:
    name, table = stated.column, contract.table
    if name not in contract.columns:
        there = ", ".join(contract.stored)
        raise ContractError(f"{table} has no column {name} that could be a feature; its columns are {there}")
    column, where = contract.columns[name], f"{table}.{name}"
    en, zh = (column.en, column.zh) if stated.en is None else (stated.en, stated.zh or "")
    if _NUMBERS.fullmatch(column.type) and not stated.values:
        if column.unit is None:
            raise ContractError(f"{where} has no unit; state one in its contract, or write a feature")
        called, unit = stated.name or name, column.unit
        if stated.name and not (called == unit or called.endswith(f"_{unit}")):
            raise ContractError(f"{where}: {called} is a number; end its name in its unit {unit}")
        return [_Number(called, unit, name, en, zh)]
    if column.type == "boolean" and not stated.values:
        flag = name if name.startswith(("is_", "has_")) else f"is_{name}"
        return [_Number(stated.name or flag, "flag", f"CAST({name} AS INT)", en, zh)]
    if column.type == "string" and not column.is_opaque and (column.values or stated.values):
        _require_values(stated, column, where)
        if stated.ordinal:
            return [_rank(stated, where, en, zh)]
        return _flags(stated, column, where, en, zh)
    is_kind, to_do = _is(column)
    raise ContractError(f"{where} is {is_kind}, which can't be a feature unchanged; {to_do}")


def _require_values(stated: PlainFeature, column: Column, where: str) -> None:
    if column.values and (unknown := {*stated.values} - {*column.values}):
        raise ContractError(
            f"{FILE} encodes {len(unknown)} values of {where} that its contract doesn't list; take them out, or list "
            "them there"
        )
    if any(re.search(r"['\\]", value) for value in stated.values):
        raise ContractError(
            f"{where}: a value to encode contains a quote or a backslash; write a feature in features/ instead"
        )


def _rank(stated: PlainFeature, where: str, en: str, zh: str) -> _Number:
    name = stated.name or f"{stated.column}_rank"
    is_flag = len(stated.ordinal) == 2 and name.startswith(("is_", "has_"))
    if not (is_flag or name.endswith("_rank")):
        raise ContractError(
            f"{where}: {name} is a rank; end its name in _rank, or begin it with is_ if it has two values"
        )
    cases = " ".join(f"WHEN '{value}' THEN {rank}" for rank, value in enumerate(stated.ordinal))
    return _Number(name, "flag" if is_flag else "rank", f"CASE {stated.column} {cases} END", en, zh)


def _flags(stated: PlainFeature, column: Column, where: str, en: str, zh: str) -> Iterable[_Number]:
    values = stated.one_hot or column.values or ()
    if stated.monotone or re.search(r"['\\]", "".join(values)):
        raise ContractError(
            f"{where}: each of its values becomes a flag, so monotone isn't allowed and no value may contain a quote "
            "or a backslash; write features in features/ instead"
        )
    listed = ", ".join(f"'{value}'" for value in values)
    for value, word in _flag_words(values).items():
        flag = f"CAST({stated.column} = '{value}' AS INT)"
        sql = f"CASE WHEN {stated.column} IN ({listed}) THEN {flag} END" if stated.one_hot else flag
        name = f"{stated.name or f'is_{stated.column}'}_{word}"
        yield _Number(name, "flag", sql, f"{en}: {value}", f"{zh}：{value}" if zh else "")


def _flag_words(values: Iterable[str]) -> dict[str, str]:
    """The part of a flag's name that stands for each value: its letters and digits, transliterated as in column names.

    A value without letters and digits is `value`; what comes to the word of an earlier value gets its own number.
    """
    words: dict[str, str] = {}
    for number, value in enumerate(values, 1):
        word = slugify(value, separator="_") or "value"
        while word in words.values():
            word += f"_{number}"
        words[value] = word
    return words


def _is(column: Column) -> tuple[str, str]:
    """The kind of a column that can't be a feature, and what to do about it."""
    if column.is_opaque:
        return "an identifier or a pseudonym", "leave it out, because it only identifies a record"
    if column.type == "string":
        return "a string without values", "list them in its contract, or give one_hot or ordinal"
    return f"of type {column.type}", "write a feature of it in features/, as docs/how-to/feature.md shows"
