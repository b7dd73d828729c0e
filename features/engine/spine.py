"""What a workspace's `features/spine.py` says: for which applications features are built, and what became of them.

A spine has one row per application, with the moment as of which it is looked at. The file is plain Python; that it has
all members of these protocols is checked when it is loaded.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol, cast

from pyspark.sql import DataFrame

from conf.schema.errors import ContractError

Tables = dict[str, DataFrame]
"""Silver frames by contract table, such as the platform may read for the purpose."""

_TABLES = "TABLES"


class Spine(Protocol):
    """Of every workspace that builds features.

    Attributes:
        TABLES: contracts of the tables that these functions read, without which nothing is built.
    """

    TABLES: Sequence[str]

    def training(self, tables: Tables) -> DataFrame:
        """Applications to learn from, each as it was made.

        Returns:
            `application_id`, `subject_key` (null in a public record of no named person), `as_of` (timestamp) and the
            columns that request features read; one row per application.
        """
        ...

    def scoring(self, tables: Tables, as_of: datetime) -> DataFrame:
        """Applications that are to be decided, on what is known at a moment (UTC).

        Returns:
            As of `training`.
        """
        ...

    def labels(self, tables: Tables, as_of: datetime, zone: str) -> DataFrame:
        """What became of the applications to learn from, as far as it was known at a moment (UTC).

        The only member that may look past an application's own `as_of`; days are those of the zone.

        Returns:
            `application_id`, `subject_key`, `as_of` (of the application), `label_status` (text), and the labels that
            models name, each a number or null; one row per application.
        """
        ...


class LendingSpine(Spine, Protocol):
    """Of a workspace that decides on applications by a policy."""

    def terms(self, applications: DataFrame) -> DataFrame:
        """What is asked for, of all applications.

        Returns:
            `application_id`, `requested_cny` (double), `term_months`, `product_code` (one of the policy's).
        """
        ...

    def undisbursed(self, tables: Tables, as_of: datetime) -> DataFrame:
        """Applications that are pending, or approved and not wholly disbursed, as it is known at a moment (UTC).

        Returns:
            `application_id`, `subject_key`, `as_of` (the moment), `applied_at`, `status` (`pending` or `approved`),
            `known_at` (since when that is so), `requested_cny`, `approved_cny` (double, less what was disbursed; null
            where nobody told), `term_months`, `product_code`.
        """
        ...

    def book(self, tables: Tables, as_of: datetime) -> tuple[DataFrame, Tables]:
        """Loans one by one at a moment (UTC), for the features of debts to be computed of each.

        Returns:
            A spine of loans: the number of the loan as `application_id`, `subject_key` (who owes it), `as_of` and
            `product_code`; and the tables of the features of debts, with the number of the loan as `subject_key`.
        """
        ...


class RepaidSpine(Spine, Protocol):
    """Of a workspace whose labels come of days past due (`conf/labels.yaml`), for `fieldstone labels`."""

    def repayment(self, tables: Tables) -> tuple[DataFrame, DataFrame]:
        """Loans and their instalments: what labels are made of.

        Returns:
            All versions of both, with the columns that `features.engine.performance.became` reads.
        """
        ...


class DecliningSpine(Spine, Protocol):
    """Of a workspace one of whose models infers what those who were declined would have done (`reject_inference`)."""

    def declined(self, tables: Tables) -> DataFrame:
        """Applications that were declined, each as it was made.

        Returns:
            As of `training`, of which none is among them.
        """
        ...


COLUMNS = {
    "terms": ("application_id", "requested_cny", "term_months", "product_code"),
    "undisbursed": (
        "application_id",
        "subject_key",
        "as_of",
        "applied_at",
        "status",
        "known_at",
        "requested_cny",
        "approved_cny",
        "term_months",
        "product_code",
    ),
    "book": ("application_id", "subject_key", "as_of", "product_code"),
}
"""What the rows that a member of a `LendingSpine` returns must have at least; those of a `Spine` are checked where they
are built."""


def whole(rows: DataFrame, member: str) -> DataFrame:
    """Rows as a member returned them, with all columns that it promises.

    Raises:
        ContractError: some are missing.
    """
    if absent := [name for name in COLUMNS[member] if name not in rows.columns]:
        raise ContractError(
            f"{member} of features/spine.py has to return {', '.join(COLUMNS[member])}; {', '.join(absent)} "
            f"{'is' if len(absent) == 1 else 'are'} missing, it returned {', '.join(rows.columns)}"
        )
    return rows


def require(module: object, kind: type, file: str) -> None:
    """Make sure that a module has all members of a protocol, and that each can be called as the platform does.

    Args:
        module: what `file` holds.
        kind: `Spine`, or what a workspace that decides needs.

    Raises:
        ContractError: with everything that is missing or otherwise.
    """
    if faults := [*_faults(module, kind)]:
        raise ContractError(f"{file} isn't a whole spine: {'; '.join(faults)} (see features/engine/spine.py)")


def _faults(module: object, kind: type) -> Iterable[str]:
    tables = getattr(module, _TABLES, None)
    if tables is None:
        yield f'it lacks {_TABLES}: the contracts of the tables that it reads, a tuple such as ("SOURCE__ASSET",)'
    elif isinstance(tables, str) or not (
        isinstance(tables, Sequence) and all(isinstance(t, str) for t in cast("Sequence[object]", tables))
    ):
        yield f"{_TABLES} has to be a tuple of names of contracts"
    for name in _functions(kind):
        wanted = [*inspect.signature(getattr(kind, name)).parameters][1:]
        function, called = getattr(module, name, None), f"{name}({', '.join(wanted)})"
        if function is None:
            yield f"it lacks {called}: {(inspect.getdoc(getattr(kind, name)) or '').splitlines()[0]}"
        elif not callable(function):
            yield f"{name} has to be a function, called as {called}"
        elif not _takes(function, wanted):
            yield f"{name} is called as {called} and takes {inspect.signature(function)}"


def _functions(kind: type) -> list[str]:
    """Names of the functions of a protocol, those that it adds last."""
    return [
        name for base in reversed(kind.__mro__) for name in vars(base) if base is not object and _is_own(base, name)
    ]


def _is_own(base: type, name: str) -> bool:
    return not name.startswith("_") and inspect.isfunction(vars(base)[name])


def _takes(function: Callable[..., object], wanted: list[str]) -> bool:
    try:
        inspect.signature(function).bind(*wanted)
    except TypeError:
        return False
    return True
