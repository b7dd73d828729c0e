"""Grounds that somebody changes under rows that are held: until it is planned, rows are used and erased as before."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import load
from jobs import exit as leaving
from pipeline import contracts
from tests.deliveries.test_withdrawals_as_they_come import context_of, lines, notice
from tests.integration.landing import as_csv, grant, person, transfer
from tests.integration.small import copied

CONTRACT = Path("conf", "contracts", "farm", "land_transfer.yaml")
TABLE = "silver_farm__land_transfer"
CHANGES = {
    "contract": {"lawful_basis": "contract", "consent_scope": None},
    "public record": {"lawful_basis": "public_record", "consent_scope": None},
    "another scope": {"consent_scope": "farm.household"},
    "more purposes": {"purposes": [str(purpose) for purpose in Purpose]},
}


@pytest.fixture
def delivered(site):
    """Transfers of three persons, the first of whom has withdrawn; all agree to another scope too."""
    site.workspace = copied(site.folder / "workspace")
    grants = [grant(person(n), n) for n in (1, 2, 3)]
    others = [grant(person(n), 10 + n, scopes="farm.household") for n in (1, 2, 3)]
    site.deliver("consent/grant/a.jsonl", lines([*grants, *others]))
    owners = [1] * 8 + [2] * 3 + [3] * 2
    rows = [transfer(person(owner), n) for n, owner in enumerate(owners, 1)]
    site.deliver("farm/land_transfer/a.csv", as_csv(rows))
    for source in ("consent", "farm"):
        site.take_in(source)
    site.deliver("consent/withdrawal/a.jsonl", lines([notice(1)]))
    site.take_in("consent")
    assert len(site.silver("farm__land_transfer")) == len(owners)
    return site


def change(site, stated: dict):
    """Edit the contract, None takes a field out; returns what jobs of the site are given now."""
    path = site.workspace / CONTRACT
    contract = yaml.safe_load(path.read_text(encoding="utf-8")) | stated
    kept = {name: value for name, value in contract.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), encoding="utf-8")
    context = context_of(site)
    return replace(context, workspace=replace(load(site.workspace), settings=context.workspace.settings))


def read(context) -> int:
    return context.lake.read(TABLE, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of).count()


def test_rows_are_not_used_on_grounds_that_nobody_has_planned(delivered):
    before = yaml.safe_load((delivered.workspace / CONTRACT).read_text(encoding="utf-8"))
    command = ("subject", "show", "--subject", "-", "--purpose", "credit_assessment", "--why", "asked")
    for stated in CHANGES.values():
        context = change(delivered, stated)
        with pytest.raises(FieldstoneError, match=r"farm__land_transfer states other grounds .*so they aren't read"):
            read(context)
        for verb in (("decide",), ("train", "admission"), command):
            ran = delivered.run(*verb, stdin=f"{person(1)}\n")
            assert (ran.code, "the contract of farm__land_transfer has changed" in ran.err) == (1, True), ran.text
        context = change(delivered, before)
    contracts.require_grounds(context)
    assert read(context) == 5
    # less may be done at once
    context = change(delivered, {"purposes": ["credit_assessment"]})
    contracts.require_grounds(context)
    assert read(context) == 5


@pytest.mark.further
def test_rows_are_erased_and_handed_over_on_the_grounds_that_they_came_on(delivered, tmp_path):
    context = change(delivered, CHANGES["contract"])
    ran = delivered.run("erase", "--due", "--execute", "--operator", "Olga")
    assert (ran.code, "nothing is held" in ran.out) == (0, False), ran.text
    assert len(delivered.silver("farm__land_transfer")) == 5
    ran = delivered.run("erase", "--subject", "-", "--execute", "--operator", "Olga", stdin=f"{person(2)}\n")
    (outcome,) = (line for line in ran.out.splitlines() if TABLE in line)
    assert (ran.code, "erased" in outcome) == (0, True), ran.text
    assert len(delivered.silver("farm__land_transfer")) == 2
    delivered.deliver("consent/withdrawal/b.jsonl", lines([notice(3)]))
    delivered.take_in("consent")
    leaving.run(context, "farm", str(tmp_path / "out"), False, "Rita", "it leaves", True, "Olga")
    assert sum(pq.read_table(file).num_rows for file in (tmp_path / "out").rglob("*.parquet")) == 0
