"""Those who were declined: their features are built where a model infers from them, and no model learns from them."""

import pandas as pd
import pyarrow.parquet as pq
import pytest

from conf.schema import gold
from conf.schema.contract import Purpose
from pipeline.features import build
from pipeline.registry import training_data
from tests.integration.learning import county_context
from tests.integration.small import forget

DECLINED, LENT = gold.DECLINED_FEATURES.table, gold.TRAINING_FEATURES.table


@pytest.fixture(scope="module")
def truth(county) -> pd.DataFrame:
    """What only the simulator knows, by application."""
    folder = county.workspace.settings.landing.with_name("truth")
    return pq.read_table(folder / "applications.parquet").to_pandas().set_index("application_no")


def built(context, table: str) -> pd.DataFrame:
    return context.lake.read(table, purpose=Purpose.MODEL_TRAINING, as_of=context.as_of).toPandas()


def test_the_declined_have_a_table_of_their_own_with_the_features_of_the_lent(county, truth):
    declined, lent = built(county, DECLINED), built(county, LENT)
    assert len(declined) > 20
    assert [*declined.columns] == [*lent.columns]
    assert {*truth.loc[declined["application_id"], "status"]} == {"declined"}
    assert not {*declined["application_id"]} & {*lent["application_id"]}


def test_nothing_the_model_learnt_from_is_of_the_declined(county):
    learnt = training_data.frame(county)
    assert not {*learnt["application_id"]} & {*built(county, DECLINED)["application_id"]}


def test_days_of_both_are_those_of_the_bank(county):
    rows = training_data.frame(county), training_data.declined(county, county.workspace.model("admission"), ())
    assert {str(each["as_of"].dt.tz) for each in rows} == {county.zone} == {"Asia/Shanghai"}


def test_nothing_is_kept_of_the_declined_once_no_model_infers(county):
    spec = county.workspace.root / "conf/models/admission.yaml"
    text = spec.read_text(encoding="utf-8")
    silent = "\n".join(line for line in text.splitlines() if not line.startswith("reject_inference"))
    spec.write_text(silent, encoding="utf-8")
    forget(county.workspace.root)
    context = county_context(county.workspace.root.parent)
    build.run(context)
    assert not len(built(context, DECLINED))
    assert training_data.declined(context, context.workspace.model("admission"), ()) is None
