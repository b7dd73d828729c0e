# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Review a version
#
# For model governance and validators: the gates of a registered version, the findings of its validation, whether its
# PD was right in each grade, and who made it. Everything is read from the registry and the audit trail; nothing
# changes.

# %%
import json
from collections import Counter

import matplotlib.pyplot as plt
import pandas as pd

from conf.schema.workspace import load
from pipeline.context import Context
from pipeline.registry import tracking, trainings
from pipeline.releases import champions

workspace = load()
context = Context(workspace, workspace.settings.now())
client, entries = tracking.connect(workspace.settings), context.trail.require_whole()
number = champions.in_force(entries, client, "admission").version
version, training = tracking.known(client, "admission", number), trainings.of(entries, "admission", number)
assert trainings.changed_files(entries, client, version, training.files) == []
record = json.loads(tracking.artifact(client, version, tracking.RECORD))
print(f"admission:{number}, trained by {training.trainer} in entry {training.fit.number} of the trail")

# %% [markdown]
# ## Gates
#
# The figures that the version had to reach before anybody was asked to approve it.

# %%
gates = pd.DataFrame(record["gates"], columns=["metric", "value", "min", "max", "passed"])
print(gates.round(3).to_string(index=False) if len(gates) else "no gates are declared")

# %% [markdown]
# ## Validation
#
# Each test has a verdict; an approval has to answer every red one.

# %%
verdicts = Counter(finding["verdict"] for finding in record["validation"])
figure, axis = plt.subplots(figsize=(7, 1.2))
start = 0
for verdict, colour in (("green", "#2d6a4f"), ("amber", "#e9a820"), ("red", "#b3261e"), ("not tested", "#bbbbbb")):
    axis.barh(0, verdicts[verdict], left=start, color=colour, label=f"{verdict} {verdicts[verdict]}")
    start += verdicts[verdict]
axis.set_axis_off()
axis.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, 0), frameon=False, fontsize=8)
assert {f["name"] for f in record["validation"] if f["verdict"] == "red"} == set(training.red_findings)
for finding in record["validation"]:
    if finding["verdict"] in ("amber", "red"):
        print(f"{finding['verdict']:<6} {finding['name']}")

# %% [markdown]
# ## Did the PD come true?
#
# By grade, out of time: mean PD and the observed share of bads.

# %%
grades = pd.DataFrame(record["grades"]).set_index("grade")
print(grades.round(3).to_string())
shown = grades[["mean_pd", "bad_rate"]].astype(float)
figure, axis = plt.subplots(figsize=(7, 2.6))
shown.plot.bar(ax=axis, color=["#95d5b2", "#2d6a4f"], rot=0, xlabel="grade")
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# ## What it came from

# %%
for name in (
    "data_versions",
    "data_rows",
    "data_subjects",
    "data_as_of",
    "impact_assessment",
    "code_version",
    "software",
):
    print(f"{name:<18} {training.made[name]}")

# %% [markdown]
# The rows themselves, to recompute any figure: `fieldstone dataset export admission --to FOLDER --why TEXT --shap`.
