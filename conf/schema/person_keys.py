"""Private keys of people: Ed25519, each encrypted with a passphrase in a file that only its owner can read."""

import getpass
import os
import sys
from base64 import b64encode
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from conf.schema.errors import SetupError
from conf.schema.people import Office, Person, key_id
from conf.schema.settings import Settings

PASSPHRASE = "FIELDSTONE_PASSPHRASE"
SHORTEST = 12  # characters of a passphrase
_FOLDER = Path("~/.config/fieldstone/keys")
_OTHERS = 0o077


def folder(settings: Settings) -> Path:
    """The folder for a new key."""
    place = settings.person_key
    return place.parent if place and place.is_file() else place or _FOLDER.expanduser()


def made(place: Path, passphrase: str | None) -> str:
    """Make a key pair; returns the public key in Base64.

    Args:
        place: folder for the private key's file, which is named after the id of the key.
        passphrase: passphrase for its encryption; None doesn't encrypt it, as in the sandbox.

    Raises:
        SetupError: the passphrase is too short.
    """
    if passphrase is not None and len(passphrase) < SHORTEST:
        raise SetupError(f"a passphrase needs at least {SHORTEST} characters; give a longer one")
    key = Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    public = key.public_key().public_bytes_raw()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place / f"{key_id(public)}.pem"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return b64encode(public).decode()


def find(settings: Settings, person: Person) -> Ed25519PrivateKey | None:
    """The private key of a person, None if it isn't here; the passphrase comes from the environment or a prompt.

    Raises:
        SetupError: the key can't be opened, others can read its file, or it isn't encrypted although it belongs neither
            to a service nor to the sandbox.
    """
    if not person.key:
        return None
    places = (settings.person_key,) if settings.person_key else (_FOLDER.expanduser(), settings.sandbox_people)
    for place in places:
        path = place / f"{person.key_id}.pem" if place.is_dir() else place
        if not path.is_file():
            continue
        is_open = place == settings.sandbox_people or settings.is_sandbox or Office.SERVICE in person.roles
        key, is_encrypted = _opened(path)
        if b64encode(key.public_key().public_bytes_raw()).decode() != person.key:
            continue
        if not (is_encrypted or is_open):
            raise SetupError(
                f"the key of {person.id} in {path} has no passphrase, which only a service's key may lack; enrol again "
                "(fieldstone people enrol)"
            )
        return key
    return None


@cache
def _opened(path: Path) -> tuple[Ed25519PrivateKey, bool]:
    """A key, and whether it was encrypted; the passphrase is asked for only once in a process."""
    if path.stat().st_mode & _OTHERS:
        raise SetupError(f"others on this machine can read {path}; run chmod 600 {path} and enrol again")
    content = path.read_bytes()
    is_encrypted = b"ENCRYPTED" in content
    try:
        key = load_pem_private_key(content, passphrase(str(path)).encode() if is_encrypted else None)
    except (ValueError, TypeError) as error:
        raise SetupError(
            f"the key in {path} can't be opened: the passphrase is wrong or the file is damaged; try again, or enrol "
            "again (fieldstone people enrol)"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SetupError(f"{path} holds no Ed25519 key; enrol anew (fieldstone people enrol)")
    return key, is_encrypted


def passphrase(whose: str) -> str:
    """The passphrase of a present or new key, from the environment or from a prompt.

    Raises:
        SetupError: it isn't in the environment, and there is no terminal for a prompt.
    """
    if typed := os.environ.get(PASSPHRASE):
        return typed
    if not sys.stdin.isatty():
        raise SetupError(f"the key of {whose} needs a passphrase; give it by {PASSPHRASE}, or at a terminal")
    return getpass.getpass(f"passphrase of {whose}: ")
