"""`fieldstone audit show|verify`: who did what, and whether the trail is whole."""

from conf.errors import FieldstoneError
from jobs.context import Context


def show(context: Context) -> None:
    """Print the trail, oldest first."""
    for entry in context.trail.entries():
        print(f"{entry.number:>5}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor}  {entry.action}  {entry.details}")


def verify(context: Context) -> None:
    """Check every link of the trail.

    Raises:
        FieldstoneError: entries were changed, or are missing.
    """
    if findings := context.trail.verify():
        raise FieldstoneError(f"the audit trail is broken: {'; '.join(findings)}; restore the lake from a backup")
    print(f"audit: {len(context.trail.entries()):,} entries, each linked to the one before")
