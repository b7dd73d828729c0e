"""The how-to pages, followed word for word."""

import pytest
from deltalake import DeltaTable

from tests.integration.followed import Reader, blocks
from tests.integration.small import copied


@pytest.fixture
def reader(tmp_path, monkeypatch) -> Reader:
    """Somebody with a copy of the project's workspace."""
    return Reader(copied(tmp_path), monkeypatch)


def rows(reader: Reader, table: str) -> list[dict]:
    """Rows of a table of the sandbox that the pages make."""
    return DeltaTable(reader.workspace / ".fieldstone/try/lake" / table).to_pyarrow_table().to_pylist()


def test_a_source_is_added_as_the_page_says(reader, spark):
    reader.follow("how-to/source.md")
    assert sorted(row["policy_no"] for row in rows(reader, "silver_insurance__policy")) == [
        f"P{n:08d}" for n in range(1, 6)
    ]


def test_a_source_takes_less_than_thirty_lines():
    source, contract, *_ = blocks("how-to/source.md")
    assert (source.title, contract.title) == ("conf/sources/insurance.yaml", "conf/contracts/insurance/policy.yaml")
    assert len((source.text + contract.text).splitlines()) < 30
