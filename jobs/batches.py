"""`fieldstone batches`: batches and files that were refused: look at them and decide about them."""

from argparse import ArgumentParser
from datetime import datetime

from conf.schema.masks import masked_path
from jobs.command import arguments
from jobs.command.parser import Actions
from lake import names, refusals
from lake.batch import INGEST
from lake.refusals import Refusal
from pipeline.context import Context
from pipeline.resolution import set_aside

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    listing = actions.add("list", list_batches, "those that stand refused, with the reason")
    listing.add_argument("--all", dest="is_all", action="store_true", help="what was decided of others too")
    for name, decide, about in (
        ("retry", set_aside.retry, "look at one again, once, e.g. by a changed contract"),
        ("accept", set_aside.accept, "refine one however many rows fail: those go to quarantine"),
        ("drop", set_aside.drop, "delete one for good; its files stay known"),
    ):
        action = actions.add(name, decide, about)
        action.add_argument("batch", metavar="BATCH", help="id, as list prints it")
        arguments.decided(action)


def list_batches(context: Context, is_all: bool) -> None:
    """Print the batches and files that stand refused, with `is_all` also what was decided of others."""
    found = [*(refusals.history(context.lake) if is_all else refusals.standing(context.lake).values())]
    called = names.revealed(context.vault) if any(each.stage == refusals.STRAY for each in found) else {}
    for each in found:
        rows = "? rows" if each.rows is None else f"{each.rows:,} rows"
        who = f" by {each.who}" if each.who else ""
        received = f"received {context.told(_received(context, each))}"
        print(f"{each.source_table}  {each.batch_id}  {each.stage}  {received}  {rows}")
        print(f"    {each.action}{who} at {context.told(each.at)}: {each.reason}")
        for part in each.parts if each.stage == refusals.STRAY else ():
            print(f"    {masked_path(called.get(part.name, part.name))}, {part.bytes:,} bytes")
    print(f"batches: {len(refusals.standing(context.lake)):,} stand refused")


def _received(context: Context, refusal: Refusal) -> datetime:
    batches = context.lake.batches(refusal.source_table, INGEST)
    return {batch.batch_id: batch.received_at for batch in batches}.get(refusal.batch_id, refusal.at)
