"""Locks of the lake: one writer per table, released by the system when the process dies."""

from pathlib import Path

from filelock import AcquireReturnProxy, FileLock, Timeout

from conf.schema.errors import Busy


def acquire(folder: Path, table: str, wait_seconds: float, is_singleton: bool) -> AcquireReturnProxy[FileLock]:
    """Take the lock of a table, to be held with `with`.

    Args:
        folder: where locks lie.
        is_singleton: who holds it may take it again.

    Raises:
        Busy: another run still holds it after `wait_seconds`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return FileLock(folder / f"{table}.lock", is_singleton=is_singleton).acquire(timeout=wait_seconds)
    except Timeout as error:
        raise Busy(
            f"another run is writing {table}; wait until it ends, then run this again (nothing of it was written)"
        ) from error
