"""`fieldstone audit show|verify|accept`: who did what, and whether the trail is whole."""

import json

from conf.clock import local
from jobs.context import Context
from lake.audit import ACCEPT, told


def show(context: Context) -> None:
    """Print the trail, oldest first, by the clocks of the bank's zone."""
    for entry in context.trail.entries():
        at = f"{local(entry.at, context.zone):%Y-%m-%d %H:%M:%S%z}"
        print(f"{entry.number:>5}  {at}  {entry.actor}  {entry.action}  {entry.details}")


def verify(context: Context) -> None:
    """Check every link of the trail, its head and its anchor.

    Raises:
        FieldstoneError: entries were changed, or are missing.
    """
    context.trail.require_whole()
    entries = context.trail.entries()
    for entry in entries:
        if lost := json.loads(entry.details).get("gone"):
            first, last = (pick(mark["number"] for mark in lost) for pick in (min, max))
            print(f"audit: what had been entries {first:,} to {last:,} is lost, as entry {entry.number:,} says")
    print(f"audit: {len(entries):,} entries, each linked to the one before, up to what head and anchor tell")


def accept(context: Context, who: str, why: str) -> None:
    """Let what is left of the trail count, where its end, its head or its anchor is lost; that stays in the trail.

    Raises:
        FieldstoneError: nothing is lost, or entries were changed, which only a backup mends.
    """
    entry = context.trail.accept(who, ACCEPT, why=why)
    print(f"audit: accepted by {who} in entry {entry.number:,}: {told(json.loads(entry.details)['found'])}")
