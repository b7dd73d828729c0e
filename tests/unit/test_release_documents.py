"""What people approved stays what they approved: the JSON of a release, whose SHA-256 stands in the trail."""

import json
from datetime import UTC, datetime

from mlflow.entities.model_registry import ModelVersion

from conf.schema.hashing import document_sha256
from conf.schema.workspace import load
from lake.entries import Entry
from lake.release_documents import ModelDocument, PolicyDocument
from pipeline.context import Context
from pipeline.registry.trainings import Training
from pipeline.releases import champions
from pipeline.trail import releases

AT = datetime(2026, 1, 2, tzinfo=UTC)
FIT = {
    "model": "admission",
    "fingerprint": "f" * 64,
    "files": {"predictor.json": "a" * 64, "report.html": "b" * 64},
    "figures": {"auc_oot": "0.71", "ks_oot": "0.3"},
    "gates": [{"metric": "auc_oot", "value": "0.71", "min": 0.65, "max": None, "passed": True}],
    "red_findings": [],
    "spec_sha256": "c" * 64,
    "spec": {"name": "admission"},
    "made": {"passed": "true", "trainer": "Mo"},
}
# what is declared in the workspace today is none of this test's business
DECLARED = {
    "spec": {"name": "admission"},
    "spec_sha256": "d" * 64,
    "policy_sha256": "e" * 64,
    "features_sha256": {"income": "1" * 64},
    "contracts_sha256": {"bank": "2" * 64},
}
# SHA-256 of the same document, as it was before its parts had types
OF_BEFORE = "61934acd480df50a4e0823c72737b460b7e4f4306c509bbcb1dc4c335edbdde4"


def released() -> ModelDocument:
    """The document of a version that reads no feature of this workspace."""
    fit = Entry(3, AT, "Mo", "fit", json.dumps(FIT), "", "")
    note = Entry(4, AT, "Mo", "train", json.dumps({"files": {"report.pdf": "9" * 64}}), "", "")
    version = ModelVersion("admission", "3", 0, tags=[], run_id="r" * 32)
    return champions.document(Context(load(), AT), version, Training(fit, note), ()) | DECLARED


def test_the_document_of_a_release_has_the_sha256_that_it_had():
    assert document_sha256(released()) == OF_BEFORE, "approvals of before would not be those of what is in force"


def test_a_release_is_read_as_it_was_written():
    details = json.dumps({"model": "admission", "version": "3"} | releases.approval_details(released()))
    release = releases.of(Entry(7, AT, "Li Wei", releases.APPROVE, details, "", ""))
    assert (release.document, release.sha256, release.version) == (released(), OF_BEFORE, "3")


def test_what_a_release_needs_is_what_it_has():
    assert released().keys() == ModelDocument.__required_keys__ | {"spec"}
    assert PolicyDocument.__required_keys__ == {"kind", "format", "policy"}
