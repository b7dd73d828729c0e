"""On public sets an admission model ranks as a bare XGBoost of its parameters does, for all that it does besides."""

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from conf.schema import workspace
from conf.schema.model import ModelSpec
from conf.schema.workspace import ROOT
from models import admission, pd_model
from tests import bare

EXAMPLE = ROOT / "examples" / "sba_farm"
QUICK = {"rounds": 300, "early_stopping_rounds": 20}
FOLDS, TOLERANCE = 3, 0.01


def sba_farm(label: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Farm loans with what was asked for, as the file has it, and the directions that the example declares."""
    read = pd.read_csv(EXAMPLE / "data" / "sba_farm_loans.csv", dtype=str, keep_default_na=False)
    known = read.loc[read["MIS_Status"].ne("")]
    columns = {
        "approved_usd": known["GrAppv"].str.replace(r"[$, ]", "", regex=True).astype(float),
        "guaranteed_usd": known["SBA_Appv"].str.replace(r"[$, ]", "", regex=True).astype(float),
        "employee_count": known["NoEmp"].astype(float),
        "jobs_created_count": known["CreateJob"].astype(float),
        "is_new_business": known["NewExist"].map({"1": 0.0, "2": 1.0}),
        "is_revolving": known["RevLineCr"].map({"N": 0.0, "Y": 1.0}),
        "is_low_doc": known["LowDoc"].map({"N": 0.0, "Y": 1.0}),
        "is_out_of_state_bank": known["State"].ne(known["BankState"]).astype(float),
    }
    monotone = {name: int(name in ("is_new_business", "is_revolving", "is_out_of_state_bank")) for name in columns}
    keys = {
        "application_id": known["LoanNr_ChkDgt"],
        "as_of": pd.to_datetime(known["ApprovalDate"], format="%d-%b-%y", utc=True),
        label: known["MIS_Status"].eq("CHGOFF").astype(float),
    }
    return pd.DataFrame(keys | columns), monotone


def breast_cancer(label: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Tumours and their measures, without directions: few rows, many features."""
    x, bad = load_breast_cancer(return_X_y=True, as_frame=True)
    keys = {"application_id": x.index.map("T{:04d}".format), "as_of": pd.Timestamp("2020-01-01", tz="UTC"), label: bad}
    return x.assign(**keys), dict.fromkeys(x.columns, 0)


@pytest.mark.parametrize("public", [sba_farm, breast_cancer])
def test_it_is_no_more_than_a_hundredth_of_auc_below_a_bare_booster(public):
    spec: ModelSpec = workspace.load(EXAMPLE).model("admission").model_copy(update=QUICK)
    frame, monotone = public(spec.label)
    ours = pd_model.cross_validate(admission.learn, frame, spec, monotone, FOLDS)["auc_cv"]
    assert ours >= bare.auc_cv(frame, spec, monotone, FOLDS) - TOLERANCE
