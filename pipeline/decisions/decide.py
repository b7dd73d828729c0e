"""`fieldstone decide`: score pending applications with the champions, once, with reasons and what they rest on."""

import logging
from functools import partial, reduce
from operator import and_

import pandas as pd
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from conf.schema.errors import Conflict
from conf.schema.table_roles import TableRole
from features.engine.spine import whole
from lake import raw_access
from lake.tables import EVERYTHING
from models import deciding
from models.commitments import decide_in_turn
from models.reasons import Judges
from pipeline import contracts
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.decisions import commitments, coverage, decision_inputs, decision_rows, kill_switch
from pipeline.decisions.decision_rows import DECISIONS
from pipeline.decisions.household import still
from pipeline.features import build_notes, declarations
from pipeline.features.build import SCORING
from pipeline.registry import optional_sources, tracking
from pipeline.releases import champions, policy_release
from pipeline.releases.champions import Champion
from pipeline.results import Decided
from pipeline.sources import suspension

LOG = logging.getLogger(__name__)

_NAMED = ["application_id", "subject_key", "as_of", "consent_ids"]


def run(context: Context) -> Decided:
    """Decide every pending application that has no decision yet; a decision is never made twice.

    Until somebody has put each model in force, nothing is decided.

    Raises:
        FieldstoneError: the run is back-dated, the service has ended, decisions are stopped, a withdrawal may be
            unknown, the policy isn't in force yet or nobody approved it, a contract's grounds changed, a model isn't as
            it was approved, features aren't what was built by the declarations in force, or more is missing than when
            the models were trained.
    """
    lake, workspace = context.lake, context.workspace
    context.require_present("decide")
    if EVERYTHING in lake.closed():
        raise Conflict("the service has ended, so nothing is decided any more (fieldstone audit show)")
    kill_switch.require_running(context, context.trail.require_whole())
    withdrawals.require_settled(context, "decide")
    contracts.require_grounds(context)
    workspace.policy.must_hold(context.today)
    client = tracking.connect(workspace.settings)
    if waiting := champions.waiting(context, client):
        LOG.warning(
            f"decide: nothing decided; no {' nor '.join(waiting)} model is in force (fieldstone approve MODEL VERSION)"
        )
        return Decided(not_in_force=tuple(waiting))
    policy_release.require(context)
    in_force = [champions.load(context, client, name) for name in workspace.models]
    scorers = {output: champion for champion in in_force for output in champion.predictor.outputs}
    build_notes.require(context, SCORING, {name for champion in in_force for name in champion.predictor.features})
    with lake.lock(DECISIONS):
        rows = undecided(context)
        if waiting := _waiting(context) - {*rows["application_id"]}:
            LOG.warning(
                f"decide: {len(waiting):,} applications wait, for their features rest on what may not be used any "
                "longer (fieldstone build-features makes them anew)",
                extra={"applications": len(waiting)},
            )
        if rows.empty:
            LOG.info("decide: nothing new")
            return Decided(waiting=len(waiting))
        decided, kept = _decide(context, rows, scorers)
        decision_rows.append(context, decided, scorers, kept)
    LOG.info(decision_rows.told(decided), extra={"applications": len(decided)})
    return decision_rows.result(decided, len(waiting))


def undecided(context: Context) -> pd.DataFrame:
    """Feature rows of the applications to decide, with their terms and whether the needed consents are there.

    Those that rest on what may not be used any longer wait until they are built anew.
    """
    lake, spine = context.lake, declarations.lending_spine(context.workspace)
    rows = lake.read(SCORING, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of).transform(partial(still, context))
    if lake.exists(DECISIONS):
        rows = rows.join(raw_access.applications(lake, DECISIONS), "application_id", "left_anti")
    scopes = lake.consenting(Purpose.CREDIT_ASSESSMENT, context.as_of)
    needed = [F.array_contains("scopes", scope) for scope in context.workspace.policy.required_scopes]
    held = reduce(and_, needed, F.lit(True))
    rows = rows.join(scopes.withColumn("has_required_consent", held).drop("scopes"), "subject_key", "left")
    applications = context.workspace.of_role(TableRole.APPLICATION).named("silver")
    terms = spine.terms(lake.read(applications, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of))
    terms = whole(terms, "terms")
    asked = rows.drop("requested_cny", "term_months", "product_code").join(terms, "application_id")
    return asked.toPandas().sort_values("application_id", ignore_index=True)


def _waiting(context: Context) -> set[str]:
    """Applications that features were built for, and that no decision was made of."""
    with_features, *made = (
        {row["application_id"] for row in raw_access.applications(context.lake, table).collect()}
        for table in (SCORING, DECISIONS)
        if context.lake.exists(table)
    )
    return with_features.difference(*made)


def _decide(
    context: Context, rows: pd.DataFrame, scorers: dict[str, Champion]
) -> tuple[pd.DataFrame, decision_inputs.Kept]:
    """What the policy needs to know, what it says of it, and why; and all of that sealed."""
    scopes = optional_sources.scopes(context.workspace)
    catalogue = {column.name: column for column in declarations.feature_set(context.workspace).columns}
    predictors = (scorers[output].predictor for output in ("pd", "capacity_cny_year"))
    judges = Judges(*predictors, context.workspace.policy, catalogue)
    # no record of a loan is no debt: the bank's own books say so
    stated = {fact: rows[name].fillna(0) for fact, name in declarations.facts(context.workspace).model_dump().items()}
    facts = rows.assign(
        **stated,
        has_required_consent=rows["has_required_consent"].eq(True),
        is_source_suspended=bool(suspension.too_old(context)) or coverage.is_short(context, rows, scorers.values()),
    )
    known = deciding.known(rows, facts, optional_sources.withheld(context, rows, scopes), judges)
    decided = deciding.decide(known, judges, scopes, partial(_in_turn, context, rows[_NAMED]))
    return decided, decision_inputs.kept(context, decided, known.after(decided), scorers, scopes)


def _in_turn(context: Context, named: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Decide on scored rows, each on what loans and other applications of person and household leave."""
    open_ = commitments.standing(context)
    granted = commitments.granted(context, open_)
    beside = granted[~granted["application_id"].isin(named["application_id"])]
    of_whom = open_[["application_id", "applied_at", "household_no"]]
    asked = named.join(scored).merge(of_whom, on="application_id", how="left")
    return decide_in_turn(asked, context.workspace.policy, beside, commitments.outstanding(context))
