"""Picks one version of each record out of all its versions."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

_IN_TURN = ("known_at", "_row_hash")  # the hash decides between versions that became known at the same moment


def newest(versions: DataFrame, key: list[str]) -> DataFrame:
    """The version of each record that became known last."""
    return _first(versions, key, [F.col(name).desc() for name in _IN_TURN])


def oldest(versions: DataFrame, key: list[str]) -> DataFrame:
    """The version of each record that became known first."""
    return _first(versions, key, [F.col(name).asc() for name in _IN_TURN])


def _first(versions: DataFrame, key: list[str], order: list[Column]) -> DataFrame:
    ranked = versions.withColumn("_rank", F.row_number().over(Over.partitionBy(*key).orderBy(*order)))
    return ranked.where("_rank = 1").drop("_rank")
