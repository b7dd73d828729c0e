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
# registry, no files. Copy good settings to `conf/models/admission.yaml`, and the pipeline trains and registers them.

# %%
import pandas as pd

from conf.schema.contract import Purpose
from conf.schema.workspace import load
from models import admission, explain, metrics
from pipeline.context import Context
from pipeline.features import declarations
from pipeline.registry import training_data

workspace = load()
context = Context(workspace, workspace.settings.now())
spec, policy = workspace.model("admission"), workspace.policy
features = declarations.feature_set(workspace)
frame = training_data.frame(context)
print(frame["label_status"].value_counts().to_string())

# %% [markdown]
# ## As declared, and with other settings
#
# Rows are split out of time. Figures in time come from folds that didn't train on the row.

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
# ## Who changes sides?
#
# Out-of-time applications that both models, only one of them or neither would admit. Both models may be right on
# average and still treat these people differently.

# %%
late = {name: result.scored.query("slice == 'oot'") for name, result in results.items()}
admitted = {name: scored["pd"] <= policy.decline_pd for name, scored in late.items()}
swap = metrics.swap_set(admitted["as declared"], admitted["the bank's own data only"])
assert swap.to_numpy().sum() == len(late["as declared"])
print(swap.to_string())

# %% [markdown]
# ## Vintages
#
# Share of each quarter's loans that reached 90 days past due, by month on book. A quarter that rises faster than those
# before it is new: no model has learnt from it yet.

# %%
loans, instalments = (
    context.lake.read(f"silver_bank__{table}", purpose=Purpose.MODEL_TRAINING, as_of=context.as_of).toPandas()
    for table in ("loan", "instalment")
)
bad = instalments[instalments["days_past_due"] >= 90].groupby("loan_no")["due_date"].min()
loans = loans.drop_duplicates("loan_no").set_index("loan_no")
disbursed = pd.to_datetime(loans["disbursed_date"])
months = (pd.to_datetime(bad.reindex(loans.index)) - disbursed).dt.days / 30.44
observed = (pd.Timestamp(context.as_of.date()) - disbursed).dt.days // 30.44
# 90 days past due is reached three months after the due date
triangle = metrics.vintages(disbursed, months.round() + 3, observed.clip(upper=24))
print(triangle.iloc[:, 2::3].round(3).to_string())

# %% [markdown]
# ## Against the scorecard
#
# The WoE scorecard on the same rows is the benchmark that the booster must beat.

# %%
chosen = results["as declared"]
benchmark = chosen.record.benchmark
print(pd.DataFrame(benchmark["features"]).round(3).to_string(index=False))
print(f"out of time: AUC {benchmark['auc_oot']:.3f}, KS {benchmark['ks_oot']:.3f}")

# %% [markdown]
# ## Why this applicant?
#
# Exact TreeSHAP values of the booster that scores. Reasons compare an applicant with applicants at the cut-off, not
# with the average.

# %%
predictor = chosen.predictor
riskiest = frame.loc[[predictor.predict_pd(frame).argmax()]]
catalogue = {column.name: column for column in features.columns}
contributions = predictor.shap_values(riskiest)
assert abs(contributions.sum(axis=1) + predictor.base_value - predictor.margin(riskiest)).max() < 1e-5
reference = predictor.reference(policy.decline_pd)
(reasons_of_one,) = explain.reasons(contributions, riskiest, reference, catalogue, predictor.hidden)
for reason in reasons_of_one:
    print(f"{reason.en}  {reason.zh}")
