# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Explore a feature
#
# For risk modelers: how informative a feature is, how stable, for which applicants it is known, and where. Three lines
# read the training set, point in time and with today's consents.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from conf.schema.contract import Purpose
from conf.schema.workspace import load
from models import frames, metrics, splits
from pipeline.context import Context
from pipeline.registry import training_data

workspace = load()
context = Context(workspace, workspace.settings.now())
frame = training_data.frame(context)

# %% [markdown]
# ## Which feature?
#
# Information value (below 0.02 none, 0.1 to 0.3 medium, above 0.5 suspect), stability from the rows in time to the rows
# out of time (CSI: above 0.25 the feature has shifted), and coverage.

# %%
spec, features = workspace.model("admission"), training_data.features(workspace)
rows = frames.labelled(frame, spec)
bad, late = rows[spec.label].to_numpy(int), splits.slices(rows, spec.split).oot
numbers = frames.numbers(rows, features.names)
figures = {
    name: {
        "IV": metrics.information_value(values, bad),
        "CSI": metrics.csi(values[~late], values[late]),
        "coverage": values.notna().mean(),
    }
    for name, values in numbers.items()
}
best = pd.DataFrame(figures).T.sort_values("IV", ascending=False)
print(best.head(8).round(3).to_string())

# %% [markdown]
# ## Weight of evidence
#
# Five bins of equal size, and one for missing values. If a direction of risk is declared, WoE has to follow it. A bin
# without any bad gets a smallest share instead of infinity: merge it with its neighbour.

# %%
name = best.index[0]
column = next(each for each in features.columns if each.name == name)
print(f"{name}: {column.en} ({column.unit}), direction of risk {column.monotone}")
edges = metrics.quantile_edges(numbers[name], 5)
bins = metrics.binned(numbers[name], edges)
table = pd.DataFrame({"bin": bins, "good": 1 - bad, "bad": bad}).groupby("bin").sum()
table["WoE"], value = metrics.woe_iv(table["good"], table["bad"])
bounds = ["least", *(f"{edge:,.0f}" if abs(edge) >= 100 else f"{edge:.3g}" for edge in edges), "most"]
labels = ["missing" if i > len(edges) else f"{bounds[i]}\nto {bounds[i + 1]}" for i in table.index]
figure, axis = plt.subplots(figsize=(7, 2.6))
axis.bar(labels, table["WoE"], color="#2d6a4f")
axis.set_ylabel("WoE (high: good)")
axis.set_title(f"{name}, IV {value:.2f}", loc="left", fontsize=10)
axis.tick_params(axis="x", labelsize=7)
axis.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# ## Known of whom, and when?
#
# Share of applications for which some features are known, by quarter of application. It shows sources that began late
# or stopped.

# %%
quarter = pd.PeriodIndex(rows["as_of"], freq="Q").astype(str)
least = best["coverage"].nsmallest(3).index
known = numbers[[name, *least.drop(name, errors="ignore")]].notna().groupby(quarter).mean()
figure, axis = plt.subplots(figsize=(7, 2.6))
known.plot(ax=axis, ylim=(0, 1.05), ylabel="coverage", xlabel="")
axis.legend(fontsize=7, frameon=False)
axis.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# ## Where?
#
# A tile for each township, with its code, coloured by the median of the feature. The number below counts applications.

# %%
customers = context.lake.read("silver_bank__customer", purpose=Purpose.MODEL_TRAINING, as_of=context.as_of)
where = customers.select("subject_key", "village_code").toPandas().drop_duplicates("subject_key")
town = rows["subject_key"].map(where.set_index("subject_key")["village_code"]).str[:9]
by_town = numbers[name].groupby(town).agg(["median", "size"])
side = int(np.ceil(np.sqrt(len(by_town))))
tiles = np.full(side * side, np.nan)
tiles[: len(by_town)] = by_town["median"]
figure, axis = plt.subplots(figsize=(5, 4))
shown = axis.imshow(tiles.reshape(side, side), cmap="YlGn")
plain = {"facecolor": "white", "alpha": 0.8, "linewidth": 0}
for i, (code, size) in enumerate(by_town["size"].items()):
    axis.text(i % side, i // side, f"{code[-3:]}\n{size}", ha="center", va="center", fontsize=7, bbox=plain)
axis.set_axis_off()
_ = figure.colorbar(shown, label=f"median of {name}", shrink=0.7)
