"""`fieldstone decide`: score pending applications with the champions, once, with reasons and what they rest on."""

from functools import partial, reduce
from operator import and_, or_

import numpy as np
import pandas as pd
from pyspark.sql import functions as F

from conf.contract import Purpose
from conf.errors import FieldstoneError
from jobs import (
    champions,
    commitments,
    contracts,
    coverage,
    decisions,
    declarations,
    optional,
    partner,
    policy_release,
    tracking,
    withdrawals,
)
from jobs.build_features import SCORING
from jobs.champions import Champion
from jobs.context import Context
from jobs.decisions import DECISIONS
from jobs.together import still
from lake import stored
from lake.tables import EVERYTHING
from models import caps, policy, reasons, withholding
from models.commitments import decide_in_turn


def run(context: Context) -> None:
    """Decide every pending application that has no decision yet; a decision is never made twice.

    Until somebody has put each model in force, nothing is decided.

    Raises:
        FieldstoneError: the run is back-dated, the service has ended, a withdrawal may be unknown, the policy isn't in
            force yet or nobody approved it, a contract's grounds changed, a model isn't as it was approved, or more
            is missing than when the models were trained.
    """
    lake, workspace = context.lake, context.workspace
    context.require_present("decide")
    if EVERYTHING in lake.closed():
        raise FieldstoneError("the service has ended, so nothing is decided any more (fieldstone audit show)")
    context.trail.require_whole()
    withdrawals.require_settled(context, "decide")
    contracts.require_grounds(context)
    workspace.policy.must_hold(context.today)
    client = tracking.connect(workspace.settings)
    if waiting := champions.waiting(context, client):
        print(
            f"decide: nothing decided; no {' nor '.join(waiting)} model is in force (fieldstone approve MODEL VERSION)"
        )
        return
    policy_release.require(context)
    in_force = [champions.load(context, client, name) for name in workspace.models]
    scorers = {output: champion for champion in in_force for output in champion.predictor.outputs}
    with lake.lock(DECISIONS):
        rows = undecided(context)
        if waiting := _waiting(context) - {*rows["application_id"]}:
            print(
                f"decide: {len(waiting):,} applications wait, for their features rest on what may not be used any "
                "longer (fieldstone build-features makes them anew)"
            )
        if rows.empty:
            print("decide: nothing new")
            return
        decided = _decide(context, rows, scorers)
        decisions.append(context, decided, scorers)
    print(decisions.told(decided))


def undecided(context: Context) -> pd.DataFrame:
    """Feature rows of the applications to decide, with their terms and whether the needed consents are there.

    Those that rest on what may not be used any longer wait until they are built anew.
    """
    lake, spine = context.lake, declarations.spine(context.workspace)
    rows = lake.read(SCORING, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of).transform(partial(still, context))
    if lake.exists(DECISIONS):
        rows = rows.join(stored.applications(lake, DECISIONS), "application_id", "left_anti")
    scopes = lake.consenting(Purpose.CREDIT_ASSESSMENT, context.as_of)
    needed = [F.array_contains("scopes", scope) for scope in context.workspace.policy.required_scopes]
    held = reduce(and_, needed, F.lit(True))
    rows = rows.join(scopes.withColumn("has_required_consent", held).drop("scopes"), "subject_key", "left")
    applications = context.workspace.contract(spine.APPLICATION).named("silver")
    terms = spine.terms(lake.read(applications, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of))
    asked = rows.drop("requested_cny", "term_months", "product_code").join(terms, "application_id")
    return asked.toPandas().sort_values("application_id", ignore_index=True)


def _waiting(context: Context) -> set[str]:
    """Applications that features were built for, and that no decision was made of."""
    built, *made = (
        {row["application_id"] for row in stored.applications(context.lake, table).collect()}
        for table in (SCORING, DECISIONS)
        if context.lake.exists(table)
    )
    return built.difference(*made)


def _decide(context: Context, rows: pd.DataFrame, scorers: dict[str, Champion]) -> pd.DataFrame:
    """What the policy needs to know, what it says of it, and why."""
    admission, limit = scorers["pd"].predictor, scorers["capacity_cny_year"].predictor
    rules, features = context.workspace.policy, declarations.feature_set(context.workspace)
    facts = rows.assign(
        # no record of a loan is no debt: the bank's own books say so
        existing_debt_service_cny_month=rows["existing_debt_service_cny_month"].fillna(0),
        existing_exposure_cny=rows["existing_exposure_cny"].fillna(0),
        history_months=rows["history_months"].fillna(0),
        has_required_consent=rows["has_required_consent"].eq(True),
        is_source_suspended=bool(partner.too_old(context)) or coverage.is_short(context, rows, scorers.values()),
    )
    pd_, capacity = admission.predict_pd(rows), limit.predict_capacity(rows)
    learnt = _in_turn(context, facts.assign(pd=pd_, capacity_cny_year=capacity))
    catalogue = {column.name: column for column in features.columns}
    told = reasons.of_decisions(rows, learnt, reasons.Judges(admission, limit, rules, catalogue))
    learnt = policy.explained(learnt, told).assign(reasons=told)
    scopes = optional.scopes(context.workspace)
    withheld = optional.withheld(context, rows, scopes)
    risky, poor = (withholding.assumed(rows, scorer, scopes, withheld) for scorer in (admission, limit))
    # on what other applications leave as learnt, so that caps hold over both
    given = learnt[[*facts, *caps.COMMITTED]].assign(
        pd=np.maximum(pd_, admission.predict_pd(risky)),
        capacity_cny_year=np.minimum(capacity, limit.predict_capacity(poor)),
    )
    cautious = given.join(policy.decide(given, rules))
    return withholding.decided(learnt, cautious, reduce(or_, withheld.values(), pd.Series(False, index=rows.index)))


def _in_turn(context: Context, scored: pd.DataFrame) -> pd.DataFrame:
    """Decide on scored rows, each on what loans and other applications of person and household leave."""
    open_ = commitments.standing(context)
    granted = commitments.granted(context, open_)
    beside = granted[~granted["application_id"].isin(scored["application_id"])]
    asked = scored.merge(open_[["application_id", "applied_at", "household_no"]], on="application_id", how="left")
    return decide_in_turn(asked, context.workspace.policy, beside, commitments.outstanding(context))
