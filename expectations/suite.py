"""Great Expectations over a batch: the contract's checks as a suite, its results as Data Docs.

The checks are evaluated for all rows in one aggregate (`quality`); the suite then asks of the count of failing rows of
each check that it be 0. So Great Expectations sees counts only: no result, and no page, can hold a row's value.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.contract import Contract
from expectations.checks import FAILED_CHECKS, REASONS, checks
from expectations.keys import IS_COPY, UNIQUE

_SITE = {
    "class_name": "SiteBuilder",
    "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
}


@dataclass(frozen=True)
class BatchQuality:
    """How a batch did, in counts.

    Attributes:
        rows: rows judged.
        sound: rows that pass and repeat no other.
        copies: sound rows that repeat another.
        failed_rows: rows that fail any check.
        by_reason: failing rows by reason code; a row may have several.
        by_check: failing rows by check, 0 for those that all rows pass.
    """

    rows: int
    sound: int
    copies: int
    failed_rows: int
    by_reason: dict[str, int] = field(default_factory=dict)
    by_check: dict[str, int] = field(default_factory=dict)

    @property
    def failure_share(self) -> float:
        """Failing rows over all rows, 0 for an empty batch."""
        return self.failed_rows / self.rows if self.rows else 0.0


def quality(judged: DataFrame, contract: Contract) -> BatchQuality:
    """Count what `failures`, `copies` and `orphans` have noted on the rows, in two aggregates."""
    fails, copy = F.size(REASONS) > 0, F.col(IS_COPY)
    totals = judged.agg(
        F.count("*").alias("rows"),
        F.count_if(fails).alias("failed_rows"),
        F.count_if(~fails & copy).alias("copies"),
    ).collect()[0]
    noted = judged.where(fails).select(
        F.explode(
            F.concat(F.transform(REASONS, _tagged("reason")), F.transform(FAILED_CHECKS, _tagged("check")))
        ).alias("n")
    )
    counts = {(row["n"]["kind"], row["n"]["name"]): row["count"] for row in noted.groupBy("n").count().collect()}
    names = [*(check.name for check in checks(contract)), *_key_checks(contract)]
    return BatchQuality(
        rows=totals["rows"],
        sound=totals["rows"] - totals["failed_rows"] - totals["copies"],
        copies=totals["copies"],
        failed_rows=totals["failed_rows"],
        by_reason={name: n for (kind, name), n in sorted(counts.items()) if kind == "reason"},
        by_check={name: counts.get(("check", name), 0) for name in names},
    )


def over_limit(found: BatchQuality, contract: Contract) -> str | None:
    """Why a batch must stop before silver, in words; None if it may go on."""
    if found.failure_share <= contract.max_failure_share:
        return None
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in found.by_reason.items())
    return (
        f"{found.failure_share:.1%} of the rows fail, which is over the {contract.max_failure_share:.0%} that the contract of "
        f"{contract.table} allows: {found.failed_rows:,} of {found.rows:,} rows ({reasons}). Nothing was written to silver; "
        "see the Data Docs for the checks, then ask the partner for a correction, or change the contract"
    )


def suite(contract: Contract):
    """The contract as a Great Expectations suite over the counts of failing rows, one column per check."""
    import great_expectations as gx

    built = gx.ExpectationSuite(
        name=contract.table, meta={"title": contract.title.model_dump(), "grain": contract.grain}
    )
    declared = {check.name: f"{check.reason.value}: {', '.join(check.columns)}" for check in checks(contract)}
    for name, notes in (declared | _key_checks(contract)).items():
        expectation = gx.expectations.ExpectColumnMaxToBeBetween(column=name, max_value=0, notes=notes)
        built.add_expectation(expectation)
    return built


def publish(results: dict[str, BatchQuality], contracts: dict[str, Contract], folder: Path) -> bool:
    """Validate batches against their suites and write Data Docs.

    Args:
        results: quality by table.
        contracts: at least those of these tables.
        folder: of the static site, replaced as a whole.

    Returns:
        Whether every expectation of every table was met.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    context.add_data_docs_site("fieldstone", _SITE | {"store_backend": store})
    source = context.data_sources.add_pandas("lake")
    met = []
    for table, found in sorted(results.items()):
        batch = source.add_dataframe_asset(table).add_batch_definition_whole_dataframe("batch")
        built = context.suites.add(suite(contracts[table]))
        validation = context.validation_definitions.add(gx.ValidationDefinition(name=table, data=batch, suite=built))
        checkpoint = gx.Checkpoint(name=table, validation_definitions=[validation], result_format="BOOLEAN_ONLY")
        counts = pd.DataFrame({name: [n] for name, n in found.by_check.items()})
        met.append(context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": counts}).success)
    context.build_data_docs(["fieldstone"])
    return all(met)


def _tagged(kind: str):
    return lambda name: F.struct(F.lit(kind).alias("kind"), name.alias("name"))


def _key_checks(contract: Contract) -> dict[str, str]:
    """Checks that look beyond one row, see `expectations.keys`."""
    unique = {} if contract.versioned else {UNIQUE: f"DUPLICATE_KEY: {', '.join(contract.primary_key)}"}
    references = {
        f"{name}.references": f"ORPHAN_KEY: {name} in {column.references.table}"
        for name, column in contract.stored.items()
        if column.references
    }
    return unique | references
