"""Manifests: what a partner says that it has delivered, and whether that is what is there.

A manifest is a file `*manifest.json` beside the files that it lists:

    {"files": [{"name": "planting_2024.csv", "sha256": "…64 hex digits…", "rows": 1200}]}

`rows` counts records, without a header and empty lines. What it lists is one delivery, taken in whole or not at all. A
file that isn't there yet, or isn't yet what the manifest says, is waited for until the source's patience ends, counted
from the manifest's own time of change; from then on it is an error, so that nothing is missed in silence. Files that an
earlier run has taken in may be gone. A bad signature, a manifest that can't be read and another number of rows are
errors at once.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from conf.errors import FieldstoneError

_NAME = "*manifest.json"
_SIGNATURE = ".sig"
_MAX_BYTES = 8 << 20


class Listed(BaseModel):
    """One file of a delivery, beside its manifest."""

    model_config = ConfigDict(frozen=True)
    name: str = Field(pattern=r"^[^/\\]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    rows: int = Field(ge=0)


class _Manifest(BaseModel):
    files: tuple[Listed, ...]

    @field_validator("files")
    @classmethod
    def _once(cls, files: tuple[Listed, ...]) -> tuple[Listed, ...]:
        if len({file.name for file in files}) < len(files):
            raise ValueError("a name is listed twice")
        return files


@dataclass(frozen=True)
class Delivery:
    """What a manifest lists of one asset.

    Attributes:
        name: of the manifest, for errors.
        written_at: when it last changed.
        files: by path.
    """

    name: str
    written_at: datetime
    files: dict[Path, Listed]


@dataclass(frozen=True)
class Said:
    """What the manifests say of the files that are there.

    Attributes:
        rows: how many a file has, by its path and SHA-256.
        awaited: files of deliveries that aren't whole yet.
    """

    rows: dict[tuple[Path, str], int]
    awaited: frozenset[Path]


def is_manifest(path: Path) -> bool:
    """Whether a file is a manifest, or the signature of one."""
    return fnmatchcase(path.name.removesuffix(_SIGNATURE), _NAME)


def read(root: Path, glob: str, key: Ed25519PublicKey | None) -> list[Delivery]:
    """The manifests of an asset's folders.

    Args:
        root: of the source's files.
        glob: of the asset's files below it.
        key: the partner's, if it signs its manifests.

    Raises:
        FieldstoneError: a manifest isn't signed as it has to be, or is none.
    """
    pattern = PurePath(glob)
    paths = sorted(p for p in root.glob(str(pattern.parent / _NAME)) if p.is_file() and not p.name.startswith("."))
    return [_delivery(path, str(path.relative_to(root)), pattern.name, key) for path in paths]


def compared(deliveries: list[Delivery], there: dict[Path, str], seen: set[str], patience_from: datetime) -> Said:
    """Hold manifests against the files that are there.

    Args:
        deliveries: the manifests.
        there: SHA-256 of the files, by path.
        seen: SHA-256 of the files that were taken in before.
        patience_from: a delivery whose manifest is older is waited for no longer.

    Raises:
        FieldstoneError: a delivery isn't whole, and patience is at its end.
    """
    said: dict[Path, set[str]] = defaultdict(set)
    for delivery in deliveries:
        for path, file in delivery.files.items():
            said[path].add(file.sha256)

    def is_met(path: Path, file: Listed) -> bool:
        now = there.get(path)
        return now == file.sha256 or (file.sha256 in seen and (now is None or now in seen | said[path]))

    rows, awaited = {}, set()
    for delivery in deliveries:
        unmet = [path for path, file in delivery.files.items() if not is_met(path, file)]
        if not unmet:
            rows |= {(path, file.sha256): file.rows for path, file in delivery.files.items()}
        elif delivery.written_at >= patience_from:
            awaited |= delivery.files.keys()
        else:
            raise _unmet(delivery, unmet, there)
    return Said(rows, frozenset(awaited - {path for path, _ in rows}))


def public_key(path: Path) -> Ed25519PublicKey:
    """A partner's key.

    Raises:
        FieldstoneError: the file isn't there or holds no Ed25519 key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise FieldstoneError(f"{path} holds no Ed25519 public key in PEM form; ask the partner for it")
    return key


def _delivery(path: Path, name: str, pattern: str, key: Ed25519PublicKey | None) -> Delivery:
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    with open(path, "rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if key:
        _verify(path, name, content, key)
    try:
        if len(content) > _MAX_BYTES:
            raise ValueError("too large")
        files = _Manifest.model_validate_json(content).files
    except ValueError as error:
        where = f": {error.error_count()} mistakes" if isinstance(error, ValidationError) else ""
        raise FieldstoneError(
            f'{name} is no manifest{where}; it must be {{"files": [{{"name", "sha256", "rows"}}]}}, each name once and '
            f"without a folder, in at most {_MAX_BYTES:,} bytes. Nothing was read; ask the partner for it again"
        ) from None
    return Delivery(name, written_at, {path.parent / f.name: f for f in files if fnmatchcase(f.name, pattern)})


def _verify(path: Path, name: str, content: bytes, key: Ed25519PublicKey) -> None:
    signature = path.with_name(path.name + _SIGNATURE)
    if not signature.is_file():
        raise FieldstoneError(
            f"{name} has no signature ({signature.name}), and the source names a key; nothing was read. "
            "Ask the partner to sign it"
        )
    with open(signature, "rb") as file:
        signed = file.read(65)
    try:
        key.verify(signed, content)
    except InvalidSignature:
        raise FieldstoneError(
            f"{name} isn't what {signature.name} was made for by the source's key; nothing was read. "
            "Ask the partner: somebody else may have written or changed it"
        ) from None


def _unmet(delivery: Delivery, unmet: list[Path], there: dict[Path, str]) -> FieldstoneError:
    found = [f"{path.name} is {'of other content' if path in there else 'not there'}" for path in unmet]
    return FieldstoneError(
        f"{delivery.name} lists {len(delivery.files):,} files, and patience with it is at its end: "
        f"{', '.join(found)}. Nothing was read; ask the partner for these files, or for another manifest"
    )
