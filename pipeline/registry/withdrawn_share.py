"""The share of each model version's training data whose consents have ended."""

from dataclasses import replace

from conf.schema.contract import Purpose
from conf.schema.errors import ContractError
from lake import raw_access
from pipeline.context import Context
from pipeline.registry import tracking, training_subjects
from pipeline.results.governance import WithdrawnShare


def shares(context: Context) -> list[WithdrawnShare]:
    """The share of every version; one that exceeds the policy's limit is tagged `retrain: due`.

    Raises:
        FieldstoneError: the workspace asks nobody for consent.
    """
    workspace, policy = context.workspace, context.workspace.policy
    consenting = context.lake.consenting(Purpose.MODEL_TRAINING, context.as_of)
    if consenting is None:
        raise ContractError(
            "conf/tables.yaml of this workspace has no role consent, so there are no withdrawals; state it there if "
            "people consent"
        )
    live, client = set(raw_access.keys(consenting)), tracking.connect(workspace.settings)
    of_versions = []
    for name in workspace.models:
        for version in tracking.versions(client, name):
            known = training_subjects.remaining(context, name, version.tags.get("fingerprint", ""))
            # the table loses erased subjects; the tag lacks subjects that a later run of the same training added
            trained = max(int(version.tags.get("data_subjects", 0)), len(known))
            gone = trained - len(known & live)
            share = WithdrawnShare(name, str(version.version), tuple(version.aliases), trained, gone)
            is_due = policy is not None and share.share > policy.max_withdrawn_share
            if is_due:
                client.set_model_version_tag(name, version.version, "retrain", "due")
            of_versions.append(replace(share, is_retraining_due=is_due))
    return of_versions
