"""`--json` of what people decide: one document on standard output, whose figures are those that people read."""

import json
import re
import shutil

import pytest

from tests.deliveries.conftest import PROBE, Ran, Site
from tests.deliveries.test_ordinary import HEADER
from tests.deliveries.test_results import BAD, GOOD, SECRET

BY = ("--who", "Ruth", "--why", "the partner told us")
TWO = ("--approver", "Ruth", "--approver", "Olga", "--why", "an inspection")
ALONE = ("--approver", "Ruth", "--why", "an inspection")
QUARANTINE = ("--table", "probe__csv")


def document(ran: Ran):
    """The one document of a command that went well."""
    assert ran.code == 0, ran.text
    (line,) = ran.out.splitlines()
    return json.loads(line)


@pytest.fixture
def waiting(site) -> Site:
    """One row is in silver, two wait in quarantine for their day."""
    site.deliver("probe/csv/a.csv", HEADER + GOOD + BAD + BAD.replace("A2", "A3"))
    site.take_in("probe")
    return site


@pytest.fixture
def refused(site) -> Site:
    """A batch and a stray file stand refused."""
    site.deliver("probe/csv/a.csv", "")
    site.deliver("probe/csv/b.csv", HEADER + GOOD)
    site.deliver("probe/nowhere.csv", "x\n")
    site.run("ingest", "probe")
    return site


def test_rows_of_quarantine(waiting):
    (counted,) = document(waiting.run("quarantine", "list", "--json"))
    output = waiting.run("quarantine", "list").out
    assert counted["batch_id"] in output
    assert re.search(rf"{counted['table']} .*{counted['reason']} .* {counted['rows']} ", output)
    rows = document(waiting.run("quarantine", "show", *QUARANTINE, "--json"))
    output = waiting.run("quarantine", "show", *QUARANTINE).out
    assert f"quarantine probe__csv: {len(rows)} rows\n" in output
    for row in rows:
        head = f"{row['row_id']}  {row['batch_id']}  {', '.join(row['failed_checks'])}\n"
        assert f"{head}    {row['text']}\n" in output
    assert SECRET not in json.dumps(rows)


@pytest.mark.further
def test_rows_that_are_released_or_dropped(waiting):
    first = document(waiting.run("quarantine", "show", *QUARANTINE, "--json"))[0]["row_id"]
    chosen = (*QUARANTINE, "--row", first, *BY, "--json")
    released = waiting.run("quarantine", "release", *chosen, "--corrections", "-", stdin='{"day": "2024-01-06"}')
    assert document(released) == {"table": "probe__csv", "released": 1, "stay": 0}
    assert "quarantine probe__csv: 1 row released, 0 stay" in released.err
    dropped = waiting.run("quarantine", "drop", *QUARANTINE, *BY, "--json")
    assert document(dropped) == {"table": "probe__csv", "rows": 1}
    assert "quarantine probe__csv: 1 row dropped" in dropped.err
    assert document(waiting.run("quarantine", "list", "--json")) == []
    assert waiting.run("quarantine", "list").out == "quarantine: nothing waits\n"


def test_batches_that_were_refused(refused):
    result = document(refused.run("batches", "list", "--json"))
    output = refused.run("batches", "list").out
    assert f"batches: {result['standing']} stand refused\n" in output
    assert len(result["batches"]) == result["standing"]
    for each in result["batches"]:
        rows = "?" if each["rows"] is None else f"{each['rows']:,}"
        assert re.search(
            rf"^{each['table']}  {each['batch_id']}  {each['stage']}  received .*  {re.escape(rows)} rows$",
            output,
            re.M,
        )
        assert f": {each['reason']}\n" in output
        ways = (
            "drop"
            if each["stage"] == "stray"
            else "retry\\|accept\\|drop"
            if each["stage"] == "refine"
            else "retry\\|drop"
        )
        assert re.search(
            rf"^    to decide: fieldstone batches {ways} {each['batch_id']} --who NAME --why TEXT$", output, re.M
        )
        assert all(f"    {file['path']}, {file['bytes']:,} bytes\n" in output for file in each["files"])


def test_batches_that_somebody_decides_about(refused):
    batch = document(refused.run("batches", "list", "--json"))["batches"][0]
    dropped = refused.run("batches", "drop", batch["batch_id"], *BY, "--json")
    assert document(dropped) == {
        "table": batch["table"], "batch_id": batch["batch_id"], "action": "drop", "rows_dropped": {},
    }  # fmt: skip
    assert f"batches: {batch['batch_id']} of {batch['table']} was dropped: no rows were held" in dropped.err
    listed = document(refused.run("batches", "list", "--all", "--json"))
    assert {"drop": "Ruth", "refuse": None}.items() <= {e["action"]: e["who"] for e in listed["batches"]}.items()


@pytest.mark.further
def test_contracts_that_differ_and_are_migrated(site, tmp_path):
    site.workspace = shutil.copytree(PROBE, tmp_path / "own")
    site.deliver("probe/csv/a.csv", HEADER + GOOD)
    site.take_in("probe")
    assert document(site.run("contract", "diff", "--json")) == {"differences": []}
    contract = site.workspace / "conf/contracts/probe/csv.yaml"
    contract.write_text(contract.read_text().replace("ratio: {", "quota: {renamed_from: ratio, "))
    result = document(site.run("contract", "diff", "--json"))["differences"]
    output = site.run("contract", "diff").out
    assert result
    assert output == "".join(f"{line}\n" for line in result) + f"contract: {len(result)} differences\n"
    migrated = site.run("contract", "migrate", *BY, "--json")
    assert document(migrated) == {"tables": ["probe__csv"]}
    assert "contract: probe__csv migrated" in migrated.err
    assert document(site.run("contract", "migrate", *BY, "--json")) == {"tables": []}


def test_a_partner_that_is_suspended(site):
    for action, is_suspended in (("suspend", True), ("resume", False)):
        ran = site.run("partner", action, "probe", *TWO, "--json")
        assert document(ran) == {"source": "probe", "is_suspended": is_suspended, "approvers": ["Olga", "Ruth"]}
        assert f"partner: probe is {'suspended' if is_suspended else 'pulled from again'}" in ran.err


def test_decisions_that_are_stopped(site):
    for action, by, names in (("stop", ALONE, ["Ruth"]), ("resume", TWO, ["Olga", "Ruth"])):
        ran = site.run("decisions", action, *by, "--json")
        assert document(ran) == {"are_stopped": action == "stop", "approvers": names}
        assert f"decisions: {'stopped' if action == 'stop' else 'resumed'}" in ran.err
