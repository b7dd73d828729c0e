"""A contract with a column called `no`."""

import shutil


def test_a_column_called_no_says_to_quote_it(site):
    ran = site.case("28-a-column-called-no").run("ingest", "probe")
    assert ran.code == 1
    assert "contract probe/csv.yaml is not valid: line 11: YAML reads the name no as false; quote it" in ran.err


def test_quoted_it_is_a_column_like_any_other(site, tmp_path):
    site.case("28-a-column-called-no")
    contract = "conf/contracts/probe/csv.yaml"
    text = (site.workspace / contract).read_text(encoding="utf-8")
    site.workspace = shutil.copytree(site.workspace, tmp_path / "workspace")
    quoted = text.replace("\n  no:", '\n  "no":').replace("[no]", '["no"]')
    (site.workspace / contract).write_text(quoted, encoding="utf-8")
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
