"""Master keys, which wrap the data keys of a lake: kept here, or in a service that never releases them."""

import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from conf.schema.errors import SetupError
from conf.schema.settings import Settings
from lake import keyfiles, plugins
from lake.cipher import Key

PLUGINS = "fieldstone.masters"  # the group of entry points


class Master(Protocol):
    """A master key, wherever it is; a plug-in has these three.

    It is made of one text, what follows `@` in the settings (which key of the service, may be empty). Engines send
    copies of it to their workers, where it must be importable: it holds names, no connections. Errors that a user can
    put right are `FieldstoneError`s.

    Attributes:
        key_id: names the key and never changes; it is stored with what the key wraps.
    """

    @property
    def key_id(self) -> str:
        """The id of this key, from which the key can't be derived."""
        ...

    def wrap(self, keys: Mapping[str, bytes]) -> dict[str, bytes]:
        """Wrap data keys, each bound to the id that it is given by; a batch at once, for services far away."""
        ...

    def unwrap(self, wrapped: Mapping[str, bytes]) -> dict[str, bytes]:
        """Undo `wrap`.

        Raises:
            Exception: one was wrapped by another key or under another id, or was changed.
        """
        ...


@dataclass(frozen=True)
class LocalMaster:
    """A master key in this process, from the environment or a file."""

    key: Key

    @property
    def key_id(self) -> str:
        """A keyed hash, from which the key can't be derived."""
        return hmac.digest(self.key.secret, b"master-id", "sha256").hex()[:16]

    def wrap(self, keys: Mapping[str, bytes]) -> dict[str, bytes]:
        """See `Master.wrap`."""
        return {key_id: self.key.seal(key, key_id) for key_id, key in keys.items()}

    def unwrap(self, wrapped: Mapping[str, bytes]) -> dict[str, bytes]:
        """See `Master.unwrap`."""
        return {key_id: self.key.unseal(key, key_id) for key_id, key in wrapped.items()}


@dataclass(frozen=True)
class Masters:
    """The master key, and while it is rotated the new one too; the last one wraps, each unwraps what it has wrapped."""

    ring: tuple[Master, ...]

    @property
    def current(self) -> Master:
        """The master key that wraps."""
        return self.ring[-1]

    def require(self, key_ids: Iterable[str]) -> None:
        """Make sure that everything wrapped by some master keys can be opened.

        Raises:
            SetupError: one isn't given.
        """
        if missing := sorted({*key_ids} - {master.key_id for master in self.ring}):
            raise SetupError(
                f"the lake has keys under the master key {', '.join(missing)}, but the keys set are "
                f"{', '.join(master.key_id for master in self.ring)}; set the missing one by FIELDSTONE_MASTER_KEY or "
                "master_from (after a rotation it is the new one; until it has ended, both are needed)"
            )

    def unwrap(self, wrapped: Mapping[str, tuple[str, bytes]]) -> dict[str, bytes]:
        """Data keys by id, of (which master key, wrapped key) by id.

        Raises:
            SetupError: one is under a master key that isn't given.
        """
        self.require(key_id for key_id, _ in wrapped.values())
        opened: dict[str, bytes] = {}
        for master in {master.key_id: master for master in self.ring}.values():
            opened |= master.unwrap({name: key for name, (by, key) in wrapped.items() if by == master.key_id})
        return opened


@dataclass(frozen=True)
class Secrets:
    """The keys that reading a lake needs: its master key or keys, and the key of its pseudonyms (32 bytes)."""

    masters: Masters
    pseudonym: bytes = field(repr=False)


def load_secrets(settings: Settings) -> Secrets:
    """The keys that the settings name.

    `FIELDSTONE_MASTER_KEY` and `FIELDSTONE_PSEUDONYM_KEY`, or files of the folder of keys, see `lake.keyfiles`.

    Raises:
        ContractError, SetupError: a key is malformed, or missing although there is a lake that needs it.
    """
    ring = [_master(settings, "master", settings.master_from)]
    new = settings.new_master_from or ("env" if os.environ.get("FIELDSTONE_NEW_MASTER_KEY") else None)
    if new:
        ring.append(_master(settings, "new_master", new))
    return Secrets(Masters(tuple(ring)), keyfiles.key(settings, "pseudonym"))


def _master(settings: Settings, name: str, origin: str) -> Master:
    kind, _, where = origin.partition(":")
    if kind == "plugin":
        return plugins.made(where, PLUGINS, "master key")
    return LocalMaster(Key(keyfiles.key(settings, name, origin), settings.cipher))
