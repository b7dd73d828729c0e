"""What is read of a gold table hangs on its declaration, and on nothing that its columns happen to be called."""

import re

import pytest
from pydantic import ValidationError
from pyspark.sql.types import ArrayType, DoubleType, LongType, StringType

from conf.schema import gold
from conf.schema.column import Text
from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.gold_table import GATES, GoldTable, ReadGate
from expectations.dictionary import render
from lake import consent, gates
from lake.gold_schema import declared_columns
from lake.schema import struct

ROWS = "application_id string, subject_key string, consent_ids array<string>"
GATED_COLUMNS = "consent_no string, subject_key string, _is_shared boolean"


def with_gates(*wanted: ReadGate) -> GoldTable:
    """A declaration that differs in its gates alone."""
    because = None if wanted else Text(en="a test", zh="测试")
    return gold.DECISIONS.model_copy(update={"gates": wanted, "ungated_because": because})


@pytest.fixture(scope="module")
def rows(spark):
    """Of Ann, whose G1 holds and shares; of Ben, whose G2 holds for himself alone; of Cat, who consents no more."""
    return spark.createDataFrame(
        [
            ("A1", "ann", ["G1"]),
            ("A2", "ann", ["G1", "G2"]),
            ("A3", "ben", ["G1", "G2"]),
            ("A4", "cat", ["G3"]),
            ("A5", "cat", []),
            ("A6", "ann", None),
            (None, "cat", ["G3"]),
            ("A8", None, ["G2"]),
        ],
        ROWS,
    )


@pytest.fixture(scope="module")
def consents(spark):
    """The consents that hold."""
    return spark.createDataFrame([("G1", "ann", True), ("G2", "ben", False)], GATED_COLUMNS)


def passed(declared, rows, consents) -> list[str | None]:
    """Applications that are read."""
    return sorted(row["application_id"] or "-" for row in gates.passed(declared, rows, consents).collect())


EVERY = ["-", "A1", "A2", "A3", "A4", "A5", "A6", "A8"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((), EVERY),
        ((ReadGate.CONSENTS,), ["A1", "A3", "A5"]),
        ((ReadGate.SUBJECT,), ["A1", "A2", "A3", "A6"]),
        ((ReadGate.CONSENTS, ReadGate.SUBJECT), ["A1", "A3"]),
    ],
)
def test_the_gates_that_are_declared_are_those_that_hold(rows, consents, wanted, expected):
    assert passed(with_gates(*wanted), rows, consents) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((), EVERY),
        ((ReadGate.CONSENTS,), ["A5"]),
        ((ReadGate.SUBJECT,), EVERY),
        ((ReadGate.CONSENTS, ReadGate.SUBJECT), ["A5"]),
    ],
)
def test_where_nobody_is_asked_what_rests_on_a_consent_is_not_read(rows, wanted, expected):
    assert passed(with_gates(*wanted), rows, None) == expected


@pytest.mark.parametrize("absent", ["consent_ids", "subject_key", "application_id"])
@pytest.mark.parametrize("wanted", [(ReadGate.CONSENTS,), (ReadGate.CONSENTS, ReadGate.SUBJECT)])
def test_a_table_without_what_its_gates_judge_by_is_not_read(rows, consents, wanted, absent):
    with pytest.raises(
        FieldstoneError, match=rf"^gold__decisions lacks {absent}, so it can't be checked who may read it"
    ):
        gates.passed(with_gates(*wanted), rows.withColumnRenamed(absent, f"{absent}_of_old"), consents)


@pytest.mark.parametrize("table", ["gold__training_labels", "gold__training_labels_asof_20250101t000000z"])
def test_a_table_of_a_past_moment_is_declared_as_the_one_of_the_present(table):
    assert gold.declared(table) is gold.TRAINING_LABELS


@pytest.mark.parametrize(
    "table", ["gold__labels", "gold__training_labels_asof_2025", "gold__training_labels_old", "gold_bank__decisions"]
)
def test_a_table_that_is_not_declared_is_not_read(table):
    with pytest.raises(FieldstoneError, match=rf"^{table} isn't declared, so nothing says who may read it"):
        gold.declared(table)


@pytest.mark.parametrize("declared", gold.TABLES.values(), ids=lambda each: each.table)
def test_a_table_is_read_for_the_purposes_that_it_declares(declared):
    for purpose in Purpose:
        if purpose in declared.purposes:
            consent.require_purpose(declared, {purpose})
        else:
            with pytest.raises(FieldstoneError, match=rf"^{declared.table} may not be read for {purpose}; "):
                consent.require_purpose(declared, {purpose, *declared.purposes})
    with pytest.raises(FieldstoneError, match=rf"^{declared.table} can't be read without a purpose; give one of "):
        consent.require_purpose(declared, ())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"gates": ()}, "needs gates, or else ungated_because"),
        ({"ungated_because": Text(en="no need", zh="无需")}, "needs gates, or else ungated_because"),
        ({"needed": ("application_id", "subject_key")}, "judge by consent_ids, which must be needed"),
        ({"needed": ("application_id", "subject_key", "consent_ids", "day")}, "needs day, which it doesn't declare"),
        ({"columns": {"day": {"type": "date", "en": "a", "zh": "b"}}}, "type 'date' is not one of"),
    ],
)
def test_a_declaration_says_how_it_is_read_and_by_what(changes, why):
    stated = gold.DECISIONS.model_dump() | changes
    with pytest.raises(ValidationError, match=why):
        GoldTable(**stated)


@pytest.mark.parametrize("table", ["silver_bank__loan", "bronze_farm__planting", "gold__training_labels"])
@pytest.mark.parametrize("way", ["platform", "records"])
def test_what_is_of_the_platform_itself_is_no_way_round_the_gate(lake, table, way):
    with pytest.raises(FieldstoneError, match=rf"^{table} holds subject data; read it with read\(table, purpose=…"):
        getattr(lake, way)(table)
    assert not lake.exists(table)


def test_the_data_dictionary_tells_of_every_table_and_how_it_is_read():
    page = render({}, gold.TABLES.values(), currency="USD")
    for declared in gold.TABLES.values():
        section = page.partition(f'id="{declared.table}"')[2].partition("<h2")[0]
        for name, column in declared.columns.items():
            assert f"<code>{name}</code>" in section
            assert column.in_currency("USD").zh in section
        assert all(GATES[gate].zh in section for gate in declared.gates)
        assert (declared.ungated_because or declared.grain).en in section
        assert f"<code>{', '.join(declared.purposes)}</code>" in section


@pytest.mark.parametrize(("currency", "units"), [("USD", ("USD", "USD")), ("CNY", ("CNY", "元"))])
def test_the_data_dictionary_states_sums_in_the_currency_of_the_workspace(currency, units):
    page = render({}, gold.TABLES.values(), currency=currency)
    assert f"Amount asked for, {units[0]}<" in page
    assert f"申请金额（{units[1]}）" in page
    assert "{currency}" not in page
    assert currency == "CNY" or not re.search(r"CNY|[（以]元", page)


NAMED = {"application_id": StringType(), "subject_key": StringType(), "consent_ids": ArrayType(StringType())}


@pytest.mark.parametrize(
    ("declared", "columns", "why"),
    [
        (gold.DECISIONS, {"application_id": StringType()}, "subject_key is missing, consent_ids is missing"),
        (gold.DECISIONS, NAMED | {"note": StringType()}, "note isn't declared"),
        (gold.DECISIONS, NAMED | {"limit_amount": DoubleType()}, r"limit_amount is double in place of decimal\(12,2\)"),
        (gold.APPLICATION_FEATURES, NAMED | {"consent_ids": StringType()}, "consent_ids is string in place of array<s"),
        (gold.TRAINING_LABELS, NAMED | {"application_id": LongType()}, "application_id is bigint in place of string"),
    ],
)
def test_what_is_not_as_its_table_is_declared_is_not_written(lake, spark, declared, columns, why):
    rows = spark.createDataFrame([], struct(**columns))
    for write in (lake.overwrite, lake.append_gold):
        with pytest.raises(FieldstoneError, match=rf"^{declared.table} wasn't written, .*declaration: {why}"):
            write(declared.table, rows)
    assert not lake.exists(declared.table)


def test_what_a_workspace_declares_itself_is_written_beside_what_every_table_has(lake, spark):
    for declared in (gold.APPLICATION_FEATURES, gold.TRAINING_LABELS):
        lake.overwrite(declared.table, spark.createDataFrame([], struct(**NAMED, sown_area_mu=DoubleType())))
        assert lake.exists(declared.table)


def test_a_decision_has_the_columns_that_are_declared_and_no_others(lake, spark):
    rows = spark.createDataFrame([], declared_columns(gold.DECISIONS))
    lake.append_gold(gold.DECISIONS.table, rows)
    assert lake.exists(gold.DECISIONS.table)
    assert [field.name for field in rows.schema] == [*gold.DECISIONS.columns]
