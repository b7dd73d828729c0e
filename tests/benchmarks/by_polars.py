"""The same features written by hand for Polars' lazy API and its streaming engine."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

INCOME = ["crop_sale", "livestock_sale", "subsidy", "wage", "rent", "mobile_payment"]
SALE = ["crop_sale", "livestock_sale"]


def start() -> Callable[[Path, Path], None]:
    """Polars needs no start."""
    return run


def run(folder: Path, target: Path) -> None:
    """Compute the features of a folder and write them."""
    application = pl.scan_parquet(f"{folder}/spine.parquet").with_columns(_day("as_of").alias("today"))
    booking = pl.scan_parquet(f"{folder}/transactions/*.parquet").select(
        "subject_key", "event_time", "known_at", _day("event_time").alias("day"),
        pl.col("amount_cny").alias("cny"), *_kinds(pl.col("direction") == "in", pl.col("category")),
    )  # fmt: skip
    known = (
        booking.join(application, on="subject_key")
        .filter((pl.col("event_time") < pl.col("as_of")) & (pl.col("known_at") <= pl.col("as_of")))
        .with_columns(((pl.col("today") - pl.col("day")) // 32).alias("age"))
        .filter(pl.col("age") < 24)
        .with_columns(pl.lit(1, pl.Int64).mul(2 ** pl.col("age").cast(pl.Int64)).alias("bit"))
    )
    total = known.group_by("application_id").agg(*_aggregates())
    (
        application.select("application_id")
        .join(total, on="application_id", how="left")
        .select("application_id", *_results())
        .sink_parquet(f"{target}.parquet", engine="streaming")
    )


def _day(column: str) -> pl.Expr:
    moment = pl.col(column).dt
    return (moment.year() * 12 + moment.month().cast(pl.Int32)) * 32 + moment.day().cast(pl.Int32)


def _kinds(is_in: pl.Expr, category: pl.Expr) -> list[pl.Expr]:
    return [
        (is_in & category.is_in(INCOME)).alias("income"),
        (is_in & category.is_in(SALE)).alias("sale"),
        (~is_in & (category != "transfer")).alias("spending"),
        *((is_in & (category == kind)).alias(kind) for kind in ("crop_sale", "livestock_sale", "wage", "subsidy")),
        *((~is_in & (category == kind)).alias(kind) for kind in ("input_purchase", "living", "loan_repayment")),
        (category == "mobile_payment").alias("mobile_payment"),
    ]


SUMS = ("income", "spending", "crop_sale", "livestock_sale", "wage", "input_purchase", "living", "subsidy",
        "loan_repayment")  # fmt: skip


def _aggregates() -> list[pl.Expr]:
    cny, age, bit = pl.col("cny"), pl.col("age"), pl.col("bit")
    made = [cny.filter(pl.col("income") & (age == k)).sum().cast(pl.Float64).alias(f"income_{k}") for k in range(12)]
    for n in (3, 6, 12):
        made += [cny.filter(pl.col(kind) & (age < n)).sum().alias(f"{kind}_{n}m") for kind in SUMS]
        made += [
            (pl.col("mobile_payment") & (age < n)).sum().alias(f"mobile_{n}m"),
            (age < n).sum().alias(f"bookings_{n}m"),
            cny.filter(pl.col("income") & (age < n)).max().alias(f"largest_{n}m"),
            bit.filter(pl.col("sale") & (age < n)).bitwise_or().alias(f"sales_{n}m"),
        ]
    return [*made, bit.bitwise_or().alias("history")]


def _results() -> list[pl.Expr]:
    def double(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.Float64)

    def ratio(part: str, whole: str) -> pl.Expr:
        return pl.when(pl.col(whole) != 0).then(double(part) / double(whole))

    def months(bits: str) -> pl.Expr:
        return pl.when(pl.col("history").is_not_null()).then(pl.col(bits).fill_null(0).bitwise_count_ones())

    made = []
    for w in ("3m", "6m", "12m"):
        kinds = ("income", "spending", "crop_sale", "livestock_sale", "wage", "input_purchase", "living")
        made += [double(f"{kind}_{w}").alias(f"{kind}_cny_{w}") for kind in kinds]
        made += [
            (pl.col(f"income_{w}") - pl.col(f"spending_{w}")).cast(pl.Float64).alias(f"net_inflow_cny_{w}"),
            ratio(f"subsidy_{w}", f"income_{w}").alias(f"subsidy_ratio_{w}"),
            ratio(f"loan_repayment_{w}", f"income_{w}").alias(f"repayment_to_income_ratio_{w}"),
            ratio(f"mobile_{w}", f"bookings_{w}").alias(f"mobile_payment_ratio_{w}"),
            double(f"bookings_{w}").alias(f"booking_count_{w}"),
            double(f"largest_{w}").alias(f"largest_income_cny_{w}"),
            months(f"sales_{w}").cast(pl.Float64).alias(f"sale_months_{w}"),
        ]
    income = [pl.col(f"income_{k}") for k in range(12)]
    mean = pl.sum_horizontal(income, ignore_nulls=False) / 12
    deviation = (pl.sum_horizontal([(x - mean) ** 2 for x in income], ignore_nulls=False) / 12).sqrt()
    volatility = pl.when(mean != 0).then(deviation / mean).alias("income_volatility_ratio_12m")
    return [*made, volatility, months("history").cast(pl.Float64).alias("history_months")]
