"""Keys that are made from the row, and tables whose rows have no moment."""

import pytest
from pydantic import ValidationError

from conf.schema.contract import Contract

COLUMNS = {
    "breed": {"type": "string", "en": "Breed", "zh": "品种"},
    "sold": {"type": "date", "required": True, "en": "Sold", "zh": "售出"},
    "owner": {"type": "string", "identifier": "resident_id", "class": "C2", "en": "Owner", "zh": "所有人"},
}


def contract(**stated) -> Contract:
    base = {
        "table": "market__sale", "title": {"en": "Sale", "zh": "销售"}, "grain": "one row per sale",
        "primary_key": ["breed"], "event_time": "sold", "lawful_basis": "contract", "purposes": ["model_training"],
        "retention_days": 10, "columns": COLUMNS,
    }  # fmt: skip
    return Contract.model_validate({k: v for k, v in (base | stated).items() if v is not None})


def test_a_key_is_made_from_the_whole_row_but_for_what_goes_to_the_vault():
    of_subject = contract(primary_key={"hash_of": "row"}, subject={"column": "owner"})
    assert of_subject.primary_key == ("record_key",)
    assert of_subject.key_parts == ("breed", "sold", "subject_key")
    assert contract(primary_key={"hash_of": "row"}).key_parts == ("breed", "sold")
    assert contract(primary_key={"hash_of": ["sold"]}).key_parts == ("sold",)
    assert contract().key_parts == ()


def test_a_contract_with_a_made_key_is_the_same_once_it_was_kept():
    made = contract(primary_key={"hash_of": ["sold", "breed"]}, event_time=None, static=True)
    assert Contract.model_validate(made.model_dump(mode="json", by_alias=True, exclude_defaults=True)) == made


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"hash_of": ["breed", "weight"]}, "undeclared columns ['weight']; there are breed, sold, owner"),
        ({"hash_of": ["owner"]}, "names owner, which goes to the vault; name subject_key in its place"),
        ({"hash_of": []}, "write `primary_key: {hash_of: row}`"),
        ({"hash_of": "breed"}, "write `primary_key: {hash_of: row}`"),
        ({"hash_off": "row"}, "write `primary_key: {hash_of: row}`"),
        ({}, "write `primary_key: {hash_of: row}`"),
        (["record_key"], "undeclared columns ['record_key']"),
        (["serial"], "Where rows have no number, write `primary_key: {hash_of: row}`"),
    ],
)
def test_a_key_that_cant_be_made_is_refused(key, message):
    with pytest.raises(ValidationError) as error:
        contract(primary_key=key)
    assert message in str(error.value)


def test_no_column_may_be_called_as_the_made_key_is():
    with pytest.raises(ValueError, match="no column may have that name"):
        contract(primary_key={"hash_of": "row"}, columns=COLUMNS | {"record_key": COLUMNS["breed"]})


def test_rows_have_a_moment_or_the_contract_says_that_they_have_none():
    assert contract(event_time=None, static=True).event_time is None
    with pytest.raises(ValueError, match="or `static: true` where rows have no moment"):
        contract(event_time=None)
    with pytest.raises(ValueError, match="keep one of both"):
        contract(static=True)
