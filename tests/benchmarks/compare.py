"""Whether two results are the same: every row, every column, 1e-9 relative."""

from pathlib import Path

import duckdb

TOLERANCE = 1e-9


def differences(reference: Path, other: Path) -> dict[str, int]:
    """Number of differing rows by column, only where there are any; `rows` where an application is missing.

    Args:
        reference, other: Parquet files or folders keyed by `application_id`, with the same double columns.
    """
    with duckdb.connect() as connection:
        for name, path in (("reference", reference), ("other", other)):
            files = f"{path}/*.parquet" if path.is_dir() else str(path)
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{files}')")
        columns = [row[0] for row in connection.execute("DESCRIBE reference").fetchall() if row[0] != "application_id"]
        unequal = ", ".join(f"count(*) FILTER (NOT ({_equal(name)}))" for name in columns)
        missing = "count(*) FILTER (a.application_id IS NULL OR b.application_id IS NULL)"
        query = f"SELECT {missing}, {unequal} FROM reference a FULL JOIN other b USING (application_id)"
        counts = connection.execute(query).fetchone()
    return {name: count for name, count in zip(["rows", *columns], counts, strict=True) if count}


def _equal(name: str) -> str:
    close = f"abs(a.{name} - b.{name}) <= {TOLERANCE} * greatest(abs(a.{name}), abs(b.{name}))"
    return f"(a.{name} IS NULL AND b.{name} IS NULL) OR coalesce({close}, false)"
