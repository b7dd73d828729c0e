"""Identifiers: the standards' vectors, and the PySpark expressions against the Python ones."""

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from conf.schema import identifiers as ids
from expectations import identifiers as columns

VECTORS = list(csv.DictReader((Path(__file__).parents[1] / "data" / "id18_check_vectors.csv").open(encoding="utf-8")))
TODAY = date(2026, 1, 1)
RESIDENTS = ["11010519491231002X", "440524188001010014", "360426199101010071"]
CREDIT_CODES = ["91110000600037341L", "91350100M000100Y43", "N2320582MF12345677", "93320582MA1ABCD2X1"]
HOUSES = ["320582001002JC00015F00010001", "320582001002JD00015W00000000", "320582001002GB00015F00010001"]
PYTHON = {
    "resident_id": ids.is_resident_id,
    "credit_code": ids.is_credit_code,
    "house_unit_no": ids.is_house_unit_no,
    "parcel_code": ids.is_parcel_code,
    "division_code": ids.is_division_code,
}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id18"])
def test_check_characters_of_the_published_vectors(vector):
    number = vector["id18"]
    assert ids.resident_id_check(number[:17]) == vector["expected_check_digit"]
    is_day = number != "440308199902301512"  # 30 February: its check digit is wrong as well
    assert ids.is_resident_id(number, TODAY) is (vector["checksum_ok"] == "True" and is_day)


@pytest.mark.parametrize("number", RESIDENTS)
def test_the_standard_examples_are_valid(number):
    assert ids.is_resident_id(number, TODAY)


def test_a_day_that_does_not_exist_is_refused_whatever_its_check_digit():
    body = "44030819990230151"
    assert not ids.is_resident_id(body + ids.resident_id_check(body), TODAY)


def test_a_birth_date_may_not_lie_in_the_future_of_the_given_day():
    body = "50010120260102001"
    number = body + ids.resident_id_check(body)
    assert not ids.is_resident_id(number, TODAY)
    assert ids.is_resident_id(number, date(2026, 1, 2))
    assert ids.is_resident_id(number)


def test_an_abolished_county_is_no_error():
    body = "51020219700101001"  # Chongqing while it was part of Sichuan
    assert ids.is_resident_id(body + ids.resident_id_check(body), TODAY)


def test_birth_date_and_sex_are_read_from_the_number():
    assert ids.birth_date("11010519491231002X") == date(1949, 12, 31)
    assert ids.sex("11010519491231002X") == "F"
    assert ids.sex("440524188001010014") == "M"


@pytest.mark.parametrize(
    "written", ["11010519491231002x", " 11010519491231002X\u3000", "１１０１０５１９４９１２３１００２ｘ"]
)
def test_one_number_has_one_canonical_form(written):
    assert ids.normalised(written) == "11010519491231002X"


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_credit_codes_of_firms_collectives_and_cooperatives(code):
    assert ids.is_credit_code(code)


def test_credit_code_needs_both_its_checks():
    assert not ids.is_credit_code("911101083999784XXX")
    assert ids.organisation_check("60003734") == "1"
    assert ids.organisation_check("M000100Y") == "4"
    body = "91110000600037342"  # the check inside broken, the outer one made right
    assert not ids.is_credit_code(body + ids.credit_code_check(body))


@pytest.mark.parametrize("code", HOUSES)
def test_house_unit_numbers(code):
    assert ids.is_house_unit_no(code)


@pytest.mark.parametrize(
    "code", ["320582001002GC00015F00010001", "320582001002JC00015F0001000", "320582001002JC00015X00010001"]
)
def test_a_homestead_exists_only_in_collective_ownership_and_numbers_have_28_characters(code):
    assert not ids.is_house_unit_no(code)


def test_codes_of_land_and_of_contractors():
    issuer = "50010110220101"
    parcel, contractor = issuer + "00012", issuer + "0007"
    assert ids.is_parcel_code(parcel)
    assert ids.is_contractor_code(contractor)
    assert ids.is_land_contract_code(contractor + "J")
    assert not ids.is_land_contract_code(contractor + "K")


@pytest.mark.parametrize(
    ("code", "is_valid"),
    [
        ("500101001001", True),
        ("500101100200", True),
        ("500101399200", True),
        ("500101000000", False),
        ("500101400200", False),
        ("50010110020", False),
    ],
)
def test_division_codes_have_streets_towns_and_townships(code, is_valid):
    assert ids.is_division_code(code) is is_valid


def _mutations(sound: list[str]) -> st.SearchStrategy[str]:
    """Sound codes with one character changed, dropped or added, among them ones that only look like a digit."""
    character = st.sampled_from("0123456789ABCDFGJLQWXYZIOx １٣\n-")

    def changed(code: str, place: int, new: str, width: int) -> str:
        place %= len(code) + 1
        return code[:place] + new + code[place + width :]

    return st.builds(changed, st.sampled_from(sound), st.integers(0, 30), character, st.integers(0, 1))


@st.composite
def _residents(draw) -> str:
    """Any day number and any check character: half of them sound."""
    day = draw(st.integers(1, 31)) + 100 * draw(st.integers(1, 12)) + 10000 * draw(st.integers(1896, 2030))
    body = f"500101{day}{draw(st.integers(0, 999)):03d}"
    return body + draw(st.sampled_from([ids.resident_id_check(body), "7", "X"]))


_CODES = st.one_of(
    _residents(),
    st.sampled_from(RESIDENTS + CREDIT_CODES + HOUSES + [vector["id18"] for vector in VECTORS]),
    _mutations(RESIDENTS + CREDIT_CODES + HOUSES),
    st.text(st.sampled_from(ids.FULL_WIDTH + ids.HALF_WIDTH + ids.BLANKS + "é中-"), max_size=30),
)


@settings(max_examples=6)
@given(st.lists(_CODES, min_size=100, max_size=150))
def test_the_expressions_agree_with_the_python_checks(spark, codes):
    frame = spark.createDataFrame([(code,) for code in codes], "code string")
    rows = frame.select(
        "code",
        columns.normalised(F.col("code")).alias("normalised"),
        columns.is_valid_resident_id(F.col("code"), F.lit(TODAY)).alias("born_by_today"),
        *(check(F.col("code")).alias(name) for name, check in columns.FORMATS.items()),
    ).collect()
    for row in rows:
        assert row.normalised == ids.normalised(row.code)
        assert row.born_by_today is ids.is_resident_id(row.code, TODAY)
        assert {name: row[name] for name in PYTHON} == {name: check(row.code) for name, check in PYTHON.items()}


def test_no_code_is_neither_valid_nor_invalid(spark):
    frame = spark.createDataFrame([(None,)], "code string")
    assert set(frame.select(*(check(F.col("code")) for check in columns.FORMATS.values())).first()) == {None}
