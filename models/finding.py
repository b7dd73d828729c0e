"""Findings of a version's validation, one per test, as the record stores them."""

from dataclasses import dataclass

from conf.schema.validation import Verdict


@dataclass(frozen=True)
class Finding:
    """A test's result: its hypothesis, its measured values, and its name.

    Attributes:
        null: the null hypothesis, by language.
        says: one plain sentence, by language.
    """

    name: str
    family: str
    statistic: float
    low: float
    high: float
    p: float | None
    where: tuple[str, ...]
    null: dict[str, str]
    amber: float
    red: float
    verdict: Verdict
    says: dict[str, str]
