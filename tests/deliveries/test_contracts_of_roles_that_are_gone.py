"""A contract that is gone and still needed: every verb names it, and says what to do."""

import pytest

from conf.schema.errors import FieldstoneError
from lake import schema
from tests.deliveries.test_withdrawals_as_they_come import lines
from tests.integration.landing import grant, person
from tests.integration.small import copied

VERBS = [
    ("ingest", "consent"), ("refine", "consent"), ("build-features",), ("train", "admission"), ("decide",),
    ("consent", "show", "--subject", "-"), ("consent", "withdrawn"),
    ("quarantine", "show", "--table", "consent__grant"), ("erase", "--due"),
]  # fmt: skip


@pytest.mark.parametrize(("gone", "left"), [("withdrawal", "grant"), ("grant", "withdrawal")])
def test_consents_without_withdrawals_are_refused_whatever_is_to_be_done(site, gone, left):
    site.own().deliver("consent/grant/a.jsonl", lines([grant(person(1), 1)]))
    site.take_in("consent")
    site.workspace = copied(site.folder / "workspace", f"{gone}.yaml")
    listed = site.run("decide").err
    assert f"source consent lists {gone}, and no contract declares consent__{gone}; there are bank__account" in listed
    assert f"Declare it in conf/contracts/consent/{gone}.yaml, or take it out of the source" in listed
    path = site.workspace / "conf/sources/consent.yaml"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(f"  {gone}:")]
    path.write_text("\n".join(kept), encoding="utf-8")
    for verb in VERBS:
        ran = site.run(*verb, stdin=f"{person(1)}\n")
        assert (ran.code, f"consent__{left} is declared without consent__{gone}" in ran.err) == (1, True), ran.text
        assert "stopped by the system" not in ran.err


def test_tables_that_rest_on_consents_of_which_nobody_knows_are_refused_whatever_is_to_be_done(site):
    site.own().deliver("consent/grant/a.jsonl", lines([grant(person(1), 1)]))
    site.take_in("consent")
    site.workspace = copied(site.folder / "workspace", "consent")
    for name in ("sources", "partners"):
        (site.workspace / f"conf/{name}/consent.yaml").unlink(missing_ok=True)
    for verb in VERBS:
        ran = site.run(*verb, stdin=f"{person(1)}\n")
        assert (ran.code, "no contract declares consent__grant and consent__withdrawal" in ran.err) == (1, True), ran
        assert "farm__land_transfer" in ran.err
        assert "declare both (again) in conf/contracts/consent/" in ran.err


@pytest.mark.parametrize("table", ["silver_bank__loan", "bronze_bank__loan", "quarantine_consent__withdrawal"])
def test_a_table_that_no_contract_declares_is_named_with_what_to_do(table):
    with pytest.raises(
        FieldstoneError, match=rf"{table} is needed, but no contract declares .*conf/contracts/.*\.yaml"
    ):
        schema.declared(table, {})
