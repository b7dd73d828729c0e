"""PdEvidence of a model that knows the truth of simulated rows, and defects planted in it."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pandas as pd
from portfolio import Entry
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from models import explain
from models.explain import Reason
from models.validation.of_pd import PdEvidence

ROWS, EARLY = 1600, 1000
EFFECTS = {"debt": 1.0, "income": -0.8, "land": -0.4, "age": 0.0}
UNTIL = datetime(2025, 1, 1, tzinfo=UTC)


def margin(x: pd.DataFrame) -> np.ndarray:
    """The true log-odds; what is missing counts as 0, which is the mean."""
    return -2.2 + x.fillna(0).to_numpy(float) @ np.array([EFFECTS.get(str(name), 0.0) for name in x])


def score(x: pd.DataFrame) -> np.ndarray:
    """The true PD."""
    return expit(margin(x))


def stated(x: pd.DataFrame, weights: np.ndarray) -> list[list[Reason]]:
    """Reasons of the 30 late rows of the highest true PD by a linear model that admits three quarters."""
    late, entries = x.iloc[EARLY:], {name: Entry(name, "", "cny", name, name, 0, "land") for name in x}
    contributions = late.fillna(0) * weights
    risk = contributions.sum(axis=1).to_numpy()
    reference = explain.profile(risk, contributions.to_numpy()).at(float(np.quantile(risk, 0.75)))
    declined = np.argsort(margin(late))[-30:]
    return explain.reasons(contributions.iloc[declined], late.iloc[declined], reference, entries)


def stated_by_others(x: pd.DataFrame, bad: np.ndarray, rng: np.random.Generator) -> list[list[list[Reason]]]:
    """The same by logistic regressions, each on a bootstrap sample of the early rows."""
    known, samples = x.fillna(0).to_numpy(), rng.integers(0, EARLY, (7, EARLY))
    return [stated(x, LogisticRegression(C=1e4).fit(known[drawn], bad[drawn]).coef_[0]) for drawn in samples]


@cache
def clean(seed: int) -> PdEvidence:
    """Rows of which the PD is true."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(ROWS, len(EFFECTS)))
    x = pd.DataFrame(np.where(rng.random(values.shape) < 0.05, np.nan, values), columns=pd.Index(EFFECTS))
    pd_, early = score(x), np.arange(ROWS) < EARLY
    late, bad = x.loc[~early], (rng.random(ROWS) < pd_).astype(int)
    return PdEvidence(
        x=x,
        bad=bad,
        pd_=pd_,
        pd_alike=pd_,
        as_of=pd.Series(pd.Timestamp(UNTIL) - pd.to_timedelta(ROWS - np.arange(ROWS), unit="h")),
        subject=rng.integers(0, ROWS, ROWS),
        development=early,
        score=score,
        contributions=late.fillna(0).to_numpy() * [*EFFECTS.values()],
        base_value=-2.2,
        margin=margin(late),
        directions={name: int(np.sign(effect)) for name, effect in EFFECTS.items()},
        other_seed=pd_[~early],
        unseen=pd_[~early],
        unseen_by_chance=pd_[~early],
        grade_names=("A", "B", "C", "D"),
        grade_bounds=(0.05, 0.12, 0.25, 1.0),
        cut_off_pd=0.2,
        known_until=UNTIL,
        protected=pd.DataFrame({"sex": rng.choice(["F", "M"], ROWS)}),
        groups=pd.DataFrame({"valley": rng.choice(["east", "west"], ROWS)}),
        reasons=stated(x, np.array([*EFFECTS.values()])),
        other_reasons=stated_by_others(x, bad, np.random.default_rng(seed)),
    )


def _with(of: PdEvidence, name: str, values: np.ndarray) -> PdEvidence:
    return replace(of, x=of.x.assign(**{name: values}))


def leak(of: PdEvidence) -> PdEvidence:
    """A feature that is the outcome, with a little noise."""
    return _with(of, "leak", of.bad + np.random.default_rng(1).normal(0, 0.3, len(of.bad)))


def post_outcome(of: PdEvidence) -> PdEvidence:
    """A feature that is written once a loan has gone bad."""
    return _with(of, "collected", np.where(of.bad == 1, 1.0, np.nan))


def shuffled(of: PdEvidence) -> PdEvidence:
    """Outcomes out of time that belong to others."""
    bad = of.bad.copy()
    bad[~of.development] = np.random.default_rng(2).permutation(bad[~of.development])
    return replace(of, bad=bad)


def drifted_grade(of: PdEvidence) -> PdEvidence:
    """Of one grade out of time every third good goes bad."""
    late = ~of.development & (of.pd_ > 0.05) & (of.pd_ <= 0.12)
    return replace(of, bad=np.where(late & (np.random.default_rng(3).random(len(late)) < 0.33), 1, of.bad))


def reversed_grade(of: PdEvidence) -> PdEvidence:
    """Nobody of the last grade out of time goes bad."""
    return replace(of, bad=np.where(~of.development & (of.pd_ > 0.25), 0, of.bad))


def broken_slice(of: PdEvidence) -> PdEvidence:
    """Out of time a half of the western goods go bad."""
    west = ~of.development & (of.groups["valley"] == "west").to_numpy()
    return replace(of, bad=np.where(west & (np.random.default_rng(4).random(len(west)) < 0.5), 1, of.bad))


def future_row(of: PdEvidence) -> PdEvidence:
    """A few rows from after the data."""
    return replace(of, as_of=of.as_of.mask(of.as_of.index >= ROWS - 4, UNTIL + pd.Timedelta(days=3)))


def learnt_late(of: PdEvidence) -> PdEvidence:
    """A few rows of development from after the first row out of time."""
    return replace(of, as_of=of.as_of.mask(of.as_of.index < 4, UNTIL - pd.Timedelta(hours=1)))


def both_sides(of: PdEvidence) -> PdEvidence:
    """A half of the households out of time was learnt by heart."""
    half = ~of.development & (np.arange(ROWS) % 2 == 0)
    subject = np.where(of.development, np.arange(ROWS), 10_000 + np.arange(ROWS))
    known = np.clip(np.where(of.bad == 1, 0.9, 0.02), 0, 1)
    return replace(of, subject=np.where(half, np.arange(ROWS) - EARLY, subject), pd_=np.where(half, known, of.pd_))


def repeated(of: PdEvidence) -> PdEvidence:
    """A hundred rows out of time are rows of development."""
    x = of.x.copy()
    x.iloc[-100:] = x.iloc[:100].to_numpy()
    return replace(of, x=x)


def too_low(of: PdEvidence) -> PdEvidence:
    """All PDs are half of the truth."""
    return replace(of, pd_=of.pd_ / 2)


def too_high(of: PdEvidence) -> PdEvidence:
    """All PDs are half as much again."""
    return replace(of, pd_=np.minimum(of.pd_ * 1.7, 0.99))


def overconfident(of: PdEvidence) -> PdEvidence:
    """Log-odds are spread too far around their mean."""
    return replace(of, pd_=expit(2.2 * (margin(of.x) + 2.2) - 2.2))


def moved(of: PdEvidence) -> PdEvidence:
    """One feature out of time has moved by two standard deviations, and a third of another is gone."""
    late = ~of.development
    gone = late & (np.random.default_rng(5).random(ROWS) < 0.33)
    x = of.x.assign(debt=of.x["debt"] + 2 * late, land=of.x["land"].mask(gone))
    return replace(of, x=x, pd_=score(x), pd_alike=score(x))


def against(of: PdEvidence) -> PdEvidence:
    """A model that goes against a declared direction, and whose contributions don't add up."""
    return replace(of, directions=of.directions | {"income": 1}, base_value=of.base_value + 0.5)


def fragile(of: PdEvidence) -> PdEvidence:
    """A model whose score flips with the sign of a feature's last digits, and turns with the seed."""

    def jumpy(x: pd.DataFrame) -> np.ndarray:
        clear = x.isna().any(axis=1).to_numpy() | ~np.isin(x["debt"].to_numpy(), of.x["debt"].to_numpy())
        return np.where(clear, 0.5, score(x))

    return replace(of, score=jumpy, other_seed=of.pd_[~of.development][::-1])


def unfair(of: PdEvidence) -> PdEvidence:
    """Of one sex the PD is tripled."""
    women = of.protected["sex"].eq("F").to_numpy()
    return replace(of, pd_=np.where(women, np.minimum(of.pd_ * 4, 0.99), of.pd_))


def one_grade(of: PdEvidence) -> PdEvidence:
    """All loans in the last grade."""
    return replace(of, grade_bounds=(1e-6, 2e-6, 3e-6, 1.0))


def ungrounded(of: PdEvidence) -> PdEvidence:
    """Contributions that stand at other features."""
    return replace(of, contributions=np.roll(of.contributions, 1, axis=1))


def interchangeable(of: PdEvidence) -> PdEvidence:
    """Twelve copies of each feature, of which every model takes one by chance."""
    x = pd.DataFrame({f"{name} {i}": of.x[name] for name in of.x for i in range(12)})
    taken = np.random.default_rng(6).integers(0, 12, (8, len(EFFECTS), 1)) == np.arange(12)
    own, *others = (stated(x, (each * np.array([*EFFECTS.values()])[:, None]).ravel()) for each in taken)
    return replace(of, reasons=own, other_reasons=others)


def restless(of: PdEvidence) -> PdEvidence:
    """Whoever applies again is two quarters of all PDs away."""
    quarters = tuple(float(each) for each in np.quantile(of.pd_, [0.25, 0.5, 0.75, 1]))
    return replace(of, grade_bounds=quarters, subject=np.argsort(np.argsort(of.pd_)) % (ROWS // 2))


def crowded(of: PdEvidence) -> PdEvidence:
    """A cut-off amid most PDs."""
    return replace(of, pd_=0.2 + (of.pd_ - of.pd_.mean()) * 0.05)


def weak_on_the_unusual(of: PdEvidence) -> PdEvidence:
    """Out of time PDs of rows far from the middle rank the wrong way."""
    far = ~of.development & (np.sum(of.x.fillna(0).to_numpy() ** 2, axis=1) > 5.5)
    return replace(of, pd_=np.where(far, 0.4 - np.minimum(of.pd_, 0.39), of.pd_))


def unranked_slice(of: PdEvidence) -> PdEvidence:
    """Out of time western PDs rank the wrong way."""
    west = ~of.development & (of.groups["valley"] == "west").to_numpy()
    return replace(of, pd_=np.where(west, 0.4 - np.minimum(of.pd_, 0.39), of.pd_))


def bound_to_its_groups(of: PdEvidence) -> PdEvidence:
    """Models that never saw a row's group rank it by one feature of little weight."""
    return replace(of, unseen=-of.x.loc[~of.development, "land"].fillna(0).to_numpy())
