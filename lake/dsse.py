"""Signatures of entries by DSSE: an entry in canonical JSON, bound to its type, signed by Ed25519 keys.

The payload is built from the entry itself, so that it isn't stored twice: action and details, actor, time, number, and
the link of the entry before, which no other trail has.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from conf.schema.hashing import canonical_json
from conf.schema.people import Person
from lake.entries import Entry

PAYLOAD_TYPE = "application/vnd.fieldstone.act+json"


@dataclass(frozen=True)
class Signed:
    """The signatures of an entry, as stored with it.

    Attributes:
        state: identity of the state; blank where none was noted yet.
        people: ids of the people whose act it is.
        signers: for each of them the id of the signing key's owner: the person, or a service on their behalf.
        signatures: `keyid` and `sig` (Base64) of each.
    """

    state: str
    people: tuple[str, ...]
    signers: tuple[str, ...]
    signatures: tuple[dict[str, str], ...] = ()

    def written(self) -> str:
        """The text that is stored."""
        return json.dumps(vars(self), sort_keys=True)


def read(text: str | None) -> Signed | None:
    """The stored signatures; None if the text holds none."""
    try:
        stated = json.loads(text or "")
        people, signers = (tuple(str(each) for each in stated[name]) for name in ("people", "signers"))
        signatures = tuple({name: str(each[name]) for name in ("keyid", "sig")} for each in stated["signatures"])
        is_whole = len(people) == len(signers) == len(signatures) > 0
        return Signed(str(stated["state"]), people, signers, signatures) if is_whole else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def sign(entry: Entry, signed: Signed, keys: Sequence[tuple[str, Ed25519PrivateKey]]) -> Signed:
    """The same with a signature by each of the keys, each paired with its id."""
    message = _authenticated(_payload(entry, signed))
    signatures = tuple({"keyid": key_id, "sig": b64encode(key.sign(message)).decode()} for key_id, key in keys)
    return Signed(signed.state, signed.people, signed.signers, signatures)


def wrong(entry: Entry, signed: Signed, signers: Sequence[Person]) -> str | None:
    """The fault of an entry's signatures, checked against the public keys of its signers; None if there is none."""
    message = _authenticated(_payload(entry, signed))
    for signature, person in zip(signed.signatures, signers, strict=True):
        if not person.key or signature["keyid"] != person.key_id:
            return f"is signed by another key than {person.id}'s"
        try:
            key = Ed25519PublicKey.from_public_bytes(b64decode(person.key))
            key.verify(b64decode(signature["sig"]), message)
        except (InvalidSignature, ValueError):
            return f"has a signature that isn't by the key of {person.id}"
    return None


def envelope(entry: Entry) -> dict[str, Any] | None:
    """The DSSE envelope of an entry, for other tools; None if it isn't signed."""
    if (signed := read(entry.signature)) is None:
        return None
    payload = b64encode(_payload(entry, signed)).decode()
    return {"payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": list(signed.signatures)}


def _payload(entry: Entry, signed: Signed) -> bytes:
    """The signed bytes: the entry without its link, the state, the people and the signers."""
    content = {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "details": entry.details,
        "previous": entry.previous,
        "os_user": entry.os_user,
        "host": entry.host,
        "state": signed.state,
        "people": signed.people,
        "signers": signed.signers,
    }
    return canonical_json(content).encode()


def _authenticated(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding, which binds the type to the payload."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
