"""`fieldstone decide`: score pending applications with the champions, once, with reasons and what they rest on."""

from functools import reduce
from operator import and_

import pandas as pd
from pyspark.sql import functions as F

from conf.contract import Purpose
from conf.errors import FieldstoneError
from jobs import commitments, decisions, declarations, partner, tracking, withdrawals
from jobs.build_features import SCORING
from jobs.context import Context
from jobs.decisions import DECISIONS
from lake import stored
from lake.tables import EVERYTHING
from models import policy, reasons
from models.commitments import decide_in_turn


def run(context: Context) -> None:
    """Decide every pending application that has no decision yet; a decision is never made twice.

    Until somebody has put each model in force, nothing is decided.

    Raises:
        FieldstoneError: the run is back-dated, the service has ended, a withdrawal may be unknown, the policy isn't in
            force yet, or a model in force was retired.
    """
    lake, workspace = context.lake, context.workspace
    context.require_present("decide")
    if EVERYTHING in lake.closed():
        raise FieldstoneError("the service has ended, so nothing is decided any more (fieldstone audit show)")
    withdrawals.require_settled(context, "decide")
    workspace.policy.must_hold(context.today)
    client = tracking.connect(workspace.settings)
    if waiting := [name for name in workspace.models if tracking.by_alias(client, name, tracking.CHAMPION) is None]:
        print(f"decide: nothing decided; no {' nor '.join(waiting)} model is in force (fieldstone approve MODEL)")
        return
    in_force = [tracking.champion(client, name) for name in workspace.models]
    champions = {output: champion for champion in in_force for output in champion.predictor.outputs}
    with lake.lock(DECISIONS):
        rows = undecided(context)
        if rows.empty:
            print("decide: nothing new")
            return
        decided = _decide(context, rows, champions)
        decisions.append(context, decided, champions)
    print(decisions.told(decided))


def undecided(context: Context) -> pd.DataFrame:
    """Feature rows of the applications to decide, with their terms and whether the needed consents are there."""
    lake, spine = context.lake, declarations.spine(context.workspace)
    rows = lake.read(SCORING, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
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


def _decide(context: Context, rows: pd.DataFrame, champions: dict[str, tracking.Champion]) -> pd.DataFrame:
    """What the policy needs to know, what it says of it, and why."""
    admission, limit = champions["pd"].predictor, champions["capacity_cny_year"].predictor
    rules, features = context.workspace.policy, declarations.feature_set(context.workspace)
    scored = rows.assign(
        pd=admission.predict_pd(rows),
        capacity_cny_year=limit.predict_capacity(rows),
        # no record of a loan is no debt: the bank's own books say so
        existing_debt_service_cny_month=rows["existing_debt_service_cny_month"].fillna(0),
        existing_exposure_cny=rows["existing_exposure_cny"].fillna(0),
        history_months=rows["history_months"].fillna(0),
        has_required_consent=rows["has_required_consent"].eq(True),
        is_source_suspended=bool(partner.too_old(context)),
    )
    decided = _in_turn(context, scored)
    catalogue = {column.name: column for column in features.columns}
    told = reasons.of_decisions(rows, decided, reasons.Judges(admission, limit, rules, catalogue))
    return policy.explained(decided, told).assign(reasons=told)


def _in_turn(context: Context, scored: pd.DataFrame) -> pd.DataFrame:
    """Decide on scored rows, each on what other applications of the person and of the household leave."""
    open_ = commitments.standing(context)
    granted = commitments.granted(context, open_)
    beside = granted[~granted["application_id"].isin(scored["application_id"])]
    asked = scored.merge(open_[["application_id", "applied_at", "household_no"]], on="application_id", how="left")
    return decide_in_turn(asked, context.workspace.policy, beside)
