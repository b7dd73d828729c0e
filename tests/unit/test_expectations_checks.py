"""Row predicates: every check of every contract fails the row made to fail it, and nothing else does."""

from datetime import date
from decimal import Decimal

import pytest
from contract_rows import bronze, failing, sound_row, spoiled_row

from conf.schema import workspace
from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError
from conf.schema.quarantine_reasons import ReasonCode
from expectations.checks import checks, failures, portable
from expectations.typed import typed

CONTRACTS = workspace.load().contracts


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_each_check_fails_its_row_and_no_other(spark, contract):
    declared = checks(contract)
    rows = [sound_row(contract), *(spoiled_row(contract, check) for check in declared)]
    judged = failures(typed(bronze(spark, contract, rows), contract), contract).orderBy("_batch_id").collect()
    assert judged[0]._failed_checks == judged[0]._reasons == []
    for check, row in zip(declared, judged[1:], strict=True):
        expected = failing(declared, check)
        assert row._failed_checks == [other.name for other in expected]
        assert row._reasons == sorted({other.reason for other in expected})


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_names_of_checks_are_unique(contract):
    names = [check.name for check in checks(contract)]
    assert len(names) == len(set(names))


def test_reasons_are_sorted_and_each_comes_once(spark):
    contract = CONTRACTS["farm__planting"]
    row = sound_row(contract) | {"crop_code": "tulip", "yield_kg": "-1", "price_cny_kg": "-1", "season": "summer"}
    judged = failures(typed(bronze(spark, contract, [row]), contract), contract).first()
    assert judged._reasons == [ReasonCode.BAD_FORMAT, ReasonCode.NOT_ALLOWED, ReasonCode.OUT_OF_RANGE]
    assert judged._failed_checks == ["season.pattern", "crop_code.values", "yield_kg.range", "price_cny_kg.range"]


def test_optional_columns_may_be_empty(spark):
    contract = CONTRACTS["farm__breeding"]
    optional = [name for name, column in contract.stored.items() if not column.required]
    row = sound_row(contract) | dict.fromkeys(optional, "") | {optional[0]: None}
    assert failures(typed(bronze(spark, contract, [row]), contract), contract).first()._failed_checks == []


def test_a_rule_is_silent_where_its_columns_have_failed(spark):
    contract = CONTRACTS["farm__breeding"]
    row = sound_row(contract) | {"died_head": "2147483647", "sold_head": "2147483647"}  # the sum overflows an int
    judged = failures(typed(bronze(spark, contract, [row]), contract), contract).first()
    assert judged._failed_checks == ["died_head.range", "sold_head.range"]


def test_limits_have_the_type_of_their_column():
    arguments = {check.name: check.args for check in checks(CONTRACTS["bank__loan"])}
    assert arguments["annual_rate.range"] == {"min": Decimal("0.0"), "max": Decimal("0.36")}
    assert arguments["disbursed_date.range"] == {"min": date(1990, 1, 1)}


def test_a_limit_on_text_is_refused():
    contract = CONTRACTS["bank__loan"]
    column = contract.columns["product_code"].model_copy(update={"min": "a"})
    broken: Contract = contract.model_copy(update={"columns": {"product_code": column}})
    with pytest.raises(FieldstoneError, match=r"^column 'product_code' has a min but is a string; limits are for"):
        checks(broken)


@pytest.mark.parametrize(
    ("pattern", "same_everywhere"),
    [
        (r"^\d{4}-(a|b)$", r"^[0-9]{4}-(a|b)\z"),
        (r"^\w+\s\.\$$", r"^[0-9A-Za-z_]+[ \t\r\n]\.\$\z"),
        ("^[$a]$", r"^[$a]\z"),
    ],
)
def test_patterns_mean_the_same_to_both_engines(pattern, same_everywhere):
    assert portable(pattern) == same_everywhere
