"""`fieldstone decide`: score pending applications with the champions, once, with reasons and what they rest on."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from operator import and_

import numpy as np
import pandas as pd
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DecimalType, DoubleType, StringType, TimestampType

from conf.contract import Purpose
from conf.errors import FieldstoneError
from jobs import declarations, partner, tracking
from jobs.build_features import SCORING
from jobs.context import Context
from lake import stored
from lake.schema import struct
from lake.tables import EVERYTHING
from models import explain, policy

DECISIONS = "gold__decisions"
_TEXTS = ArrayType(StringType())
_SCHEMA = struct(
    application_id=StringType(),
    subject_key=StringType(),
    decided_at=TimestampType(),
    as_of=TimestampType(),
    decision=StringType(),
    pd=DoubleType(),
    grade=StringType(),
    score=DoubleType(),
    capacity_cny_year=DoubleType(),
    requested_cny=DecimalType(12, 2),
    limit_cny=DecimalType(12, 2),
    binding_constraint=StringType(),
    reasons_en=_TEXTS,
    reasons_zh=_TEXTS,
    reason_features=_TEXTS,
    refer_reasons=_TEXTS,
    decline_reasons=_TEXTS,
    consent_ids=_TEXTS,
    review_route=StringType(),
    admission_model=StringType(),
    limit_model=StringType(),
    table_versions=StringType(),
    suspended_sources=_TEXTS,
)
# Whoever is decided on may refuse a decision by models alone (PIPL art. 24).
REVIEW_ROUTE = "a person reviews on request: any branch, or the number on the notice"


def run(context: Context) -> None:
    """Decide every pending application that has no decision yet; a decision is never made twice.

    Until somebody has put each model in force, nothing is decided.
    """
    lake, workspace = context.lake, context.workspace
    if EVERYTHING in lake.closed():
        raise FieldstoneError("the service has ended, so nothing is decided any more (fieldstone audit show)")
    client = tracking.connect(workspace.settings)
    if waiting := [name for name in workspace.models if tracking.by_alias(client, name, tracking.CHAMPION) is None]:
        print(f"decide: nothing decided; no {' nor '.join(waiting)} model is in force (fieldstone approve MODEL)")
        return
    champions = {spec.kind: tracking.champion(client, name) for name, spec in workspace.models.items()}
    with lake.lock(DECISIONS):
        frame = _undecided(context)
        if frame.empty:
            print("decide: nothing new")
            return
        decided = _decide(context, frame, champions)
        columns = [decided[name].tolist() for name in _SCHEMA.fieldNames()]
        lake.append_gold(DECISIONS, lake.spark.createDataFrame(list(zip(*columns, strict=True)), _SCHEMA))
    counts = decided["decision"].value_counts().to_dict()
    admitted = decided.loc[decided["decision"] == policy.Decision.ADMIT, "limit_cny"].sum()
    told = ", ".join(f"{n:,} {decision}" for decision, n in sorted(counts.items()))
    print(f"decide: {len(decided):,} applications: {told}; limits of {admitted:,.0f} CNY admitted")


def _undecided(context: Context) -> pd.DataFrame:
    """Feature rows of the applications to decide, with their terms and whether the needed consents are there."""
    lake = context.lake
    rows = lake.read(SCORING, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
    if lake.exists(DECISIONS):
        rows = rows.join(stored.applications(lake, DECISIONS), "application_id", "left_anti")
    scopes = lake.consenting(Purpose.CREDIT_ASSESSMENT, context.as_of)
    needed = [F.array_contains("scopes", scope) for scope in context.workspace.policy.required_scopes]
    held = reduce(and_, needed, F.lit(True))
    rows = rows.join(scopes.withColumn("has_required_consent", held).drop("scopes"), "subject_key", "left")
    terms = declarations.spine(context.workspace).terms(
        lake.read("silver_bank__application", purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
    )
    asked = rows.drop("requested_cny", "term_months", "product_code").join(terms, "application_id")
    return asked.toPandas().sort_values("application_id", ignore_index=True)


def _decide(context: Context, frame: pd.DataFrame, champions: dict[str, tracking.Champion]) -> pd.DataFrame:
    rules, scorer = context.workspace.policy, champions["admission"].predictor
    scored = frame.assign(
        pd=scorer.predict_pd(frame),
        capacity_cny_year=champions["limit"].predictor.predict_capacity(frame),
        # no record of a loan is no debt: the bank's own books say so
        existing_debt_service_cny_month=frame["existing_debt_service_cny_month"].fillna(0),
        existing_exposure_cny=frame["existing_exposure_cny"].fillna(0),
        history_months=frame["history_months"].fillna(0),
        has_required_consent=frame["has_required_consent"].eq(True),
        is_source_suspended=bool(partner.too_old(context)),
    )
    decided = scored.join(policy.decide(scored, rules))
    reasons = _reasons(context, frame, decided, champions)
    versions = context.lake.versions([SCORING, "silver_bank__application", "silver_consent__grant"])
    return decided.assign(
        reasons_en=[[r.en for r in told] for told in reasons],
        reasons_zh=[[r.zh for r in told] for told in reasons],
        reason_features=[[r.feature for r in told] for told in reasons],
        consent_ids=[list(ids) for ids in frame["consent_ids"]],
        as_of=pd.Series([_utc(moment) for moment in frame["as_of"]], dtype=object),
        decided_at=pd.Series([context.as_of] * len(frame), dtype=object),
        review_route=REVIEW_ROUTE,
        requested_cny=[_money(value) for value in decided["requested_cny"]],
        limit_cny=[_money(value) for value in decided["limit_cny"]],
        admission_model=str(champions["admission"]),
        limit_model=str(champions["limit"]),
        table_versions=json.dumps(versions, sort_keys=True),
        suspended_sources=[sorted(context.lake.suspended())] * len(frame),
    )


def _utc(moment: pd.Timestamp) -> datetime:
    """A moment as Python's own type, the only one that every engine takes."""
    return (moment if moment.tzinfo else moment.tz_localize(UTC)).to_pydatetime()


def _money(amount: float) -> Decimal | None:
    """A sum of CNY to the cent, None where there is none."""
    return None if pd.isna(amount) else Decimal(f"{amount:.2f}")


def _reasons(context: Context, frame: pd.DataFrame, decided: pd.DataFrame, champions) -> list[list[explain.Reason]]:
    """Reasons of who was not admitted: against the cut-off that was missed, or, where the limit fell short of the
    least that is lent, against the average capacity and no debt."""
    catalogue = {column.name: column for column in declarations.feature_set(context.workspace).columns}
    rules, scorer, capacity = context.workspace.policy, champions["admission"].predictor, champions["limit"].predictor
    shap, shortfall = scorer.shap_values(frame), _shortfall(decided, capacity.shap_values(frame), rules.max_dti)
    above = explain.reasons(shap, frame, scorer.reference(rules.decline_pd), catalogue)
    between = explain.reasons(shap, frame, scorer.reference(rules.refer_pd), catalogue)
    short = explain.reasons(shortfall, decided, np.zeros(shortfall.shape[1]), catalogue)
    chosen = {
        policy.DeclineReason.PD_ABOVE_CUT_OFF: above,
        policy.DeclineReason.LIMIT_BELOW_MINIMUM: short,
        policy.ReviewTrigger.PD_BETWEEN_BANDS: between,
    }
    codes = [[*d, *r] for d, r in zip(decided["decline_reasons"], decided["refer_reasons"], strict=True)]
    return [next((chosen[c][i] for c in given if c in chosen), []) for i, given in enumerate(codes)]


def _shortfall(decided: pd.DataFrame, contributions: pd.DataFrame, max_dti: float) -> pd.DataFrame:
    """What keeps each limit down, in CNY of yearly capacity: a low capacity, and the debts that it has to serve first.

    Where existing loans fill the cap of the grade, they alone are the cause.
    """
    debt, exposure = "existing_debt_service_cny_month", "existing_exposure_cny"
    short = (-contributions).reindex(
        columns=list(dict.fromkeys([*contributions.columns, debt, exposure])), fill_value=0.0
    )
    short[debt] += decided[debt] * 12 / max_dti
    filled = decided["binding_constraint"] == policy.Constraint.EXPOSURE
    short.loc[filled] = 0.0
    short.loc[filled, exposure] = decided[exposure]
    return short
