"""People of the sandbox: invented, and made at the first run, with keys beside the state."""

from datetime import UTC, datetime
from pathlib import Path

import yaml

from conf.schema import people, person_keys
from conf.schema.errors import SetupError
from conf.schema.people import FILE, Office
from conf.schema.settings import Settings
from conf.schema.workspace import Workspace
from sandbox.stack import commands

SERVICE = "airflow"
REVIEWER = "sandbox-reviewer"
_AUDITOR = "sandbox-auditor"
_STAFF: dict[str, tuple[Office, list[str]]] = {
    SERVICE: (Office.SERVICE, []),
    REVIEWER: (Office.REVIEWER, []),
    _AUDITOR: (Office.AUDITOR, []),
    "sandbox-modeler": (Office.MODELER, []),
    "sandbox-engineer": (Office.ENGINEER, ["admin"]),  # starts the chain in Airflow
    "sandbox-privacy-officer": (Office.PRIVACY_OFFICER, []),
    "sandbox-account-manager": (Office.ACCOUNT_MANAGER, []),
}


def environ(settings: Settings) -> dict[str, str]:
    """Environment of Airflow's jobs: the file of the people, and the service, as which they run with its key alone."""
    file = _made(settings.sandbox_people)
    service = people.read(file).find(SERVICE)
    if service is None:
        raise SetupError(f"{file} has no {SERVICE}; remove it, and the sandbox makes it anew")
    key = settings.sandbox_people / f"{service.key_id}.pem"
    return {
        "FIELDSTONE_SANDBOX": "1",
        "FIELDSTONE_PEOPLE": str(file),
        "FIELDSTONE_PERSON_KEY": str(key),
        "FIELDSTONE_OPERATOR": SERVICE,
    }


def release(place: Workspace) -> None:
    """Release the sandbox's people to its state, once.

    Raises:
        FieldstoneError: the command failed; it has printed why.
    """
    file, done = _made(place.settings.sandbox_people), place.settings.home / "airflow" / "people_released.yaml"
    if done.exists() and done.read_bytes() == file.read_bytes():
        return
    reasons = ("--who", _AUDITOR, "--why", "the sandbox's own people, who are nobody")
    commands.fieldstone(
        place, "people", "release", *reasons, **{"FIELDSTONE_SANDBOX": "1", "FIELDSTONE_PEOPLE": str(file)}
    )
    done.parent.mkdir(parents=True, exist_ok=True)
    done.write_bytes(file.read_bytes())


def _made(folder: Path) -> Path:
    """The file of the people, with a key for each in the same folder; it is made if it is missing."""
    file = folder / FILE
    if not file.exists():
        since = datetime.now(UTC).date().isoformat()
        listed = {
            name: {"roles": [str(office)], "logins": logins, "key": person_keys.made(folder, None), "from": since}
            for name, (office, logins) in _STAFF.items()
        }
        file.write_text(yaml.safe_dump({"people": listed}, sort_keys=False), encoding="utf-8")
    return file
