"""`fieldstone decide`: score pending applications with the champions, once, and store reasons and inputs."""

import logging
from functools import partial, reduce
from operator import and_

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import required
from conf.schema.contract import Purpose
from conf.schema.errors import Conflict, ContractError
from conf.schema.loan_request import REQUESTED
from conf.schema.policy import Policy
from conf.schema.table_roles import TableRole
from conf.schema.workspace import Workspace
from features.engine.spine import whole
from lake import raw_access, stops
from models import deciding
from models.household_decisions import decide_in_turn
from models.predictor import DECIDING
from models.reasons import Judges
from pipeline import contracts
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.decisions import commitments, data_coverage, decision_inputs, decision_rows, kill_switch
from pipeline.decisions.decision_rows import DECISIONS
from pipeline.decisions.shared_records import still
from pipeline.features import build_notes, declarations, kinds
from pipeline.features.build import SCORING
from pipeline.registry import optional_sources, tracking
from pipeline.releases import champions, policy_release
from pipeline.releases.champions import Champion
from pipeline.results.modelers import Decided
from pipeline.sources import suspension

LOG = logging.getLogger(__name__)

_NAMED = ["application_id", "subject_key", "as_of", "consent_ids"]


def run(context: Context) -> Decided:
    """Decide every pending application that has no decision yet; a decision is never made twice.

    Nothing is decided until each model has a version in force.

    Raises:
        FieldstoneError: the run is back-dated, the service has ended, decisions are stopped, a withdrawal may be
            unknown, the policy isn't in force yet or nobody approved it, a contract's grounds changed, a model isn't as
            it was approved, features aren't what was built by the declarations in force, or more is missing than when
            the models were trained.
    """
    lake, workspace = context.lake, context.workspace
    context.require_present("decide")
    if stops.has_left(lake, stops.EVERYTHING):
        raise Conflict(
            "the service has ended, so nothing is decided any more (fieldstone audit show names who ended it)"
        )
    kill_switch.require_running(context, context.trail.require_whole())
    withdrawals.require_settled(context, "decide")
    contracts.require_grounds(context)
    required.policy(workspace).must_hold(context.today)
    client = tracking.connect(workspace.settings)
    names = deciding_models(workspace)
    if waiting := [name for name in champions.waiting(context, client) if name in names]:
        LOG.warning(
            f"decide: nothing decided; no {' nor '.join(waiting)} model is in force (fieldstone approve MODEL VERSION)"
        )
        return Decided(not_in_force=tuple(waiting))
    policy_release.require(context)
    in_force = [champions.load(context, client, name) for name in names]
    scorers = {output: champion for champion in in_force for output in champion.predictor.outputs}
    build_notes.require(context, SCORING, {name for champion in in_force for name in champion.predictor.features})
    with lake.lock(DECISIONS):
        rows = undecided(context)
        if waiting := _waiting(context) - {*rows["application_id"]}:
            LOG.warning(
                f"decide: {len(waiting):,} applications wait, because their features use data that may not be used "
                "any more (fieldstone build-features builds them again)",
                extra={"applications": len(waiting)},
            )
        if rows.empty:
            LOG.info("decide: nothing new")
            return Decided(waiting=len(waiting))
        decided, kept = _decide(context, rows, scorers)
        decision_rows.append(context, decided, scorers, kept)
    LOG.info(decision_rows.summary(decided, context.workspace.settings.currency), extra={"applications": len(decided)})
    return decision_rows.result(decided, len(waiting))


def undecided(context: Context) -> pd.DataFrame:
    """Feature rows of the applications to decide, with their terms and whether the needed consents are there.

    Rows with data that may no longer be used wait until they are built again. Terms are those of loans, and only
    where the policy sets limits.
    """
    lake = context.lake
    rows = lake.read(SCORING, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of).transform(partial(still, context))
    if lake.exists(DECISIONS):
        rows = rows.join(raw_access.applications(lake, DECISIONS), "application_id", "left_anti")
    rows = rows.transform(partial(_with_consent, context))
    if required.policy(context.workspace).sets_limits:
        rows = rows.transform(partial(_with_terms, context))
    return rows.toPandas().sort_values("application_id", ignore_index=True)


def _with_consent(context: Context, rows: DataFrame) -> DataFrame:
    """Add whether the consents that the policy needs are there; where nobody is asked for any, none is needed."""
    scopes = context.lake.consenting(Purpose.CREDIT_ASSESSMENT, context.as_of)
    if scopes is None:
        return rows.withColumn("has_required_consent", F.lit(True))
    needed = [F.array_contains("scopes", scope) for scope in required.policy(context.workspace).required_scopes]
    has_all = reduce(and_, needed, F.lit(True))
    return rows.join(scopes.withColumn("has_required_consent", has_all).drop("scopes"), "subject_key", "left")


def _with_terms(context: Context, rows: DataFrame) -> DataFrame:
    """Add the requested terms."""
    lake, spine = context.lake, declarations.lending_spine(context.workspace)
    applications = context.workspace.of_role(TableRole.APPLICATION).named("silver")
    terms = spine.terms(lake.read(applications, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of))
    terms = whole(terms, "terms")
    return rows.drop(*REQUESTED, "product_code").join(terms, "application_id")


def deciding_models(workspace: Workspace) -> list[str]:
    """Models whose predictions policies use for decisions; models of other numbers aren't used.

    Raises:
        ContractError: no model predicts a number that the policy needs.
    """
    needed = DECIDING if required.policy(workspace).sets_limits else DECIDING[:1]
    predicted = {name: kinds.of(workspace, spec.kind).PREDICTOR.outputs for name, spec in workspace.models.items()}
    if absent := [output for output in needed if not any(output in outputs for outputs in predicted.values())]:
        there = ", ".join(f"{name} ({', '.join(outputs)})" for name, outputs in predicted.items()) or "none"
        raise ContractError(
            f"the policy decides by {', '.join(needed)}, but no model of conf/models predicts {', '.join(absent)}; "
            f"the models are {there}. Add one, or, if only admission is decided, take products and the other settings "
            "of limits out of conf/policy.yaml"
        )
    return [name for name, outputs in predicted.items() if {*outputs} & {*DECIDING}]


def _waiting(context: Context) -> set[str]:
    """Applications with features and without a decision."""
    with_features, *made = (
        {row["application_id"] for row in raw_access.applications(context.lake, table).collect()}
        for table in (SCORING, DECISIONS)
        if context.lake.exists(table)
    )
    return with_features.difference(*made)


def _decide(
    context: Context, rows: pd.DataFrame, scorers: dict[str, Champion]
) -> tuple[pd.DataFrame, decision_inputs.Kept]:
    """The inputs of the policy, its outcome and the reasons; and the sealed records of these inputs."""
    scopes = optional_sources.scopes(context.workspace)
    catalogue = {column.name: column for column in declarations.feature_set(context.workspace).columns}
    rules = required.policy(context.workspace)
    limit = scorers["capacity_year"].predictor if rules.sets_limits else None
    facts_of = declarations.facts(context.workspace)
    judges = Judges(scorers["pd"].predictor, limit, rules, catalogue, facts_of)
    # without a record of a loan there is no debt, because the bank's own books are complete
    stated = {fact: rows[name].fillna(0) for fact, name in facts_of.items()}
    # inputs of limits alone are unknown where no limits are set
    unsaid = {} if limit else {name: None for name in deciding.FACTS if name not in rows}
    flags = {
        "has_required_consent": rows["has_required_consent"].eq(True),
        "is_source_suspended": bool(suspension.too_old(context))
        or data_coverage.is_short(context, rows, scorers.values()),
    }
    facts = rows.assign(**unsaid | stated | flags)
    known = deciding.known(rows, facts, optional_sources.withheld(context, rows, scopes), judges)
    in_turn = partial(_in_turn, context, rows.loc[:, _NAMED]) if limit else partial(_alone, rows.loc[:, _NAMED], rules)
    decided = deciding.decide(known, judges, scopes, in_turn)
    return decided, decision_inputs.kept(context, decided, known.after(decided), scorers, scopes)


def _alone(named: pd.DataFrame, rules: Policy, scored: pd.DataFrame) -> pd.DataFrame:
    """Decide on each scored row independently."""
    return named.join(deciding.alone(scored, rules))


def _in_turn(context: Context, named: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Decide on scored rows in turn, each within what loans and other applications of person and household leave."""
    open_ = commitments.standing(context)
    granted = commitments.granted(context, open_)
    beside = granted.loc[~granted["application_id"].isin(named["application_id"])]
    of_whom = open_[["application_id", "applied_at", "household_no"]]
    applications = named.join(scored).merge(of_whom, on="application_id", how="left")
    return decide_in_turn(applications, required.policy(context.workspace), beside, commitments.outstanding(context))
