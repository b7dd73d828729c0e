"""Keys of 64 hex digits, from the environment or a file; none of them lies in the state folder that it protects.

`FIELDSTONE_<NAME>_KEY` wins over the file `<name>.key` of the folder of keys (`Settings.key_folder`). A state without a
lake gets its keys there at the first run: that is the sandbox.
"""

import logging
import os
import secrets
from pathlib import Path

from conf.schema import drafts
from conf.schema.errors import SetupError
from conf.schema.settings import Settings
from lake.cipher import KEY_BYTES

LOG = logging.getLogger(__name__)

_OURS, _FOLDER_OURS = 0o600, 0o700
# name of a key → the tables or files that show that a lake needs it
_NEEDED_BY = {"trail": "audit__trail/*.parquet"}


def key(settings: Settings, name: str, origin: str = "env") -> bytes:
    """The key from the place that the settings name.

    Args:
        name: `master`, `new_master`, `pseudonym` or `trail`.
        origin: `env`, or `file:PATH`.

    Raises:
        SetupError: it is malformed or lies in the state folder, or is missing although a lake needs it.
    """
    kind, _, where = origin.partition(":")
    return _parsed(
        name, _from_file(settings, name, Path(where)) if kind == "file" else _from_environment(settings, name)
    )


def exists(settings: Settings, name: str) -> bool:
    """Whether a key with origin `env` already exists."""
    return bool(os.environ.get(_variable(name))) or _path(settings, name).exists() or _before(settings, name).exists()


def named(settings: Settings, name: str) -> str:
    """The source of a key with origin `env`: the variable, or the file."""
    return _variable(name) if os.environ.get(_variable(name)) else str(_path(settings, name))


def keep(settings: Settings, name: str, secret: bytes) -> None:
    """Write a key to its file, whole or not at all; an existing file stays unchanged."""
    _placed(_path(settings, name), secret.hex())


def _variable(name: str) -> str:
    return f"FIELDSTONE_{name.upper()}_KEY"


def _path(settings: Settings, name: str) -> Path:
    return settings.key_folder / f"{name}.key"


def _before(settings: Settings, name: str) -> Path:
    """The key's place before keys had a folder of their own."""
    return settings.home / "secrets" / f"{name}.key"


def _from_file(settings: Settings, name: str, path: Path) -> str:
    if not path.is_file():
        raise SetupError(f"the {name.replace('_', ' ')} key should be in {path}, and there is no such file")
    if path.resolve().is_relative_to(settings.home.resolve()):
        raise SetupError(
            f"the {name.replace('_', ' ')} key {path} lies in the state folder that it protects; move it out of "
            f"{settings.home} and set its new path"
        )
    return path.read_text()


def _from_environment(settings: Settings, name: str) -> str:
    if os.environ.get(_variable(name)):
        return os.environ[_variable(name)]
    path, before = _path(settings, name), _before(settings, name)
    if before.exists():
        _move_out(before, path)
    if path.exists():
        return path.read_text()
    if name == "new_master":
        raise SetupError(f"new_master_from is env, and {_variable(name)} isn't set")
    if any((settings.home / "lake").glob(_NEEDED_BY.get(name, "vault__*"))):
        raise SetupError(f"the lake's {name} key is missing; set {_variable(name)} or put back {path}")
    return _placed(path, secrets.token_hex(KEY_BYTES))


def _move_out(before: Path, path: Path) -> None:
    """Move a key out of the state folder; if it was copied before and not removed, remove it."""
    text = before.read_text()
    if _placed(path, text) != text:
        raise SetupError(
            f"{before} and {path} are two different keys; move the one that isn't this lake's away. Nothing was written"
        )
    before.unlink(missing_ok=True)
    LOG.info(f"keys: {path.name} lay in the state folder that it protects, and was moved to {path.parent}")


def _parsed(name: str, text: str) -> bytes:
    try:
        raw = bytes.fromhex(text.strip())
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise SetupError(f"the {name.replace('_', ' ')} key ({_variable(name)} or its file) must be 64 hex digits")
    return raw


def _placed(path: Path, text: str) -> str:
    """Create the file whole or not at all; of two runs at once, both use the first one's key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_OURS)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with drafts.fresh(draft, _OURS) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
