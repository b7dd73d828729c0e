# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Train and compare a challenger
#
# For risk modelers: compare other parameters with the version in force, in five lines and on the same out-of-time
# applications. Nothing is registered.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from conf.schema.workspace import load
from models import admission, frames, metrics, splits, swap_set
from pipeline.context import Context
from pipeline.registry import tracking, training_data
from pipeline.releases import champions

workspace = load()
context = Context(workspace, workspace.settings.now())

# %%
frame, spec, policy = training_data.frame(context), workspace.model("admission"), workspace.policy
champion = champions.load(context, tracking.connect(workspace.settings), "admission")
other = spec.model_copy(update={"params": spec.params | {"max_depth": 2, "learning_rate": 0.1}})
monotone = training_data.features(workspace).monotone
challenger = admission.fit(frame, other, monotone, policy)

# %% [markdown]
# ## Which ranks better?
#
# AUC out of time, and the standard error of the difference on the same applications (DeLong). A difference of less than
# two standard errors shows nothing.

# %%
rows = frames.labelled(frame, spec)
late = rows[splits.slices(rows, spec.split).oot]
bad = late[spec.label].to_numpy(int)
scored = {
    str(champion): champion.predictor.predict_pd(late),
    "challenger": challenger.predictor.predict_pd(late),
}
measures = {"AUC": metrics.auc, "KS": metrics.ks, "Brier": metrics.brier}
figures = {name: {measure: of(bad, pd_) for measure, of in measures.items()} for name, pd_ in scored.items()}
print(pd.DataFrame(figures).T.round(4).to_string())
before, after = scored.values()
gained, error = metrics.auc(bad, after) - metrics.auc(bad, before), metrics.auc_difference_error(bad, before, after)
print(f"difference {gained:+.3f}, standard error {error:.3f}")

# %%
figure, axis = plt.subplots(figsize=(4, 4))
for name, pd_ in scored.items():
    axis.plot(*metrics.roc(bad, pd_), label=name)
axis.plot([0, 1], [0, 1], color="grey", linewidth=0.5)
axis.set_xlabel("goods above the score")
axis.set_ylabel("bads above the score")
axis.legend(frameon=False, fontsize=8)
axis.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# ## Who changes sides?
#
# At the policy's cut-off, with the bad rate of each group and its interval.

# %%
swapped = swap_set.swap_set(before, after, bad, policy.decline_pd)
assert swapped["applications"].sum() == len(late)
print(swapped.round(3).to_string(index=False))

# %% [markdown]
# ## By which features?

# %%
print(pd.Series(challenger.record.importance).head(8).round(3).to_string())
print(f"mean absolute difference of PD: {np.abs(after - before).mean():.2%}")

# %% [markdown]
# Copy good settings to `conf/models/admission.yaml`. Then `fieldstone train admission` validates and registers the
# model as the challenger, and `fieldstone compare` shows it to the people who may approve it.
