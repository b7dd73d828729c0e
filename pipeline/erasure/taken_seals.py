"""Seals of what an erasure takes or changes, noted before it begins, so that `fieldstone audit verify` knows of it."""

from lake import raw_access, seals
from lake.entry_details import Seal
from lake.erasure import Item, Outcome
from pipeline.context import Context
from pipeline.erasure.erasure_request import ErasureRequest

_STEPS = {Outcome.ERASED: "erase", Outcome.REDACTED: "redact"}  # what becomes of rows → the step that does it


def taken(context: Context, request: ErasureRequest, instead: str, done: set[str]) -> list[Seal]:
    """Seals of what an erasure is about to take, or to change in decisions on others; for the entry of its beginning.

    Args:
        instead: what stands in place of a consent's number then.
        done: steps that are done already.
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
