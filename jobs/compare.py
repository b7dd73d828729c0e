"""`fieldstone compare`: how a version differs from the one in force, for whoever is to approve it."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict

from jobs.command import arguments
from jobs.command.parser import runs
from pipeline.context import Context
from pipeline.releases import comparison

FOR = "governance"
_RED = "\x1b[1;31mWEAKER\x1b[0m"  # at a terminal, whatever fonts it has


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)
    arguments.version(verb)
    verb.add_argument("--json", dest="as_json", action="store_true", help="as one line, for the question in Airflow")


def run(context: Context, model_name: str, number: str, as_json: bool) -> None:
    """Print it as Markdown, or as a line of JSON with the fields of a `Comparison`."""
    compared = comparison.compare(context, model_name, number)
    if as_json:
        print(json.dumps(asdict(compared)))
    else:
        print(compared.text.replace(comparison.WEAKER, _RED) if sys.stdout.isatty() else compared.text)
