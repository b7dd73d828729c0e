"""Traces of persons in models: applications that reports explain, and versions that learnt from these persons."""

from collections import Counter
from collections.abc import Collection, Iterable

from conf.schema.naming import parse
from conf.schema.table_names import TRAINING_SUBJECTS
from conf.schema.table_roles import TableRole
from lake import raw_access
from lake.erasure import Item, Outcome
from pipeline.context import Context
from pipeline.registry import tracking


def applications(context: Context, items: Iterable[Item], persons: Collection[str]) -> set[str]:
    """Numbers of the persons' applications, and of other applications whose derived rows are erased."""
    lake, chosen = context.lake, [(item.table, item.where) for item in items if item.outcome is Outcome.ERASED]
    derived = [(table, where) for table, where in chosen if parse(table).layer == "gold"]
    gold = [(table, {"subject_key": persons}) for table in lake.tables() if parse(table).layer == "gold"]
    numbers = set()
    for table, where in (*derived, *gold):
        if {"application_id", *where} <= {*raw_access.columns(lake, table)}:
            numbers |= raw_access.values(lake, table, "application_id", where)
    contract = context.workspace.playing(TableRole.APPLICATION)
    if contract and lake.exists(table := contract.named("silver")):
        numbers |= raw_access.values(lake, table, contract.carries["application_no"], {"subject_key": persons})
    return numbers


def learnt(context: Context, persons: Collection[str]) -> dict[str, int]:
    """Model version → number of these persons that it learnt from."""
    if not context.lake.exists(TRAINING_SUBJECTS):
        return {}
    rows = raw_access.chosen(context.lake, TRAINING_SUBJECTS, {"subject_key": persons}, ["model", "fingerprint"])
    counts = Counter((row["model"], row["fingerprint"]) for row in rows)
    if not counts:
        return {}
    client = tracking.connect(context.workspace.settings)
    versions = {key: [str(version.version) for version in tracking.trained(client, *key)] for key in counts}
    named = {key: f"{key[0]}:{', '.join(numbers) or '(never registered)'}" for key, numbers in versions.items()}
    return {named[key]: count for key, count in sorted(counts.items())}
