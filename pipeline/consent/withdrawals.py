"""Whether every withdrawal has taken effect; until then, nothing is trained, decided or unmasked.

A notice that waits, was refused or ignored, can't be read or wasn't fetched may concern any subject, so no consent is
certain meanwhile.
"""

from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.clock import day
from conf.schema.contract import Contract
from conf.schema.errors import ConsentError
from conf.schema.table_roles import TableRole
from lake import consent, raw_access, refusals, runs, stops
from lake.batch import INGEST, REFINE
from lake.consent import A_NOTICE, by_role
from lake.quarantine_outcomes import row_id
from lake.refusals import Action, Refusal
from lake.schema import BATCH
from pipeline.consent import restored
from pipeline.context import Context

_BEGUN = "begun"
_ROWS_NAMED = 3


def note_begin(context: Context) -> None:
    """Record that withdrawals have to be fetched, if the workspace has a table of them."""
    if contract := context.workspace.playing(TableRole.WITHDRAWAL):
        runs.record(context.lake, _job(contract), _BEGUN, context.as_of)


def begin(context: Context, contract: Contract) -> None:
    """Record the begin of fetching withdrawals; a fetch without a recorded end counts as failed."""
    if contract.role is TableRole.WITHDRAWAL and runs.last(context.lake, _job(contract)) != _BEGUN:
        runs.record(context.lake, _job(contract), _BEGUN, context.as_of)
    if may_come_by(context, contract) and runs.last(context.lake, _passed(contract)):
        runs.forget(context.lake, _passed(contract))  # files that are ignored now are recorded during the fetch


def may_come_by(context: Context, contract: Contract) -> bool:
    """Whether a withdrawal may come among the files of a table, because the sender may put it into a wrong folder."""
    withdrawal = context.workspace.playing(TableRole.WITHDRAWAL)
    return withdrawal is not None and contract.source == withdrawal.source


def pass_over(context: Context, contract: Contract, kinds: list[str]) -> None:
    """Record that files were ignored which may contain a withdrawal; the next fetch checks again.

    Args:
        kinds: number of files of each kind, such as `2 still being written`.
    """
    if kinds and may_come_by(context, contract):
        runs.record(context.lake, _passed(contract), ", ".join(kinds), context.as_of)


def end(context: Context, contract: Contract) -> None:
    """Remove the record of the begin, because all readable withdrawals were fetched."""
    if contract.role is TableRole.WITHDRAWAL and runs.last(context.lake, _job(contract)) == _BEGUN:
        runs.forget(context.lake, _job(contract))


def require_settled(context: Context, what: str) -> None:
    """Refuse a step based on consents as long as a withdrawal may be unknown.

    Args:
        what: name of the step, such as `train`.

    Raises:
        ConsentError, IntegrityError: a withdrawal may be unknown; the text says why, and what to do.
    """
    if reasons := obstacles(context):
        raise ConsentError(f"{what} has to wait, because a withdrawal of consent may be unread: {'; '.join(reasons)}")


def obstacles(context: Context) -> list[str]:
    """Why a withdrawal may be unknown, and what to do about each reason; empty if nobody is asked for consent.

    Files in the landing zone that no ingest has read yet aren't known here; schedules ingest withdrawals first.
    """
    undone = restored.obstacles(context.lake)
    if (withdrawal := context.workspace.playing(TableRole.WITHDRAWAL)) is None:
        return undone
    lake, source = context.lake, withdrawal.source
    reasons = [*undone, *_not_fetched(context, source)]
    if runs.last(lake, _job(withdrawal)) == _BEGUN:
        reasons.append(
            f"the last ingest of withdrawals failed or found what it can't read (run fieldstone ingest {source} again)"
        )
    tables = context.workspace.tables_of(source)
    if kinds := "; ".join(kinds for contract in tables if (kinds := runs.last(lake, _passed(contract)))):
        reasons.append(
            f"files in the landing zone that may hold withdrawals weren't read: {kinds} (fieldstone ingest {source} "
            "names them; complete, remove or rename them, and run it again)"
        )
    named = {contract.table for contract in tables}
    standing = [
        refusal for refusal in refusals.standing(lake).values() if _may_hold_any(refusal, withdrawal.table, named)
    ]
    if strays := [refusal for refusal in standing if refusal.stage == refusals.STRAY]:
        reasons.append(
            f"{_counted(len(strays), 'stray file', 'stray files')} that may hold withdrawals (fieldstone ingest "
            f"{source} names them; move them into the folder of their table and run it again, or drop them: fieldstone "
            "batches)"
        )
    if refused := len(standing) - len(strays):
        reasons.append(
            f"{_counted(refused, 'batch or file', 'batches or files')} of them refused (fieldstone batches list)"
        )
    if waiting := _unrefined(context, withdrawal.table):
        reasons.append(
            f"{_counted(len(waiting), 'batch', 'batches')} of them not refined (run fieldstone refine {source})"
        )
    grant = context.workspace.of_role(TableRole.CONSENT)
    if astray := _among_grants(context, grant):
        rows = _counted(astray, "row that came as a consent", "rows that came as consents")
        reasons.append(
            f"{rows} and may be a notice of withdrawal (look with fieldstone quarantine show --table {grant.table}; "
            f"have the partner deliver withdrawals as {withdrawal.table}, then drop them)"
        )
    if lost := [row_id(row_hash) for _, row_hash in of_nobody(context, grant, withdrawal)]:
        rows = ", ".join(lost[:_ROWS_NAMED])
        notices = _counted(len(lost), "notice", "notices")
        reasons.append(f"{notices} in quarantine whose person can't be identified ({rows}): {by_hand(withdrawal)}")
    return reasons


def of_nobody(context: Context, grant: Contract, withdrawal: Contract) -> list[tuple[str, str]]:
    """(batch, row) in quarantine of the notices for which it isn't certain that they stop a consent."""
    lake, quarantine = context.lake, withdrawal.named("quarantine")
    if not (lake.exists(quarantine) and lake.count(quarantine)):
        return []
    lake.create(grant.named("silver"))
    rows = consent.of_nobody(grants(context, grant), lake.platform(quarantine))
    return sorted((row[BATCH], row["_row_hash"]) for row in rows.select(BATCH, "_row_hash").distinct().collect())


def grants(context: Context, grant: Contract) -> DataFrame:
    """All granted consents as received, with the names of their role."""
    return by_role(raw_access.rows(context.lake, grant.named("silver")), grant)


def _among_grants(context: Context, grant: Contract) -> int:
    """Number of waiting rows among granted consents that may end a consent."""
    lake, table = context.lake, grant.named("quarantine")
    return lake.platform(table).where(F.col("linked_by") == A_NOTICE).count() if lake.exists(table) else 0


def _not_fetched(context: Context, source: str) -> Iterator[str]:
    """Why withdrawals aren't fetched, because of a person's decision or the end of an agreement."""
    partner = context.workspace.partners.get(source)
    if source in stops.suspended(context.lake):
        yield f"{source} is suspended, so withdrawals aren't received (fieldstone partner resume {source})"
    if partner and (refusal := partner.refusal(day(context.present, context.zone))):
        yield refusal


def _unrefined(context: Context, table: str) -> set[str]:
    """Ingested batches that haven't been refined, refused or dropped."""
    lake = context.lake
    ingested, refined = ({batch.batch_id for batch in lake.batches(table, stage)} for stage in (INGEST, REFINE))
    decided = refusals.latest(lake, table).values()
    return ingested - refined - {r.batch_id for r in decided if r.action in (Action.REFUSE, Action.DROP)}


def _may_hold_any(refusal: Refusal, table: str, named: set[str]) -> bool:
    """Whether a refused batch or file may have withdrawals: of their table, an unread file of their source, or alike.

    A batch of another table that was read, and refused because of its rows, isn't an unread file.
    """
    is_unread = refusal.source_table in named and refusal.stage == INGEST
    return refusal.source_table == table or is_unread or refusals.MAY_BE_NOTICES in refusal.reason


def _job(withdrawal: Contract) -> str:
    return f"ingest {withdrawal.table}"


def by_hand(withdrawal: Contract) -> str:
    """What to do with notices whose subject can't be found."""
    return (
        f"look at them with fieldstone quarantine show --table {withdrawal.table}, then release them with "
        "--corrections, or drop those that aren't notices"
    )


def _passed(contract: Contract) -> str:
    return f"pass over {contract.table}"


def _counted(count: int, singular: str, plural: str) -> str:
    return f"there is 1 {singular}" if count == 1 else f"there are {count:,} {plural}"
