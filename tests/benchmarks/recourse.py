"""What it takes to find what a declined applicant could ask for, and whether any proposal is forbidden.

PYTHONPATH=.:tests/unit python -m tests.benchmarks.recourse [APPLICANTS] [ALONE]; of 100,000 applicants unless told
otherwise, and 200 of the declined one by one. It ends with 1 where a proposal is forbidden or isn't admitted when it is
asked for. `make bench` writes the same on its page.
"""

import sys
import time
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from asking import STEP, judges, lent, owing, repaid, requesting
from portfolio import POLICY

from models import deciding, recourse

AT_ONCE = 2_000


def main(count: int, alone: int) -> int:
    """Print milliseconds per declined applicant, and counts of proposals."""
    figures = measured(count, alone)
    print(figures)
    return int(figures["forbidden"] > 0 or figures["refused"] > 0)


def measured(count: int = 100_000, alone: int = 200) -> dict[str, Any]:
    """Milliseconds of processor per declined applicant, in a run and alone, and counts of proposals."""
    rng, each, together_s, done, by_change = np.random.default_rng(1), list[float](), 0.0, 0, Counter[str]()
    counts = dict.fromkeys(("applicants", "declined", "helped", "proposals", "forbidden", "refused"), 0)
    while done < count:
        rows = drawn(rng, min(AT_ONCE, count - done))
        done += len(rows)
        decided = by_models(rows)
        begun = time.process_time()
        proposed = deciding.proposals(known(rows, decided), decided, judges(), {})
        together_s += time.process_time() - begun
        declined = np.flatnonzero(decided["decision"] == "decline")
        each += [timed(rows.iloc[[i]], decided.iloc[[i]]) for i in declined[: alone - len(each)]]
        made = [(i, proposal) for i, proposals in enumerate(proposed) for proposal in proposals]
        figures = (
            len(rows),
            len(declined),
            sum(map(bool, proposed)),
            len(made),
            forbidden(rows, made),
            refused(rows, made),
        )
        by_change.update(recourse.by_change(decided.assign(proposals=pd.Series(proposed, dtype=object))))
        counts = {name: sum(pair) for name, *pair in zip(counts, counts.values(), figures, strict=True)}
    p50, p99 = np.quantile(each, [0.5, 0.99])
    together = 1000 * together_s / max(counts["declined"], 1)
    times = {"together_ms": together, "alone": len(each), "p50_ms": float(p50), "p99_ms": float(p99)}
    return {**counts, **times, "by_change": dict(by_change)}


def drawn(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """Applicants who ask for up to eight times what those were lent whom the models have learnt from, and half owe."""
    rows = owing(len(lent())).sample(count, replace=True, random_state=rng).reset_index(drop=True)
    amounts = np.round(rows["requested_amount"] * rng.uniform(0.02, 8, count), 2)
    return requesting(rows, amounts, rng.integers(3, 61, count).astype(float))


def by_models(rows: pd.DataFrame) -> pd.DataFrame:
    """Decisions of both models and the policy."""
    judge = judges()
    capacity = judge.limit.predict_capacity(rows) if judge.limit else np.nan
    return deciding.alone(rows.assign(pd=judge.admission.predict_pd(rows), capacity_year=capacity), POLICY)


def known(rows: pd.DataFrame, decided: pd.DataFrame) -> deciding.Known:
    """What the decisions were made from."""
    return deciding.known(rows, rows, {}, judges()).after(decided)


def timed(row: pd.DataFrame, decided: pd.DataFrame) -> float:
    """Milliseconds of processor that one applicant takes."""
    inputs = known(row, decided)
    begun = time.process_time()
    deciding.proposals(inputs, decided, judges(), {})
    return 1000 * (time.process_time() - begun)


def forbidden(rows: pd.DataFrame, made: list[tuple[int, recourse.Proposal]]) -> int:
    """Proposals of a higher amount, but for the smallest loan, of part of a step, of no half-year, or to repay what
    isn't owed, is in arrears, or is as much as is asked for.
    """
    least, count = float(POLICY.min_limit), 0
    requests = rows[["requested_amount", "term_months", "existing_exposure", "arrears_cny"]].to_numpy()
    for i, proposal in made:
        amount, term, owed, arrears = requests[i]
        is_amount = proposal.requested_amount == amount or (
            least <= proposal.requested_amount <= max(amount, least) and proposal.requested_amount % STEP == 0
        )
        is_term = proposal.term_months == term or (proposal.term_months % 6 == 0 and 12 <= proposal.term_months <= 36)
        is_repaid = not proposal.repaid_amount or (
            proposal.repaid_amount == owed and owed < proposal.requested_amount and arrears == 0
        )
        count += not (is_amount and is_term and is_repaid)
    return count


def refused(rows: pd.DataFrame, made: list[tuple[int, recourse.Proposal]]) -> int:
    """Proposals that aren't admitted with their limit when every feature is computed anew for them."""
    if not made:
        return 0
    again = rows.iloc[[i for i, _ in made]].reset_index(drop=True)
    amounts, terms, limits, owed = (np.array([vars(each)[name] for _, each in made]) for name in vars(made[0][1]))
    again = repaid(again).where(pd.Series(owed > 0), again)
    decided = by_models(requesting(again, amounts, terms))
    return int((~decided["decision"].eq("admit") | decided["limit_amount"].ne(limits)).sum())


if __name__ == "__main__":
    sizes = [*map(int, sys.argv[1:])]
    sys.exit(main(*(sizes + [100_000, 200][len(sizes) :])))
