"""What can be said to the `fieldstone` command."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from conf.schema.contract import Purpose
from conf.schema.errors import FAILED, REFUSED
from conf.schema.reasons import Reason
from jobs import governance_arguments, people_arguments
from jobs.argument_kinds import moment, person, words
from lake.tables import EVERYTHING
from pipeline.quarantine.waiting_rows import Selection
from pipeline.trail.query import Wanted

_ROLE = "a role that conf/roles.yaml gives to who runs this (default: the first)"


def parser() -> argparse.ArgumentParser:
    """All verbs; each says which function `runs` it and which arguments that `takes`."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--workspace", type=Path, help="folder with its own conf/ (default: the project's)")
    about = (
        "moment to look back to, ISO 8601, without a zone in the workspace's (default: now); "
        "for build-features, train and consent show and check"
    )
    common.add_argument("--as-of", type=moment, help=about)
    common.add_argument("--engine", choices=["sail", "spark", "connect"], help="overrides the settings")
    command = argparse.ArgumentParser(
        prog="fieldstone",
        description="Rural credit data and joint modelling.",
        epilog=f"Ends with 0 if all went well; {REFUSED} if batches or files were refused and set aside, so that "
        f"running it again changes nothing (fieldstone batches list); {FAILED} after any other error.",
    )
    verbs = command.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, runs: str, about: str, *takes: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, parents=[common], help=about, description=about)
        added.set_defaults(runs=runs, takes=takes)
        return added

    common.set_defaults(looks_back=False)

    generate = verb("generate", "jobs.generate:run", "make the sandbox county", "households", "months", "seed", "dirt")
    generate.add_argument("--households", type=int, default=3000)
    generate.add_argument("--months", type=int, default=36)
    generate.add_argument("--seed", type=int, default=7)
    generate.add_argument("--dirt", type=float, default=0.01, help="share of bad rows")
    for name, about in (("ingest", "pull what is new of a source to bronze"), ("refine", "validate bronze to silver")):
        verb(
            name, "pipeline.ingest.run:run" if name == "ingest" else "pipeline.refine:run", about, "source_name"
        ).add_argument("source_name", metavar="SOURCE")
    about = "build feature rows and labels in gold"
    verb("build-features", "pipeline.features.build:run", about).set_defaults(looks_back=True)
    train = verb("train", "jobs.train:run", "train, explain and register a model", "model_name")
    train.set_defaults(looks_back=True)
    train.add_argument("model_name", metavar="MODEL")
    governance_arguments.judged(verb)
    actions = _actions(verbs, "decisions", "the kill switch: stop all decisions at once, and let them go on")
    governance_arguments.kill_switch(actions, common)
    verb("decide", "pipeline.decisions.decide:run", "score pending applications with the champions")
    _replay(verb)
    shown = _actions(verbs, "consent", "what may be used of a subject, for what, and why not")
    for name, about in (("show", "every scope and purpose"), ("check", "one scope and purpose; fails if it may not")):
        action = shown.add_parser(name, parents=[common], help=about, description=about)
        action.add_argument(
            "--subject", required=True, help="subject key, or - to read an ID number from standard input"
        )
        action.set_defaults(
            runs=f"jobs.consent:{name}",
            takes=("subject", *(("scope", "purpose") if name == "check" else ())),
            looks_back=True,
        )
    action.add_argument("--scope", required=True)
    action.add_argument("--purpose", required=True, choices=[str(purpose) for purpose in Purpose])
    about = "part of each model version's training whose consent has ended"
    shown.add_parser("withdrawn", parents=[common], help=about, description=about).set_defaults(
        runs="jobs.withdrawn:run", takes=()
    )
    about = "the credit policy, by which nothing is decided until it is approved as it is"
    governance_arguments.policy(_actions(verbs, "policy", about), common)
    _audit(verbs, common)
    _contract(verbs, common)
    _quarantine(verbs, common)
    _batches(verbs, common)
    erase = verb("erase", "jobs.erase:run", "erase a subject, or what may not be kept any longer", "subject", "due")
    whose = erase.add_mutually_exclusive_group(required=True)
    whose.add_argument("--subject", help="subject key, or - to read an ID number from standard input")
    whose.add_argument("--due", action="store_true", help="whose consent has ended, and whose retention is over")
    _carried_out(erase)
    takes = ("source", "export", "identifiers", "approver", "why")
    _exit(verb("exit", "jobs.exit:run", "end a partner or the service", *takes))
    _partner(verbs, common)
    _vault(verbs, common)
    _subject(verbs, common)
    _state(verbs, common)
    people_arguments.add(_actions(verbs, "people", "who may act, by which keys"), common)
    _copies(verb)
    verb("docs", "jobs.docs:run", "write the data dictionary and the feature catalogue")
    summary = verb("summary", "jobs.summary:run", "what is in the lake and the registry", "as_json")
    summary.add_argument("--json", dest="as_json", action="store_true")
    verb("run", "jobs.run_all:run", "all of it without Airflow")
    return command


def _replay(verb: Callable[..., argparse.ArgumentParser]) -> None:
    about = "decide once more from what was kept, and compare; fails if something comes out in another way"
    which = verb("replay", "jobs.replay:run", about, "application", "is_all").add_mutually_exclusive_group(
        required=True
    )
    which.add_argument("application", nargs="?", metavar="APPLICATION", help="whose decision")
    which.add_argument("--all", dest="is_all", action="store_true", help="every decision of which inputs are kept")


def _actions(verbs: Any, name: str, about: str) -> Any:
    """A verb that is said with an action."""
    grouped = verbs.add_parser(name, help=about, description=about)
    return grouped.add_subparsers(dest="action", required=True, metavar="ACTION")


def _audit(verbs: Any, common: argparse.ArgumentParser) -> None:
    actions = _actions(verbs, "audit", "who did what, and whether the trail is whole")
    named = {
        "show": ("print the trail, or what is asked for of it", ("chosen", "as_json")),
        "verify": ("check every link, head and anchor; fails if something is broken", ()),
        "accept": ("let what is left of the trail count where its end or its anchor is lost", ("who", "why")),
    }
    for name, (about, takes) in named.items():
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(runs=f"jobs.audit:{name}", takes=takes)
    _decided(actions.choices["accept"])
    show = actions.choices["show"]
    show.set_defaults(chosen=Wanted())
    show.add_argument("--action", action=_Choose, help="such as approve, erase or 'hand over'")
    show.add_argument("--who", action=_Choose, metavar="NAME", help="who did it, or as whom the system knows them")
    about = "first moment, ISO 8601, without a zone in the workspace's"
    show.add_argument("--since", action=_Choose, type=moment, metavar="MOMENT", help=about)
    show.add_argument("--until", action=_Choose, type=moment, metavar="MOMENT", help="moment before which it was")
    about = "what it is about: a model, MODEL:VERSION, source, table, batch, reference, or subject key"
    show.add_argument("--about", action=_Choose, metavar="TEXT", help=about)
    show.add_argument("--json", dest="as_json", action="store_true", help="a line of JSON for each entry")


def _partner(verbs: Any, common: argparse.ArgumentParser) -> None:
    actions = _actions(verbs, "partner", "inspect a partner, stop pulling from it, and begin again")
    for name, about in (("suspend", "pull nothing more from a source"), ("resume", "pull from it again")):
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(runs=f"pipeline.sources.suspension:{name}", takes=("source_name", "approvers", "why"))
        action.add_argument("source_name", metavar="SOURCE")
        governance_arguments.two_approvers(action)
    about = "write the report of a partner, or of all, and raise alerts"
    action = actions.add_parser("inspect", parents=[common], help=about, description=about)
    action.set_defaults(runs="jobs.inspection:run", takes=("source_name",))
    action.add_argument("source_name", nargs="?", metavar="SOURCE")


def _vault(verbs: Any, common: argparse.ArgumentParser) -> None:
    actions = _actions(verbs, "vault", "the keys that everything is sealed under")
    about = "wrap all keys under the new master key (FIELDSTONE_NEW_MASTER_KEY, or new_master_from of the settings)"
    action = actions.add_parser("rotate", parents=[common], help=about, description=about)
    action.set_defaults(runs="jobs.vault:rotate", takes=())


def _subject(verbs: Any, common: argparse.ArgumentParser) -> None:
    actions = _actions(verbs, "subject", "who a person is, as far as one's role may see it")
    about = "print identities, masked or plain by role; always in the audit trail"
    action = actions.add_parser("show", parents=[common], help=about, description=about)
    action.set_defaults(runs="jobs.identities:show", takes=("subject", "purpose", "why", "role"))
    action.add_argument("--subject", required=True, help="subject key, or - to read an ID number from standard input")
    action.add_argument("--purpose", required=True, choices=[str(purpose) for purpose in Purpose])
    action.add_argument("--why", type=words, required=True)
    action.add_argument("--role", help=_ROLE)


def _state(verbs: Any, common: argparse.ArgumentParser) -> None:
    actions = _actions(verbs, "state", "whether what lies in the state folder belongs together")
    about = "what isn't as the last job left it, and what is to be redone after a restore; fails if something is lost"
    actions.add_parser("show", parents=[common], help=about, description=about).set_defaults(
        runs="jobs.state:show", takes=()
    )
    about = "let it count as it is, and a restored one be used"
    action = actions.add_parser("accept", parents=[common], help=about, description=about)
    action.set_defaults(runs="jobs.state:accept", takes=("who", "why"))
    _decided(action)


def _copies(verb: Callable[..., argparse.ArgumentParser]) -> None:
    saved = verb("backup", "jobs.backup:run", "copy the state, with a hash of each file", "folder", "keys", "operator")
    saved.add_argument("folder", metavar="FOLDER", type=Path, help="a new or empty folder")
    saved.add_argument("--keys", action="store_true", help="copy the keys too; whoever has the copy can read it then")
    saved.add_argument("--operator", type=person, metavar="NAME", required=True, help="who answers for it")
    restored = verb("restore", "jobs.restore:run", "let a backup be the state of an empty state folder", "folder")
    restored.add_argument("folder", metavar="FOLDER", type=Path, help="what backup has written")


def _exit(action: argparse.ArgumentParser) -> None:
    who = action.add_mutually_exclusive_group(required=True)
    who.add_argument("--source", help="the partner that leaves")
    who.add_argument("--all", dest="source", action="store_const", const=EVERYTHING, help="the whole service ends")
    about = "hand over what was received and may be, with pseudonyms, in a new or empty folder"
    action.add_argument("--export", metavar="FOLDER", help=about)
    action.add_argument("--identifiers", action="store_true", help="hand over identifiers in the clear as well")
    action.add_argument("--approver", type=person, metavar="NAME", help="who lets it be handed over; not the operator")
    action.add_argument("--why", type=words)
    _carried_out(action)


def _decided(action: argparse.ArgumentParser) -> None:
    """Arguments of what a person decides."""
    action.add_argument("--who", type=person, required=True, help="who decides it")
    action.add_argument("--why", type=words, required=True)


def _carried_out(action: argparse.ArgumentParser) -> None:
    """Arguments of what can't be undone: it is only shown unless somebody says who carries it out."""
    action.set_defaults(takes=(*action.get_default("takes"), "execute", "operator"), execute=False)
    how = action.add_mutually_exclusive_group()
    how.add_argument("--dry-run", dest="execute", action="store_false", help="only say what would be done (default)")
    how.add_argument("--execute", action="store_true", help="carry it out, or go on with it")
    action.add_argument("--operator", type=person, metavar="NAME", help="who carries it out")


class _Choose(argparse.Action):
    """Gathers what chooses rows of quarantine, or entries of the trail, in one `Selection` or `Wanted`."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        namespace.chosen = replace(namespace.chosen, **{self.dest: values})


def _quarantine(verbs: Any, common: argparse.ArgumentParser) -> None:
    actions = _actions(verbs, "quarantine", "rows that failed: look at them, replay them or drop them")
    named = {
        "list": ("list_rows", "how many wait, by contract, batch and reason", ()),
        "show": ("show", "print rows, masked or plain by role", ("role", "why")),
        "release": ("release", "replay rows; what still fails stays", ("who", "why", "waive", "corrections")),
        "drop": ("drop", "delete rows for good", ("who", "why")),
    }
    for name, (function, about, takes) in named.items():
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        room = "release" if name == "release" else "quarantine"
        action.set_defaults(runs=f"jobs.{room}:{function}", takes=("table", "chosen", *takes), chosen=Selection())
        action.add_argument("--table", required=name != "list", metavar="CONTRACT", help="as SOURCE__ASSET")
        action.add_argument("--reason", action=_Choose, choices=[str(reason) for reason in Reason])
        action.add_argument("--batch", action=_Choose)
        action.add_argument("--row", action=_Choose, help="beginning of a row's id, as show prints it")
        if "who" in takes:
            _decided(action)
    actions.choices["show"].add_argument("--role", help=_ROLE)
    actions.choices["show"].add_argument("--why", type=words, help="needed by a role that sees personal data plain")
    release = actions.choices["release"]
    release.add_argument("--waive", action="append", default=[], metavar="CHECK", help="a check they may fail")
    release.add_argument("--corrections", metavar="FILE", help="JSON of column and value; - for standard input")


def _batches(verbs: Any, common: argparse.ArgumentParser) -> None:
    actions = _actions(verbs, "batches", "batches and files that were refused: look at them and decide about them")
    about = "those that stand refused, with the reason"
    listed = actions.add_parser("list", parents=[common], help=about, description=about)
    listed.add_argument("--all", dest="is_all", action="store_true", help="what was decided of others too")
    listed.set_defaults(runs="jobs.batches:list_batches", takes=("is_all",))
    named = {
        "retry": "look at one again, once, e.g. by a changed contract",
        "accept": "refine one however many rows fail: those go to quarantine",
        "drop": "delete one for good; its files stay known",
    }
    for name, about in named.items():
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(runs=f"jobs.batches:{name}", takes=("batch", "who", "why"))
        action.add_argument("batch", metavar="BATCH", help="id, as list prints it")
        _decided(action)


def _contract(verbs: Any, common: argparse.ArgumentParser) -> None:
    actions = _actions(verbs, "contract", "contracts that have changed under the rows that are held by them")
    named = {"diff": "what contracts say that the lake doesn't hold yet", "migrate": "rename and widen what is held"}
    for name, about in named.items():
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        takes = ("table", "who", "why") if name == "migrate" else ("table",)
        action.set_defaults(runs=f"jobs.migration:{name}", takes=takes)
        action.add_argument("table", nargs="?", metavar="CONTRACT", help="as SOURCE__ASSET; all unless given")
    _decided(action)
