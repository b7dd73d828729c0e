"""Data Docs show what declarations say as text, whatever stands in it: titles, rules, values, and names of batches."""

import re

import pytest
from contract_rows import bronze, sound_row, spoiled_row
from pyspark.sql import functions as F

from conf.schema import workspace
from conf.schema.column import Text
from expectations import suite
from expectations.checks import checks, failures
from expectations.key_checks import copies, numbered, orphans
from expectations.typed import typed

PLANTING = workspace.load().contracts["farm__planting"]
MARK = "<img src=x onerror=alert(1)>"
TITLE = Text(en=f"Title {MARK}", zh=f"标题{MARK}")


@pytest.fixture(scope="module")
def pages(spark, tmp_path_factory) -> str:
    """All pages about a contract in which every text that people write holds markup, and a batch named so."""
    folder = tmp_path_factory.mktemp("data_docs")
    crop = PLANTING.columns["crop_code"]
    columns = PLANTING.columns | {"crop_code": crop.model_copy(update={"values": (*crop.values, MARK)})}
    rules = tuple(rule.model_copy(update={"en": f"{rule.en} {MARK}", "zh": MARK}) for rule in PLANTING.rules)
    contract = PLANTING.model_copy(update={"title": TITLE, "columns": columns, "rules": rules})
    rows = [spoiled_row(contract, check) for check in checks(contract)] + [sound_row(contract)]
    frame = numbered(failures(typed(bronze(spark, contract, rows), contract), contract))
    judged = frame.transform(
        copies,
        contract,
    ).transform(orphans, contract, {})
    quality = suite.quality(judged.withColumn("_batch_id", F.lit("batch-1")), contract)
    suite.publish(quality, contract, folder)
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.html"))


def test_markup_in_what_is_declared_is_shown_and_not_run(pages):
    assert "onerror=alert(1)" in pages
    assert not re.search(r"<img[^>]*onerror", pages)


def test_the_title_is_shown_with_its_markup_as_text(pages):
    assert "Title &lt;img src=x onerror=alert(1)&gt;" in pages
