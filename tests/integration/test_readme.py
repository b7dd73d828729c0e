"""What the README shows works as it is shown."""

import hashlib
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conf.contract import Purpose
from conf.workspace import load
from jobs import refine
from jobs.context import Context
from jobs.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.landing import as_csv, grant, person, write_jsonl

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```yaml\n# (conf/\S+)\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)

SIGNED = "本人同意贵行查询并使用本人的种植保险信息。\nI allow the bank to query and use my crop insurance data.\n"


@pytest.fixture
def context(tmp_path, workspace) -> Context:
    """A workspace with the source that the README adds."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in BLOCKS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    texts = tmp_path / "conf/consent_texts"
    (texts / "2025-06.md").write_text(SIGNED, encoding="utf-8")
    terms = "from_date: 2025-06-01\nscopes: [farm.insurance]\npurposes: [credit_assessment, model_training]\n"
    (texts / "2025-06.yaml").write_text(terms + "shares_with_household: false\n", encoding="utf-8")
    return Context(replace(load(tmp_path), settings=workspace.settings), AS_OF)


def policy(subject: str, number: int) -> dict:
    return {
        "policy_no": f"P{number:08d}",
        "holder_id_no": subject,
        "insured_area_mu": "12.50",
        "sum_insured_cny": "15000",
        "signed_date": "2025-03-01",
        "published_at": "2025-03-02T00:00:00Z",
    }


def test_a_source_takes_less_than_thirty_lines():
    assert [name for name, _ in BLOCKS] == ["conf/sources/insurance.yaml", "conf/contracts/insurance/policy.yaml"]
    assert sum(len(text.splitlines()) for _, text in BLOCKS) < 30


def test_the_source_that_it_adds_works(context, spark):
    landing = context.workspace.settings.landing
    signed = {"text_version": "2025-06", "text_sha256": hashlib.sha256(SIGNED.encode()).hexdigest()}
    signed |= {"scopes": "farm.insurance", "purposes": "credit_assessment;model_training"}
    moments = {"granted_at": "2025-06-02T08:00:00Z", "published_at": "2025-06-02T09:00:00Z"}
    write_jsonl(landing / "consent/grant/g.jsonl", [grant(person(1), **signed, **moments)])
    rows = [policy(person(1), number) for number in range(9)] + [policy(person(2), 10)]
    rows[3]["insured_area_mu"] = "-1"
    (landing / "insurance/policy").mkdir(parents=True)
    (landing / "insurance/policy/p.csv").write_text(as_csv(rows), encoding="utf-8")
    for source in ("consent", "insurance"):
        ingest.run(context, source)
        refine.run(context, source)
    (entered,) = context.lake.batches("insurance__policy", "ingest")
    assert (entered["rows_read"], entered["rows_stored"], entered["rows_not_authorised"]) == (10, 9, 1)
    (batch,) = context.lake.batches("insurance__policy", "refine")
    assert dict(batch["quarantined_by_reason"]) == {"OUT_OF_RANGE": 1}
    silver = context.lake.read("silver_insurance__policy", purpose=Purpose.CREDIT_ASSESSMENT, as_of=AS_OF)
    assert sorted(row["policy_no"] for row in silver.collect()) == [f"P{n:08d}" for n in range(9) if n != 3]
