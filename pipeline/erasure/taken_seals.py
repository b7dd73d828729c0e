"""Seals of rows that an erasure deletes or changes, recorded before it begins, so that `audit verify` knows of them."""

from lake import raw_access, seals
from lake.entry_details import Seal
from lake.erasure import Item, Outcome
from pipeline.context import Context
from pipeline.erasure.erasure_request import ErasureRequest

_STEPS = {Outcome.ERASED: "erase", Outcome.REDACTED: "redact"}  # outcome of rows → the step that does it


def taken(context: Context, request: ErasureRequest, instead: str, done: set[str]) -> list[Seal]:
    """Seals of rows that an erasure will delete, or change in decisions on others; for the entry on its begin.

    Args:
        instead: text that will replace a consent's number.
        done: names of the completed steps.
    """
    kept = []
    for table in seals.tables(context.lake):
        items = [item for item in request.items if item.table == table and item.outcome in _STEPS]
        waiting = [item for item in items if f"{_STEPS[item.outcome]} {table}" not in done]
        if sealed := [each for item in waiting for each in _of_item(context, request, item, instead)]:
            kept.append(seals.keep(context.trail, table, sealed))
    return kept


def _of_item(context: Context, request: ErasureRequest, item: Item, instead: str) -> list[seals.Sealed]:
    rows = list(raw_access.chosen(context.lake, item.table, item.where, raw_access.columns(context.lake, item.table)))
    if item.outcome is Outcome.ERASED:
        return seals.gone(context.trail, item.table, rows)
    consent_ids = set(item.where["consent_ids"])
    others = [row for row in rows if row["subject_key"] not in request.subjects]
    redacted = [
        row | {"consent_ids": [instead if n in consent_ids else n for n in row["consent_ids"]]} for row in others
    ]
    return seals.changed(context.trail, item.table, zip(others, redacted, strict=True))
