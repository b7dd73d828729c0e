"""A snapshot reads what the lake reads, and works out once who consents."""

from conf.schema.contract import Purpose
from lake import staging
from lake.snapshot import Snapshot


def test_a_snapshot_reads_what_the_lake_reads(held):
    lake, purposes = held.lake, (Purpose.MODEL_TRAINING, Purpose.CREDIT_ASSESSMENT)
    silver = [c.named("silver") for c in held.workspace.contracts.values() if lake.exists(c.named("silver"))]
    names = []

    def noted(rows, name):
        names.append(name)
        return stored(rows, name)

    with staging.area(lake, "job") as stored:
        seen, read = Snapshot(held.workspace, noted), 0
        for table in silver:
            for purpose in set(purposes) & set(held.workspace.contract(table.removeprefix("silver_")).purposes):
                asked = {"purpose": purpose, "as_of": held.as_of}
                expected = sorted(map(str, lake.read(table, **asked).collect()))
                assert sorted(map(str, seen.read(table, **asked).collect())) == expected
                read += len(expected)
        assert sorted(names) == ["consents-0", "consents-1"]
    assert read
