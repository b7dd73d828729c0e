"""An error on a missing column says what came instead and how to say what is meant, and nothing that may be a value."""

import pytest

from conf.schema import workspace
from conf.schema.errors import PartnerError
from pipeline.ingest.schema_drift import compared

LOAN = workspace.load().contract("bank__loan")
NEEDED = [name for name, column in LOAN.columns.items() if column.required]


def refusal(names: list[str]) -> str:
    with pytest.raises(PartnerError) as caught:
        compared("loans.csv", names, LOAN)
    return str(caught.value)


def test_it_names_the_headers_that_nobody_declares_and_the_remedy():
    message = refusal(["LoanNr", "Colour", *NEEDED[1:]])
    assert f"loans.csv has no column {NEEDED[0]}, which bank__loan requires" in message
    assert f"it has {len(NEEDED) + 1} columns, of which undeclared: Colour, LoanNr;" in message
    assert "`rename: {theirs: ours}`" in message


def test_it_counts_headers_that_may_be_values():
    message = refusal(["张三", "n13800138000", "Colour", *NEEDED[1:]])
    assert "of which undeclared: Colour and 2 that may be values and aren't shown;" in message
    assert "张三" not in message
    assert "138" not in message


def test_it_names_a_few_of_many():
    message = refusal([*(f"other_{letter}" for letter in "abcdefghijkl"), *NEEDED[1:]])
    assert "other_a, other_b, other_c, other_d, other_e, other_f, other_g, other_h, …;" in message


def test_one_column_alone_is_a_matter_of_the_delimiter():
    assert "say `delimiter` of the asset in its source" in refusal([";".join(NEEDED)])
    assert "of which undeclared: none;" in refusal(NEEDED[1:])


def test_a_first_line_without_any_declared_name_may_be_a_row_and_isnt_shown():
    message = refusal(["Wang", "Henan", "W_7"])
    assert "none of its 3 columns is declared, so they may be values and aren't shown: has it a header?" in message
    assert not any(value in message for value in ("Wang", "Henan", "W_7"))


def test_a_name_that_differs_only_in_case_is_said_with_its_rename():
    message = refusal([NEEDED[0].upper(), *NEEDED[1:]])
    assert f"Only the case of some differs: say `rename: {{{NEEDED[0].upper()}: {NEEDED[0]}}}`" in message
    assert "none of its" not in refusal([name.upper() for name in NEEDED])
