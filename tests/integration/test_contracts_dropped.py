"""A contract or source that nobody declares any more leaves nothing that erasure, retention and exit don't reach."""

from dataclasses import replace
from datetime import timedelta

import pytest

from conf.schema.errors import FieldstoneError
from jobs import contract, erase, exit
from lake import contract_versions, raw_access
from pipeline.context import Context
from tests.integration.holding import ANN, APPLICATION, BEN, TRANSFER, key_of, withdraw
from tests.integration.scan import holding


def without(context: Context, *tables: str) -> Context:
    """A new process on the same state whose workspace doesn't declare some tables, nor sources of nothing else."""
    workspace = context.workspace
    contracts = {table: c for table, c in workspace.contracts.items() if table not in tables}
    sources = {
        name: source.model_copy(
            update={"assets": {a: s for a, s in source.assets.items() if f"{name}__{a}" not in tables}}
        )
        for name, source in workspace.sources.items()
    }
    sources = {name: source for name, source in sources.items() if source.assets}
    return Context(replace(workspace, contracts=contracts, sources=sources), context.as_of)


def of_source(context: Context, source: str) -> list[str]:
    return [table for table in context.workspace.contracts if table.startswith(f"{source}__")]


def unlinked(context: Context) -> int:
    """Rows of quarantine of which nobody knows whose they are."""
    return context.lake.platform(f"quarantine_{TRANSFER}").where("subject_key IS NULL").count()


def dropped(context: Context, what: str) -> Context:
    return without(context, *(of_source(context, "farm") if what == "source" else [TRANSFER]))


def test_contracts_are_kept_as_rows_came_in_by_them(populated):
    known = contract_versions.recorded(populated.lake)
    assert set(known) == {"consent__grant", TRANSFER, APPLICATION}
    # which role a table plays is no part of its contract
    assert all(each.model_dump() == populated.workspace.contract(table).model_dump() for table, each in known.items())


@pytest.mark.parametrize("what", ["contract", "source"])
def test_a_person_is_erased_from_tables_that_nobody_declares(populated, what):
    gone = dropped(populated, what)
    key = key_of(populated, ANN)
    assert key in raw_access.subjects(populated.lake, f"silver_{TRANSFER}")
    erase.run(gone, key, due=False, execute=True, operator="Olga")
    for layer in ("bronze", "silver", "quarantine"):
        assert key not in raw_access.subjects(populated.lake, f"{layer}_{TRANSFER}"), layer
    assert unlinked(populated) == 0  # the torn line that names her is gone, whoever knew of it
    assert not holding(populated.workspace.settings.home, [ANN])
    assert key_of(populated, BEN) in raw_access.subjects(populated.lake, f"silver_{TRANSFER}")


@pytest.mark.further
@pytest.mark.parametrize("what", ["contract", "source"])
def test_whose_consent_has_ended_is_due_in_tables_that_nobody_declares(populated, what):
    withdraw(populated, ANN, 1)
    erase.run(dropped(populated, what), None, due=True, execute=True, operator="Olga")
    for layer in ("bronze", "silver"):
        assert raw_access.subjects(populated.lake, f"{layer}_{TRANSFER}") == {key_of(populated, BEN)}


@pytest.mark.further
def test_a_term_of_retention_ends_for_a_contract_that_nobody_declares(populated):
    late = populated.as_of + timedelta(days=3650 * 2)
    later = Context(populated.workspace, late)
    erase.run(without(later, *of_source(populated, "bank")), None, due=True, execute=True, operator="Olga")
    assert raw_access.subjects(populated.lake, f"silver_{APPLICATION}") == set()


@pytest.mark.further
def test_a_source_that_nobody_declares_can_still_be_ended(populated, tmp_path):
    gone = dropped(populated, "source")
    exit.run(gone, "farm", str(tmp_path / "out"), False, "Rita", "the partner has left", True, "Olga")
    for layer in ("bronze", "silver", "quarantine"):
        assert raw_access.count(populated.lake, f"{layer}_{TRANSFER}", {}) == 0
    assert list((tmp_path / "out" / TRANSFER).glob("*.parquet"))


def test_a_source_that_never_was_is_an_error(populated):
    with pytest.raises(FieldstoneError, match="no source 'fram'; there are"):
        exit.run(populated, "fram", None, False, None, None, False, None)


def test_diff_tells_what_is_held_and_no_longer_declared(populated, capsys):
    contract.diff(dropped(populated, "contract"), None)
    assert f"{TRANSFER}  is held and not declared any more" in capsys.readouterr().out
