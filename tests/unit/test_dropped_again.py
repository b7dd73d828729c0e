"""What comes again byte for byte after it was dropped is named: it is never read, which nobody is to find out alone."""

from conf.schema.hashing import file_sha256
from lake import refusals
from lake.batch import INGEST, Part
from lake.refusals import Action
from pipeline.ingest.files import new_files
from tests.conftest import AS_OF

TABLE = "farm__land_transfer"
CONTENT = "transfer_no\n1\n"


def test_a_file_that_is_what_was_dropped_is_named_in_one_line(context, caplog):
    contract = context.workspace.contract(TABLE)
    source = context.workspace.source(contract.source)
    folder = context.workspace.settings.landing / contract.source / contract.asset
    folder.mkdir(parents=True)
    for name in ("sent.csv", "sent_again.csv"):
        (folder / name).write_text(CONTENT)
    part = Part("token", file_sha256(folder / "sent.csv"), len(CONTENT))
    refusals.note(
        context.lake, batch_id="b1", source_table=TABLE, stage=INGEST, parts=[part], reason="too many fail", at=AS_OF
    )
    refusal = refusals.latest(context.lake)["b1"]
    refusals.settle(context.lake, refusal, Action.DROP, who="Ruth", why="it comes again", at=AS_OF)
    assert new_files.pull(context, source, contract, []) is None
    (line,) = [text for record in caplog.records if "dropped" in (text := record.getMessage())]
    assert line.startswith(f"ingest {TABLE}: 2 files are what was dropped as b1, byte for byte, and never read again: ")
    assert "sent_again.csv" in line
