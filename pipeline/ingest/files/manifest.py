"""Manifests: the files that a partner states to have delivered, compared with the files that are there.

A manifest is a file `*manifest.json`, in upper or lower case, beside the files that it lists or above them:

    {"files": [{"name": "planting_2024.csv", "sha256": "…64 hex digits…", "rows": 1200}]}

`rows` counts records, without a header and empty lines; it may be left out. All files of an asset in a manifest are one
delivery, which is ingested as a whole or not at all. A file that is missing, or differs from the manifest, may arrive
until the source's patience ends, counted from the manifest's time of change; after that it is an error, so that no loss
stays unnoticed. Files that an earlier run has ingested may be gone. A bad signature and an unreadable manifest are
errors at once. Files that such a manifest may list wait; all others go on.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Annotated

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from conf.schema.errors import FieldstoneError, PartnerError, SetupError
from conf.schema.identifiers import BLANKS
from conf.schema.masks import masked_path

_NAME = "*manifest.json"
_SIGNATURE = ".sig"
_MAX_BYTES = 8 << 20
_NAMED = 5  # most mistakes, or files, that one error names
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _below(name: str) -> str:
    path = PurePosixPath(_canonical(name))
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.name or not name.isprintable():
        raise ValueError("no name of a file beside or below the manifest, such as a.csv or day/a.csv")
    return str(path)


def _hexadecimal(sha256: str) -> str:
    plain = sha256.strip(BLANKS).lower()
    if len(plain) != 64 or set(plain) - set("0123456789abcdef"):
        raise ValueError("not 64 hexadecimal digits")
    return plain


class Listed(BaseModel):
    """One file of a delivery, by its path from the manifest; `rows` is None if the manifest doesn't state it."""

    model_config = ConfigDict(frozen=True)
    name: Annotated[str, AfterValidator(_below)]
    sha256: Annotated[str, AfterValidator(_hexadecimal)]
    rows: int | None = Field(None, ge=0, strict=True)


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
    """The files of one asset in a manifest.

    Attributes:
        name: name of the manifest, for errors.
        written_at: moment of its last change.
        files: path → listed file.
    """

    name: str
    written_at: datetime
    files: dict[Path, Listed]


@dataclass(frozen=True)
class ManifestCheck:
    """The result of comparing manifests with the present files.

    Attributes:
        rows: (path, SHA-256) of a file → stated number of rows.
        deliveries: the paths of each complete delivery.
        awaited: files of deliveries that aren't complete yet.
        problems: an error for each delivery whose time is over, or with contradictory numbers of rows.
    """

    rows: dict[tuple[Path, str], int | None]
    deliveries: tuple[frozenset[Path], ...]
    awaited: frozenset[Path]
    problems: tuple[str, ...]


def is_manifest(path: Path) -> bool:
    """Whether a file is a manifest, or the signature of one."""
    return fnmatchcase(path.name.strip().lower().removesuffix(_SIGNATURE), _NAME)


def is_signature(path: Path) -> bool:
    """Whether a file is the signature of a manifest."""
    return is_manifest(path) and path.name.strip().lower().endswith(_SIGNATURE)


def read(
    paths: Iterable[Path],
    root: Path,
    files: Collection[Path],
    belongs: Callable[[Path], bool],
    key: Ed25519PublicKey | None,
) -> tuple[list[Delivery], dict[Path, str]]:
    """Read manifests.

    Args:
        paths: paths of the manifests.
        root: root folder of the source's files.
        files: present files; a manifest may write their names in another normal form of Unicode.
        belongs: whether a listed path belongs to the asset.
        key: key of the partner, if it signs its manifests.

    Returns:
        The deliveries, and path → error of each manifest that is unreadable or not properly signed.
    """
    there = {_canonical(str(path)): path for path in files}
    deliveries, doubtful = [], {}
    for path in paths:
        name = masked_path(path.relative_to(root))
        try:
            listed = _listed(path, name, key)
        except FieldstoneError as error:
            doubtful[path] = str(error)
            continue
        placed = {there.get(_canonical(str(path.parent / f.name)), path.parent / f.name): f for f in listed}
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        deliveries.append(Delivery(name, written_at, {p: f for p, f in placed.items() if belongs(p)}))
    return deliveries, doubtful


def compared(
    deliveries: list[Delivery], there: dict[Path, str], seen: set[str], patience_from: datetime
) -> ManifestCheck:
    """Compare manifests with the present files.

    Args:
        deliveries: the deliveries in the manifests.
        there: path of a present file → SHA-256.
        seen: SHA-256 of the files that were ingested before.
        patience_from: incomplete deliveries with an older manifest are errors.
    """
    listed: dict[Path, set[str]] = defaultdict(set)
    counts: dict[str, set[int]] = defaultdict(set)
    for delivery in deliveries:
        for path, file in delivery.files.items():
            listed[path].add(file.sha256)
            counts[file.sha256] |= set() if file.rows is None or file.sha256 in seen else {file.rows}

    def is_met(path: Path, file: Listed) -> bool:
        now = there.get(path)
        return now == file.sha256 or (file.sha256 in seen and (now is None or now in seen | listed[path]))

    rows, whole, awaited, problems = {}, [], set(), []
    for delivery in deliveries:
        if disputed := [path for path, file in delivery.files.items() if len(counts[file.sha256]) > 1]:
            awaited |= delivery.files.keys()
            problems.append(
                f"{delivery.name} lists {masked_path(disputed[0].name)}, of whose content different numbers of rows "
                "are said. Nothing of the delivery was read; ask the partner which holds, and remove the wrong manifest"
            )
            continue
        unmet = [path for path, file in delivery.files.items() if not is_met(path, file)]
        if not unmet:
            rows |= {(path, file.sha256): file.rows for path, file in delivery.files.items()}
            whole.append(frozenset(delivery.files))
            continue
        awaited |= delivery.files.keys()
        if delivery.written_at < patience_from:
            problems.append(_unmet(delivery, unmet, there))
    return ManifestCheck(rows, tuple(whole), frozenset(awaited - {path for path, _ in rows}), tuple(problems))


def public_key(path: Path) -> Ed25519PublicKey:
    """A partner's key.

    Raises:
        PartnerError: the file is missing or has no Ed25519 key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise PartnerError(f"{path} doesn't contain an Ed25519 public key in PEM form; ask the partner for it")
    return key


def _canonical(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip(BLANKS)


def _listed(path: Path, name: str, key: Ed25519PublicKey | None) -> tuple[Listed, ...]:
    try:
        with open(path, "rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SetupError(f"{name} can't be read: {error.strerror}; ask who runs the landing zone") from None
    if key:
        _verify(path, name, content, key)
    try:
        if len(content) > _MAX_BYTES:
            raise ValueError("it is too large")
        return _Manifest.model_validate_json(content.removeprefix(_BYTE_ORDER_MARK)).files
    except ValueError as error:
        mistakes = _mistakes(error) if isinstance(error, ValidationError) else str(error)
        raise PartnerError(
            f'{name} is no manifest ({mistakes}); it must be {{"files": [{{"name", "sha256", "rows"}}]}}, each name '
            f"once, in at most {_MAX_BYTES:,} bytes. Nothing of it was read; ask the partner for it again"
        ) from None


def _mistakes(error: ValidationError) -> str:
    """Text with place and kind of the first mistakes, never with their values."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    mistakes = [f"{'.'.join(map(str, each['loc']))}: {each['msg'].removeprefix('Value error, ')}" for each in errors]
    more = f" and {len(mistakes) - _NAMED:,} more" if len(mistakes) > _NAMED else ""
    return "; ".join(text.removeprefix(": ") for text in mistakes[:_NAMED]) + more


def _verify(path: Path, name: str, content: bytes, key: Ed25519PublicKey) -> None:
    wanted = f"{path.name}{_SIGNATURE}"
    signature = next((p for p in path.parent.iterdir() if p.name.lower() == wanted.lower() and p.is_file()), None)
    shown = masked_path(PurePosixPath(wanted))
    if signature is None:
        raise PartnerError(
            f"{name} has no signature ({shown}), and the source names a key; nothing was read. "
            "Ask the partner to sign it"
        )
    with open(signature, "rb") as file:
        signed = file.read(65)
    try:
        key.verify(signed, content)
    except InvalidSignature:
        raise PartnerError(
            f"{name} doesn't match its signature {shown} by the source's key; nothing was read. Ask the partner, "
            "because another person may have written or changed it"
        ) from None


def _unmet(delivery: Delivery, unmet: list[Path], there: dict[Path, str]) -> str:
    files = [f"{masked_path(p.name)} is {'of other content' if p in there else 'not there'}" for p in unmet[:_NAMED]]
    more = f" and {len(unmet) - _NAMED:,} more" if len(unmet) > _NAMED else ""
    return (
        f"{delivery.name} lists {len(delivery.files):,} files, and patience with it is at its end: "
        f"{', '.join(files)}{more}. Nothing of it was read; ask the partner for these files, or for another manifest"
    )
