"""Rows of gold that rest on consents, in a workspace that declares no consents any more."""

from lake import consent


def test_what_rests_on_a_consent_is_not_read_where_none_can_hold(spark):
    columns = "application_id string, subject_key string, consent_ids array<string>"
    rows = spark.createDataFrame([("A1", "ann", ["G1"]), ("A2", "ben", [])], columns)
    assert [row["application_id"] for row in consent.gate_derived(rows, None).collect()] == ["A2"]
    assert consent.gate_derived(rows.drop("consent_ids"), None).count() == 2
