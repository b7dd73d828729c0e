"""`fieldstone build-features`: feature rows for training and for scoring, and the training labels, to gold."""

import hashlib
import json
import logging

from pyspark.sql import DataFrame

from conf.schema import table_names
from conf.schema.contract import Purpose
from conf.schema.counts import counted
from conf.schema.errors import DataError
from conf.schema.table_roles import TableRole
from features.engine.assemble import assemble
from lake import runs, staging
from lake.snapshot import Snapshot
from lake.staging import Persisted
from lake.tables import Lake
from pipeline import contracts
from pipeline.context import Context
from pipeline.features import build_notes, constant_features, declarations, unknown_categories
from pipeline.results.modelers import Built
from pipeline.sources import outages

LOG = logging.getLogger(__name__)

JOB = "build-features"
TRAINING, SCORING, LABELS = table_names.TRAINING_FEATURES, table_names.APPLICATION_FEATURES, table_names.TRAINING_LABELS
DECLINED = table_names.DECLINED_FEATURES


def run(context: Context) -> Built:
    """Build all four gold tables; nothing happens when neither data, declarations nor the moment have changed.

    A back-dated run uses data known at its moment, of people who consent now, and builds separate tables.

    Raises:
        FieldstoneError: a table that features need is empty, or has only constant features for want of `published`.
    """
    if not context.is_backdated:
        context.require_present(JOB)
    lake, workspace, job = context.lake, context.workspace, _job(context)
    built = training_table, declined_table, scoring_table, labels_table = tuple(
        map(context.gold, (TRAINING, DECLINED, SCORING, LABELS))
    )
    tables = {c.table: c.named("silver") for c in workspace.contracts.values() if lake.exists(c.named("silver"))}
    fingerprint = _fingerprint(context, tables)
    # only present builds are recorded, because back-dated ones decide nothing
    noted = [] if context.is_backdated else [*built]
    if runs.last(lake, job) == fingerprint and build_notes.are_current(context, noted):
        LOG.info(f"{JOB}: nothing new")
        return Built(False, built)
    for table in tables:
        contracts.require_planned(context, workspace.contract(table))
    outages.require_tables(context, _needed(context))
    # all builds share one lock, back-dated ones too, so that an erasure waits for each
    with lake.lock(TRAINING), staging.area(lake, JOB) as persisted:
        spine, declared = declarations.spine(workspace), build_notes.stated(context)
        seen = Snapshot(workspace, persisted)
        training = _read(context, seen, tables, Purpose.MODEL_TRAINING)
        scoring = _read(context, seen, tables, Purpose.CREDIT_ASSESSMENT)
        unknown_categories.tell(JOB, training, workspace.plain_features)
        learning, deciding = _consenting(context, seen, spine.training(training)), spine.scoring(scoring, context.as_of)
        declined = _declined(context, seen, training, learning)
        rows = _features(context, persisted, learning.unionByName(declined), training, Purpose.MODEL_TRAINING)
        of_declined = declined.select("application_id")
        learnt = rows.join(of_declined, "application_id", "left_anti")
        _require_varied(context, learnt, training)
        lake.overwrite(training_table, learnt)
        lake.overwrite(declined_table, rows.join(of_declined, "application_id", "left_semi"))
        lake.overwrite(scoring_table, _features(context, persisted, deciding, scoring, Purpose.CREDIT_ASSESSMENT))
        lake.overwrite(labels_table, spine.labels(training, context.as_of, context.zone))
        if noted:
            build_notes.note(context, noted, declared)
        runs.record(lake, job, fingerprint, context.as_of, tables=lake.versions(tables.values()))
    to_learn_from, to_decide = lake.count(training_table), lake.count(scoring_table)
    counts = f"{counted(to_learn_from, 'application')} to learn from, {to_decide:,} to decide"
    LOG.info(
        f"{JOB}: {counts}"
        + (f"; back-dated, in {training_table} and the other back-dated tables" if context.is_backdated else "")
    )
    return Built(True, built, to_learn_from, to_decide)


def _job(context: Context) -> str:
    """Name under which runs are recorded; a present run never reuses a back-dated one."""
    return f"{JOB} as of {context.as_of.isoformat()}" if context.is_backdated else JOB


def _needed(context: Context) -> list[str]:
    spine, features = declarations.spine(context.workspace), declarations.feature_set(context.workspace)
    return sorted({*features.tables, *spine.TABLES})


def _features(
    context: Context, persisted: Persisted, spine: DataFrame, tables: dict[str, DataFrame], purpose: Purpose
) -> DataFrame:
    """Features in a staging table, which are checked before they replace the old ones."""
    features = declarations.feature_set(context.workspace).for_purpose(purpose)
    homes = context.workspace.playing(TableRole.MEMBERSHIP)
    declared = features, context.workspace.contracts, tables.get(homes.table) if homes else None
    return persisted(assemble(spine, tables, *declared, zone=context.zone, persisted=persisted), f"features-{purpose}")


def _declined(context: Context, lake: Lake, tables: dict[str, DataFrame], learning: DataFrame) -> DataFrame:
    """A spine of declined applications; empty if no model infers their outcomes."""
    declining = declarations.declining_spine(context.workspace)
    return _consenting(context, lake, declining.declined(tables)) if declining else learning.limit(0)


def _require_varied(context: Context, rows: DataFrame, tables: dict[str, DataFrame]) -> None:
    features = declarations.feature_set(context.workspace).for_purpose(Purpose.MODEL_TRAINING)
    constant_features.require_varied(JOB, rows, features, tables, context.workspace.contracts)


def _consenting(context: Context, lake: Lake, spine: DataFrame) -> DataFrame:
    """Only rows of subjects who consent to training, whatever legal basis the bank's own records have."""
    subjects = lake.consenting(Purpose.MODEL_TRAINING, context.as_of)
    return spine if subjects is None else spine.join(subjects, "subject_key", "left_semi")


def _read(context: Context, lake: Lake, tables: dict[str, str], purpose: Purpose) -> dict[str, DataFrame]:
    allowed = {t: name for t, name in tables.items() if purpose in context.workspace.contract(t).purposes}
    if not allowed:
        raise DataError(f"no table of silver may be read for {purpose}; run ingest and refine first")
    return {t: lake.read(name, purpose=purpose, as_of=context.as_of) for t, name in allowed.items()}


def _fingerprint(context: Context, tables: dict[str, str]) -> str:
    # of a back-dated run, consent is judged by the present
    parts = [
        context.as_of,
        context.present,
        context.zone,
        context.lake.versions(tables.values()),
        declarations.fingerprint(context.workspace),
        declarations.declining_spine(context.workspace) is not None,
    ]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
