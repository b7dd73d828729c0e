"""`fieldstone contract`: contracts that have changed under the rows that are held by them."""

import logging
from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import Actions
from pipeline.context import Context
from pipeline.resolution import migration

LOG = logging.getLogger(__name__)

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    about = "as SOURCE__ASSET; all unless given"
    differing = actions.add("diff", diff, "what contracts say that the lake doesn't hold yet")
    migrating = actions.add("migrate", migrate, "rename and widen what is held")
    for action in (differing, migrating):
        action.add_argument("table", nargs="?", metavar="CONTRACT", help=about)
    arguments.decided(migrating)


def diff(context: Context, table: str | None) -> None:
    """Print how contracts differ from what is held by them."""
    lines = migration.differences(context, table)
    for line in lines:
        print(line)
    print(f"contract: {len(lines):,} differences")


def migrate(context: Context, table: str | None, who: str, why: str) -> None:
    """Carry out what was planned."""
    migrated = migration.migrate(context, table, who, why)
    LOG.info(f"contract: {', '.join(migrated) or 'nothing'} migrated")
