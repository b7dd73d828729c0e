"""Columns of gold tables, as they are declared."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from conf.schema import earlier_names
from conf.schema.errors import ContractError
from conf.schema.gold_table import GoldTable
from lake.schema import data_type, struct


def declared_columns(declared: GoldTable) -> StructType:
    """The columns that a table's declaration names, in order."""
    return struct(**{name: data_type(column) for name, column in declared.columns.items()})


def of_today(declared: GoldTable, rows: DataFrame) -> DataFrame:
    """Rows by the columns of today; those from before have amounts in columns with earlier names."""
    for earlier in {*earlier_names.NOW} & {*rows.columns}:
        if (now := earlier_names.NOW[earlier]) in declared.columns:
            value = F.coalesce(now, earlier) if now in rows.columns else F.col(earlier)
            rows = rows.withColumn(now, value).drop(earlier)
    return rows


def require(declared: GoldTable, rows: StructType) -> None:
    """Check that rows have the columns that their table declares.

    Raises:
        ContractError: a column is missing, of another type, or not declared.
    """
    types = {field.name: field.dataType.simpleString() for field in rows.fields}
    faults = [f"{name} is missing" for name in declared.needed if name not in types]
    faults += [
        f"{name} is {types[name]} in place of {column.type}"
        for name, column in declared.columns.items()
        if name in types and types[name] != column.type
    ]
    if not declared.more:
        faults += [f"{name} isn't declared" for name in types if name not in declared.columns]
    if faults:
        raise ContractError(
            f"{declared.table} wasn't written, because its columns differ from their declaration: "
            f"{', '.join(faults)}; its columns are declared in conf/schema/gold.py, features and labels in features/ "
            "of the workspace"
        )
