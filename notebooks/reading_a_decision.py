# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Reading a decision
#
# For model governance: one declined application, from its reasons back to the model, the data and the consents that
# the decision is based on.

# %%
import json

from conf.schema.contract import Purpose
from conf.schema.workspace import load
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.releases import champions

workspace = load()
context = Context(workspace, workspace.settings.now())
decisions = context.lake.read("gold__decisions", purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of).toPandas()
decisions.groupby("decision").agg(applications=("application_id", "size"), limits=("limit_amount", "sum"))

# %% [markdown]
# ## One application
#
# At most four reasons, relative to the missed cut-off, in English and Chinese, and how to ask for a person.

# %%
declined = decisions[decisions["decision"] == "decline"].sort_values("application_id").iloc[0]
print(f"{declined['application_id']}: PD {declined['pd']:.1%}, {', '.join(declined['decline_reasons'])}")
for english, chinese in zip(declined["reasons_en"], declined["reasons_zh"], strict=True):
    print(f"- {english}  {chinese}")
print(declined["review_route"])

# %% [markdown]
# A referred application goes to a person, who is shown the grounds.

# %%
referred = decisions[decisions["decision"] == "refer"]
print(referred["grounds_en"].explode().value_counts().to_string())

# %% [markdown]
# ## What it rests on
#
# Exact versions of tables and models, and the consents that permitted the data.

# %%
print(json.dumps(json.loads(declined["table_versions"]), indent=2))
print("consents:", list(declined["consent_ids"]))
print("models:", declined["admission_model"], declined["limit_model"])

# %% [markdown]
# ## Who trained and approved the model
#
# Its release records what JR/T 0221 requires (data, code, software, people, gates) and a hash of everything that the
# version decides by. The release is read only if nothing of this has changed.

# %%
champion = champions.load(context, tracking.connect(workspace.settings), "admission")
print(f"{champion}, approved by {champion.release.approver} in entry {champion.release.entry} of the trail")
print(f"release {champion.release.sha256}")
for name in ("trainer", "gates", "impact_assessment", "data_versions", "data_rows", "code_version"):
    print(f"{name:<18} {champion.tags[name]}")

# %% [markdown]
# ## Is the trail whole?

# %%
assert context.trail.verify() == []
for entry in context.trail.entries():
    print(f"{entry.number:>3}  {entry.at:%Y-%m-%d %H:%M}  {entry.actor:<18} {entry.action:<10} {entry.details[:200]}")
