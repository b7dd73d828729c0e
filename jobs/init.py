"""`fieldstone init`: draft a workspace from a CSV file; guesses in it are marked as such.

fieldstone init herd --from herd.csv --label status --bad default
"""

from argparse import ArgumentParser
from pathlib import Path

from jobs.command import printing
from jobs.command.parser import NeedsState, runs
from pipeline.context import Context
from pipeline.results.everybody import WorkspaceDrafted

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=NeedsState.ANY, in_workspace=False)
    verb.add_argument("folder", metavar="FOLDER", type=Path, help="folder for the new workspace, such as herd")
    about = "CSV file with a header, such as loans.csv"
    verb.add_argument("--from", dest="file", metavar="FILE", type=Path, required=True, help=about)
    became = verb.add_mutually_exclusive_group()
    became.add_argument("--label", metavar="COLUMN", help="column of the outcome, such as status (default: guessed)")
    became.add_argument("--no-outcome", action="store_true", help="the file has no outcome, so draft no model")
    about = "bad values of the outcome, such as default or late,lost (default: guessed)"
    verb.add_argument("--bad", metavar="VALUES", help=about)
    about = "column that identifies a row, such as loan_no (default: guessed, or made from the row)"
    verb.add_argument("--key", metavar="COLUMN", help=about)
    about = "column of a row's day or moment, such as approved_on (default: guessed, or none)"
    verb.add_argument("--time", metavar="COLUMN", help=about)
    about = "column with the ID number of a row's person, such as id_no"
    verb.add_argument("--subject", metavar="COLUMN", help=about)


def run(
    context: Context,
    folder: Path,
    file: Path,
    label: str | None,
    bad: str | None,
    key: str | None,
    time: str | None,
    subject: str | None,
    no_outcome: bool,
    as_json: bool,
) -> WorkspaceDrafted:
    """Write the declarations, and print what was guessed and the next commands."""
    from pipeline.drafting import draft
    from pipeline.drafting.plan import DraftOptions

    result = draft.write(folder, file, DraftOptions(label, bad, key, time, subject, no_outcome))
    if not as_json:
        printing.print_draft(result, file)
    return result
