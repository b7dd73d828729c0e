"""One reading of an asset's files: unpacked, with inspected headers, and without unreadable files.

The name of a file stays in the landing zone and in the vault; other tables have a token for it.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

from conf.schema import required
from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError, PartnerError, Refused
from conf.schema.hashing import file_sha256
from conf.schema.masks import masked_path, with_names
from conf.schema.source import Asset, FileDrop, Source
from conf.schema.workspace import Workspace
from lake import file_names, refusals
from lake.batch import INGEST, Part
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.ingest import ended_consents
from pipeline.ingest.files import archives, landing
from pipeline.ingest.files.delivered import Content, Delivered, faults, read
from pipeline.ingest.files.headers import inspect
from pipeline.ingest.pull import Pull, SchemaDrift
from pipeline.ingest.schema_drift import merged

LOG = logging.getLogger(__name__)

_SHOWN_PROBLEMS = 5  # most problems that an error names


@dataclass
class Drop:
    """One reading of an asset's files.

    Attributes:
        seen: SHA-256 of files that were ingested or refused before.
        problems: problems that a person must know, although all other files go on.
        is_refused: whether files were set aside.
        called: token → name of the file.
    """

    context: Context
    source: Source
    contract: Contract
    seen: set[str]
    problems: list[str] = field(default_factory=list)
    is_refused: bool = False
    called: dict[str, str] = field(default_factory=dict)

    @property
    def asset(self) -> Asset:
        return self.source.assets[self.contract.asset]

    @property
    def glob(self) -> str:
        """Glob of its files, as the source declares it."""
        return self.source.glob(self.contract.asset)

    @property
    def root(self) -> Path:
        return root_of(self.context.workspace, self.source)

    @property
    def unpacked(self) -> Path:
        """Folder in which archives are unpacked for reading; it is deleted afterwards."""
        return _folder(self.context, self.contract)

    def part(self, name: str, ending: str, sha256: str, size: int) -> Part:
        """A file as a part, under the token of its name."""
        token = file_names.token_of_file(name, ending, self.context.vault.secrets.pseudonym)
        self.called[token] = name
        return Part(token, sha256, size)

    def with_file_names(self, text: str) -> str:
        """A text for the person who runs the command, with names of files in place of tokens."""
        return with_names(text, self.called, self.glob)

    def shown(self, name: PurePath | str) -> str:
        """A file's name for consoles and errors."""
        return masked_path(name, self.glob)


def root_of(workspace: Workspace, source: Source) -> Path:
    """Root folder for the paths of a source's files."""
    root = required.connection(source, FileDrop).root
    return workspace.root / root if root else workspace.settings.landing


def sound(drop: Drop, chosen: Sequence[Delivered]) -> Pull | None:
    """A pull of the files, without faulty ones, which are set aside; None if there are no files.

    Raises:
        ContractError, PartnerError: all files have problems; `Refused` if files were set aside.
    """
    files, broken, drifts = [], {}, []
    for delivered in chosen:
        try:
            each = delivered if delivered.contents else _unpacked(drop, delivered)
            drifts += [inspect([(c.path, c.part)], drop.asset, drop.contract) for c in each.contents]
            files.append(each)
        except FieldstoneError as error:
            files.append(delivered)
            broken[delivered.path] = str(error)
    return _pull(drop, _without(drop, files, broken), merged(drifts))


def _pull(drop: Drop, files: Sequence[Delivered], drift: SchemaDrift) -> Pull | None:
    file_names.keep(drop.context.vault, drop.contract.table, drop.called)
    if not files and drop.problems:
        raise failure(drop.problems, drop.is_refused)
    if not files:
        return None
    return Pull(
        parts=tuple({part.sha256: part for each in files for part in each.parts}.values()),
        rows=read(drop.context.lake.spark, _once(files), drop.asset, drop.contract),
        drift=drift,
        problems=tuple(drop.problems),
        is_refused=drop.is_refused,
        again=partial(_again, drop, files, drift),
    )


def _once(files: Sequence[Delivered]) -> list[Delivered]:
    """The files, with each content only once, even if it was delivered several times, plain or compressed."""
    seen: set[str] = set()
    reading = []
    for each in files:
        contents = {c.part.sha256: c for c in each.contents if c.part.sha256 not in seen}
        seen |= contents.keys()
        rows = each.rows if len(contents) == len(each.contents) else None
        reading.append(replace(each, contents=tuple(contents.values()), rows=rows))
    return [each for each in reading if each.contents]


def _again(drop: Drop, files: Sequence[Delivered], drift: SchemaDrift) -> Pull | None:
    """The pull without the files whose reading failed; None if no file was at fault."""
    faulty = faults(drop.context.lake.spark, files, drop.asset, drop.contract)
    broken = {files[number].path: text for number, text in faulty.items()}
    return _pull(drop, _without(drop, files, broken), drift) if broken else None


def _unpacked(drop: Drop, delivered: Delivered) -> Delivered:
    """An archive with its files, without those whose content was seen before."""
    form, name = drop.asset.format, drop.called[delivered.part.name]
    folder = drop.unpacked / delivered.part.sha256
    if not delivered.part.bytes:
        raise PartnerError(f"{delivered.part.name} is empty, not an archive; ask the partner for the file again")
    try:
        members, left = archives.unpacked(
            delivered.path, folder, form, lambda n: landing.is_named_as(form, PurePosixPath(n)), landing.ignored
        )
    except FieldstoneError as error:
        text = f"{delivered.part.name} can't be unpacked: {error}. Nothing of it was stored"
        raise PartnerError(text) from None
    if (heavy := sum(left.values())) and withdrawals.may_come_by(drop.context, drop.contract):
        raise PartnerError(
            f"{delivered.part.name} packs {heavy:,} files that are left alone by their names and may hold withdrawals, "
            f"so nothing of it was stored; ask for an archive of nothing but files named .{form}"
        )
    if left:
        LOG.warning(f"ingest {drop.contract.table}: {drop.shown(name)} packs {len(left):,} files that are left alone")
    parts = [drop.part(f"{name}!{m.name}", f".{form}", m.sha256, m.bytes) for m in members]
    both = zip(members, parts, strict=True)
    contents = tuple(Content(member.path, part) for member, part in both if part.sha256 not in drop.seen)
    return replace(delivered, contents=contents, rows=delivered.rows if len(contents) == len(members) else None)


def _without(drop: Drop, files: Sequence[Delivered], broken: Mapping[Path, str]) -> list[Delivered]:
    """The files without the unreadable ones, which are set aside, and without the rest of their deliveries."""
    for each in (each for each in files if each.path in broken):
        text = broken[each.path]
        if refusals.MAY_BE_NOTICES not in text:
            text = ended_consents.refusal_text(text, drop.called[each.part.name], (), drop.contract)
        drop.problems.append(drop.with_file_names(text))
        if _is_readable(each.path):
            _set_aside(drop, each, text)
    gone = set(broken)
    while more := {each.path for each in files if each.delivery & gone} - gone:
        gone |= more
    if waiting := len(gone) - len(broken):
        drop.problems.append(f"{waiting:,} more files of the same delivery wait, for it is taken in as a whole")
    return [each for each in files if each.contents and each.path not in gone]


def _set_aside(drop: Drop, each: Delivered, text: str) -> None:
    table, drop.is_refused = drop.contract.table, True
    refusals.note(
        drop.context.lake,
        batch_id=refusals.file_batch_id(table, each.part.sha256),
        source_table=table,
        stage=INGEST,
        parts=[each.part],
        reason=text,
        at=drop.context.as_of,
    )


def _is_readable(path: Path) -> bool:
    """Whether the system can read the file, so that the fault is in its content and won't pass by itself."""
    try:
        return bool(file_sha256(path))
    except OSError:
        return False


def failure(problems: Sequence[str], is_refused: bool) -> FieldstoneError:
    """Problems as the error that ends a run."""
    text = problems_text(problems)
    return Refused(text) if is_refused else PartnerError(text, transient=True)


def problems_text(problems: Sequence[str]) -> str:
    """Several problems as one text."""
    more = f" (and {len(problems) - _SHOWN_PROBLEMS:,} more problems)" if len(problems) > _SHOWN_PROBLEMS else ""
    return "; ".join(problems[:_SHOWN_PROBLEMS]) + more


@contextmanager
def unpacking(context: Context, contract: Contract) -> Iterator[None]:
    """Context for unpacking archives; it deletes leftovers of a killed run first, and all files at the end."""
    shutil.rmtree(_folder(context, contract), ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(_folder(context, contract), ignore_errors=True)


def _folder(context: Context, contract: Contract) -> Path:
    return context.workspace.settings.home / "staging" / "unpacked" / contract.table
