"""What a validation says of a version, one finding per test, as its record keeps it."""

from dataclasses import dataclass

from conf.schema.validation import Verdict


@dataclass(frozen=True)
class Finding:
    """A test's result: what was asked, what was measured, and what it is called.

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
