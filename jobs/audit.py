"""`fieldstone audit show|verify`: who did what, and whether the trail is whole."""

from conf.clock import local
from conf.errors import FieldstoneError
from jobs.context import Context


def show(context: Context) -> None:
    """Print the trail, oldest first, by the clocks of the bank's zone."""
    for entry in context.trail.entries():
        at = f"{local(entry.at, context.zone):%Y-%m-%d %H:%M:%S%z}"
        print(f"{entry.number:>5}  {at}  {entry.actor}  {entry.action}  {entry.details}")


def verify(context: Context) -> None:
    """Check every link of the trail.

    Raises:
        FieldstoneError: entries were changed, or are missing.
    """
    if findings := context.trail.verify():
        raise FieldstoneError(f"the audit trail is broken: {'; '.join(findings)}; restore the lake from a backup")
    print(f"audit: {len(context.trail.entries()):,} entries, each linked to the one before")
