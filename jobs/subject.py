"""`fieldstone subject`: the identity of a person, as far as your role may see it.

fieldstone subject show --subject - --purpose credit_assessment --why 'the customer asks'
"""

from argparse import ArgumentParser

from conf.schema.contract import Purpose
from conf.schema.counts import counted
from jobs.command import arguments
from jobs.command.parser import Actions
from jobs.command.whose import key_of
from pipeline.context import Context
from pipeline.results.governance import SubjectShown

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    about = "print identities, masked or plain as your role may see them; always recorded in the audit trail"
    action = Actions(verb).add("show", show, about)
    arguments.subject(action)
    arguments.purpose(action)
    arguments.why(action)
    action.add_argument("--role", help=arguments.ROLE)


def show(
    context: Context, subject: str, purpose: str, why: str, role: str | None, as_json: bool = False
) -> SubjectShown:
    """Print the data in the vault on a person that may be used for a purpose."""
    from pipeline.consent import identities

    wanted = Purpose(purpose)
    lines = identities.shown(context, key_of(context, subject), wanted, why, role)
    if not as_json:
        for line in lines:
            print(line)
        print(f"subject show: {counted(len(lines), 'record')} of the vault may be used for {wanted}")
    return SubjectShown(wanted, tuple(lines))
