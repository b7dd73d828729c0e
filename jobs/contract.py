"""`fieldstone contract`: changes of contracts that the stored rows don't follow yet.

fieldstone contract diff farm__planting
fieldstone contract migrate farm__planting --who 'Wu Jun' --why 'the partner renamed a column'
"""

from argparse import ArgumentParser

from conf.schema.counts import counted
from jobs.command import arguments
from jobs.command.parser import Actions
from pipeline.context import Context
from pipeline.results.data_engineers import ContractsDiffer

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    about = f"{arguments.TABLE}; default: all contracts"
    differing = actions.add("diff", diff, "list the changes of contracts that stored rows don't follow yet")
    migrating = actions.add(
        "migrate", "pipeline.resolution.migration:migrate", "rename and widen columns of stored rows"
    )
    for action in (differing, migrating):
        action.add_argument("table", nargs="?", metavar="CONTRACT", help=about)
    arguments.decided(migrating)


def diff(context: Context, table: str | None, as_json: bool = False) -> ContractsDiffer:
    """Print how contracts differ from the stored tables."""
    from pipeline.resolution import migration

    result = migration.differences(context, table)
    if not as_json:
        for line in result.differences:
            print(line)
        print(f"contract: {counted(len(result.differences), 'difference')}")
    return result
