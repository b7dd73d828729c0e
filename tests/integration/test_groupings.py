"""Applications are put into the groups that a spec declares, and a model is tested in townships that it never saw."""

import json

import pandas as pd

from conf.schema.contract import Text
from conf.schema.grouping import Grouping
from models import splits
from pipeline.registry import groupings, tracking, training_data

HOUSEHOLD = Grouping(table="farm__household_membership", column="household_no", title=Text(en="household", zh="农户"))


def test_each_application_is_of_the_township_of_its_customer_and_of_its_household(county):
    spec, data = county.workspace.model("admission"), training_data.frame(county)
    split = spec.split.model_copy(update={"together": HOUSEHOLD})
    rows = groupings.joined(county, data, spec.model_copy(update={"split": split}))
    townships, households = rows[splits.OUT_OF], rows[splits.TOGETHER]
    assert townships.notna().mean() > 0.9  # a customer's village need not be told
    assert set(townships.dropna().str.len()) == {9}
    assert 1 < townships.nunique() < households.nunique() < len(rows)
    alike = pd.concat([data["subject_key"], households], axis=1).groupby("subject_key")[splits.TOGETHER]
    assert (alike.nunique() <= 1).all()


def test_a_version_says_how_it_does_in_townships_that_it_never_saw(county):
    client = tracking.connect(county.workspace.settings)
    version = tracking.by_alias(client, "admission", tracking.CHAMPION)
    record = json.loads(tracking.artifact(client, version, tracking.RECORD))
    assert "out_of_group" in {each["name"] for each in record["validation"]}
    assert version.tags["split"] == "the latest 25% of rows are tested on, out of time"
    page = tracking.artifact(client, version, tracking.REPORT).decode()
    assert "How it does in a township that it never saw:" in page
