"""Are the grades right? All functions take the number of each row's grade; 0 is the best."""

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from models.metrics import jeffreys_p
from models.validation.finding import UNTESTED, Measure, proven_share

_LEAST_PAIRS, _NOTCHES = 30, 2


def calibration(bad: np.ndarray, pd_: np.ndarray, grade: np.ndarray, names: tuple[str, ...]) -> Measure:
    """Largest error of a grade's mean PD: the two-sided Jeffreys test of each grade (ECB 2019), after Bonferroni."""
    rows = {g: grade == g for g in range(len(names)) if np.any(grade == g)}
    missed = {g: float(bad[of].mean() - pd_[of].mean()) for g, of in rows.items()}
    p = {g: jeffreys_p(int(bad[of].sum()), int(of.sum()), float(pd_[of].mean())) for g, of in rows.items()}
    worst = min(p, key=lambda g: (p[g], -abs(missed[g])))
    return Measure(missed[worst], p=min(p[worst] * len(p), 1), where=(names[worst],))


def order(bad: np.ndarray, grade: np.ndarray, names: tuple[str, ...]) -> Measure:
    """Largest fall of the bad rate to the next worse grade, one-sided z test (ECB 2019, 2.6.3), after Bonferroni."""
    filled = [g for g in range(len(names)) if np.any(grade == g)]
    pairs = list(pairwise(filled))
    if not pairs:
        return UNTESTED
    falls = {(g, h): fall(bad[grade == g], bad[grade == h]) for g, h in pairs}
    worst = min(pairs, key=lambda pair: (falls[pair][1], -falls[pair][0]))
    lower, p = falls[worst]
    return Measure(lower, p=min(p * len(pairs), 1), where=tuple(names[g] for g in worst))


def migration(grade: np.ndarray, subject: np.ndarray, as_of: pd.Series, late: np.ndarray) -> Measure:
    """Share of applications out of time that lie two grades or more from the same applicant's application before.

    It is judged by the lower bound of its exact interval; compare the customer migrations of ECB 2019.
    """
    rows = pd.DataFrame({"grade": grade, "subject": subject, "late": late, "as_of": as_of.to_numpy()})
    rows = rows.sort_values("as_of", kind="stable")
    moved = rows.groupby("subject")["grade"].diff()[rows["late"]].dropna().abs()
    if len(moved) < _LEAST_PAIRS:
        return UNTESTED
    return proven_share(int((moved >= _NOTCHES).sum()), len(moved))


def fall(bad: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """How much lower the other bad rate is, and the p-value of this fall (z test with a pooled variance)."""
    pooled = (bad.sum() + other.sum()) / (len(bad) + len(other))
    error = float(np.sqrt(pooled * (1 - pooled) * (1 / len(bad) + 1 / len(other))))
    lower = float(bad.mean() - other.mean())
    return lower, float(stats.norm.sf(lower / error)) if error else 1.0


def concentration(grade: np.ndarray, names: tuple[str, ...]) -> Measure:
    """Herfindahl index of the shares of grades: 0 if they are equal, 1 if all rows have one grade (ECB 2019, 2.6.4)."""
    shares = np.bincount(grade, minlength=len(names)) / len(grade)
    least = 1 / len(names)
    largest = names[int(shares.argmax())]
    return Measure(float((np.sum(shares**2) - least) / (1 - least)), where=(largest,)) if len(names) > 1 else UNTESTED
