"""Keys: copies are dropped, contradictions and orphans fail."""

import pytest
from contract_rows import bronze, sound_row
from pyspark.sql import functions as F

from conf.schema import workspace
from expectations.checks import failures
from expectations.key_checks import copies, numbered, orphans
from expectations.typed import typed

CONTRACTS = workspace.load().contracts
TRANSACTION, PLANTING, INSTALMENT = (CONTRACTS[t] for t in ("bank__transaction", "farm__planting", "bank__instalment"))
WITHDRAWAL = CONTRACTS["consent__withdrawal"]


def judged(spark, contract, *changes):
    rows = [sound_row(contract) | change for change in changes]
    return numbered(failures(typed(bronze(spark, contract, rows), contract), contract))


def outcome(frame):
    """Per row in order of receipt: its reasons, or whether it is a copy."""
    return [row._reasons or row._is_copy for row in frame.orderBy("_batch_id").collect()]


def test_of_equal_rows_the_first_stays_whatever_way_they_are_written(spark):
    frame = judged(spark, TRANSACTION, {"amount_cny": "5"}, {"amount_cny": " 5.00"}, {"amount_cny": "5.001"})
    assert outcome(copies(frame, TRANSACTION)) == [False, True, True]


def test_rows_of_one_key_that_contradict_each_other_all_fail(spark):
    frame = judged(spark, TRANSACTION, {"amount_cny": "5"}, {"amount_cny": "6"}, {"transaction_no": "T" + "9" * 14})
    copied = copies(frame, TRANSACTION)
    assert outcome(copied) == [["DUPLICATE_KEY"], ["DUPLICATE_KEY"], False]
    assert copied.orderBy("_batch_id").first()._failed_checks == ["primary_key.unique"]


def test_versions_of_a_record_are_no_contradiction(spark):
    frame = judged(spark, PLANTING, {"yield_kg": "5"}, {"yield_kg": "6"}, {"yield_kg": "6"})
    assert outcome(copies(frame, PLANTING)) == [False, False, True]


def test_a_row_that_failed_before_neither_copies_nor_contradicts(spark):
    frame = judged(spark, TRANSACTION, {"amount_cny": "x"}, {"amount_cny": "x"}, {"amount_cny": "5"})
    assert outcome(copies(frame, TRANSACTION)) == [["BAD_TYPE"], ["BAD_TYPE"], False]


def test_rows_that_silver_holds_are_copies_and_what_contradicts_it_fails(spark):
    new = judged(spark, TRANSACTION, {"amount_cny": "5"}, {"transaction_no": "T" + "9" * 14})
    stored = judged(spark, TRANSACTION, {"amount_cny": "5.0"}, {"transaction_no": "T" + "9" * 14, "amount_cny": "7"})
    assert outcome(copies(new, TRANSACTION, stored)) == [True, ["DUPLICATE_KEY"]]


def test_rows_of_two_subjects_differ(spark):
    one = judged(spark, TRANSACTION, {})
    both = numbered(one.unionByName(one.withColumn("subject_key", F.lit("another"))))
    assert outcome(copies(both, TRANSACTION)) == [["DUPLICATE_KEY"], ["DUPLICATE_KEY"]]


@pytest.mark.parametrize(
    ("loan_numbers", "expected"), [(["L0000000001", "L0000000001"], [False]), ([], [["ORPHAN_KEY"]])]
)
def test_a_key_that_no_table_holds_is_an_orphan(spark, loan_numbers, expected):
    frame = copies(judged(spark, INSTALMENT, {}), INSTALMENT)
    loans = spark.createDataFrame([(loan,) for loan in loan_numbers], "loan_no string")
    checked = orphans(frame, INSTALMENT, {"bank__loan": loans})
    assert outcome(checked) == expected
    assert checked.first()._failed_checks == (["loan_no.references"] if expected != [False] else [])
    assert checked.columns == frame.columns


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        ([("G0000000001", "own")], [False]),
        ([("G0000000001", "other")], [["OTHER_SUBJECT"]]),
        ([("G0000000002", "own")], [["ORPHAN_KEY"]]),
    ],
)
def test_a_withdrawal_refers_to_a_consent_of_its_own_subject(spark, consents, expected):
    rows = judged(spark, WITHDRAWAL, {"consent_no": "G0000000001"}).withColumn("subject_key", F.lit("own"))
    frame = copies(rows, WITHDRAWAL)
    grants = spark.createDataFrame(consents, "consent_no string, subject_key string")
    checked = orphans(frame, WITHDRAWAL, {"consent__grant": grants})
    assert outcome(checked) == expected
    assert checked.columns == frame.columns
