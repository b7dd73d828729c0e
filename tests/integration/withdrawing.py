"""People of a county withdraw all that they consented to."""

import json

from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest
from tests.integration.holding import key_of
from tests.integration.landing import write_jsonl

WITHDRAWN = "2025-12-20T08:00:00Z"


def withdraw(context: Context, *subjects: str) -> None:
    """Notices of withdrawal of every consent of some subjects, taken in."""
    landing = context.workspace.settings.landing
    lines = (line for path in landing.glob("consent/grant/*.jsonl") for line in path.read_text().splitlines())
    consents = [r for r in map(json.loads, lines) if key_of(context, r["subject_id_no"]) in subjects]
    at = {"withdrawn_at": WITHDRAWN, "published_at": "2025-12-20T09:00:00Z"}
    notices = [{name: each[name] for name in ("consent_no", "subject_id_no")} | at for each in consents]
    write_jsonl(landing / "consent/withdrawal/late.jsonl", notices)
    for job in (ingest, refine):
        job.run(context, "consent")
