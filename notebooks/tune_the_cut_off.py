# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Tune the cut-off
#
# For risk modelers and owners of the policy: how the PD above which applications are declined affects approvals, bad
# rate and profit, on out-of-time applications, by the version in force.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from conf.schema.workspace import load
from models import frames, splits
from pipeline.context import Context
from pipeline.registry import tracking, training_data
from pipeline.releases import champions

workspace = load()
context = Context(workspace, workspace.settings.now())
champion = champions.load(context, tracking.connect(workspace.settings), "admission")
spec, policy = workspace.model("admission"), workspace.policy
rows = frames.labelled(training_data.frame(context), spec)
late = rows[splits.slices(rows, spec.split).oot]
pd_, bad = champion.predictor.predict_pd(late), late[spec.label].to_numpy(float)
print(f"{champion}: {len(late)} applications out of time, {bad.mean():.1%} bad, mean PD {pd_.mean():.1%}")

# %% [markdown]
# ## What a loan earns and costs
#
# Simple on purpose: on average half of the amount is outstanding over the term; a bad loan loses the policy's loss
# given default and earns nothing. Use your own price, funding and costs here.

# %%
margin = np.mean([product.annual_rate for product in policy.products.values()]) - 0.025  # less funding
amount, years = late["requested_cny"].to_numpy(float), late["requested_term_months"].to_numpy(float) / 12
earned = np.where(bad == 1, -policy.loss_given_default * amount, margin * years * amount / 2)

# %% [markdown]
# ## Each cut-off
#
# Applications with a PD up to the cut-off are admitted.

# %%
cuts = np.unique(np.append(np.quantile(pd_, np.linspace(0.05, 1, 20)), policy.decline_pd))
curve_rows = [
    {
        "cut-off": cut,
        "approval": (taken := pd_ <= cut).mean(),
        "bad rate": bad[taken].mean(),
        "profit": earned[taken].sum(),
    }
    for cut in cuts
    if (pd_ <= cut).any()
]
curve = pd.DataFrame(curve_rows).set_index("cut-off")
best = curve["profit"].idxmax()
print(curve.assign(profit=curve["profit"].round(-2)).round(3).to_string())
print(f"most profit at a PD of {best:.1%}; the policy declines above {policy.decline_pd:.1%}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), sharex=True)
for axis, measure in zip(axes, curve, strict=True):
    axis.plot(curve.index, curve[measure], color="#2d6a4f")
    axis.axvline(policy.decline_pd, color="grey", linestyle="--")
    axis.axvline(best, color="#b5651d", linestyle=":")
    axis.set_title(measure, loc="left", fontsize=10)
    axis.set_xlabel("PD", fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
figure.tight_layout()

# %% [markdown]
# The dashed line is the policy, the dotted line the highest profit. All these applications got a loan, so the curve
# is too favourable for applicants who were declined before, most of all on its right. Set a new cut-off as
# `decline_pd` in `conf/policy.yaml`; it is in force once a person has approved it (`fieldstone policy approve`).
