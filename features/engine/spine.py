"""The protocols of a workspace's `features/spine.py`: which applications features are built for, and their outcomes.

A spine has one row per application, with the moment `as_of` for which its features are computed. The file is plain
Python; loading checks that it has all members of these protocols.
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
    """The spine of every workspace that builds features.

    Attributes:
        TABLES: contracts of the tables that these functions read; nothing is built without them.
    """

    TABLES: Sequence[str]

    def training(self, tables: Tables) -> DataFrame:
        """Applications to learn from, each as of the moment when it was made.

        Returns:
            `application_id`, `subject_key` (null in a public record of no named person), `as_of` (timestamp) and the
            columns that request features read; one row per application.
        """
        ...

    def scoring(self, tables: Tables, as_of: datetime) -> DataFrame:
        """Applications that are to be decided, on what is known at a moment (UTC).

        Returns:
            The same columns as `training`.
        """
        ...

    def labels(self, tables: Tables, as_of: datetime, zone: str) -> DataFrame:
        """Outcomes of the applications to learn from, as far as they were known at a moment (UTC).

        No other member may use facts from after an application's own `as_of`; days are counted in the zone.

        Returns:
            `application_id`, `subject_key`, `as_of` (of the application), `label_status` (text), and the labels that
            models name, each a number or null; one row per application.
        """
        ...


class LendingSpine(Spine, Protocol):
    """The spine of a workspace that decides on applications by a policy."""

    def terms(self, applications: DataFrame) -> DataFrame:
        """The requested terms of all applications.

        Returns:
            `application_id`, `requested_amount` (double), `term_months`, `product_code` (one of the policy's).
        """
        ...

    def undisbursed(self, tables: Tables, as_of: datetime) -> DataFrame:
        """Applications that are pending, or approved and not wholly disbursed, by what is known at a moment (UTC).

        Returns:
            `application_id`, `subject_key`, `as_of` (the moment), `applied_at`, `status` (`pending` or `approved`),
            `known_at` (since when the status holds), `requested_amount`, `approved_amount` (double, less the disbursed
            sum; null if it wasn't reported), `term_months`, `product_code`.
        """
        ...

    def book(self, tables: Tables, as_of: datetime) -> tuple[DataFrame, Tables]:
        """Single loans at a moment (UTC), so that the features of debts can be computed for each of them.

        Returns:
            A spine of loans: the loan's number as `application_id`, `subject_key` (the borrower), `as_of` and
            `product_code`; and the tables of the features of debts, with the loan's number as `subject_key`.
        """
        ...


class RepaidSpine(Spine, Protocol):
    """The spine of a workspace whose labels are defined by days past due (`conf/labels.yaml`)."""

    def repayment(self, tables: Tables) -> tuple[DataFrame, DataFrame]:
        """Loans and their instalments, from which labels are computed; `fieldstone labels` reads them, too.

        Returns:
            All versions of both, with the columns that `features.engine.performance.became` reads.
        """
        ...


class DecliningSpine(Spine, Protocol):
    """The spine of a workspace with a model that infers the outcomes of declined applicants (`reject_inference`)."""

    def declined(self, tables: Tables) -> DataFrame:
        """Applications that were declined, each as of the moment when it was made.

        Returns:
            The same columns as `training`; no application is in both.
        """
        ...


COLUMNS = {
    "terms": ("application_id", "requested_amount", "term_months", "product_code"),
    "undisbursed": (
        "application_id",
        "subject_key",
        "as_of",
        "applied_at",
        "status",
        "known_at",
        "requested_amount",
        "approved_amount",
        "term_months",
        "product_code",
    ),
    "book": ("application_id", "subject_key", "as_of", "product_code"),
}
"""What the rows that a member of a `LendingSpine` returns must have at least; those of a `Spine` are checked where they
are built."""


def whole(rows: DataFrame, member: str) -> DataFrame:
    """The rows that a member of the spine returned, once they are known to have all promised columns.

    Raises:
        ContractError: columns are missing.
    """
    if absent := [name for name in COLUMNS[member] if name not in rows.columns]:
        raise ContractError(
            f"{member} of features/spine.py has to return {', '.join(COLUMNS[member])}; {', '.join(absent)} "
            f"{'is' if len(absent) == 1 else 'are'} missing, it returned {', '.join(rows.columns)}"
        )
    return rows


def require(module: object, kind: type, file: str) -> None:
    """Make sure that a module has all members of a protocol, with the arguments that the platform passes.

    Args:
        module: the loaded `file`.
        kind: the protocol: `Spine`, or one that extends it.
        file: path of the module's file, for the error.

    Raises:
        ContractError: members are missing or take other arguments; the text lists them all.
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
    """Names of the functions of a protocol; those that it adds to its base come last."""
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
