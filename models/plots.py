"""Pictures of the report, each an independent SVG text: the same bytes for the same data, no fonts embedded.

`shown` are the languages of the page, see `canvas.Labels`.
"""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator, MultipleLocator, PercentFormatter
from scipy import stats

from conf.schema.column import Text
from conf.schema.html_pages import Bilingual
from models import canvas, metrics
from models.canvas import INK, LEAF, LINE, MIST, RUST, SOFT, STYLE
from models.points import Characteristic

# from dark to light, so that it can be read in black and white
_LOW_HIGH = LinearSegmentedColormap.from_list("low_high", ["#1f4468", "#5f7f97", "#a9a394", "#dba067", "#f2b96b"])
_SLICES = {"in_time": ("in time", "建模期", MIST), "oot": ("out of time", "跨期", LEAF)}


@mpl.rc_context(STYLE)
def beeswarm(
    contributions: pd.DataFrame,
    values: pd.DataFrame,
    names: Mapping[str, Bilingual],
    unit: Bilingual,
    shown: Sequence[str],
) -> str:
    """One line of dots per feature, one dot per row, coloured from its lowest value to its highest.

    Args:
        contributions: SHAP values, the columns in the order to show.
        values: the feature values of the same rows.
        names: by feature.
        unit: of the contributions.
    """
    picked = canvas.thinned(len(contributions))
    figure, axes = canvas.figure(9.2, 0.36 * contributions.shape[1] + 0.8)
    say = canvas.Labels(shown)
    lines = [say(_short(names[name].en, 46), _short(names[name].zh, 26)) for name in contributions.columns]
    for line, name in enumerate(contributions.columns):
        shap = contributions[name].to_numpy()[picked]
        rank = values[name].iloc[picked].rank(pct=True).to_numpy()
        known = ~np.isnan(rank)
        heights = line + _swarm(shap)
        dots = {"s": 7, "linewidths": 0, "rasterized": True}
        axes.scatter(shap[~known], heights[~known], color="#c3cad1", **dots)
        axes.scatter(shap[known], heights[known], c=rank[known], cmap=_LOW_HIGH, vmin=0, vmax=1, **dots)
    axes.axvline(0, color=SOFT, linewidth=0.8, zorder=0)
    axes.set_yticks(range(contributions.shape[1]), lines, color=INK)
    axes.set_ylim(contributions.shape[1] - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(say(f"contribution ({unit.en})", f"贡献（{unit.zh}）"))
    canvas.thousands(axes.xaxis)
    return canvas.svg(figure, say)


@mpl.rc_context(STYLE)
def dependence(
    shap: pd.Series,
    values: pd.Series,
    harm: int,
    unit: Bilingual,
    shown: Sequence[str],
    curve: Characteristic | None = None,
) -> str:
    """Contribution of one feature against its value, with its median and that of rows without a value.

    Args:
        harm: 1 if the model's constraint makes more of it bad for the applicant, -1 if good, 0 if free.
        unit: of the value.
        curve: the contribution of each value where no other feature changes it, drawn in place of the median.
    """
    known = values.notna().to_numpy()
    x, y = values.loc[known].to_numpy(float), shap.loc[known].to_numpy()
    figure, axes = canvas.figure(3.7, 2.35)
    say = canvas.Labels(shown)
    axes.axhline(0, color=LINE, linewidth=0.9, zorder=0)
    color = {1: RUST, -1: LEAF, 0: SOFT}[harm]
    if x.size:
        low, high = np.quantile(x, [0.01, 0.99])
        inside = np.flatnonzero((x >= low) & (x <= high))
        inside = inside[canvas.thinned(inside.size)]
        axes.scatter(x[inside], y[inside], s=6, color=MIST, alpha=0.55, linewidths=0, rasterized=True)
        if curve:
            edges = np.array([low, *(split for split in curve.splits if low < split < high), high])
            axes.step(edges, curve.of(edges), color=color, linewidth=2, where="post")
        else:
            number = metrics.binned(x, np.unique(np.quantile(x, np.linspace(0.01, 0.99, 13))))
            medians = pd.Series(y).groupby(number).median()
            centres = pd.Series(x).groupby(number).median().clip(low, high)
            axes.plot(centres, medians, color=color, linewidth=2, solid_capstyle="round", marker="o", markersize=3)
    if (~known).any():
        missing = float(shap.loc[~known].median())
        axes.axhline(missing, color=SOFT, linewidth=0.9, linestyle=(0, (2, 2)))
        axes.annotate(
            say("no record", "无记录"), (1, missing), (0, 2), xycoords=axes.get_yaxis_transform(),
            textcoords="offset points", ha="right", fontsize=8, color=SOFT,
        )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    for axis in (axes.xaxis, axes.yaxis):
        canvas.thousands(axis)
    axes.set_xlabel(say(unit.en, unit.zh))
    return canvas.svg(figure, say)


@mpl.rc_context(STYLE)
def roc(scored: pd.DataFrame, shown: Sequence[str]) -> str:
    """ROC curves in time and out of time."""
    figure, axes = canvas.figure(4.4, 3.6)
    say = canvas.Labels(shown)
    axes.plot([0, 1], [0, 1], color=LINE, linewidth=1)
    for name, part in _slices(scored):
        en, zh, color = _SLICES[name]
        area = f"AUC {metrics.auc(part['bad'], part['pd']):.3f}"
        label = say(f"{en}, {area}", f"{zh} {area}")
        axes.plot(*metrics.roc(part["bad"], part["pd"]), color=color, linewidth=2, label=label)
    canvas.percent(axes, say("goods at or above a PD", "好客户累计占比"), say("bads at or above it", "坏客户累计占比"))
    axes.legend(loc="lower right")
    return canvas.svg(figure, say)


@mpl.rc_context(STYLE)
def separation(scored: pd.DataFrame, shown: Sequence[str]) -> str:
    """Cumulative shares of goods and bads out of time, with the KS statistic where they lie furthest apart."""
    part = scored[scored["slice"] == "oot"]
    goods, bads = metrics.roc(part["bad"], part["pd"])
    cut = np.append(1.0, np.unique(part["pd"])[::-1])
    widest = int(np.abs(bads - goods).argmax())
    figure, axes = canvas.figure(4.4, 3.6)
    say = canvas.Labels(shown)
    axes.step(cut, bads, color=RUST, linewidth=2, where="post", linestyle=(0, (4, 1)), label=say("bads", "坏客户"))
    axes.step(cut, goods, color=LEAF, linewidth=2, where="post", label=say("goods", "好客户"))
    axes.plot([cut[widest]] * 2, [goods[widest], bads[widest]], color=INK, linewidth=1.2)
    axes.annotate(
        f"KS {bads[widest] - goods[widest]:.3f}", (cut[widest], (goods[widest] + bads[widest]) / 2), (6, 0),
        textcoords="offset points", fontsize=9,
    )  # fmt: skip
    axes.set_xlim(0, float(np.quantile(part["pd"], 0.995)))
    canvas.percent(axes, say("PD", "违约概率"), say("share at or above it, out of time", "跨期累计占比"))
    axes.legend(loc="upper right")
    return canvas.svg(figure, say)


@mpl.rc_context(STYLE)
def calibration(scored: pd.DataFrame, shown: Sequence[str], bins: int = 8) -> str:
    """Observed default rate against mean PD, in bins of equal size, with 90 % Wilson intervals."""
    figure, axes = canvas.figure(4.4, 3.6)
    say = canvas.Labels(shown)
    top = 0.0
    for name, part in _slices(scored):
        en, zh, color = _SLICES[name]
        number = metrics.binned(part["pd"], metrics.quantile_edges(part["pd"], bins))
        table = part.groupby(number).agg(pd=("pd", "mean"), bads=("bad", "sum"), n=("bad", "size"))
        rate: pd.Series = table.loc[:, "bads"] / table.loc[:, "n"]
        bounds = [
            stats.binomtest(int(k), int(n)).proportion_ci(0.9, "wilson")
            for k, n in table.loc[:, ["bads", "n"]].to_numpy()
        ]
        reach = np.abs(np.array([[b.low, b.high] for b in bounds]).T - rate.to_numpy())
        axes.errorbar(table["pd"], rate, reach, color=color, fmt="o", markersize=4.5, linewidth=1.1, label=say(en, zh))
        top = max(top, table["pd"].max(), (rate + reach[1]).max())
    axes.plot([0, top], [0, top], color=LINE, linewidth=1, zorder=0)
    canvas.percent(axes, say("mean PD", "平均违约概率"), say("observed default rate", "实际违约率"))
    axes.legend(loc="upper left")
    return canvas.svg(figure, say)


@mpl.rc_context(STYLE)
def distribution(scored: pd.DataFrame, column: str, shown: Sequence[str]) -> str:
    """Share of rows in each tenth of the in-time predictions; equal bars out of time mean that nothing has shifted."""
    parts = dict(_slices(scored))
    edges = metrics.quantile_edges(parts["in_time"][column], 10)
    figure, axes = canvas.figure(4.4, 2.6)
    say = canvas.Labels(shown)
    for shift, (name, part) in zip((-0.2, 0.2), parts.items(), strict=True):
        en, zh, color = _SLICES[name]
        shares = metrics.shares(part[column], edges)[:-1]
        axes.bar(np.arange(1, len(shares) + 1) + shift, shares, width=0.38, color=color, label=say(en, zh))
    axes.set_xticks(range(1, len(edges) + 2))
    axes.yaxis.set_major_locator(MultipleLocator(0.05))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel(say("tenth of the predictions in time, lowest first", "建模期预测值十等分，由低到高"))
    axes.set_ylim(top=axes.get_ylim()[1] * 1.2)
    axes.legend(loc="upper center", ncols=2)
    return canvas.svg(figure, say)


@mpl.rc_context(STYLE)
def coverage(
    actual: np.ndarray, predicted: np.ndarray, nominal: float, words: Sequence[Text], shown: Sequence[str]
) -> str:
    """Share of rows whose label reached the prediction, by eighth of the prediction.

    Args:
        words: texts for the predicted number and for "reached".
    """
    number = metrics.binned(predicted, metrics.quantile_edges(predicted, 8))
    reached = pd.Series(actual >= predicted).groupby(number).mean()
    what, says = words
    figure, axes = canvas.figure(4.4, 3.6)
    say = canvas.Labels(shown)
    axes.bar(np.arange(1, len(reached) + 1), reached, width=0.7, color=MIST)
    axes.axhline(nominal, color=INK, linewidth=1.8, label=say(f"meant: {nominal:.0%}", f"目标：{nominal:.0%}"))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_ylim(0, 1.12)
    axes.set_xlabel(say(f"eighth of {what.en}, lowest first", f"{what.zh}八等分，由低到高"))
    axes.set_ylabel(say(says.en, says.zh))
    axes.legend(loc="upper right")
    return canvas.svg(figure, say)


@mpl.rc_context(STYLE)
def means(actual: np.ndarray, predicted: np.ndarray, shown: Sequence[str]) -> str:
    """Mean label against mean prediction, by eighth of the prediction, with 90 % intervals."""
    number = metrics.binned(predicted, metrics.quantile_edges(predicted, 8))
    table = pd.DataFrame({"actual": actual, "predicted": predicted}).groupby(number).agg(["mean", "sem"])
    came, meant = table["actual", "mean"], table["predicted", "mean"]
    figure, axes = canvas.figure(4.4, 3.6)
    say = canvas.Labels(shown)
    reach = float(stats.norm.isf(0.05)) * table["actual", "sem"].fillna(0)
    axes.errorbar(meant, came, reach, color=LEAF, fmt="o", markersize=4.5, linewidth=1.1)
    low, high = min(came.min(), meant.min()), max(came.max(), meant.max())
    axes.plot([low, high], [low, high], color=LINE, linewidth=1, zorder=0)
    _in_units(axes)
    axes.set_xlabel(say("mean prediction", "平均预测值"))
    axes.set_ylabel(say("mean of what came", "实际平均值"))
    return canvas.svg(figure, say)


@mpl.rc_context(STYLE)
def against_actual(actual: np.ndarray, predicted: np.ndarray, words: Sequence[Text], shown: Sequence[str]) -> str:
    """Labels against predictions; crosses below the line are labels below their prediction.

    Args:
        words: texts for the prediction and the label with their unit, for "reached" and for "not reached".
    """
    picked = canvas.thinned(len(actual))
    came, meant = actual[picked], predicted[picked]
    figure, axes = canvas.figure(4.4, 3.6)
    say = canvas.Labels(shown)
    what, comes, reached, missed = (say(each.en, each.zh) for each in words)
    short = came < meant
    for mask, color, marker, text in ((~short, LEAF, "o", reached), (short, RUST, "x", missed)):
        style = {"s": 9, "alpha": 0.5, "linewidths": 0.8, "rasterized": True}
        axes.scatter(meant[mask], came[mask], color=color, marker=marker, label=text, **style)
    low, high = np.quantile(np.concatenate([meant, came]), [0.005, 0.99])
    axes.plot([low, high], [low, high], color=INK, linewidth=1)
    axes.set_xlim(*np.quantile(meant, [0.0, 0.995]))
    axes.set_ylim(low, high)
    _in_units(axes)
    axes.set_xlabel(what)
    axes.set_ylabel(comes)
    axes.legend(loc="upper left")
    return canvas.svg(figure, say)


def _in_units(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        canvas.thousands(axis)


def _slices(scored: pd.DataFrame):
    return [(name, scored[scored["slice"] == name]) for name in _SLICES]


def _swarm(x: np.ndarray) -> np.ndarray:
    """Offsets that stack dots of similar value above and below their line."""
    bins = pd.Series(np.floor(60 * (x - x.min()) / (np.ptp(x) or 1)), dtype=int)
    place = bins.groupby(bins).cumcount().to_numpy()
    side = np.where(place % 2, 1, -1) * ((place + 1) // 2)
    return 0.38 * side / max(np.abs(side).max(), 8)


def _short(text: str, width: int) -> str:
    return textwrap.shorten(text, width, placeholder="…")
