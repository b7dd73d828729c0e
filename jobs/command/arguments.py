"""Arguments that several verbs share, so that they have the same names and help texts."""

from argparse import ArgumentParser

from conf.schema.contract import Purpose
from conf.schema.quarantine_reasons import ReasonCode
from jobs.command.kinds import Choose, person, words
from pipeline.quarantine.row_choice import Selection

ROLE = "one of your roles in conf/roles.yaml, such as auditor (default: the first)"
SUBJECT = "subject key, 64 hex digits such as 8c1f…, or - to read an ID number from standard input"
APPLICATION = "number of the application that was decided, such as A0000000001 (fieldstone decisions list)"
BATCH = "id of a batch, 16 hex digits such as 3f9a…, as list prints it"
TABLE = "a contract as SOURCE__ASSET, such as bank__branch"
_NAME = "such as 'Li Wei'"
_WHY = "the reason in words, stored for good, such as 'the partner sent them again'"


def version(parser: ArgumentParser) -> None:
    """Arguments for a version of a model."""
    parser.add_argument("model_name", metavar="MODEL", help="such as admission")
    parser.add_argument("number", metavar="VERSION", help="its number, such as 3 (fieldstone models)")


def why(parser: ArgumentParser, about: str = _WHY, required: bool = True) -> None:
    """Argument for the reason, which is stored."""
    parser.add_argument("--why", type=words, required=required, help=about)


def decided(parser: ArgumentParser, about: str = "who decides it") -> None:
    """Arguments for a decision by a person."""
    parser.add_argument("--who", type=person, required=True, help=f"{about}, {_NAME}")
    why(parser)


def approved(parser: ArgumentParser, about: str) -> None:
    """Arguments for an approval by a person."""
    parser.add_argument("--approver", type=person, required=True, metavar="NAME", help=f"{about}, {_NAME}")
    why(parser)


def released(parser: ArgumentParser) -> None:
    """Arguments for a release, which must be what the person has seen."""
    parser.add_argument("--sandbox", action="store_true", help="record it as an approval by the sandbox reviewer")
    about = "the release you looked at, as compare or policy show prints it, e.g. 3f9a…; optional in a sandbox"
    parser.add_argument("--release", metavar="SHA256", help=about)


def approved_by_two(parser: ArgumentParser) -> None:
    """Arguments for an act that needs two people."""
    about = "who decides it, e.g. --approver 'Li Wei' --approver 'Zhao Min'; give two different people"
    parser.add_argument(
        "--approver", type=person, dest="approvers", action="append", required=True, metavar="NAME", help=about
    )
    why(parser)


def carried_out(parser: ArgumentParser) -> None:
    """Arguments for an act that can't be undone: without the person who carries it out it is only planned."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--dry-run", dest="execute", action="store_false", help="only print what would be done (default)")
    how.add_argument("--execute", action="store_true", help="carry it out, or continue it")
    parser.set_defaults(execute=False)
    parser.add_argument("--operator", type=person, metavar="NAME", help=f"who carries it out, {_NAME}")


def subject(parser: ArgumentParser) -> None:
    """Argument for the subject."""
    parser.add_argument("--subject", required=True, help=SUBJECT)


def purpose(parser: ArgumentParser) -> None:
    """Argument for the purpose of use."""
    choices = [str(each) for each in Purpose]
    parser.add_argument("--purpose", required=True, choices=choices, help="purpose of use, such as credit_assessment")


def source(parser: ArgumentParser, about: str = "such as farm (fieldstone sources)", nargs: str | None = None) -> None:
    """Argument for a partner's source."""
    parser.add_argument("source_name", metavar="SOURCE", nargs=nargs, help=about)


def chosen_rows(parser: ArgumentParser, required: bool = True) -> ArgumentParser:
    """Which rows of quarantine; returns the same parser."""
    parser.set_defaults(chosen=Selection())
    parser.add_argument("--table", required=required, metavar="CONTRACT", help=TABLE)
    reasons, about = [str(reason) for reason in ReasonCode], "such as OUT_OF_RANGE; docs/runbook.md has all"
    parser.add_argument("--reason", action=Choose, choices=reasons, metavar="REASON", help=about)
    parser.add_argument("--batch", action=Choose, help=BATCH)
    parser.add_argument("--row", action=Choose, help="beginning of a row's id, such as 3f9a1c, as show prints it")
    return parser
