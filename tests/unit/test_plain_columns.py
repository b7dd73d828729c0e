"""Columns of the application as features: named once, and the contract says unit, words, encoding and purposes."""

from types import ModuleType

import pytest
from silver import CONTRACTS

from conf.schema.column import Column
from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.plain_features import PlainFeature, PlainFeatures
from features.engine.check import check
from features.engine.collect import collect
from features.engine.spec import derived

TABLE = "bank__application"


def contracts(**columns: dict) -> dict:
    """The contracts, with further columns of applications."""
    made = {
        name: Column(**{"en": f"{name} en", "zh": f"{name} zh", "type": "string"} | stated)
        for name, stated in columns.items()
    }
    contract = CONTRACTS[TABLE]
    return CONTRACTS | {TABLE: contract.model_copy(update={"columns": contract.columns | made})}


def declared(*columns: str, **monotone: int) -> PlainFeatures:
    """Columns of the application that are declared as features, some with a direction."""
    stated = (PlainFeature(column=column, monotone=monotone.get(column, 0)) for column in columns)
    return PlainFeatures(application={TABLE: tuple(stated)})


def of(plain: PlainFeatures, known=None) -> dict:
    """The columns that they come to, by name."""
    known = known or contracts()
    features = collect([], known, plain)
    check(features, known)
    return {column.name: column for column in features.columns}


def test_a_number_is_a_feature_of_its_own_name_unit_and_words():
    features = of(declared("requested_cny", "term_months", term_months=1))
    amount, term = features.values()
    contract = CONTRACTS[TABLE].columns["requested_cny"]
    assert (amount.unit, amount.sql, amount.en, amount.zh) == ("cny", "requested_cny", contract.en, contract.zh)
    assert (amount.kind, amount.domain, amount.table, amount.monotone) == ("request", "application", TABLE, 0)
    assert (term.unit, term.monotone) == ("months", 1)
    assert amount.purposes == (Purpose.CREDIT_ASSESSMENT, Purpose.MODEL_TRAINING, Purpose.POST_LOAN_MONITORING)


def test_each_value_of_a_text_is_a_flag():
    features = of(declared("channel"))
    assert {name: column.sql for name, column in features.items()} == {
        "is_channel_branch": "CAST(channel = 'branch' AS INT)",
        "is_channel_mobile": "CAST(channel = 'mobile' AS INT)",
        "is_channel_village_agent": "CAST(channel = 'village_agent' AS INT)",
    }
    assert {column.unit for column in features.values()} == {"flag"}
    assert features["is_channel_mobile"].en.endswith(": mobile")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["Öko", "Äko", "Üko"], ["oko", "ako", "uko"]),
        (["hortaliças", "posse própria"], ["hortalicas", "posse_propria"]),
        (["关注", "正常"], ["guan_zhu", "zheng_chang"]),
        (["a b", "a-b", "a b 2"], ["a_b", "a_b_2", "a_b_2_3"]),
        (["+", "-", "！"], ["value", "value_2", "value_3"]),
    ],
)
def test_each_value_in_any_script_gives_its_flag_a_name_of_its_own(values, words):
    assert [*of(declared("tone"), contracts(tone={"values": values}))] == [f"is_tone_{word}" for word in words]


def test_what_is_null_stays_null(spark):
    known = contracts(is_member={"type": "boolean"}, insured={"type": "boolean"})
    features = of(declared("is_member", "insured", "channel"), known)
    assert [*features][:2] == ["is_member", "is_insured"]
    rows = spark.createDataFrame(
        [(True, False, "mobile"), (None, None, None)], "is_member boolean, insured boolean, channel string"
    )
    first, second = rows.selectExpr(*(f"{c.sql} AS {name}" for name, c in features.items())).collect()
    assert first.asDict() == {
        "is_member": 1, "is_insured": 0, "is_channel_branch": 0, "is_channel_mobile": 1, "is_channel_village_agent": 0,
    }  # fmt: skip
    assert {*second} == {None}


@pytest.mark.parametrize(
    ("column", "stated", "message"),
    [
        ("nowhere", None, "bank__application has no column nowhere that could be a feature; its columns are app"),
        ("applied_at", None, "is of type timestamp, which can't be a feature unchanged; write a feature of it in"),
        ("application_no", None, "is a string without values, which can't be a feature unchanged; list them in its"),
        ("id_no", None, "is an identifier or a pseudonym, which can't be a feature unchanged; leave it out"),
        ("rooms", {"type": "int"}, "bank__application.rooms has no unit; state one in its contract, or write"),
        ("tone", {"values": ["it's"]}, "no value may contain a quote or a backslash; write features"),
        ("tone", {"values": ["back\\slash"]}, "no value may contain a quote or a backslash"),
        ("is_late", {"type": "boolean", "outcome": True}, "after the decision (outcome); leave it out, or predict it"),
        ("is_old", {"type": "boolean", "protected": True}, "protected: fairness testing only; leave it out"),
        ("card_no", {"pseudonym": True, "class": "C2", "values": ["1"]}, "is an identifier or a pseudonym"),
    ],
)  # fmt: skip
def test_a_column_that_is_no_feature_as_it_is_is_refused_with_what_to_do(column, stated, message):
    with pytest.raises(FieldstoneError) as error:
        of(declared(column), contracts(**{column: stated} if stated else {}))
    assert message in str(error.value)


def test_a_direction_is_of_one_number_and_not_of_several_flags():
    with pytest.raises(FieldstoneError, match="monotone isn't allowed and"):
        of(declared("channel", channel=-1))


def test_a_column_that_is_a_feature_already_is_told():
    with pytest.raises(FieldstoneError, match="'term_months' is declared twice, in application and application"):
        of(declared("term_months", "term_months"))


def test_others_may_be_computed_from_them():
    module = ModuleType("asking")

    @derived(unit="cny_month", zh="月")
    def requested_cny_month() -> str:
        """Asked for each month."""
        return "requested_cny / term_months"

    requested_cny_month.compute.__module__ = "asking"
    module.each = requested_cny_month
    features = collect([module], CONTRACTS, declared("requested_cny", "term_months"))
    assert features.names == ["requested_cny", "term_months", "requested_cny_month"]


def test_without_its_contract_nobody_knows_what_a_column_is():
    with pytest.raises(FieldstoneError, match="no contract 'bank__application'; the contracts are none"):
        collect([], plain=declared("term_months"))
