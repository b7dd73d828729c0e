"""What the workspace's models may learn from."""

import pytest

from conf.schema.workspace import load
from pipeline.features import declarations

WORKSPACE = load()
COLUMNS = declarations.feature_set(WORKSPACE).columns
REQUEST = {column.name for column in COLUMNS if column.kind == "request"}


def learnt(model: str) -> list:
    """Columns that a model learns from."""
    spec = WORKSPACE.model(model)
    names = spec.reads([column.name for column in COLUMNS])
    return [column for column in COLUMNS if column.name in names]


def tells_of_debts(column) -> bool:
    # since when somebody borrows is no debt
    return "bank__loan" in column.table.split(" + ") and column.name != "borrowing_months"


@pytest.mark.parametrize("model", ["admission", "limit"])
def test_every_excluded_feature_is_one_that_there_is(model):
    assert set(WORKSPACE.model(model).exclude) <= {column.name for column in COLUMNS}, (
        "take out of exclude: in conf/models what is no feature any more"
    )


@pytest.mark.parametrize("model", ["admission", "limit"])
def test_what_tells_of_debts_is_held_to_raise_risk_and_lower_capacity(model):
    directions = {column.name: column.monotone for column in learnt(model) if tells_of_debts(column)}
    assert {"existing_exposure_cny", "existing_debt_service_cny_month", "running_loan_count"} <= set(directions), (
        "declare these with monotone=1: more debt is more risk"
    )
    assert {name for name, direction in directions.items() if direction != 1} == set(), (
        "declare with monotone=1 whatever tells of debts: more of it may never look better"
    )


def test_no_capacity_is_learnt_from_what_is_asked_for_or_from_repayments():
    for column in learnt("limit"):
        assert column.kind != "request", (
            "exclude from the limit model (conf/models/limit.yaml) what the applicant asks for"
        )
        assert not any(name in column.sql for name in REQUEST), (
            "exclude from the limit model what is computed from the request"
        )
        assert "bank__instalment" not in column.table or column.monotone == 1, (
            "exclude from the limit model what repayments tell, unless it can only lower the limit"
        )
