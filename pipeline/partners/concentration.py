"""How much of the business depends on a partner: decisions and loans with a feature that only this partner provides."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from conf.schema.languages import currency_zh
from pipeline.context import Context
from pipeline.decisions.decide import DECISIONS
from pipeline.features import declarations
from pipeline.features.build import SCORING, TRAINING


@dataclass(frozen=True)
class Concentration:
    """How many of all decisions, limits or loans depend on a partner."""

    en: str
    zh: str
    resting: float
    of: float

    @property
    def share(self) -> float:
        """Share that depends on the partner, from 0 to 1."""
        return self.resting / self.of if self.of else 0.0


def shares(context: Context, source_name: str) -> list[Concentration]:
    """Concentration of decisions, of their admitted limits, and of loans learnt from; only of those that exist.

    A decision or a loan depends on a partner if a feature that is computed only from the partner's records has a value.
    Decisions are counted as long as their features are in gold.
    """
    lake, of_kinds, names = context.lake, [], _features(context, source_name)
    if lake.exists(DECISIONS) and lake.exists(SCORING):
        made = _read(context, DECISIONS, Purpose.CREDIT_ASSESSMENT).select("application_id", "limit_amount")
        rows = _read(context, SCORING, Purpose.CREDIT_ASSESSMENT).join(made, "application_id")
        count, amount = _counted(rows, names, "limit_amount")
        currency = context.workspace.settings.currency
        limits = f"Admitted limits, {currency}", f"授信额度（{currency_zh(currency)}）"
        of_kinds += [Concentration("Decisions", "审批决策", *count), Concentration(*limits, *amount)]
    if lake.exists(TRAINING):
        count, _ = _counted(_read(context, TRAINING, Purpose.MODEL_TRAINING), names, None)
        of_kinds.append(Concentration("Loans learnt from", "建模贷款", *count))
    return of_kinds


def _features(context: Context, source_name: str) -> list[str]:
    tables = {contract.table for contract in context.workspace.tables_of(source_name)}
    columns = declarations.feature_set(context.workspace).columns
    return [column.name for column in columns if column.kind == "records" and {*column.tables} <= tables]


def _read(context: Context, table: str, purpose: Purpose) -> DataFrame:
    return context.lake.read(table, purpose=purpose, as_of=context.as_of)


def _counted(rows: DataFrame, names: list[str], amount: str | None) -> tuple[tuple[float, float], tuple[float, float]]:
    """((rows with a value of any of the features, all rows) as numbers, the same as amounts)."""
    there = [F.col(name).cast("string") for name in names if name in rows.columns]
    rests = F.coalesce(F.lit(None).cast("string"), *there).isNotNull()
    worth = F.col(amount).cast("double") if amount else F.lit(0.0)
    total = rows.select(rests.alias("rests"), worth.alias("worth")).agg(
        F.count_if("rests").alias("resting"),
        F.count("*").alias("all"),
        F.coalesce(F.sum(F.when(F.col("rests"), F.col("worth"))), F.lit(0.0)).alias("amount"),
        F.coalesce(F.sum("worth"), F.lit(0.0)).alias("amount_all"),
    )
    (row,) = total.collect()
    return (row["resting"], row["all"]), (row["amount"], row["amount_all"])
