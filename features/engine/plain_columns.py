"""Columns of the application that are features as they are: named, and the contract says the rest.

A number is a feature of its own name and unit, a boolean a flag, and of a text with declared `values` each value is a
flag, `is_<column>_<value>`. What is null stays null.
"""

import re
from collections.abc import Iterable, Mapping

from conf.schema.column import Column
from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from features.engine.spec import FeatureColumn, PlainColumns, served

_NUMBERS = re.compile(r"int|long|double|decimal\(.*\)")


def expanded(plain: PlainColumns, contracts: Mapping[str, Contract], domain: str) -> list[FeatureColumn]:
    """The features that some columns come to.

    Args:
        contracts: by table.
        domain: the module that names the columns.

    Raises:
        FieldstoneError: the contract doesn't declare one, or it doesn't say what a feature needs.
    """
    if (contract := contracts.get(plain.table)) is None:
        raise ContractError(f"no contract {plain.table!r}; there are {', '.join(sorted(contracts)) or 'none'}")
    found = []
    for name in plain.names:
        if name not in contract.columns:
            there = ", ".join(contract.stored)
            raise ContractError(f"{plain.table} has no column {name} that could be a feature; there are {there}")
        found += _made(plain, name, contract, domain)
    return found


def _made(plain: PlainColumns, name: str, contract: Contract, domain: str) -> Iterable[FeatureColumn]:
    column, monotone = contract.columns[name], plain.monotone.get(name, 0)
    where = f"{plain.table}.{name}"

    def feature(name: str, unit: str, sql: str, en: str, zh: str) -> FeatureColumn:
        purposes = served(f"feature {name!r} reads {plain.table}", contract.purposes)
        return FeatureColumn(name, plain.table, "", unit, en, zh, purposes, monotone, domain, "request", sql)

    if _NUMBERS.fullmatch(column.type):
        if column.unit is None:
            raise ContractError(f"{where} says no unit; give it one in its contract, or write a feature")
        yield feature(name, column.unit, name, column.en, column.zh)
    elif column.type == "boolean":
        flag = name if name.startswith(("is_", "has_")) else f"is_{name}"
        yield feature(flag, "flag", f"CAST({name} AS INT)", column.en, column.zh)
    elif column.type == "string" and column.values and not column.is_opaque:
        words = {value: re.sub(r"\W+", "_", value.lower(), flags=re.ASCII).strip("_") for value in column.values}
        are_told_apart = len({*words.values()} - {""}) == len(words)
        if monotone or not are_told_apart or re.search(r"['\\]", "".join(words)):
            raise ContractError(
                f"{where}: each of its values is to be a flag, so it takes no monotone=, and each has to give a name, "
                "in Latin letters and digits and without quotes, that no other gives; write features of it instead"
            )
        for value, word in words.items():
            sql = f"CAST({name} = '{value}' AS INT)"
            zh = f"{column.zh}：{value}" if column.zh else ""
            yield feature(f"is_{name}_{word}", "flag", sql, f"{column.en}: {value}", zh)
    else:
        raise ContractError(f"{where} is {_is(column)}, which is no feature as it is; write a feature of it")


def _is(column: Column) -> str:
    if column.is_opaque:
        return "an identifier or a pseudonym"
    return "a string without values" if column.type == "string" else f"of type {column.type}"
