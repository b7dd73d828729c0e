"""Builds partner files for tests: a few plainly synthetic people, and their records as a partner would write them."""

import csv
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from conf.schema.identifiers import resident_id_check
from conf.schema.workspace import load
from lake.pseudonym import numbers_key
from lake.vault import token_of

GRANT, WITHDRAWAL = "consent__grant", "consent__withdrawal"
HOUSEHOLD = "500102001201000001"
TEXTS = {text.version: {"text_version": text.version, "text_sha256": sha} for sha, text in load().consent_texts.items()}


def person(number: int) -> str:
    """A valid resident ID number of a synthetic person."""
    body = f"50010219800101{number:03d}"
    return body + resident_id_check(body)


def grant(subject: str, number: int = 1, **changes) -> dict:
    """A consent for everything, of the year 2024."""
    return {
        "consent_no": f"G{number:010d}",
        "subject_id_no": subject,
        "scopes": "farm.household;farm.planting;farm.breeding;farm.land_transfer;housing.rural_house",
        "purposes": "credit_assessment;post_loan_monitoring;model_training",
        "recipient": "Fieldstone Rural Bank",
        **TEXTS["2024-01"],
        "granted_at": "2024-01-05T08:00:00Z",
        "expires_at": "2028-01-05T00:00:00Z",
        "published_at": "2024-01-05T09:00:00Z",
    } | changes


def transfer(subject: str, number: int = 1, **changes) -> dict:
    """A land transfer, rented in."""
    return {
        "contract_no": f"500102001201000001J{number:04d}",
        "household_no": HOUSEHOLD,
        "holder_id_no": subject,
        "parcel_code": f"50010200120100{number:05d}",
        "direction": "in",
        "area_mu": "3.50",
        "rent_cny_mu_year": "400",
        "signed_date": "2024-02-01",
        "valid_from_date": "2024-03-01",
        "valid_to_date": "2029-03-01",
        "is_registered": "true",
        "published_at": "2024-02-10T00:00:00Z",
    } | changes


@cache
def _numbers(key: bytes) -> dict[str, str]:
    return {token_of(number, key): number for number in (transfer("", n)["contract_no"] for n in range(10_000))}


def contract_numbers(context, tokens: Iterable[str]) -> list[str]:
    """The contract numbers of transfers that stand as tokens in a lake, sorted."""
    numbers = _numbers(numbers_key(context.vault))
    return sorted(numbers[token] for token in tokens)


def with_numbers(context, rows: list[dict]) -> list[dict]:
    """Rows of transfers with their contract numbers in place of the tokens, in the order of these."""
    numbers = _numbers(numbers_key(context.vault))
    numbered = [row | {"contract_no": numbers[row["contract_no"]]} for row in rows]
    return sorted(numbered, key=lambda row: row["contract_no"])


def write_jsonl(path: Path, records: list[dict]) -> Path:
    """Write JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    return path


def as_csv(records: list[dict], columns: list[str] | None = None) -> str:
    """CSV text with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(records[0]), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()
