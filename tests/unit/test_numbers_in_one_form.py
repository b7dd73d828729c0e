"""Numbers in one form: the same in Python and in Spark, whoever writes them, and never two numbers as one."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.schema import identifiers as ids
from conf.schema.contract import Column, Contract
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import ROOT, load
from expectations import identifiers as expressions
from pipeline.ingest import opaque

DIGITS = st.text("0123456789", min_size=1, max_size=30)
SPACES = st.text(ids.BLANKS, max_size=3)
GROUPS = st.text(ids.GROUPING, min_size=1, max_size=2)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
CONTRACT = load().contract("farm__land_transfer")


@given(
    st.lists(DIGITS, min_size=1, max_size=5), st.lists(GROUPS, min_size=4, max_size=4), SPACES, SPACES, st.booleans()
)
def test_the_same_digits_are_one_number_whatever_the_width_and_the_blanks(parts, between, before, after, is_wide):
    written = "".join(part + gap for part, gap in zip(parts, [*between, ""], strict=False)).rstrip(ids.GROUPING)
    number = "".join(parts)
    assert ids.plain_number(before + (written.translate(WIDE) if is_wide else written) + after) == number


@given(DIGITS, DIGITS)
def test_other_digits_are_other_numbers(one, other):
    assert (ids.plain_number(one) == ids.plain_number(other)) is (one == other)


@given(st.text(max_size=20))
def test_the_form_is_stable(text):
    plain = ids.plain_number(text)
    assert plain is None or ids.plain_number(plain) == plain


@settings(max_examples=20)
@given(
    texts=st.lists(
        st.text(st.sampled_from(f"{ids.BLANKS}{ids.GROUPING}0123456789０９ABab.Ee+-镇．，,Ｅ＋－×^¹nN"), max_size=24),
        max_size=60,
    )
)
def test_spark_and_python_agree(spark, texts):
    rows = spark.createDataFrame([(text,) for text in texts], "text string")
    forms = rows.select(
        "text",
        expressions.plain_number(rows.text).alias("plain"),
        expressions.is_number_as_float(rows.text).alias("float"),
    ).collect()
    assert [(row.plain, row.float) for row in forms] == [
        (ids.plain_number(row.text), ids.is_number_as_float(row.text)) for row in forms
    ]


FLOATS = [
    "６．２２８４８Ｅ＋１８", "6．22848E+18", "6.22848E＋18",
    "6,22848E+18", "6，22848Ｅ１８", "6.22848E−18", "6.22848e–18",
    "6.22848 E18", "6.22848E 18", "6.22848E+ 18",
    "6 228 480E12", "6.22848×10^18", "6.22848 x 10 ^ 18", "6.22848*10**18",
    "6.22848×10¹⁸", "6.22848×10⁻⁵", "10^18", "＋6228", "+6228 4800", "−5",
    "－５", "–5", "- 5", ".5E3", "5.E3", "7．0", "７．",
    "6228480000000000011,0", "6228480000000000011，00", "-1.5", "1.5.", "nan", "NaN", "-inf", "Infinity",
]  # fmt: skip
NUMBERS = [
    "6228", "６２２８", "6228 4800", "6228-4800", "6228−4800", "E18",
    "1A", "A1E", "12-3E5", "1,234,567", "1,234", "X10", "2x1018",
    "12×10", "10", "镇1.5", "+A", "-", ".", "E", "^5", "1.2.3", "6228　", "nano", "¹",
]  # fmt: skip


def test_a_float_is_none_however_it_is_written(spark):
    rows = spark.createDataFrame([(text,) for text in FLOATS + NUMBERS], "text string")
    flags = rows.select(expressions.is_number_as_float(expressions.plain_number(rows.text)).alias("float")).collect()
    expected = [True] * len(FLOATS) + [False] * len(NUMBERS)
    assert [ids.is_number_as_float(ids.plain_number(text)) for text in FLOATS + NUMBERS] == expected
    assert [row.float for row in flags] == expected


@pytest.mark.parametrize(
    ("number", "is_allowed"),
    [("500102001201000001", True), ("50010200120100001", False), ("5.00102E+17", False), ("50010200120100000x", False)],
)
def test_a_number_that_a_person_gives_is_checked_as_one_that_arrives(number, is_allowed):
    assert opaque.is_allowed(number, CONTRACT.columns["household_no"]) is is_allowed


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"min": 1}, "can't have min"),
        ({"parse": "hex"}, "can't have parse"),
        ({"values_from": "consent_texts"}, "can't have values_from"),
        ({"type": "long"}, "must be a string and not long"),
        ({"identifier": "card", "class": "C2"}, "but not both"),
    ],
)
def test_what_cannot_be_asked_of_a_token_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        Column.model_validate({"type": "string", "en": "A", "zh": "甲", "pseudonym": True} | changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"event_time": "direction"},
            "event_time names 'direction', which is string; it must be a column of type date",
        ),
        ({"event_time": "household_no"}, "event_time names 'household_no', which is string"),
        (
            {"published": "signed_date"},
            "published names 'signed_date', which is date; it must be a column of type timestamp",
        ),
        ({"subject": {"column": "direction"}}, "must be an identifier; write `subject: "),
        ({"primary_key": ["contract"]}, "there are contract_no, "),
        (
            {"rules": [{"name": "r", "expr": "household_no > ''", "en": "R", "zh": "规"}]},
            "rule 'r' reads household_no, which rules see as a token only; take it out of the rule",
        ),
    ],
)
def test_a_contract_says_what_may_be_named(changes, says):
    stated = CONTRACT.model_dump(by_alias=True, exclude_none=True)
    with pytest.raises(ValueError, match=says):
        Contract.model_validate(stated | changes)


def test_a_token_and_a_number_in_the_clear_do_not_refer_to_each_other(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    contract = tmp_path / "conf/contracts/bank/instalment.yaml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(
        text.replace("loan_no: {type: string,", "loan_no: {type: string, pseudonym: true,"), encoding="utf-8"
    )
    with pytest.raises(
        FieldstoneError, match="bank__instalment: loan_no refers to loan_no of bank__loan, but one is a pseudonym"
    ):
        load(tmp_path)
