"""Over random histories of grants, expiries, withdrawals and late notices, only live consents ever show a row."""

from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame
from pyspark.sql.types import StringType, TimestampType

from lake import consent
from lake.schema import QUARANTINE, struct
from pipeline.consent.standing import standing

START = datetime(2024, 1, 1, tzinfo=UTC)
SCOPES = ("farm.planting", "farm.breeding", "housing.rural_house")
PURPOSES = ("credit_assessment", "model_training", "post_loan_monitoring")
BANK, OTHER = "Fieldstone Rural Bank", "Another Bank"
SHARING, PLAIN = "shares with the household", "speaks of one's own loan only"
GRANTS = struct(
    consent_no=StringType(), subject_key=StringType(), scopes=StringType(), purposes=StringType(),
    recipient=StringType(), text_sha256=StringType(), granted_at=TimestampType(),
    expires_at=TimestampType(), known_at=TimestampType(),
)  # fmt: skip
WITHDRAWALS = struct(consent_no=StringType(), withdrawn_at=TimestampType(), known_at=TimestampType())

hours = st.integers(0, 60)
grants = st.fixed_dictionaries(
    {
        "subject_key": st.sampled_from("abcdef"),
        "scopes": st.lists(st.sampled_from(SCOPES), min_size=1, unique=True),
        "purposes": st.lists(st.sampled_from(PURPOSES), min_size=1, unique=True),
        "recipient": st.sampled_from([BANK, BANK, BANK, OTHER]),
        "granted": hours,
        "lasts": hours,
        "known_after": st.integers(0, 10),
        "withdrawn_after": st.none() | hours,
        "told_after": st.integers(0, 10),
        "text": st.sampled_from([SHARING, PLAIN]),
    }
)


def moment(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def live(grant: dict, purpose: str, now: int, is_reported: bool) -> bool:
    """Whether a grant lets the bank use its scopes for a purpose at an hour, in plain Python."""
    withdrawn = (
        is_reported and grant["withdrawn_after"] is not None and grant["granted"] + grant["withdrawn_after"] <= now
    )
    known = grant["granted"] + grant["known_after"] <= now
    running = grant["granted"] <= now < grant["granted"] + grant["lasts"]
    return grant["recipient"] == BANK and purpose in grant["purposes"] and known and running and not withdrawn


def shares(grant: dict, history: list[dict], now: int) -> bool:
    """Whether a grant's text shares records, and no other text was signed since, whatever has become of that."""
    signed = [g for g in history if (g["subject_key"], g["recipient"]) == (grant["subject_key"], BANK)]
    known = [g for g in signed if g["granted"] + g["known_after"] <= now]
    return grant["text"] == SHARING and all(g["granted"] < grant["granted"] for g in known if g["text"] == PLAIN)


@given(
    history=st.lists(grants, max_size=40),
    now=st.integers(0, 120),
    purpose=st.sampled_from(PURPOSES),
    ends=st.integers(0, 130),
    unclear=st.dictionaries(st.sampled_from("abcdef"), hours, max_size=2),
)
def test_a_subject_is_visible_for_a_scope_exactly_while_some_consent_is_live(
    spark, history, now, purpose, ends, unclear
):
    """Notices of withdrawal that come after `ends` are not in yet; some can't be read from an hour on."""
    numbered = {f"G{n:03d}": grant for n, grant in enumerate(history)}
    reported = {
        number
        for number, g in numbered.items()
        if g["withdrawn_after"] is not None and g["granted"] + g["withdrawn_after"] + g["told_after"] <= ends
    }
    grant_rows = [
        (number, g["subject_key"], ";".join(g["scopes"]), ";".join(g["purposes"]), g["recipient"], g["text"],
         moment(g["granted"]), moment(g["granted"] + g["lasts"]), moment(g["granted"] + g["known_after"]))
        for number, g in numbered.items()
    ]  # fmt: skip
    withdrawn_rows = [
        (n, moment(numbered[n]["granted"] + numbered[n]["withdrawn_after"]), moment(ends)) for n in sorted(reported)
    ]
    rows = ((grant_rows, GRANTS), (withdrawn_rows, WITHDRAWALS))
    frames = [*(spark.createDataFrame(*each) for each in rows), _waiting(spark, unclear)]
    shown = consent.by_scope(consent.live_consents(*frames, BANK, {purpose}, moment(now), [SHARING])).collect()
    expected = {
        (grant["subject_key"], scope)
        for number, grant in numbered.items()
        for scope in grant["scopes"]
        if live(grant, purpose, now, number in reported) and not now >= unclear.get(grant["subject_key"], now + 1)
    }
    assert {(row["subject_key"], row["scope"]) for row in shown} == expected
    assert len(shown) == len(expected)
    assert all(live(numbered[row["consent_id"]], purpose, now, row["consent_id"] in reported) for row in shown)
    shared = {
        (grant["subject_key"], scope)
        for number, grant in numbered.items()
        for scope in grant["scopes"]
        if live(grant, purpose, now, number in reported) and shares(grant, history, now)
    }
    assert {(row["subject_key"], row["scope"]) for row in shown if row["_is_shared"]} == shared & expected
    stands = partial(_stands, numbered, reported, unclear, purpose, now)
    allowed = {(subject, scope) for subject in "abcdef" for scope in SCOPES if stands(subject, scope)}
    assert allowed == expected


def _waiting(spark, unclear: dict[str, int]) -> DataFrame:
    """Quarantine with a notice of each subject, since an hour, whose consent can't be read."""
    names = QUARANTINE.fieldNames()
    notices = [{"subject_key": s, "quarantined_at": moment(since), "_row_hash": s} for s, since in unclear.items()]
    return spark.createDataFrame([tuple(notice.get(name) for name in names) for notice in notices], QUARANTINE)


def _stands(numbered: dict, reported: set, unclear: dict, purpose: str, now: int, subject: str, scope: str) -> bool:
    """What `fieldstone consent check` says."""
    consents = [
        {
            "consent_no": number,
            "recipient": g["recipient"],
            "scopes": ";".join(g["scopes"]),
            "purposes": ";".join(g["purposes"]),
            "granted_at": moment(g["granted"]),
            "known_at": moment(g["granted"] + g["known_after"]),
            "expires_at": moment(g["granted"] + g["lasts"]),
            "withdrawn_at": moment(g["granted"] + g["withdrawn_after"]) if number in reported else None,
            "unclear_at": moment(unclear[subject]) if subject in unclear else None,
        }
        for number, g in numbered.items()
        if g["subject_key"] == subject
    ]
    return standing(consents, scope, purpose, BANK, moment(now)).consent_id is not None
