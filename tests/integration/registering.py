"""Model versions as a training leaves them, without training."""

import json

from pipeline.context import Context
from pipeline.registry import provenance, tracking, trainings
from pipeline.registry.tracking import CUSTOMERS, RECORD, REPORT, ModelVersion
from tests.unit.portfolio import admitted

TAGS = dict.fromkeys(provenance.REQUIRED_TAGS, "told") | {
    **{"trainer": "Tara", "passed": "true", "gates": "no gates"},
    **{"data_versions": "gold__training_features@4,gold__training_labels@2", "data_rows": "600"},
}


def registered(context: Context, name: str = "admission", result=None, **made: str) -> ModelVersion:
    """A version of what was fitted, in the trail and promoted to challenger; `made` changes its tags."""
    client, fitted = tracking.connect(context.workspace.settings), result or admitted()
    pages = {REPORT: "<p>", RECORD: json.dumps(fitted.record.as_dict()), CUSTOMERS: "<i>"}
    version = trainings.register(context, client, name, fitted, pages, TAGS | made)
    trainings.note(context, client, version)
    tracking.promote_to_challenger(client, version)
    return client.get_model_version(name, version.version)
