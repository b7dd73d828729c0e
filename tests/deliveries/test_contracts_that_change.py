"""Contracts that change after rows are held by them: what is planned is carried out, anything else is refused."""

import shutil
import subprocess
import sys
from decimal import Decimal

import pytest
import yaml
from deltalake import DeltaTable

from conf.schema.workspace import ROOT

CONTRACT = "conf/contracts/probe/csv.yaml"
DECLARED = {
    "table": "probe__csv",
    "title": {"en": "Probe", "zh": "样表"},
    "grain": "one row per account",
    "primary_key": ["account_no"],
    "event_time": "opened_date",
    "versioned": True,
    "lawful_basis": "public_record",
    "purposes": ["credit_assessment"],
    "retention_days": 365,
    "columns": {
        "account_no": {"type": "string", "required": True, "en": "Account", "zh": "账号"},
        "amount_cny": {"type": "int", "unit": "cny", "en": "Amount", "zh": "金额"},
        "note": {"type": "string", "en": "Note", "zh": "备注"},
        "opened_date": {"type": "date", "required": True, "en": "Day", "zh": "日期"},
    },
}
HEADER = "account_no,amount_cny,note,opened_date\n"
ROWS = "A1,10,one,2025-01-01\nA2,20,two,2025-01-02\nA3,many,three,2025-01-03\n"
COLUMNS = ("account_no", "amount_cny", "note")


class Declared:
    """A workspace whose contract is changed between runs."""

    def __init__(self, site, folder):
        self.site, self.path = site, folder / CONTRACT
        shutil.copytree(site.workspace, folder)
        self.stated = yaml.safe_load(yaml.safe_dump(DECLARED, allow_unicode=True))
        site.workspace = folder
        for each in self.path.parent.glob("*.yaml"):
            if each != self.path:
                each.unlink()
        source = {
            "name": "probe",
            "title": {"en": "Probe", "zh": "样"},
            "assets": {"csv": {"format": "csv"}},
        }
        (folder / "conf/sources/probe.yaml").write_text(yaml.safe_dump(source, allow_unicode=True), encoding="utf-8")
        self.write()

    def write(self) -> "Declared":
        self.path.write_text(yaml.safe_dump(self.stated, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return self

    def rename(self, before: str, now: str, says: bool = True) -> "Declared":
        """Rename a column, saying what it was called or not."""
        columns = self.stated["columns"]
        earlier_name = {"renamed_from": before} if says else {}
        self.stated["columns"] = {
            now if name == before else name: column | earlier_name if name == before else column
            for name, column in columns.items()
        }
        return self

    def retype(self, name: str, kind: str) -> "Declared":
        self.stated["columns"][name]["type"] = kind
        return self


@pytest.fixture
def declared(site, tmp_path):
    """A contract by which three rows came in, one of which is in quarantine."""
    contract = Declared(site, tmp_path / "workspace")
    contract.stated["max_failure_share"] = 1.0
    contract.write()
    site.deliver("probe/csv/one.csv", HEADER + ROWS)
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    assert site.silver("probe__csv", *COLUMNS) == [("A1", 10, "one"), ("A2", 20, "two")]
    return contract


def migrate(site):
    return site.run("contract", "migrate", "--who", "Rita", "--why", "the partner's new names")


def test_a_process_of_its_own_migrates(site, declared):
    """As from a shell: nothing has opened a session before."""
    declared.rename("note", "remark").write()
    words = ("contract", "migrate", "--who", "Rita", "--why", "new names", "--workspace", str(site.workspace))
    command = (sys.executable, "-m", "jobs.cli", *words)
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert site.silver("probe__csv", "account_no", "amount_cny", "remark") == [("A1", 10, "one"), ("A2", 20, "two")]


@pytest.mark.further
def test_two_columns_with_values_never_become_one(site, declared):
    declared.stated["columns"]["fee_cny"] = {"type": "int", "unit": "cny", "en": "Fee", "zh": "费用"}
    declared.write()
    site.deliver("probe/csv/two.csv", "account_no,amount_cny,fee_cny,note,opened_date\nA4,40,4,four,2025-01-04\n")
    site.take_in("probe")
    del declared.stated["columns"]["amount_cny"]
    declared.stated["columns"]["fee_cny"]["renamed_from"] = "amount_cny"
    declared.write()
    ran = migrate(site)
    assert ran.code == 1
    assert "1 rows with values in more than one of fee_cny, amount_cny" in ran.err
    assert sorted(site.silver("probe__csv", "amount_cny")) == [10, 20, 40]


@pytest.mark.parametrize("verb", [("ingest", "probe"), ("refine", "probe"), ("quarantine", "release")])
def test_a_rename_without_a_word_is_refused_before_anything_and_nothing_is_lost(site, declared, verb):
    declared.rename("note", "remark", says=False).write()
    site.deliver("probe/csv/two.csv", "account_no,amount_cny,remark,opened_date\nA4,40,four,2025-01-04\n")
    options = ("--table", "probe__csv", "--who", "R", "--why", "w") if verb[0] == "quarantine" else ()
    ran = site.run(*verb, *options)
    assert ran.code == 1
    assert "silver_probe__csv: note isn't declared any more and nobody would read its values" in ran.err
    assert "`renamed_from: note`" in ran.err
    assert site.silver("probe__csv", *COLUMNS) == [("A1", 10, "one"), ("A2", 20, "two")]


def test_a_declared_rename_is_planned_then_carried_out_with_all_its_values(site, declared):
    declared.rename("note", "remark").write()
    refused = site.run("ingest", "probe")
    assert refused.code == 1
    assert "note becomes remark" in refused.err
    assert "fieldstone contract migrate probe__csv --who NAME --why TEXT" in refused.err
    shown = site.run("contract", "diff")
    assert "silver_probe__csv  renamed: note becomes remark" in shown.out
    done = migrate(site)
    assert done.code == 0, done.err
    assert site.silver("probe__csv", "account_no", "amount_cny", "remark") == [("A1", 10, "one"), ("A2", 20, "two")]
    assert "contract: 0 differences" in site.run("contract", "diff").out
    assert "nothing migrated" in migrate(site).out
    assert "contract migrate" in site.run("audit", "show").out
    for layer in ("bronze", "silver"):
        table = DeltaTable(str(site.home / "lake" / f"{layer}_probe__csv"))
        assert "note" not in [field.name for field in table.schema().fields]
        assert table.metadata().partition_columns == ["_batch_id"]
        assert table.metadata().configuration["delta.dataSkippingNumIndexedCols"] == "0"


@pytest.mark.further
def test_after_a_rename_old_and_new_files_and_quarantined_rows_come_in_under_the_new_name(site, declared):
    declared.rename("note", "remark").write()
    assert migrate(site).code == 0
    site.deliver("probe/csv/old.csv", HEADER + "A4,40,four,2025-01-04\n")
    site.deliver("probe/csv/new.csv", "account_no,amount_cny,remark,opened_date\nA5,50,five,2025-01-05\n")
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    correction = site.folder / "correction.json"
    correction.write_text('{"amount_cny": "30"}')
    options = ("--table", "probe__csv", "--who", "R", "--why", "w", "--corrections", str(correction))
    released = site.run("quarantine", "release", *options)
    assert "1 row released" in released.out, released.text
    rows = site.silver("probe__csv", "account_no", "amount_cny", "remark")
    assert rows == [(f"A{i}", 10 * i, word) for i, word in enumerate(("one", "two", "three", "four", "five"), start=1)]


@pytest.mark.further
def test_a_column_renamed_twice_keeps_its_values_and_sealed_rows_follow(site, declared):
    declared.rename("note", "remark").write()
    assert migrate(site).code == 0
    declared.rename("remark", "comment").write()  # says nothing of `note` any more
    assert migrate(site).code == 0
    assert site.silver("probe__csv", "comment") == ["one", "two"]
    correction = site.folder / "correction.json"
    correction.write_text('{"amount_cny": "30"}')
    options = ("--table", "probe__csv", "--who", "R", "--why", "w", "--corrections", str(correction))
    assert "1 row released" in site.run("quarantine", "release", *options).out
    assert site.silver("probe__csv", "comment") == ["one", "three", "two"]


def test_a_key_and_the_moment_may_be_renamed(site, declared):
    declared.rename("account_no", "number").rename("opened_date", "begin_date")
    declared.stated |= {"primary_key": ["number"], "event_time": "begin_date"}
    declared.write()
    assert migrate(site).code == 0
    assert site.silver("probe__csv", "number", "amount_cny") == [("A1", 10), ("A2", 20)]
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("long", [10, 20]), ("double", [10.0, 20.0]), ("decimal(12,2)", [Decimal("10.00"), Decimal("20.00")])],
)
def test_a_wider_type_is_carried_out(site, declared, kind, expected):
    declared.retype("amount_cny", kind).write()
    refused = site.run("refine", "probe")
    assert refused.code == 1
    assert "amount_cny is int and becomes" in refused.err
    assert migrate(site).code == 0
    assert site.silver("probe__csv", "amount_cny") == expected
    site.deliver("probe/csv/two.csv", HEADER + "A4,40,four,2025-01-04\n")
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    assert len(site.silver("probe__csv")) == 3


@pytest.mark.parametrize("kind", ["string", "boolean", "date", "timestamp", "decimal(9,0)", "decimal(12,5)"])
def test_any_other_type_is_refused_with_what_to_do(site, declared, kind):
    declared.retype("amount_cny", kind)
    declared.stated["columns"]["amount_cny"].pop("unit")
    declared.write()
    for ran in (site.run("ingest", "probe"), migrate(site)):
        assert ran.code == 1
        assert "silver_probe__csv: amount_cny is int and becomes" in ran.err
        assert "or a new column under another name; a workspace drafted just now may also begin anew" in ran.err
    assert site.silver("probe__csv", "amount_cny") == [10, 20]


def _required(stated):
    stated["columns"]["branch"] = {"type": "string", "required": True, "en": "Branch", "zh": "网点"}


def _key(stated):
    stated["primary_key"] = ["account_no", "note"]


def _unit(stated):
    stated["columns"]["amount_cny"]["unit"] = "usd"


def _pseudonym(stated):
    stated["columns"]["account_no"]["pseudonym"] = True


def _moment(stated):
    stated["columns"]["closed_date"] = {"type": "date", "required": True, "en": "Day", "zh": "日期"}
    stated["event_time"] = "closed_date"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_required, "branch is new and required, and rows that are held have none; leave `required: true` out"),
        (_key, "primary_key was account_no: what counts as one record can't change under rows that are held"),
        (_unit, "amount_cny was in cny and is in usd; another unit is another column"),
        (_pseudonym, "account_no isn't stored as it was any more (identifier, pseudonym); give it another name"),
        (_moment, "event_time was opened_date, and rows that are held have nothing else; give it back"),
    ],
)
def test_what_can_not_be_done_rightly_is_refused(site, declared, change, message):
    change(declared.stated)
    declared.write()
    for ran in (site.run("ingest", "probe"), site.run("refine", "probe"), migrate(site)):
        assert ran.code == 1
        assert message in ran.err
        assert "Nothing was taken in or changed" in ran.err


def test_a_moment_of_publication_that_rows_lack_is_declared_in_another_table(site, declared):
    at = {"type": "timestamp", "required": True, "en": "Published", "zh": "发布"}
    declared.stated |= {"published": "published_at"}
    declared.stated["columns"]["published_at"] = at
    declared.write()
    assert (
        "published wasn't declared, and rows that are held have nothing else; take published out" in migrate(site).err
    )
    declared.path.unlink()
    declared.path = declared.path.with_name("published.yaml")
    declared.stated["table"] = "probe__published"
    declared.write()
    source = declared.path.parents[2] / "sources/probe.yaml"
    source.write_text(source.read_text(encoding="utf-8").replace("csv:", "published:"))
    row = "A1,10,one,2025-01-01,2025-01-02T08:00:00Z\n"
    site.deliver("probe/published/a.csv", HEADER.replace("\n", ",published_at\n") + row)
    for ran in site.take_in("probe"):
        assert ran.code == 0, ran.text
    assert site.silver("probe__published", "account_no") == ["A1"]


@pytest.mark.further
def test_an_optional_column_is_added_as_ever(site, declared):
    declared.stated["columns"]["branch"] = {"type": "string", "en": "Branch", "zh": "网点"}
    declared.write()
    site.deliver("probe/csv/two.csv", "account_no,amount_cny,note,opened_date,branch\nA4,40,four,2025-01-04,B\n")
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    assert site.silver("probe__csv", "account_no", "branch") == [("A1", None), ("A2", None), ("A4", "B")]


@pytest.mark.further
def test_words_bounds_and_terms_may_change_at_any_time(site, declared):
    declared.stated |= {"retention_days": 700, "title": {"en": "Other", "zh": "其他"}}
    declared.stated["columns"]["amount_cny"] |= {"min": 0, "max": 1000}
    declared.write()
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    assert "contract: 0 differences" in site.run("contract", "diff").out


@pytest.mark.further
def test_a_contract_that_was_wrong_from_the_first_may_change_while_nothing_is_held_in_silver(site, tmp_path):
    contract = Declared(site, tmp_path / "workspace")
    contract.retype("amount_cny", "date").write()
    site.deliver("probe/csv/one.csv", HEADER + ROWS)
    assert site.take_in("probe")[1].code != 0  # too many rows fail, the batch is set aside
    contract.stated["max_failure_share"] = 1.0
    contract.retype("amount_cny", "int").write()
    (batch,) = {line.split()[1] for line in site.run("batches", "list").out.splitlines() if line.startswith("probe")}
    retried = site.run("batches", "retry", batch, "--who", "R", "--why", "the type was wrong")
    assert retried.code == 0, retried.text
    assert site.silver("probe__csv", "amount_cny") == [10, 20]


def test_the_moment_of_knowledge_may_be_declared_later_and_holds_for_rows_that_are_there(site, tmp_path):
    contract = Declared(site, tmp_path / "workspace")
    contract.stated["columns"]["told_at"] = {"type": "timestamp", "required": True, "en": "Told", "zh": "发布"}
    contract.write()
    row = "A1,10,one,2025-01-01,2025-02-01T00:00:00Z\n"
    site.deliver("probe/csv/one.csv", HEADER.replace("\n", ",told_at\n") + row)
    site.take_in("probe")
    assert {row["known_at"].year for row in site.silver("probe__csv")} == {2026}
    contract.stated["published"] = "told_at"
    contract.write()
    assert "published was the receipt and becomes told_at" in site.run("refine", "probe").err
    assert migrate(site).code == 0
    assert {row["known_at"].isoformat() for row in site.silver("probe__csv")} == {"2025-02-01T00:00:00+00:00"}
    assert site.run("refine", "probe").code == 0


def test_a_migration_that_was_killed_between_its_tables_goes_on(site, declared):
    declared.rename("note", "remark").write()
    # what bronze's commit doesn't change: silver, and the note that comes last
    later = [site.home / "lake" / name for name in ("silver_probe__csv", "audit__contracts")]
    for path in later:
        shutil.copytree(path, site.folder / "before" / path.name)
    noted = (site.home / "state.json").read_bytes()  # which a killed run doesn't bring up to date
    assert migrate(site).code == 0
    (site.home / "state.json").write_bytes(noted)
    for path in later:
        shutil.rmtree(path)
        shutil.copytree(site.folder / "before" / path.name, path)
    refused = site.run("ingest", "probe").err
    assert "silver_probe__csv: note becomes remark" in refused
    assert "bronze_probe__csv" not in refused
    assert migrate(site).code == 0
    assert site.silver("probe__csv", "remark") == ["one", "two"]
    assert site.run("ingest", "probe").code == 0


@pytest.mark.parametrize("name", ["account_no", "note"])
def test_an_earlier_name_that_is_declared_itself_is_no_contract(site, declared, name):
    declared.stated["columns"]["other"] = {"type": "string", "renamed_from": name, "en": "Other", "zh": "其他"}
    declared.write()
    ran = site.run("ingest", "probe")
    assert ran.code == 1
    assert f"renamed_from names {name}, which is a column itself or named twice" in ran.err


def _scope_of_consent(stated):
    stated |= {"lawful_basis": "contract"}


def _more_purposes(stated):
    stated["purposes"] = ["credit_assessment", "model_training"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_scope_of_consent, "lawful_basis was public_record and becomes contract"),
        (_more_purposes, "purposes gain model_training, for which rows that are held weren't taken in"),
    ],
)
def test_other_grounds_are_planned_and_somebody_answers_for_them(site, declared, change, message):
    change(declared.stated)
    declared.write()
    for ran in (site.run("ingest", "probe"), site.run("refine", "probe")):
        assert (ran.code, message in ran.err, "fieldstone contract migrate probe__csv" in ran.err) == (1, True, True)
    assert f"probe__csv  grounds: {message}" in site.run("contract", "diff").out
    assert migrate(site).code == 0
    assert "contract migrate" in site.run("audit", "show").out
    assert "contract: 0 differences" in site.run("contract", "diff").out
    assert [ran.code for ran in site.take_in("probe")] == [0, 0]


def _fewer_purposes(stated):
    stated["purposes"] = ["credit_assessment"]


def _versions(stated):
    stated["versioned"] = True


@pytest.mark.parametrize(
    ("change", "message"), [(_fewer_purposes, "purposes lose model_training"), (_versions, "versioned becomes true")]
)
def test_what_narrows_what_may_be_done_is_told_and_holds_at_once(site, tmp_path, change, message):
    contract = Declared(site, tmp_path / "workspace")
    contract.stated |= {"purposes": ["credit_assessment", "model_training"], "versioned": False}
    contract.write()
    site.deliver("probe/csv/one.csv", HEADER + "A1,10,one,2025-01-01\n")
    site.take_in("probe")
    change(contract.stated)
    contract.write()
    assert f"probe__csv  narrowed: {message}" in site.run("contract", "diff").out
    assert [ran.code for ran in site.take_in("probe")] == [0, 0]
    assert "contract: 0 differences" in site.run("contract", "diff").out


@pytest.mark.further
def test_what_came_as_versions_stays_so(site, declared):
    declared.stated["versioned"] = False
    declared.write()
    for ran in (site.run("ingest", "probe"), site.run("refine", "probe"), migrate(site)):
        assert (ran.code, "versioned was true: rows that are held may be several versions" in ran.err) == (1, True)
