"""Takes in sources of a workspace, one after the other, in one process."""

from argparse import ArgumentParser
from pathlib import Path

from conf.schema.workspace import load
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--workspace", type=Path)
    arguments = parser.parse_args()
    workspace = load(arguments.workspace)
    context = Context(workspace, workspace.settings.now())
    for source in arguments.sources:
        ingest.run(context, source)
        refine.run(context, source)
