"""Trend lines over the batches of a table, with coordinates for SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from conf.schema.inspection_rules import Inspection
from expectations.score import DIMENSIONS, BatchScore

WIDTH, HEIGHT, MARGIN = 280, 96, 8


@dataclass(frozen=True)
class Point:
    """A batch on a line: its coordinates in the picture, and its value from 0 to 100."""

    x: float
    y: float
    value: float


@dataclass(frozen=True)
class Trend:
    """One line.

    Attributes:
        points: points of the batches that have a value.
        limits: (height, value, name) of the limit lines; below them one watches or acts.
        lowest: value at the bottom edge of the picture; the top edge is 100.
    """

    en: str
    zh: str
    points: tuple[Point, ...]
    limits: tuple[tuple[float, float, str], ...]
    lowest: float

    @property
    def last(self) -> float | None:
        """The latest value."""
        return self.points[-1].value if self.points else None

    @property
    def line(self) -> str:
        """The points in the syntax of SVG."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def of_table(batches: Sequence[BatchScore], rules: Inspection) -> list[Trend]:
    """The quality score, and each of its dimensions, over the batches of a table."""
    limits = {"watch": rules.score.watch, "act": rules.score.act}
    scores = trend("Quality score", "质量分", [batch.score for batch in batches], limits)
    lines = [(name, zh, [getattr(batch, name) for batch in batches]) for name, zh in DIMENSIONS.items()]
    percent = {name: [None if share is None else 100 * share for share in shares] for name, _, shares in lines}
    return [scores, *(trend(name.capitalize(), zh, percent[name], {}) for name, zh, _ in lines)]


def trend(en: str, zh: str, values: Sequence[float | None], limits: dict[str, float]) -> Trend:
    """A line of evenly spaced values from 0 to 100; the bottom edge is a multiple of 20 below all values and limits."""
    known = [value for value in [*values, *limits.values()] if value is not None]
    lowest = min(80.0, 20 * (min(known, default=100) // 20))
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)

    def height(value: float) -> float:
        return MARGIN + (HEIGHT - 2 * MARGIN) * (100 - value) / (100 - lowest)

    points = [Point(MARGIN + place * step, height(v), v) for place, v in enumerate(values) if v is not None]
    if len(values) == 1:
        points = [Point(WIDTH / 2, point.y, point.value) for point in points]
    return Trend(en, zh, tuple(points), tuple((height(v), v, name) for name, v in limits.items()), lowest)
