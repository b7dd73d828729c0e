"""`gold__decisions`: decisions with their reasons, models and inputs. A row is never changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from conf.schema import gold, required
from conf.schema.counts import counted
from conf.schema.html_pages import Bilingual
from conf.schema.languages import SHOWN, in_shown, on_pages
from conf.schema.policy import Policy
from conf.schema.settings import Settings
from conf.schema.table_roles import TableRole
from lake import gold_schema, seals
from lake.erasure import DECISIONS
from models import limit_reasons, policy, recourse, recourse_sentences
from pipeline.context import Context
from pipeline.decisions import decision_inputs
from pipeline.features.build import SCORING
from pipeline.releases.champions import Champion
from pipeline.results.modelers import Decided
from pipeline.sources import outages
from pipeline.trail import policy_in_use

# How a limit was computed, and why it is below the requested amount; earlier decisions lack these columns.
OF_LIMIT = (
    "limit_steps",
    "limit_step_values",
    "limit_reasons_en",
    "limit_reasons_zh",
    "limit_reason_steps",
    "limit_reason_changes",
)
# Changed terms that would be admitted; earlier decisions lack these columns.
CHANGES = ("changes_en", "changes_zh", "changes_asked")
# The outcome of a decision, which a replay of the same inputs reproduces.
OUTCOME = (
    "decision",
    "pd",
    "grade",
    "score",
    "capacity_year",
    "requested_amount",
    "limit_amount",
    "binding_constraint",
    *OF_LIMIT,
    "expected_loss",
    "reasons_en",
    "reasons_zh",
    "reason_features",
    "reason_changes",
    *CHANGES,
    "refer_reasons",
    "decline_reasons",
    "grounds_en",
    "grounds_zh",
)
# The sentences in it, which declarations and code may reword without another outcome.
WORDING = frozenset(
    f"{name}_{language}" for name in ("reasons", "grounds", "limit_reasons", "changes") for language in ("en", "zh")
)
# An applicant may refuse a decision by models alone (PIPL art. 24).
REVIEW_ROUTE = "a person reviews on request: any branch, or the number on the notice"


def append(context: Context, decided: pd.DataFrame, champions: dict[str, Champion], kept: decision_inputs.Kept) -> None:
    """Append decisions in one commit, after their inputs; the run is recorded in the audit trail first.

    Args:
        decided: applications with the columns from `deciding.decide`.
        champions: predicted number → the version that scored.
        kept: the inputs of the decisions.
    """
    lake, workspace = context.lake, context.workspace
    read = filter(None, map(workspace.playing, (TableRole.APPLICATION, TableRole.CONSENT)))
    versions = lake.versions([SCORING, *(contract.named("silver") for contract in read)])
    rows = outcome(decided, required.policy(workspace), workspace.settings).assign(
        consent_ids=decided["consent_ids"].map(list),
        as_of=pd.Series([_utc(moment) for moment in decided["as_of"]], dtype=object),
        decided_at=pd.Series([context.as_of] * len(decided), dtype=object),
        review_route=REVIEW_ROUTE,
        admission_model=str(champions["pd"]),
        limit_model=str(champions["capacity_year"]) if required.policy(workspace).sets_limits else None,
        policy_from=required.policy(workspace).valid_from_date.isoformat(),
        table_versions=json.dumps(versions, sort_keys=True),
        suspended_sources=pd.Series([sorted(outages.out(context))] * len(decided), dtype=object),
    )
    if not required.policy(workspace).sets_limits:  # no amount was communicated, so there is none
        rows = rows.assign(capacity_year=None, expected_loss=None)
    schema = gold_schema.declared_columns(gold.DECISIONS)
    columns = [rows[name].tolist() for name in schema.fieldNames()]
    frame = lake.spark.createDataFrame(list(zip(*columns, strict=True)), schema)
    sealed = seals.new(context.trail, DECISIONS, frame.toArrow().to_pylist())
    context.trail.record(
        workspace.settings.operator,
        "decide",
        decisions=decided["decision"].value_counts().to_dict(),
        models=sorted(str(champion) for champion in champions.values()),
        policy_sha256=policy_in_use.noted_sha256(context),
        table_versions=versions,
        run=kept.run["run"],
        seals=[
            seals.keep(context.trail, DECISIONS, sealed, at_version=max(lake.version(DECISIONS), 0)),
            *decision_inputs.sealed(context, kept),
        ],
    )
    decision_inputs.append(context, kept)
    lake.append_gold(DECISIONS, frame)


def outcome(decided: pd.DataFrame, rules: Policy, settings: Settings) -> pd.DataFrame:
    """The outcome of decisions by a policy, with amounts and texts as stored; see `OUTCOME`.

    A sentence is empty in a language that the settings don't list.
    """
    of_limits = limit_reasons.of_limits(decided, rules)
    sentences = {
        "reasons": decided["reasons"],
        "changes": recourse_sentences.of_proposals(decided, settings.currency),
        "grounds": policy.texts(decided),
        "limit_reasons": of_limits,
    }
    return _with(
        decided,
        **worded(sentences, on_pages(settings.languages)),
        reason_features=[[reason.feature for reason in of_row] for of_row in decided["reasons"]],
        reason_changes=[[str(reason.change or "") for reason in of_row] for of_row in decided["reasons"]],
        changes_asked=[[recourse_sentences.as_request(each) for each in of_row] for of_row in decided["proposals"]],
        requested_amount=[_money(value) for value in decided["requested_amount"]],
        limit_amount=[_money(value) for value in decided["limit_amount"]],
        limit_reason_steps=[[str(reason.feature) for reason in of_row] for of_row in of_limits],
        limit_reason_changes=[[str(reason.change) for reason in of_row] for of_row in of_limits],
    )


def worded(sentences: Mapping[str, Iterable[Sequence[Bilingual]]], shown: Sequence[str]) -> dict[str, list[list[str]]]:
    """Columns such as `reasons_en` of the sentences of each row, which are empty in a language that isn't shown.

    Args:
        sentences: by name, such as `reasons`.
        shown: `on_pages` of the workspace's languages.
    """
    return {
        f"{name}_{language}": [
            [in_shown(each.en, each.zh, shown).get(language, "") for each in of_row] for of_row in rows
        ]
        for name, rows in sentences.items()
        for language in SHOWN
    }


def _with(rows: pd.DataFrame, **columns: list[Any]) -> pd.DataFrame:
    """The rows with further columns, of lists or decimals, which pandas keeps as they are."""
    return rows.assign(**{name: pd.Series(values, rows.index, object) for name, values in columns.items()})


def summary(decided: pd.DataFrame, currency: str) -> str:
    """One line on a run's decisions: how many of each, the limits of those admitted and their expected loss."""
    counts = decided["decision"].value_counts().to_dict()
    admitted = decided[decided["decision"] == policy.Decision.ADMIT]
    parts = ", ".join(f"{n:,} {decision}" for decision, n in sorted(counts.items()))
    made = f"decide: {counted(len(decided), 'application')}: {parts}"
    if decided["limit_amount"].isna().to_numpy().all():
        return made
    return (
        f"{made}{_changes_text(decided)}; limits of {admitted['limit_amount'].sum():,.0f} {currency} admitted, "
        f"expected loss {admitted['expected_loss'].sum():,.0f} {currency}"
    )


def _changes_text(decided: pd.DataFrame) -> str:
    """Number of declined applications that a change of terms would have admitted, by change, as text."""
    declined = int(decided["decision"].eq(policy.Decision.DECLINE).sum())
    if not declined:
        return ""
    by_change = ", ".join(f"{name} {count:,}" for name, count in recourse.by_change(decided).items())
    return f"; of the {declined:,} declined, {_with_change(decided):,} would be admitted for a change ({by_change})"


def _with_change(decided: pd.DataFrame) -> int:
    return int(decided["proposals"].map(bool).sum())


def result(decided: pd.DataFrame, waiting: int) -> Decided:
    """The result of a run, with the number of waiting applications."""
    has_limits = not decided["limit_amount"].isna().to_numpy().all()
    counts = decided["decision"].value_counts().to_dict()
    admitted = decided[decided["decision"] == policy.Decision.ADMIT]
    return Decided(
        applications=len(decided),
        by_decision={str(decision): int(n) for decision, n in sorted(counts.items())},
        limit_amount=float(admitted["limit_amount"].sum()) if has_limits else None,
        expected_loss=float(admitted["expected_loss"].sum()) if has_limits else None,
        waiting=waiting,
        declined_with_change=_with_change(decided) if has_limits else None,
        by_change=recourse.by_change(decided) if has_limits else None,
    )


def _utc(moment: pd.Timestamp) -> datetime:
    """A moment as Python's own type, which every engine accepts."""
    return (moment if moment.tzinfo else moment.tz_localize(UTC)).to_pydatetime()


def _money(amount: float) -> Decimal | None:
    """An amount rounded to the cent; None if there is none."""
    return None if pd.isna(amount) else Decimal(f"{amount:.2f}")
