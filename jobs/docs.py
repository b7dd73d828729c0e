"""`fieldstone docs`: write the data dictionary, the feature catalogue and the start page of the reports."""

from argparse import ArgumentParser

from conf.schema import gold
from expectations.dictionary import render as data_dictionary
from features.engine.catalogue import render as feature_catalogue
from jobs.command.parser import runs
from pipeline import reports
from pipeline.context import Context
from pipeline.features import declarations
from pipeline.overview import start_page

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """It takes none of its own."""
    runs(verb, run)


def run(context: Context) -> None:
    """Write the pages that follow from the declarations, and the page that leads to all."""
    workspace = context.workspace
    reports.write(workspace, "dictionary.html", data_dictionary(workspace.contracts, gold.TABLES.values()))
    reports.write(workspace, "features.html", feature_catalogue(declarations.feature_set(workspace)))
    print(f"docs: {start_page.write(context)}")
