# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Another admission model
#
# For risk modelers. The same `fit` that `fieldstone train admission` calls, on the same frame, with other settings: no
# registry, no files. What pleases goes into `conf/models/admission.yaml`, and the pipeline trains and registers it.

# %%
import pandas as pd

from conf.workspace import load
from jobs import declarations, training_data
from jobs.context import Context
from models import admission, explain

workspace = load()
context = Context(workspace, workspace.settings.now())
spec, policy = workspace.model("admission"), workspace.policy
features = declarations.feature_set(workspace)
frame = training_data.frame(context)
print(frame["label_status"].value_counts().to_string())

# %% [markdown]
# ## As declared, and with other settings
#
# Rows are split out of time; what is called in time comes from folds that never saw the row.

# %%
deeper = spec.model_copy(update={"params": spec.params | {"max_depth": 5}})
bank_only = [c.name for c in features.columns if c.domain in ("banking", "credit")]
without_farm = spec.model_copy(update={"features": tuple(bank_only)})
results = {
    "as declared": admission.fit(frame, spec, features.monotone, policy),
    "deeper trees": admission.fit(frame, deeper, features.monotone, policy),
    "the bank's own data only": admission.fit(frame, without_farm, features.monotone, policy),
}
figures = ["auc_in_time", "auc_oot", "ks_oot", "brier_oot", "score_psi"]
print(pd.DataFrame({name: result.record.metrics for name, result in results.items()}).loc[figures].round(3).to_string())

# %% [markdown]
# ## Against the scorecard
#
# The WoE scorecard on the same rows is the benchmark that the booster must beat.

# %%
chosen = results["as declared"]
print(chosen.record.benchmark)

# %% [markdown]
# ## Why this applicant?
#
# Exact TreeSHAP of the booster that scores. Reasons say what separates an applicant from those at the cut-off, not
# from the average.

# %%
predictor = chosen.predictor
riskiest = frame.loc[[predictor.predict_pd(frame).argmax()]]
catalogue = {column.name: column for column in features.columns}
contributions = predictor.shap_values(riskiest)
assert abs(contributions.sum(axis=1) + predictor.base_value - predictor.margin(riskiest)).max() < 1e-5
(told,) = explain.reasons(contributions, riskiest, predictor.reference(policy.decline_pd), catalogue)
for reason in told:
    print(f"{reason.en}  {reason.zh}")
