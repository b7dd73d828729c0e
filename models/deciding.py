"""Decisions from the known facts of applications: scores, policy, reasons, and the effect of withheld data.

Pure, and row by row except for the caps that applications share, so that a decision can be reproduced to the byte from
its stored inputs: see `again`.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from conf.schema.policy import Policy
from models import caps, frames, policy, reasons, recourse, withholding
from models.predictor import CapacityPredictor
from models.reasons import Judges
from models.withholding import Scopes

_FLAGS = ("has_required_consent", "is_source_suspended")
_PRODUCT = "product_code"
# The facts that the policy reads in addition to both scores.
FACTS = tuple(name for name in policy.INPUTS if name not in ("pd", "capacity_year"))
_NUMBERS = tuple(name for name in (*FACTS, *caps.COMMITTED) if name not in (*_FLAGS, _PRODUCT))


class KnownRecord(TypedDict):
    """The inputs of a decision as plain JSON: numbers by feature, known facts, and withheld scopes."""

    features: dict[str, float]
    facts: dict[str, Any]
    withheld: list[str]


@dataclass(frozen=True)
class Known:
    """The inputs of decisions, one row per application, all with the same index.

    Attributes:
        features: what the models read, as floats.
        facts: `FACTS`; of decisions that were made also `caps.COMMITTED`, what others had left then.
        withheld: by scope of consent that isn't required, whether the applicant didn't authorise it.
    """

    features: pd.DataFrame
    facts: pd.DataFrame
    withheld: Mapping[str, pd.Series]

    def after(self, decided: pd.DataFrame) -> "Known":
        """The same with what `decide` has found that loans and other applications leave."""
        return Known(self.features, _typed(decided.loc[:, [*FACTS, *caps.COMMITTED]]), self.withheld)

    def records(self) -> list[KnownRecord]:
        """Each row as plain JSON; unknown values are left out, and floats keep all their digits."""
        scopes = [[s for s, is_withheld in self.withheld.items() if is_withheld.loc[i]] for i in self.features.index]
        features, facts = ([_present(row) for row in frame.to_dict("records")] for frame in (self.features, self.facts))
        rows = zip(features, facts, scopes, strict=True)
        return [{"features": f, "facts": stated, "withheld": names} for f, stated, names in rows]


def known(rows: pd.DataFrame, facts: pd.DataFrame, withheld: Mapping[str, pd.Series], judges: Judges) -> Known:
    """What decisions are made from.

    Args:
        rows: with all features of both models.

    Raises:
        DataError: a feature is missing or no number.
    """
    return Known(frames.numbers(rows, _read(judges)), _typed(facts.loc[:, list(FACTS)]), withheld)


def of_records(records: Sequence[KnownRecord], judges: Judges, scopes: Scopes) -> Known:
    """The inputs that `Known.records` wrote."""
    features = pd.DataFrame([record["features"] for record in records]).reindex(columns=_read(judges))
    facts = pd.DataFrame([record["facts"] for record in records]).reindex(columns=[*FACTS, *caps.COMMITTED])
    withheld = {scope: pd.Series([scope in record["withheld"] for record in records]) for scope in scopes}
    return Known(features.astype(float), _typed(facts), withheld)


def decide(
    inputs: Known, judges: Judges, scopes: Scopes, in_turn: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """Decide on applications.

    Args:
        inputs: what is known of them.
        judges: who decides.
        scopes: by scope of consent that isn't required, the features that come of it.
        in_turn: decides by the policy on facts and both scores, with `caps.COMMITTED` (`commitments.decide_in_turn`).

    Returns:
        What `in_turn` returns, on the less favourable scores where data were withheld, `reasons`, and `proposals`.
    """
    learnt = in_turn(_scored(inputs, judges))
    why = reasons.of_decisions(inputs.features, learnt, judges)
    made = _guarded(policy.explained(learnt, why).assign(reasons=_column(why, learnt)), inputs, judges, scopes)
    return made.assign(proposals=_column(proposals(inputs.after(made), made, judges, scopes), made))


def proposals(known: Known, decided: pd.DataFrame, judges: Judges, scopes: Scopes) -> list[list[recourse.Proposal]]:
    """What each declined applicant could ask for that would be admitted, see `recourse.of_declined`.

    Args:
        known: what the decisions were made from (`Known.after`).
        decided: of the same rows, with `decision`.
    """

    def judge(features: pd.DataFrame, facts: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
        withheld = {scope: each.iloc[rows].set_axis(features.index) for scope, each in known.withheld.items()}
        would_be = Known(features, facts, withheld)
        return _guarded(alone(_scored(would_be, judges), judges.rules), would_be, judges, scopes)

    return recourse.of_declined(known.features, known.facts, decided, judges, judge)


def _column(lists: list[Any], decided: pd.DataFrame) -> pd.Series:
    """A column of lists, one for each decision."""
    return pd.Series(lists, index=decided.index, dtype=object)


def _scored(inputs: Known, judges: Judges) -> pd.DataFrame:
    """Facts with both scores, as the trees have learnt them."""
    rows = inputs.features
    return inputs.facts.assign(pd=judges.admission.predict_pd(rows), capacity_year=_capacity(rows, judges.limit))


def _guarded(learnt: pd.DataFrame, inputs: Known, judges: Judges, scopes: Scopes) -> pd.DataFrame:
    """Decisions on the less favourable scores where data were withheld."""
    rows, admission, limit = inputs.features, judges.admission, judges.limit
    is_withheld = pd.DataFrame(dict(inputs.withheld), index=rows.index).any(axis=1)
    if not is_withheld.any():
        return learnt
    risky = withholding.assumed(rows, admission, scopes, inputs.withheld)
    poor = withholding.assumed(rows, limit, scopes, inputs.withheld) if limit else rows
    # on what other applications leave as learnt, so that caps hold over both
    worse = learnt[[*FACTS, *caps.COMMITTED]].assign(
        pd=np.maximum(learnt["pd"], admission.predict_pd(risky)),
        capacity_year=np.minimum(learnt["capacity_year"], _capacity(poor, limit)),
    )
    cautious = worse.join(policy.decide(worse, judges.rules))
    return withholding.decided(learnt, cautious, is_withheld)


def again(inputs: Known, judges: Judges, scopes: Scopes) -> pd.DataFrame:
    """Repeat decisions from their stored inputs (`Known.after`), each application by itself."""
    return decide(inputs, judges, scopes, lambda facts: alone(facts, judges.rules))


def _read(judges: Judges) -> list[str]:
    return list(dict.fromkeys([*judges.admission.features, *(judges.limit.features if judges.limit else ())]))


def _capacity(rows: pd.DataFrame, limit: CapacityPredictor | None) -> np.ndarray:
    """The repayment capacity of each row; missing without a limit model."""
    return limit.predict_capacity(rows) if limit else np.full(len(rows), np.nan)


def alone(facts: pd.DataFrame, rules: Policy) -> pd.DataFrame:
    """Decide each application by itself, as if without limits, so that no application uses up a cap of another."""
    full = facts.reindex(columns=list(dict.fromkeys([*facts.columns, *caps.COMMITTED])))
    return full.join(policy.decide(full, rules))


def _typed(facts: pd.DataFrame) -> pd.DataFrame:
    """Facts cast to their declared types, whatever their type before, such as decimals."""
    numbers = [name for name in facts if name in _NUMBERS]
    return facts.astype(dict.fromkeys(numbers, float) | {name: bool for name in facts if name in _FLAGS})


def _present(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if value is not None and value == value}
