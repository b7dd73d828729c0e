"""A bank's people for tests: everybody with a key of their own, which lies in one folder."""

from dataclasses import replace
from pathlib import Path

import yaml

from conf.schema import people, person_keys
from pipeline.context import Context
from pipeline.people import register

PASSPHRASE = "a passphrase for tests"
OFFICES = {
    "li": "auditor",
    "wang.fang": "reviewer",
    "ruth": "reviewer",
    "zhao": "engineer",
    "tara": "modeler",
    "pia": "privacy_officer",
    "amin": "account_manager",
    "airflow": "service",
}
LOGINS = {"wang.fang": ["wfang"]}


def stated(folder: Path) -> dict[str, dict]:
    """What the file of people says: keys are made in a folder."""
    return {
        name: {"roles": [office], "from": "2026-01-01", "logins": LOGINS.get(name, [])}
        | {"key": person_keys.made(folder, None if office == "service" else PASSPHRASE)}
        for name, office in OFFICES.items()
    }


def with_people(context: Context, listed: dict[str, dict], **settings) -> Context:
    """The same run with other people in the file, and other settings."""
    own = context.workspace.settings
    file = own.people or own.home.with_name("people.yaml")
    file.write_text(yaml.safe_dump({"people": listed}, allow_unicode=True), encoding="utf-8")
    changed = {"sandbox": False, "sandbox_approval": False, "people": file} | settings
    workspace = replace(context.workspace, people=people.read(file), settings=own.model_copy(update=changed))
    return replace(context, workspace=workspace)


def released(context: Context, listed: dict[str, dict], keys: Path, who: str = "li") -> Context:
    """A run of a bank whose people are released; their keys are all in one folder."""
    made = with_people(context, listed, person_key=keys)
    register.release(made, who, "the first people")
    return made
