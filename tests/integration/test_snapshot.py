"""A snapshot reads what the lake reads, and works out once who consents."""

from conf.schema.contract import Purpose
from lake import staging
from lake.snapshot import Snapshot


def test_a_snapshot_reads_what_the_lake_reads(populated):
    lake, purposes = populated.lake, (Purpose.MODEL_TRAINING, Purpose.CREDIT_ASSESSMENT)
    silver = [c.named("silver") for c in populated.workspace.contracts.values() if lake.exists(c.named("silver"))]
    names = []

    def noted(rows, name):
        names.append(name)
        return persisted(rows, name)

    with staging.area(lake, "job") as persisted:
        seen, read = Snapshot(populated.workspace, noted), 0
        for table in silver:
            for purpose in set(purposes) & set(populated.workspace.contract(table.removeprefix("silver_")).purposes):
                options = {"purpose": purpose, "as_of": populated.as_of}
                expected = sorted(map(str, lake.read(table, **options).collect()))
                assert sorted(map(str, seen.read(table, **options).collect())) == expected
                read += len(expected)
        assert sorted(names) == ["consents-0", "consents-1"]
    assert read
