"""Late consent: rows that came before their subject's consent are read once more.

Rows of subjects without consent are rejected at admission and only counted. When a subject consents afterwards, the
files in the landing zone, or the rows of the database, are read once more, and the rows of the new subjects become a
batch of their own. The platform records the subjects that a table follows: those whom every finished batch has
admitted. A subject who is permitted and not followed is new: for the first time, again after a withdrawal, or because a
notice of withdrawal turned out to be invalid.
"""

import logging
from collections.abc import Callable
from pathlib import PurePath

from pyspark.sql import DataFrame

from conf.schema.contract import Contract, LawfulBasis
from conf.schema.source import Source
from lake import contract_versions, lost_files, raw_access, refusals, request_log
from lake.batch import INGEST, RELEASE, Batch
from lake.refusals import Action
from pipeline.context import Context
from pipeline.ingest.database import ranges
from pipeline.ingest.files import archives, new_files
from pipeline.ingest.pull import Pull

LOG = logging.getLogger(__name__)

Write = Callable[[Pull, DataFrame], Batch]


def is_followed(source: Source, contract: Contract) -> bool:
    """Whether a table records its followed subjects; a partner's API is asked by subject and doesn't need this."""
    return contract.lawful_basis is LawfulBasis.CONSENT and source.connection.kind != "api"


def bring_in(context: Context, source: Source, contract: Contract, who: DataFrame, write: Write) -> None:
    """Ingest rows that earlier batches rejected, and record all permitted subjects as followed from now on.

    Subjects who aren't permitted any more are removed first; if the run is killed in between, only a reading is lost,
    never a row.

    Args:
        who: (`subject_key`, `consent_id`) of all permitted subjects; the next batch has to use the same frame.
        write: function that writes a pull; it admits the subjects of a frame like `who`.
    """
    lake, table = context.lake, contract.table
    followed = request_log.followed(lake, table)
    new = who.join(followed, "subject_key", "left_anti")
    number, is_left = new.count(), not followed.join(who, "subject_key", "left_anti").isEmpty()
    if is_left:
        request_log.follow(lake, table, who.join(followed, "subject_key", "left_semi"))
    if number and lake.batches(table, INGEST):
        LOG.info(
            f"ingest {table}: {number:,} subjects have consented since; earlier deliveries are read again for them",
            extra={"table": table, "subjects": number},
        )
        _read_again(context, source, contract, new, write)
    _take_what_was_owed(context, source, contract, who, write)
    if number:
        request_log.follow(lake, table, who)


def _read_again(context: Context, source: Source, contract: Contract, new: DataFrame, write: Write) -> None:
    lake, finished = context.lake, context.lake.batches(contract.table, INGEST)
    if source.connection.kind == "database":
        if pull := ranges.again(context, source, contract, finished):
            write(pull, new)
        return
    wanted = _files_with_more(context, contract, finished)
    refused = _set_aside(context, contract, Action.REFUSE)  # read once somebody has decided about them
    read = _read(context, source, contract, wanted - refused, new, write)
    missing = _needed(wanted - read, finished)
    lost_files.note(lake, contract.table, missing, context.as_of)
    if gone := missing - _set_aside(context, contract, Action.REFUSE):
        LOG.warning(
            f"ingest {contract.table}: {len(gone):,} files that earlier batches read are gone from the landing zone; "
            f"the partner has to send {'it' if len(gone) == 1 else 'them'} again for those who have consented since",
            extra={"table": contract.table, "files": len(gone)},
        )


def _take_what_was_owed(context: Context, source: Source, contract: Contract, who: DataFrame, write: Write) -> None:
    """Read missing files that were sent again, for all subjects, because it isn't known who was waiting for them."""
    missing = lost_files.files(context.lake, contract.table) - _set_aside(context, contract, Action.REFUSE, Action.DROP)
    if source.connection.kind == "database" or not missing:
        return
    finished = context.lake.batches(contract.table, INGEST)
    if read := _read(context, source, contract, missing, who, write):
        LOG.info(f"ingest {contract.table}: {len(read & missing):,} files that couldn't be read again before are read")
        lost_files.settle(context.lake, contract.table, missing - _needed(missing - read, finished))


def _needed(missing: set[str], finished: list[Batch]) -> set[str]:
    """Missing files, without archives whose contents aren't missing because they came in another archive."""
    spared: set[str] = set()
    for batch in finished:
        packed = {part.sha256 for part in batch.parts if archives.packing(PurePath(part.name))}
        if not missing & {part.sha256 for part in batch.parts} - packed:
            spared |= packed
    return missing - spared


def _read(
    context: Context, source: Source, contract: Contract, wanted: set[str], who: DataFrame, write: Write
) -> set[str]:
    """Read files once more, each with the column names of its delivery; returns the SHA-256 of the files read."""
    lake, asset, read = context.lake, source.assets[contract.asset], set()
    for names, files_of in _by_names(context, contract, wanted):
        then = asset.model_copy(update={"rename": asset.rename | names})
        as_it_was = source.model_copy(update={"assets": source.assets | {contract.asset: then}})
        finished = lake.batches(contract.table, INGEST)
        read |= _written(new_files.again(context, as_it_was, contract, files_of, finished), who, write)
    return read


def _by_names(context: Context, contract: Contract, wanted: set[str]) -> list[tuple[dict[str, str], set[str]]]:
    """Files grouped by column names that were reused since their delivery: (old name → present name, files)."""
    lake, groups = context.lake, {}
    known, version_of = contract_versions.of(lake, contract), contract_versions.first_taken_in_by(lake, contract.table)
    for digest in sorted(wanted):
        names = contract_versions.misread(contract_versions.followed(version_of.get(digest), known), contract)
        groups.setdefault(tuple(sorted(names.items())), set()).add(digest)
    return [(dict(names), files_of) for names, files_of in groups.items()]


def _written(pull: Pull | None, who: DataFrame, write: Write) -> set[str]:
    """SHA-256 of the parts that were read; they may be fewer than requested."""
    return {part.sha256 for part in write(pull, who).parts} if pull else set()


def _files_with_more(context: Context, contract: Contract, finished: list[Batch]) -> set[str]:
    """SHA-256 of the files that may have rows which aren't in bronze: rejected, or erased since."""
    lake = context.lake
    released = {batch.batch_id for batch in lake.batches(contract.table, RELEASE)}
    in_bronze = raw_access.by_batch(lake, contract.named("bronze")) if lake.exists(contract.named("bronze")) else {}
    return {
        part.sha256
        for batch in finished
        if batch.watermark is None and batch.batch_id not in released
        if in_bronze.get(batch.batch_id, 0) < batch.rows_stored + batch.rows_not_authorised
        for part in batch.parts
    } - _set_aside(context, contract, Action.DROP)


def _set_aside(context: Context, contract: Contract, *states: Action) -> set[str]:
    """SHA-256 of the files of batches that were refused at least once and are now in one of the `states`."""
    known = refusals.latest(context.lake, contract.table).values()
    return {part.sha256 for refusal in known if refusal.action in states for part in refusal.parts}
