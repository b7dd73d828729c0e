"""`fieldstone batches`: look at refused batches and files, and decide what happens to them.

fieldstone batches list --all
fieldstone batches retry 3f9a5c017d2e4b68 --who 'Wu Jun' --why 'the partner mended the file'
fieldstone batches accept 3f9a5c017d2e4b68 --who 'Wu Jun' --why 'the harvest was twice as large'
fieldstone batches drop 3f9a5c017d2e4b68 --who 'Wu Jun' --why 'the partner sent a test file'
"""

from argparse import ArgumentParser

from conf.schema.counts import counted
from jobs.command import arguments
from jobs.command.parser import Actions
from pipeline.context import Context
from pipeline.results.data_engineers import BatchList

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    listing = actions.add("list", list_batches, "batches and files that are refused now, with the reason")
    listing.add_argument(
        "--all", dest="is_all", action="store_true", help="also those already decided, with the decision"
    )
    for name, decide, about in (
        ("retry", "pipeline.resolution.set_aside:retry", "look at one again, once, e.g. by a changed contract"),
        ("accept", "pipeline.resolution.set_aside:accept", "refine one however many rows fail: those go to quarantine"),
        ("drop", "pipeline.resolution.set_aside:drop", "delete one for good: the same bytes are never read again"),
    ):
        action = actions.add(name, decide, about)
        action.add_argument("batch", metavar="BATCH", help=arguments.BATCH)
        arguments.decided(action)


def list_batches(context: Context, is_all: bool, as_json: bool = False) -> BatchList:
    """Print the refused batches and files; with `is_all`, also those that are decided, and the decision."""
    from lake import refusals
    from lake.batch import INGEST, REFINE
    from pipeline.resolution import refused_batches

    ways = {INGEST: "retry|drop", REFINE: "retry|accept|drop", refusals.STRAY: "drop"}
    result = refused_batches.listed(context, is_all)
    if as_json:
        return result
    for each in result.batches:
        rows = "? rows" if each.rows is None else counted(each.rows, "row")
        who = f" by {each.who}" if each.who else ""
        received = f"received {context.local_time(each.received_at)}"
        print(f"{each.table}  {each.batch_id}  {each.stage}  {received}  {rows}")
        print(f"    {each.action}{who} at {context.local_time(each.at)}: {each.reason}")
        for file in each.files:
            print(f"    {file.path}, {file.bytes:,} bytes")
        if not is_all:
            print(f"    to decide: fieldstone batches {ways[each.stage]} {each.batch_id} --who NAME --why TEXT")
            if each.stage != refusals.STRAY:
                print("    after drop the same bytes are never read again; to mend the contract, mend it and retry")
    print(f"batches: {result.standing:,} stand refused")
    return result
