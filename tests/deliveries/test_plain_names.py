"""A lake of before file names became tokens: its names are sealed by the next ingest, and nothing else changes."""

import gzip

import pytest
from deltalake import DeltaTable, write_deltalake

from conf.schema.workspace import load
from lake import file_names
from pipeline.context import Context
from tests.conftest import AS_OF
from tests.integration.scan import holding

ID, TABLE = "500102199001011239", "probe__csv"
FILES = {
    f"{ID}.csv": b"code,day\nA1,2024-01-05\n",
    "x/b.csv.gz": gzip.compress(b"code,day\nA2,2024-01-05\n"),
    f"torn {ID}.csv": b"code,day\nA3\nA4,2024-01-05\n",
    f"bad-{ID}.csv": b"nothing,of,that\n1,2,3\n",
}


def context_of(site) -> Context:
    """A context on the site's state folder."""
    settings = load(site.workspace).settings.model_copy(update={"home": site.home})
    workspace = load(site.workspace)
    return Context(workspace.__class__(**{**vars(workspace), "settings": settings}), AS_OF)


def write_in_the_old_form(site) -> int:
    """Put the names in the place of their tokens, as lakes had them; returns in how many tables."""
    called = file_names.revealed(context_of(site).vault)
    changed = 0
    for path in sorted(each.parent for each in (site.home / "lake").glob("*/_delta_log")):
        if path.name == "vault__names":
            continue
        table = DeltaTable(str(path))
        rows = table.to_pyarrow_table()
        before = rows.to_pylist()
        after = [{name: named(value, called) for name, value in row.items()} for row in before]
        if after != before:
            anew = rows.from_pylist(after, schema=rows.schema)
            write_deltalake(str(path), anew, mode="overwrite", partition_by=table.metadata().partition_columns)
            changed += 1
    names_table = DeltaTable(str(site.home / "lake/vault__names"))
    names_table.delete()
    return changed


def named(value, called):
    """A value with the names of files in the place of their tokens."""
    if isinstance(value, list):
        return [named(each, called) for each in value]
    if isinstance(value, dict):
        return {name: named(each, called) for name, each in value.items()}
    for token, name in called.items() if isinstance(value, str) else ():
        value = value.replace(token, name)
    return value


def content(site) -> dict:
    """All rows of the tables that know files, whatever their order."""
    tables = ("audit__batches", "audit__refusals", f"bronze_{TABLE}", f"quarantine_{TABLE}", f"silver_{TABLE}")
    return {table: sorted(map(repr, site._rows(table))) for table in tables}


@pytest.fixture
def old(site):
    """A lake in the old form, with all that it held before."""
    for name, rows in FILES.items():
        site.deliver(f"probe/csv/{name}", rows)
    site.take_in("probe")
    before, called = content(site), file_names.revealed(context_of(site).vault)
    assert write_in_the_old_form(site) == 4
    assert len(holding(site.home / "lake", [ID])) > 0
    return before, called


def test_the_next_ingest_seals_the_names_and_changes_nothing_else(site, old):
    before, called = old
    ran = site.run("ingest", "probe")
    assert (ran.code, "5 names of files, which were stored as they are, are sealed now" in ran.out) == (0, True), ran
    assert f"ingest {TABLE}: nothing new" in ran.out
    assert content(site) == before
    assert file_names.revealed(context_of(site).vault) == called
    assert holding(site.home, [ID]) == ()
    again = site.run("ingest", "probe")
    assert (again.code, "sealed now" in again.out, content(site)) == (0, False, before)
