"""Common parts of the report's pictures: colours, style, ticks, labels in two languages, and conversion to SVG text."""

import html
import io
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter
from matplotlib.typing import RcKeyType

from conf.schema.html_pages import with_minus

INK, SOFT, LINE, LEAF, RUST, MIST = "#1d2733", "#5b6875", "#dfe4e8", "#2f6f4f", "#b3502f", "#8fa3b5"
_MOST_DOTS = 2500
_BOTH = '<tspan lang="en">{}</tspan><tspan lang="zh">{}</tspan>'
STYLE: dict[RcKeyType, Any] = {
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "sans-serif",
    "font.size": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "fieldstone",
    "text.color": INK,
    "xtick.color": SOFT,
    "xtick.labelsize": 8.5,
    "ytick.color": SOFT,
    "ytick.labelsize": 8.5,
}


def figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty picture of that size in inches."""
    drawn = Figure(figsize=(width, height), layout="constrained", dpi=150)
    return drawn, drawn.subplots()


class Labels:
    """Labels of a picture. It is drawn and measured in English, because the machine may have no Chinese font;
    they are replaced by Chinese afterwards, which is as wide or narrower.

    Args:
        shown: languages of the page. Where there are two, a label is in English until the page shows Chinese alone.
    """

    def __init__(self, shown: Sequence[str]) -> None:
        self._shown = shown
        self._zh: dict[str, str] = {}

    def __call__(self, en: str, zh: str) -> str:
        """The label to draw."""
        self._zh[en] = zh
        return en

    def put_into(self, svg: str) -> str:
        """The picture with its labels in the page's languages."""
        return re.sub(r"(?<=>)[^<>]+(?=</text>)", self._labelled, svg) if "zh" in self._shown else svg

    def _labelled(self, drawn: re.Match[str]) -> str:
        chinese = html.escape(self._zh.get(html.unescape(drawn[0]), ""))
        if not chinese:
            return drawn[0]
        return chinese if "en" not in self._shown else _BOTH.format(drawn[0], chinese)


def svg(drawn: Figure, labels: Labels) -> str:
    """The picture as an SVG element, without parts that differ from run to run."""
    buffer = io.StringIO()
    drawn.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return labels.put_into(text[text.index("<svg") :])


def thinned(rows: int) -> np.ndarray:
    """Positions of at most 2,500 rows, evenly apart."""
    return np.unique(np.linspace(0, rows - 1, min(rows, _MOST_DOTS)).astype(int)) if rows else np.empty(0, int)


def percent(axes: Axes, x: str, y: str) -> None:
    """Label two axes that show shares."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6))
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def thousands(axis: Axis) -> None:
    """Write 12,000 as 12k on an axis."""

    def tick(value: float, _: int) -> str:
        text = f"{value / 1000:,.0f}k" if abs(value) >= 10_000 else f"{value:,.10g}"
        return with_minus(text)

    axis.set_major_formatter(FuncFormatter(tick))
