"""Whatever happens to the bytes of a notice of withdrawal: its consent stops, or all use waits for a person."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from conf.schema.workspace import load
from lake import notices
from lake.consent import CONSENT_NO, of_nobody, unclear_since
from lake.schema import BATCH
from lake.vault import token_of
from tests.integration.landing import WITHDRAWAL, person

CONTRACT = load().contracts[WITHDRAWAL]
KEY = b"k" * 32
PEOPLE = range(1, 21)
GRANTS = [(f"G{n:010d}", token_of(person(n), KEY)) for n in PEOPLE]

places = st.integers(0, 160)
damage = st.tuples(
    st.sampled_from(["delete", "replace", "insert", "cut", "cut the beginning", "twice", "move"]),
    places,
    st.integers(1, 40),
    st.binary(max_size=12),
)


def notice(n: int) -> bytes:
    at = {"withdrawn_at": "2025-06-01T08:00:00Z", "published_at": "2025-06-01T09:00:00Z"}
    return json.dumps({"consent_no": f"G{n:010d}", "subject_id_no": person(n)} | at).encode()


def damaged(line: bytes, kind: str, at: int, length: int, junk: bytes) -> bytes:
    piece = line[at : at + length]
    return {
        "delete": line[:at] + line[at + length :],
        "replace": line[:at] + junk + line[at + length :],
        "insert": line[:at] + junk + line[at:],
        "cut": line[:at],
        "cut the beginning": line[at:],
        "twice": line[:at] + piece + piece + line[at + length :],
        "move": line[:at] + line[at + length :] + piece,
    }[kind]


@settings(max_examples=15)
@given(st.lists(st.lists(damage, max_size=3), min_size=len(PEOPLE), max_size=len(PEOPLE)))
def test_a_damaged_notice_stops_its_consent_or_waits_for_a_person(spark, harm):
    texts = {}
    for n, blows in zip(PEOPLE, harm, strict=True):
        line = notice(n)
        for blow in blows:
            line = damaged(line, *blow)
        texts[n] = line.decode(errors="replace")
    rows = spark.createDataFrame(
        [(f"{n}", text) for n, text in texts.items()], "_row_hash string, text string"
    ).withColumns(
        {
            BATCH: F.lit("b"),
            "subject_key": F.lit(None).cast("string"),
            "reasons": F.array(F.lit("BAD_RECORD")),
            "quarantined_at": F.current_timestamp(),
        }
    )
    linked = notices.linked(rows, F.col("text"), CONTRACT, KEY, {})
    grants = spark.createDataFrame(GRANTS, "consent_no string, subject_key string")
    stopped = {row[CONSENT_NO] for row in unclear_since(grants, linked).collect()}
    waiting = {int(row["_row_hash"]) for row in of_nobody(grants, linked).collect()}
    for n, text in texts.items():
        reading = notices.read(text, CONTRACT.columns[CONSENT_NO].pattern)
        is_another = bool((reading.consents & {number for number, _ in GRANTS}) - {f"G{n:010d}"}) or (
            reading.id_numbers - {person(n)}
        )
        assert f"G{n:010d}" in stopped or n in waiting or is_another, text
    assert all(
        number in stopped for n, (number, _) in zip(PEOPLE, GRANTS, strict=True) if texts[n] == notice(n).decode()
    )


@given(st.text(max_size=200))
def test_no_text_stops_the_reading(text):
    reading = notices.read(text, CONTRACT.columns[CONSENT_NO].pattern)
    assert all(len(number) == len("G0000000001") for number in reading.consents | reading.guesses)


def test_an_id_number_is_never_taken_for_a_consent_number():
    reading = notices.read(json.dumps({"consent_no": person(1), "subject_id_no": f"G{person(2)}"}), r"^G\d{10}$")
    assert reading.id_numbers == {person(1), person(2)}
    assert not reading.consents | reading.guesses
