# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Bring your own data
#
# For modelers of another bank: from a CSV file to a workspace with a contract and features, in its own folder. The file
# here has 9,005 public loans of the US Small Business Administration to farms; use your own file instead.

# %%
import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from conf.schema.workspace import ROOT, load
from models import frames, metrics
from pipeline import all_jobs
from pipeline.context import Context
from pipeline.drafting import draft
from pipeline.drafting.plan import DraftOptions
from pipeline.features import build
from pipeline.registry import training_data

folder = Path(tempfile.mkdtemp()) / "loans"
drafted = draft.write(folder, ROOT / "examples/sba_farm/data/sba_farm_loans.csv", DraftOptions())

# %% [markdown]
# ## What was guessed
#
# The draft marks each guess in its files. Check them before you train a model.

# %%
for line in drafted.notes:
    print("-", line)
contract = folder / f"conf/contracts/{drafted.source}/rows.yaml"
print(*contract.read_text(encoding="utf-8").splitlines()[:14], sep="\n")

# %% [markdown]
# ## Take it in
#
# Rows that break the contract go to quarantine with a code. The others become features and labels.

# %%
workspace = load(folder)
own = {"home": folder / "state", "landing": folder / "data"} | dict.fromkeys(("keys", "anchor", "people", "mlflow_uri"))
workspace = replace(workspace, settings=workspace.settings.model_copy(update=own))
context = Context(workspace, workspace.settings.now())
all_jobs.take_in(context).end()
build.run(context)

# %% [markdown]
# ## What does it tell?
#
# Look first at features with a suspiciously high value. The year of approval, above 0.5, shows when times were bad, but
# nothing about a future applicant. List it in `exclude` of `conf/models/admission.yaml`.

# %%
spec, features = workspace.model("admission"), training_data.features(workspace)
rows = frames.labelled(training_data.frame(context), training_data.spec_of(workspace, "admission"))
numbers, bad = frames.numbers(rows, features.names), rows[spec.label].to_numpy(int)
values = pd.Series({name: metrics.information_value(column, bad) for name, column in numbers.items()}).sort_values()
print(f"{len(rows):,} rows, {bad.mean():.1%} bad")
figure, axis = plt.subplots(figsize=(7, 2.8))
values.tail(10).plot.barh(ax=axis, color="#2d6a4f")
axis.set_xlabel("information value")
axis.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# `fieldstone run --workspace FOLDER` continues to a trained and validated model. See
# [Add a workspace](../how-to/workspace.md) for the rest.
