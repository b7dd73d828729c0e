"""`fieldstone docs`: write the data dictionary, the feature catalogue and the start page of the reports.

fieldstone docs
"""

import logging
from argparse import ArgumentParser

from jobs.command.parser import runs
from pipeline.context import Context
from pipeline.results.everybody import Pages

LOG = logging.getLogger(__name__)

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Declare no arguments of its own."""
    runs(verb, run)


def run(context: Context) -> Pages:
    """Write the pages made from the declarations, and the start page."""
    from conf.schema import gold
    from expectations.dictionary import render as data_dictionary
    from features.engine.catalogue import render as feature_catalogue
    from pipeline import reports
    from pipeline.features import declarations
    from pipeline.overview import start_page

    workspace, stated = context.workspace, context.workspace.settings
    languages = stated.languages
    dictionary = data_dictionary(workspace.contracts, gold.TABLES.values(), languages, currency=stated.currency)
    reports.write(workspace, "dictionary.html", dictionary)
    reports.write(workspace, "features.html", feature_catalogue(declarations.feature_set(workspace), languages))
    index = start_page.write(context)
    LOG.info(f"docs: {index}")
    return Pages(str(index))
