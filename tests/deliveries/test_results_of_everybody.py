"""`--json` of what anybody begins with: one document on standard output, with what the text says."""

import json

from tests.deliveries.conftest import Site
from tests.deliveries.test_results_of_people import document

RAIN = "\n".join(["no,station,rain_mm,day", *(f"W{n},{n % 7},{n % 11}.5,2024-01-{1 + n % 28:02d}" for n in range(60))])


def test_a_workspace_that_is_drafted_and_run_through(site: Site):
    sky = site.folder / "sky"
    drafted = document(
        site.run("init", str(sky), "--from", str(site.deliver("rain.csv", RAIN)), "--no-outcome", "--json")
    )
    assert (drafted["folder"], drafted["source"]) == (str(sky), "sky")
    assert drafted["next_steps"][0] == "fieldstone ingest sky --workspace ."
    site.workspace = sky
    ran = document(site.run("run", "--json"))
    ((taken,), (judged,)) = (ran[stage][0]["batches"] for stage in ("ingested", "refined"))
    assert (taken["rows_stored"], judged["rows_stored"]) == (60, 60)
    assert (ran["built"]["to_decide"], ran["trained"], ran["decided"]) == (60, [], None)
    counted = document(site.run("summary", "--json"))
    assert ran["summary"] == counted
    assert counted["rows"]["silver"] == {"silver_sky__rows": 60}
    assert counted["hashes"].keys() == {table for tables in counted["rows"].values() for table in tables}


def test_a_county_that_is_generated(site: Site):
    ran = site.own().run("generate", "--households", "10", "--months", "24", "--json")
    made, kept = document(ran), json.loads((site.folder / "county.json").read_text())
    assert {**made, "as_of": kept["as_of"]} == kept
    assert f"{sum(made['rows'].values()):,} rows" in ran.err
