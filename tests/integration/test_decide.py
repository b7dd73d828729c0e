"""Decisions: made once, whatever becomes of the consents that they rest on."""

from datetime import UTC, datetime

from jobs import decide
from jobs.build_features import SCORING
from tests.integration.holding import ANN, APPLICATIONS, BEN, folder_context, key_of

AFTER_EXPIRY = datetime(2028, 2, 1, tzinfo=UTC)


def test_the_end_of_a_consent_never_reopens_a_decision(held, tmp_path):
    later = folder_context(tmp_path, AFTER_EXPIRY)
    later.lake.delete(decide.DECISIONS, f"application_id = '{APPLICATIONS[BEN]}'")
    # what features are built from once no consent is left: applications without any consented data
    rows = [(APPLICATIONS[each], key_of(held, each), AFTER_EXPIRY, []) for each in (ANN, BEN)]
    names = "application_id string, subject_key string, as_of timestamp, consent_ids array<string>"
    later.lake.overwrite(SCORING, later.lake.spark.createDataFrame(rows, names))
    assert decide.undecided(later)["application_id"].tolist() == [APPLICATIONS[BEN]]
