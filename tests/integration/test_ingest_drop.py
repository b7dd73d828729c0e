"""File drops: manifests, signatures, files that somebody still writes, drift, and a whole workbook up to silver."""

import datetime as dt
import hashlib
import io
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openpyxl import Workbook

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.source import FileDrop
from lake import staging
from lake.batch import Batch
from lake.engine import reraise_worker_errors
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.ingest.files import new_files
from pipeline.quarantine.releasing import release
from pipeline.quarantine.row_choice import Selection
from tests.integration.holding import folder_context
from tests.integration.landing import as_csv, grant, person, transfer, with_numbers, write_jsonl
from tests.integration.moving import copied

ANN, BEN, CAT = person(1), person(2), person(3)
TABLE = "farm__land_transfer"
FORMS = pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "xlsx"])
LATE, IN_TIME = dt.timedelta(minutes=61), dt.timedelta(minutes=31)  # of a patience of an hour


@pytest.fixture
def folder(workspace):
    """The landing zone's folder of land transfers."""
    folder = workspace.settings.landing / "farm/land_transfer"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def drop(folder):
    """Writes a file; returns what a manifest says of it."""

    def write(name: str, content: str | bytes, rows: int) -> dict:
        content = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(content)
        return {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "rows": rows}

    return write


@pytest.fixture
def declare(folder):
    """Writes a manifest, last changed some time ago; returns its bytes."""

    def write(*files: dict, name: str = "manifest.json", age: dt.timedelta = LATE) -> bytes:
        content = json.dumps({"files": files, "sent_by": "platform"}).encode()
        (folder / name).write_bytes(content)
        changed = (dt.datetime.now(dt.UTC) - age).timestamp()
        os.utime(folder / name, (changed, changed))
        return content

    return write


@pytest.fixture(scope="module")
def consented(tmp_path_factory, spark):
    """A folder with a lake in which Ann and Ben have consented, to be copied."""
    folder = tmp_path_factory.mktemp("consented")
    write_jsonl(folder / "landing/consent/grant/a.jsonl", [grant(ANN, 1), grant(BEN, 2)])
    for job in (ingest, refine):
        job.run(folder_context(folder), "consent")
    return folder


@pytest.fixture
def take(context, workspace, consented):
    """Ingests land transfers under some settings of the connection and of the asset."""
    copied(consented / "state", workspace.settings.home)

    def enter(asset: dict | None = None, **connection) -> Batch | None:
        farm = workspace.source("farm")
        changed = farm.assets["land_transfer"].model_copy(update=asset or {})
        source = farm.model_copy(update={"connection": FileDrop(**connection), "assets": {"land_transfer": changed}})
        return ingest.ingest(context, source, workspace.contract(TABLE))

    return enter


def rows(*numbers: int) -> str:
    return as_csv([transfer(ANN, n) for n in numbers])


def stored(context: Context) -> int:
    return context.lake.count(f"bronze_{TABLE}") if context.lake.exists(f"bronze_{TABLE}") else 0


# manifests ------------------------------------------------------------------------------------------------------------


def test_what_a_manifest_lists_is_read_and_the_rest_where_none_is_required(take, drop, declare, capsys):
    listed = drop("a.csv", rows(1, 2) + "1,2,3\n" + as_csv([transfer(CAT, 3)]).splitlines()[1] + "\n", 4)
    drop("b.csv", rows(5), 1)
    declare(listed)
    assert take(manifest="required").rows_read == 4
    assert f"ingest {TABLE}: files are left alone: 1 that no manifest lists" in capsys.readouterr().out
    assert take().rows_read == 1
    assert take(manifest="required") is None
    assert "left alone" not in capsys.readouterr().out


@pytest.mark.parametrize("message", [1, 3])
def test_another_number_of_rows_stores_nothing(take, drop, declare, context, message):
    declare(drop("a.csv", rows(1, 2), 2) | {"rows": message})
    text = rf"farm/land_transfer/a\.csv has 2 rows, and its manifest says {message}; nothing of it was stored"
    with pytest.raises(FieldstoneError, match=text):
        take()
    assert stored(context) == 0
    assert not context.lake.batches(TABLE, "ingest")


def test_a_delivery_is_waited_for_as_a_whole_and_then_missed(take, drop, declare, context, capsys):
    there, late = drop("a.csv", rows(1), 1), drop("b.csv", rows(2, 3), 2)
    drop("b.csv", rows(2), 2)
    declare(there, late, {"name": "c.csv", "sha256": "0" * 64, "rows": 1}, age=IN_TIME)
    assert take() is None
    assert "files are left alone: 2 of a delivery that isn't whole yet" in capsys.readouterr().out
    text = (
        r"farm/land_transfer/manifest\.json lists 3 files, and patience with it is at its end: "
        r"b\.csv is of other content, c\.csv is not there\. Nothing of it was read"
    )
    with pytest.raises(FieldstoneError, match=text):
        take(patience_minutes=30)
    assert stored(context) == 0
    drop("b.csv", rows(2, 3), 2)
    declare(there, late)
    assert take().rows_read == 3


@pytest.mark.further
def test_other_deliveries_do_not_wait(take, drop, declare):
    declare({"name": "late.csv", "sha256": "0" * 64, "rows": 1}, name="late.manifest.json", age=IN_TIME)
    declare(drop("a.csv", rows(1), 1), name="a.manifest.json")
    assert take(manifest="required").rows_read == 1


@pytest.mark.further
def test_what_was_taken_in_may_be_gone_and_a_new_file_of_its_name_needs_a_new_manifest(take, drop, declare, folder):
    declare(drop("a.csv", rows(1), 1))
    assert take().rows_read == 1
    (folder / "a.csv").unlink()
    assert take() is None
    second = drop("a.csv", rows(2), 1)
    with pytest.raises(FieldstoneError, match=r"a\.csv is of other content"):
        take()
    declare(second, name="second.manifest.json")
    assert take().rows_read == 1


@pytest.mark.further
def test_a_manifest_speaks_of_the_files_of_other_assets_too(take, drop, declare):
    declare(drop("a.csv", rows(1), 1), {"name": "planting.parquet", "sha256": "0" * 64, "rows": 1})
    assert take(manifest="required").rows_read == 1


FILE = '{"name": "a.csv", "sha256": "' + "0" * 64 + '", "rows": 1}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"files": [{}]}',
        f'{{"files": [{FILE}, {FILE}]}}'.encode(),
        FILE.replace("a.csv", "../a.csv").join(('{"files": [', "]}")).encode(),
        b'{"files": ' + b"[" * 100_000,
        b" " * (9 << 20),
    ],
    ids=["empty", "bytes", "a list", "no fields", "a name twice", "a way out", "deep", "too large"],
)
def test_what_is_no_manifest_is_an_error(take, drop, folder, content):
    drop("a.csv", rows(1), 1)
    (folder / "x.manifest.json").write_bytes(content)
    with pytest.raises(FieldstoneError, match=r"x\.manifest\.json is no manifest.*it must be .*Nothing of it was read"):
        take()


# signatures -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def key(tmp_path):
    """The partner's key; its public half lies in `partner.pem`."""
    key = Ed25519PrivateKey.generate()
    (tmp_path / "partner.pem").write_bytes(pem(key))
    return key


def pem(key) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_signed_manifest_vouches_for_its_files_and_for_no_other(take, drop, declare, folder, key, tmp_path, capsys):
    content = declare(drop("a.csv", rows(1), 1))
    drop("b.csv", rows(2), 1)
    (folder / "manifest.json.sig").write_bytes(key.sign(content))
    assert take(public_key=str(tmp_path / "partner.pem")).rows_read == 1
    assert "1 that no manifest lists" in capsys.readouterr().out


@pytest.mark.parametrize("signature", ["another key", "another manifest", "cut off", "longer", "none"])
def test_a_manifest_that_is_not_signed_by_the_partner_is_an_error(
    take, drop, declare, folder, key, tmp_path, context, signature
):
    content = declare(drop("a.csv", rows(1), 1))
    signed = {
        "another key": Ed25519PrivateKey.generate().sign(content),
        "another manifest": key.sign(content + b" "),
        "cut off": key.sign(content)[:-1],
        "longer": key.sign(content) + b"x",
    }
    if signature in signed:
        (folder / "manifest.json.sig").write_bytes(signed[signature])
    text = (
        r"has no signature \(manifest\.json\.sig\)"
        if signature == "none"
        else r"doesn't match its signature manifest\.json\.sig"
    )
    with pytest.raises(FieldstoneError, match=f"manifest.json {text}.*nothing was read"):
        take(public_key=str(tmp_path / "partner.pem"))
    assert stored(context) == 0


@pytest.mark.parametrize("content", [None, b"no key", pem(generate_private_key(SECP256R1()))])
def test_what_is_no_key_is_an_error(take, drop, tmp_path, content):
    drop("a.csv", rows(1), 1)
    if content:
        (tmp_path / "partner.pem").write_bytes(content)
    with pytest.raises(FieldstoneError, match=r"partner\.pem doesn't contain an Ed25519 public key in PEM form"):
        take(public_key=str(tmp_path / "partner.pem"))


# files that somebody still writes -------------------------------------------------------------------------------------


def test_files_that_are_still_being_written_are_left_alone(take, drop, capsys):
    drop("a.csv", rows(1), 1)
    for name in ("b.csv.part", "c.csv.tmp", ".d.csv", "~$e.csv"):
        drop(name, "half", 0)
    assert take().rows_read == 1
    assert "files are left alone: 4 still being written" in capsys.readouterr().out
    assert take({"path": "farm/land_transfer/*"}) is None


@pytest.mark.further
def test_nothing_but_unfinished_files_is_an_error(take, drop):
    drop("b.csv.part", "half", 0)
    with pytest.raises(
        FieldstoneError, match=r"nothing matches .* but 1 that are still being written; check the deliv"
    ):
        take()


@FORMS
def test_a_file_that_changes_after_it_was_chosen_is_not_taken_for_it(take, folder, context, workspace, form):
    path, contract = folder / f"a.{form}", workspace.contract(TABLE)
    path.write_bytes(written(form, [transfer(ANN, 1)]))
    farm = workspace.source("farm")
    asset = farm.assets["land_transfer"].model_copy(update={"format": form})
    source = farm.model_copy(update={"assets": {"land_transfer": asset}})
    chosen = new_files.pull(context, source, contract, [])
    path.write_bytes(written(form, [transfer(ANN, 2)]))
    text = rf"\.{form} was changed while it was read; nothing of it was stored"
    with pytest.raises(FieldstoneError, match=text), reraise_worker_errors():
        staging.stage(context.lake, chosen.rows, "changed")
    assert take({"format": form}).rows_stored == 1


# drift ----------------------------------------------------------------------------------------------------------------

DAYS = dict.fromkeys(("signed_date", "valid_from_date", "valid_to_date"), pa.date32())
TYPES = DAYS | {
    "area_mu": pa.float64(),
    "rent_cny_mu_year": pa.float64(),
    "is_registered": pa.bool_(),
    "published_at": pa.timestamp("us", "UTC"),
}


def written(form: str, records: list[dict]) -> bytes:
    """Records as a file of a format, with types where it has any."""
    if form == "csv":
        return as_csv(records).encode()
    if form == "jsonl":
        return "".join(json.dumps(record) + "\n" for record in records).encode()
    content, table = io.BytesIO(), pa.Table.from_pylist(records)
    if form == "parquet":
        types = pa.schema([(name, TYPES.get(name, pa.string())) for name in table.column_names])
        pq.write_table(table.cast(types), content)
    else:
        book = Workbook()
        for line in (table.column_names, *(list(record.values()) for record in records)):
            book.active.append(line)
        book.save(content)
    return content.getvalue()


@pytest.mark.further
@FORMS
def test_a_new_column_is_ignored_a_missing_optional_one_is_null_and_both_are_reported(take, folder, context, form):
    record = transfer(ANN, 1) | {"religion": "secret"}
    del record["is_registered"]
    (folder / f"a.{form}").write_bytes(written(form, [record]))
    taken = take({"format": form})
    assert (taken.ignored_columns, taken.missing_columns) == (("religion",), ("is_registered",))
    refine.refine_waiting(context, context.workspace.contract(TABLE))
    (row,) = silver(context)
    assert "religion" not in row
    assert (row["is_registered"], float(row["area_mu"]), row["signed_date"]) == (None, 3.5, dt.date(2024, 2, 1))


@pytest.mark.further
@FORMS
def test_a_file_without_a_required_column_is_refused_alone(take, folder, context, form):
    record = transfer(ANN, 1)
    del record["area_mu"]
    (folder / f"a.{form}").write_bytes(written(form, [transfer(ANN, 2)]))
    (folder / f"b.{form}").write_bytes(written(form, [record]))
    with pytest.raises(FieldstoneError, match=rf"b\.{form} has no column area_mu, which {TABLE} requires"):
        take({"format": form})
    assert stored(context) == 1


@pytest.mark.further
def test_a_changed_type_stops_before_bronze(take, folder, context):
    """Only Parquet has types; in text, a value that doesn't fit is a row's fault."""
    pq.write_table(pa.Table.from_pylist([transfer(ANN, 1)]), folder / "a.parquet")
    with pytest.raises(FieldstoneError, match=f"column area_mu is string, but {TABLE} declares decimal"):
        take({"format": "parquet"})
    assert stored(context) == 0


@pytest.mark.further
@FORMS
def test_two_columns_that_mean_the_same_are_refused(take, folder, form):
    (folder / f"a.{form}").write_bytes(written(form, [transfer(ANN, 1) | {"mu": "1"}]))
    text = rf"a\.{form} can't be read: the header names 1 columns twice.*Nothing of it was stored"
    with pytest.raises(FieldstoneError, match=text):
        take({"format": form, "rename": {"mu": "area_mu"}})


# a whole workbook -----------------------------------------------------------------------------------------------------


def test_a_workbook_as_an_office_sends_it_ends_in_silver(take, folder, context, declare):
    """Dates and numbers as such, a filter, blank rows, a merged remark, and what clerks do to ID numbers."""
    (folder / "流转.xlsx").write_bytes(office())
    content = (folder / "流转.xlsx").read_bytes()
    declare({"name": "流转.xlsx", "sha256": hashlib.sha256(content).hexdigest(), "rows": 16})
    rename = {"合同编号": "contract_no", "面积（亩）": "area_mu"}
    taken = take({"format": "xlsx", "rename": rename}, manifest="required")
    reasons = {"ERROR_CELL": 1, "LOST_DIGITS": 1, "RAGGED_ROW": 1}
    assert taken.quarantined_by_reason == reasons
    assert (taken.rows_read, taken.rows_stored, taken.rows_not_authorised) == (16, 12, 1)
    assert taken.ignored_columns == ("?",)  # an undeclared name may be data
    refine.refine_waiting(context, context.workspace.contract(TABLE))
    rows = silver(context)
    assert [row["contract_no"][-2:] for row in rows] == [f"{n:02d}" for n in (*range(1, 11), 15, 16)]
    assert {(float(row["area_mu"]), row["signed_date"], row["is_registered"]) for row in rows} == {
        (3.5, dt.date(2024, 2, 1), True)
    }
    assert {row["known_at"] for row in rows} == {dt.datetime(2024, 2, 10, 8, 30, tzinfo=dt.UTC)}


@pytest.mark.further
def test_an_id_number_whose_digits_are_lost_is_released_only_when_it_is_corrected(take, folder, context, tmp_path):
    """The first fifteen digits with zeros after them may pass for somebody's number."""
    (folder / "a.xlsx").write_bytes(office())
    rename = {"合同编号": "contract_no", "面积（亩）": "area_mu"}
    assert take({"format": "xlsx", "rename": rename}).rows_stored == 12
    refine.refine_waiting(context, context.workspace.contract(TABLE))
    (tmp_path / "corrections.json").write_text(json.dumps({"holder_id_no": ANN}))
    for corrections, released in ((None, 12), (str(tmp_path / "corrections.json"), 13)):
        release(context, TABLE, Selection("LOST_DIGITS"), "Ruth", "the platform told us", [], corrections)
        assert len(silver(context)) == released


UGLY = {
    "csv": b"\xef\xbb\xbf"
    + as_csv([transfer(ANN, 1), transfer(CAT, 2)]).encode()
    + b"\n1,2,3\n"
    + as_csv([transfer(BEN, 3, household_no="\n1\0")]).encode().partition(b"\n")[2]
    + as_csv([transfer(ANN, 4, household_no="镇")]).encode("gb18030").partition(b"\n")[2]
    + as_csv([transfer("", 5)]).encode().partition(b"\n")[2]
    + b'"'
    + as_csv([transfer(ANN, 6)]).encode().partition(b"\n")[2],
    "jsonl": b"\xef\xbb\xbf"
    + "".join(
        json.dumps(r) + "\r\n" for r in (transfer(ANN, 1), transfer(CAT, 2), transfer(BEN, 3) | {"x": "\0"})
    ).encode()
    + b"\r\n\r\n[]\n"
    + json.dumps(transfer(ANN, 4, household_no="镇"), ensure_ascii=False).encode("gb18030")
    + b"\n"
    + json.dumps(transfer("", 5)).encode()
    + b'\n{"contract_no": "1", "contract_no": "2"',
}


@pytest.mark.parametrize("form", UGLY)
def test_of_an_ugly_file_every_row_is_stored_counted_or_set_aside(take, folder, context, form):
    (folder / f"a.{form}").write_bytes(UGLY[form])
    taken = take({"format": form})
    # in the CSV file a household's number holds a NUL as well
    broken = {"RAGGED_ROW": 2, "BAD_ENCODING": 2} if form == "csv" else {"BAD_RECORD": 2, "BAD_ENCODING": 1}
    assert taken.quarantined_by_reason == broken | {"INVALID_SUBJECT": 1}
    kept = 1 if form == "csv" else 2
    assert (taken.rows_read, taken.rows_stored, taken.rows_not_authorised) == (7, kept, 1)
    assert stored(context) == kept
    assert context.lake.count(f"quarantine_{TABLE}") == 6 - kept


def office() -> bytes:
    """Sixteen rows of which Excel has spoilt one's ID number, one holds an error, and one a note at its side."""
    book, content = Workbook(), io.BytesIO()
    sheet = book.active
    names = {"contract_no": "合同编号", "area_mu": "面积（亩）"}
    sheet.append([names.get(name, name) for name in transfer(ANN)] + ["备注"])
    for n in range(1, 17):
        record = transfer(CAT if n == 14 else BEN if n % 2 else ANN, n) | {
            "area_mu": 3.5,
            "rent_cny_mu_year": 400,
            "signed_date": dt.date(2024, 2, 1),
            "is_registered": True,
            "published_at": dt.datetime(2024, 2, 10, 8, 30),
        }
        changed = {11: {"holder_id_no": 500102198001010010}, 12: {"area_mu": "#DIV/0!"}}.get(n, {})
        sheet.append([*(record | changed).values(), "同上", *([None, "see below"] if n == 13 else [])])
        sheet.append([])
    sheet.merge_cells("M2:M34")
    sheet.row_dimensions[6].hidden = True
    sheet.auto_filter.ref = sheet.dimensions
    book.save(content)
    return content.getvalue()


def silver(context: Context) -> list[dict]:
    read = context.lake.read(f"silver_{TABLE}", purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
    return with_numbers(context, read.toArrow().to_pylist())
