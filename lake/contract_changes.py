"""Differences between a contract and the lake's tables: those that a migration can plan, and those that are refused.

Names and types are read from the tables themselves, so that the progress of a killed migration is visible. Keys, roles
of columns and grounds aren't in the tables: they are compared with the contract by which rows were last taken in.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from deltalake import DeltaTable
from pyspark.sql.types import DataType, DecimalType, DoubleType, IntegerType, LongType, StructType

from conf.schema.column import Column
from conf.schema.contract import Contract, LawfulBasis
from lake import contract_versions, schema
from lake.tables import Lake

_OWN = {"subject_key", "consent_id", "event_time", "known_at"}  # and all names that begin with an underscore
_DIGITS: dict[DataType, int] = {IntegerType(): 10, LongType(): 19}


class ChangeKind(StrEnum):
    """The action that a change needs."""

    ADDED = "added"  # no action: stored rows have no value in it
    RENAMED = "renamed"  # by `fieldstone contract migrate`
    WIDENED = "widened"  # the same
    RETIMED = "retimed"  # the same: another column says when rows happened or became known
    GROUNDS = "grounds"  # the same: grounds or purposes changed; a person has to answer for it
    NARROWED = "narrowed"  # no action: stored rows may be used for less, or more rows are accepted
    REFUSED = "refused"  # the contract has to be corrected

    @property
    def is_planned(self) -> bool:
        return self in (ChangeKind.RENAMED, ChangeKind.WIDENED, ChangeKind.RETIMED, ChangeKind.GROUNDS)


@dataclass(frozen=True)
class Change:
    """A difference between contract and lake.

    Attributes:
        table: the lake's table whose columns differ, or the contract's table.
        description: in words, with the remedy where it is refused.
    """

    table: str
    column: str
    kind: ChangeKind
    description: str


def changes(lake: Lake, contract: Contract) -> list[Change]:
    """Differences between a contract and the lake's tables; none if the lake has no rows of it."""
    before, differing = contract_versions.recorded(lake).get(contract.table), list[Change]()
    layers = {layer: _holds(lake, contract.named(layer)) for layer in ("bronze", "silver", "quarantine")}
    if before and any(layers.values()):
        differing += [*_of_storage(before, contract), *_of_grounds(before, contract)]
    if before and layers["silver"]:
        differing += _of_roles(before, contract)
    for layer in ("bronze", "silver"):
        if layers[layer]:
            table = contract.named(layer)
            differing += _of_table(table, fields(lake, table), _declared(table, contract), contract)
    return differing


def renew_empty(lake: Lake, contract: Contract) -> None:
    """Create empty tables anew with the columns that are declared now."""
    for table in map(contract.named, ("bronze", "silver")):
        wanted = _declared(table, contract)
        if lake.exists(table) and not _holds(lake, table) and fields(lake, table) != _types(wanted):
            DeltaTable.create(
                str(lake.path(table)),
                schema.delta(wanted),
                mode="overwrite",
                partition_by=[schema.BATCH],
                configuration=DeltaTable(str(lake.path(table))).metadata().configuration,
            )


def _holds(lake: Lake, table: str) -> bool:
    return lake.exists(table) and lake.count(table) > 0


def _declared(table: str, contract: Contract) -> StructType:
    return schema.declared(table, {contract.table: contract})[0]


def _types(struct: StructType) -> dict[str, DataType]:
    return {field.name: field.dataType for field in struct}


def fields(lake: Lake, table: str) -> dict[str, DataType]:
    """Columns of a table by name, with their types."""
    stored = StructType.fromJson(json.loads(DeltaTable(str(lake.path(table))).schema().to_json()))
    return _types(stored)


def _of_table(table: str, stored: dict[str, DataType], wanted: StructType, contract: Contract) -> Iterator[Change]:
    types, renamed = _types(wanted), contract.renamed
    for name in stored:
        if name in renamed:
            yield Change(table, renamed[name], ChangeKind.RENAMED, f"{name} becomes {renamed[name]}")
        elif name not in types and not (name.startswith("_") or name in _OWN):
            yield Change(
                table,
                name,
                ChangeKind.REFUSED,
                f"{name} isn't declared any more and nobody would read its values; declare it again (not required, "
                f"where it no longer comes), or let the column that it has become say `renamed_from: {name}`",
            )
    for name, kind in types.items():
        before_it = sources(name, stored, contract)
        if not before_it:
            yield _added(table, name, contract)
        for before in before_it:
            if stored[before] != kind:
                yield _retyped(table, name, stored[before], kind)


def sources(name: str, stored: Collection[str], contract: Contract) -> list[str]:
    """The stored columns of a declared one, under its name and under earlier names."""
    earlier = contract.columns[name].renamed_from if name in contract.columns else ()
    return [each for each in (name, *earlier) if each in stored]


def _added(table: str, name: str, contract: Contract) -> Change:
    column = contract.columns.get(name)
    if column and (column.required or name in contract.primary_key):
        text = f"{name} is new and required, and rows that are held have none; leave `required: true` out, at first"
        return Change(table, name, ChangeKind.REFUSED, text)
    return Change(table, name, ChangeKind.ADDED, f"{name} is new; rows that are held have none")


def _retyped(table: str, name: str, stored: DataType, wanted: DataType) -> Change:
    text = f"{name} is {stored.simpleString()} and becomes {wanted.simpleString()}"
    if _holds_all(stored, wanted):
        return Change(table, name, ChangeKind.WIDENED, text)
    remedy = (
        f"which may not hold every value; declare {stored.simpleString()} again or a wider type (int to long or "
        "double, whole numbers to decimal, decimal to a larger one), or a new column under another name; a "
        "workspace drafted just now may also begin anew, once its state (`home` of conf/settings.yaml, with all "
        "that was taken in, trained and recorded) is deleted"
    )
    return Change(table, name, ChangeKind.REFUSED, f"{text}, {remedy}")


def _holds_all(stored: DataType, wanted: DataType) -> bool:
    """Whether a type can represent every value of another type exactly."""
    if isinstance(wanted, DecimalType):
        if isinstance(stored, DecimalType):
            scale = wanted.scale - stored.scale
            return scale >= 0 and wanted.precision - stored.precision >= scale
        return stored in _DIGITS and wanted.precision - wanted.scale >= _DIGITS[stored]
    return isinstance(stored, IntegerType) and isinstance(wanted, LongType | DoubleType)


def _of_roles(before: Contract, now: Contract) -> Iterator[Change]:
    """Changes of keys and roles of columns, which aren't stored in tables."""
    key = tuple(_now(name, now) for name in before.primary_key)
    if key != now.primary_key:
        text = f"primary_key was {', '.join(key)}: what counts as one record can't change under rows that are held"
        yield Change(
            now.table, "primary_key", ChangeKind.REFUSED, f"{text}; give it back, or make it a table of its own"
        )
    if before.key_hash_of != now.key_hash_of or any(_now(name, now) != name for name in before.key_parts):
        text = (
            "primary_key is made from other columns, or from columns under other names: rows that are held would get "
            "other keys; give them back, or make it a table of its own"
        )
        yield Change(now.table, "primary_key", ChangeKind.REFUSED, text)
    if before.versioned and not now.versioned:
        text = "versioned was true: rows that are held may be several versions of one record; give it back"
        yield Change(now.table, "versioned", ChangeKind.REFUSED, text)
    if now.versioned and not before.versioned:
        text = "versioned becomes true: later rows of a key are new versions of its record"
        yield Change(now.table, "versioned", ChangeKind.NARROWED, text)
    for what in ("event_time", "published"):
        yield from _of_moment(what, before, now)


def _of_storage(before: Contract, now: Contract) -> Iterator[Change]:
    """Changes of how values are stored, which isn't visible in tables either."""
    if _whose(before, now) != _whose(now, now):
        text = "subject is another one: rows that are held are kept under the keys of the one before; give it back"
        yield Change(now.table, "subject", ChangeKind.REFUSED, text)
    for name, column in before.columns.items():
        if same := now.columns.get(_now(name, now)):
            yield from _of_column(now.table, _now(name, now), column, same)


def _of_grounds(before: Contract, now: Contract) -> Iterator[Change]:
    """Changes of the grounds and purposes of holding rows."""
    was, becomes = before.lawful_basis, now.lawful_basis
    if was is LawfulBasis.CONSENT and becomes is not was:
        text = (
            f"lawful_basis was consent and becomes {becomes}: people have let us have these rows, and may take that "
            "back; give it back, or make it a table of its own"
        )
        yield Change(now.table, "lawful_basis", ChangeKind.REFUSED, text)
    elif becomes is not was:
        without = "; rows of whoever hasn't consented are read no more, and erased as due"
        text = f"lawful_basis was {was} and becomes {becomes}{without if becomes is LawfulBasis.CONSENT else ''}"
        yield Change(now.table, "lawful_basis", ChangeKind.GROUNDS, text)
    elif before.consent_scope != now.consent_scope:
        text = (
            f"consent_scope was {before.consent_scope} and becomes {now.consent_scope}; rows of whoever hasn't "
            "consented to that are read no more, and erased as due"
        )
        yield Change(now.table, "consent_scope", ChangeKind.GROUNDS, text)
    if gained := [each for each in now.purposes if each not in before.purposes]:
        text = f"purposes gain {', '.join(gained)}, for which rows that are held weren't taken in"
        yield Change(now.table, "purposes", ChangeKind.GROUNDS, text)
    if lost := [each for each in before.purposes if each not in now.purposes]:
        yield Change(now.table, "purposes", ChangeKind.NARROWED, f"purposes lose {', '.join(lost)}")


def _now(name: str, contract: Contract) -> str:
    """The present name of a column."""
    return name if name in contract.columns else contract.renamed.get(name, name)


def _whose(contract: Contract, now: Contract) -> tuple[str, str, str | None] | None:
    if (subject := contract.subject) is None:
        return None
    return _now(subject.column, now), subject.kind, subject.rules and subject.rules.normalise


def _of_column(table: str, name: str, before: Column, now: Column) -> Iterator[Change]:
    if (bool(before.identifier), before.pseudonym) != (bool(now.identifier), now.pseudonym):
        text = f"{name} isn't stored as it was any more (identifier, pseudonym); give it another name"
        yield Change(table, name, ChangeKind.REFUSED, text)
    if before.unit and now.unit and before.unit != now.unit:
        text = f"{name} was in {before.unit} and is in {now.unit}; another unit is another column, with another name"
        yield Change(table, name, ChangeKind.REFUSED, text)


def _of_moment(what: str, before: Contract, now: Contract) -> Iterator[Change]:
    stated, wanted = getattr(before, what), getattr(now, what)
    was = stated and _now(stated, now)
    if was == wanted:
        return
    if wanted and any(_now(name, now) == wanted for name in before.columns):
        yield Change(now.table, what, ChangeKind.RETIMED, f"{what} was {was or 'the receipt'} and becomes {wanted}")
    else:
        before_it, back = (f"was {was}", "give it back") if was else ("wasn't declared", f"take {what} out again")
        text = (
            f"{what} {before_it}, and rows that are held have nothing else; {back}, name a column of theirs, or "
            "declare a table under another name and take the rows in there"
        )
        yield Change(now.table, what, ChangeKind.REFUSED, text)
