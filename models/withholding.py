"""Withheld optional data: withholding may not gain more than a tolerance, and never leads to a decline by models alone.

An applicant who didn't authorise an optional source is scored twice: as the trees have learnt from other people without
such data, and with the costliest values in place of the missing ones. The less favourable score counts. It may not
decline anybody, because service may not be refused over data that it doesn't need (PIPL art. 16): an applicant who is
kept from being admitted only by the assumed values goes to a person.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from models.policy import Decision, ReviewTrigger
from models.predictor import Predictor

Scopes = Mapping[str, tuple[str, ...]]
Risk = Callable[[pd.DataFrame], np.ndarray]


def assumed(rows: pd.DataFrame, scorer: Predictor, optional: Scopes, withheld: Mapping[str, pd.Series]) -> pd.DataFrame:
    """The features of rows, with the costliest values where a source was withheld and nothing is known.

    Args:
        optional: by scope of consent, the features that come of it.
        withheld: by scope, whether the applicant of each row didn't authorise it.
    """
    read: pd.DataFrame = rows.loc[:, list(scorer.features)].astype(float)
    for scope, is_withheld in withheld.items():
        names = [name for name in optional[scope] if name in scorer.features]
        read = read.mask(is_withheld, scorer.missing.assumed(read, scorer.features, names))
    return read


def gains(
    rows: pd.DataFrame, scorer: Predictor, optional: Scopes, risk: Risk, tolerance: float
) -> dict[str, dict[str, float]]:
    """Shares of applicants with known records who would gain by withholding each optional source.

    Args:
        risk: of feature rows; more is worse.
        tolerance: a fall of the risk up to it is no gain.

    Returns:
        By scope: rows, gain_learnt (share who would gain if trees alone decided what missing means) and gain (share who
        do gain, as applicants are scored).
    """
    gained: dict[str, dict[str, float]] = {}
    for scope, features in optional.items():
        own = [name for name in features if name in scorer.features]
        known: pd.DataFrame = rows.loc[rows.loc[:, own].notna().any(axis=1)]
        if not own or known.empty:
            continue
        gone = known.assign(**dict.fromkeys(own, np.nan))
        everybody = {scope: pd.Series(True, index=known.index)}
        before, learnt = risk(known), risk(gone)
        cautious = np.maximum(learnt, risk(assumed(gone, scorer, optional, everybody)))
        gained[scope] = {
            "rows": len(known),
            "gain_learnt": float((before - learnt > tolerance).mean()),
            "gain": float((before - cautious > tolerance).mean()),
        }
    return gained


def figures(gains_by_scope: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The largest share over all sources of applicants who gain by withholding; 0 if no source is optional."""
    return {"withholding_gain_share": max((each["gain"] for each in gains_by_scope.values()), default=0.0)}


def decided(learnt: pd.DataFrame, cautious: pd.DataFrame, is_withheld: pd.Series) -> pd.DataFrame:
    """Decisions on applications of which some withheld optional data.

    Args:
        learnt: what was decided, and on what, as trees have learnt it.
        cautious: the same columns for the less favourable of both scores.
        is_withheld: whether anything optional was withheld, by row.

    Returns:
        The learnt decisions; a learnt decline stays a decline. Other applicants who withheld data get the cautious
        figures, for an admission and as the reviewer's starting point. If one of them is admitted as learnt but not on
        the cautious figures, or declined on these, a person decides. So an applicant whom the withheld data would have
        had declined may get a review: this can't be known, and a decline for withholding isn't allowed.
    """
    counted = is_withheld & learnt["decision"].ne(Decision.DECLINE)
    result = learnt.copy()
    for name in cautious.columns.difference(["refer_reasons", "decline_reasons"]):
        result[name] = cautious[name].where(counted, learnt[name])
    worse = learnt["decision"].eq(Decision.ADMIT) | cautious["decision"].eq(Decision.DECLINE)
    kept_out = counted & cautious["decision"].ne(Decision.ADMIT) & worse
    result["refer_reasons"] = [
        [*triggers, str(ReviewTrigger.OPTIONAL_DATA_WITHHELD)] if out else triggers
        for out, triggers in zip(kept_out, learnt["refer_reasons"], strict=True)
    ]
    is_referred = kept_out | learnt["decision"].eq(Decision.REFER)
    return result.assign(decision=result["decision"].mask(is_referred, Decision.REFER))
