# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # A new feature, point in time
#
# For risk modelers. We look at what was known when, declare a feature, build it for past applications as of their own
# moments, and see how informative it is. Run `make run` (or `fieldstone run`) first; open this
# with `jupytext --to ipynb` or any editor that knows percent cells.

# %%
import sys
from datetime import UTC, datetime

import matplotlib.pyplot as plt
from optbinning import OptimalBinning

from conf.schema.contract import Purpose
from conf.schema.workspace import load
from features.engine.assemble import assemble
from features.engine.collect import collect
from features.engine.records import Records, ratio
from features.engine.spec import Table
from features.engine.windows import Months
from pipeline.context import Context
from pipeline.features import declarations

workspace = load()
context = Context(workspace, workspace.settings.now())
lake = context.lake

# %% [markdown]
# ## What was known when
#
# Silver stores every version of a record with `known_at`, the moment at which the bank knew it, beside `event_time`.
# Every read names a purpose and a moment, and returns only rows of subjects whose consent was valid.

# %%
moments = [datetime(year, 7, 1, tzinfo=UTC) for year in (2023, 2024, 2025)]
harvests = {m: lake.read("silver_farm__planting", purpose=Purpose.MODEL_TRAINING, as_of=m) for m in moments}
for moment, rows in harvests.items():
    people = rows.select("subject_key").distinct().count()
    print(f"{moment:%Y-%m-%d}: {rows.count():>7,} planting records of {people:,} people")

# %% [markdown]
# ## Declare a feature
#
# A feature is a function that returns SQL, with its windows, its unit, both descriptions, and the direction of risk
# if it is certain. In the project it would be one function in `features/banking.py` and one test; here it is a cell.

# %%
transaction = Table("bank__transaction")


@transaction.feature(windows=[Months(6), Months(12)], unit="ratio", zh="{window}农资支出与收入之比", monotone=1)
def input_to_income_ratio(records: Records) -> str:
    """Farm inputs bought against income, {window}."""
    income = records.where("direction = 'in' AND category IN ('crop_sale', 'livestock_sale', 'wage', 'subsidy')")
    return ratio(records.where("category = 'input_purchase'").sum("amount_cny"), income.sum("amount_cny"))


mine = collect([sys.modules[__name__]])
[(column.name, column.en, column.zh) for column in mine.columns]

# %% [markdown]
# ## Build it for past applications
#
# The spine has a row for each application, with its own `as_of`. One aggregation computes all windows. Rows that
# happened or became known later can't change the result.

# %%
silver = {
    table: lake.read(f"silver_{table}", purpose=Purpose.MODEL_TRAINING, as_of=context.as_of)
    for table in ("bank__transaction", "bank__application", "bank__loan", "bank__instalment")
}
spine = declarations.spine(workspace)
built = assemble(spine.training(silver), silver, mine, workspace.contracts, zone=context.zone)
labels = spine.labels(silver, context.as_of, context.zone).select("application_id", "is_default_12m")
frame = built.join(labels, "application_id").toPandas().dropna(subset=["is_default_12m"])
frame[["application_id", "as_of", *mine.names, "is_default_12m"]].head()

# %% [markdown]
# ## How much does it tell?
#
# Weight of evidence by bin, and the information value: below 0.02 none, 0.1 to 0.3 medium, above 0.5 suspect.

# %%
binning = OptimalBinning("input_to_income_ratio_12m", monotonic_trend="auto_asc_desc", max_n_bins=5)
binning.fit(frame["input_to_income_ratio_12m"], frame["is_default_12m"].astype(int))
table = binning.binning_table.build()
print(table[["Bin", "Count", "Event rate", "WoE", "IV"]].round(3).to_string(index=False))

# %%
bins = table[(table["Count"] > 0) & ~table["Bin"].isin(["Special", "Missing", ""])].drop(
    index="Totals", errors="ignore"
)
figure, axis = plt.subplots(figsize=(7, 2.6))
axis.bar(bins["Bin"].astype(str), bins["Event rate"].astype(float), color="#2d6a4f")
axis.set_ylabel("bad rate")
axis.set_title("Bad rate by farm inputs against income, last 12 months", loc="left", fontsize=10)
axis.spines[["top", "right"]].set_visible(False)
