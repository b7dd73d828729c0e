"""A look at the files of an asset: unpacked, their headers inspected, and without those that can't be read.

What a file is called stays in the landing zone and in the vault; tables know it by a token.
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

_SHOWN_PROBLEMS = 5  # problems


@dataclass
class Drop:
    """One look at the files of an asset.

    Attributes:
        seen: SHA-256 of what was taken in or refused before.
        problems: what somebody has to be told, though everything else goes on.
        is_refused: whether files were set aside.
        called: the names of files by token.
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
        """Where its files are looked for, as the source declares it."""
        return self.source.glob(self.contract.asset)

    @property
    def root(self) -> Path:
        return root_of(self.context.workspace, self.source)

    @property
    def unpacked(self) -> Path:
        """Where archives are unpacked to be read; nothing of it stays."""
        return _folder(self.context, self.contract)

    def part(self, name: str, ending: str, sha256: str, size: int) -> Part:
        """A file under the token of its name."""
        token = file_names.token_of_file(name, ending, self.context.vault.secrets.pseudonym)
        self.called[token] = name
        return Part(token, sha256, size)

    def with_file_names(self, text: str) -> str:
        """A text for whoever runs this, with names that help to find a file in place of tokens."""
        return with_names(text, self.called, self.glob)

    def shown(self, name: PurePath | str) -> str:
        """A file's name as consoles and errors show it."""
        return masked_path(name, self.glob)


def root_of(workspace: Workspace, source: Source) -> Path:
    """Folder that the paths of a source's files begin at."""
    root = required.connection(source, FileDrop).root
    return workspace.root / root if root else workspace.settings.landing


def sound(drop: Drop, chosen: Sequence[Delivered]) -> Pull | None:
    """Files as a pull, without what can't be what was agreed, which is set aside; None if there are none.

    Raises:
        ContractError, PartnerError: nothing is left but problems; `Refused` where files were set aside.
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
    """Files each content of which is read once, however often it was delivered, plain or packed."""
    seen: set[str] = set()
    reading = []
    for each in files:
        contents = {c.part.sha256: c for c in each.contents if c.part.sha256 not in seen}
        seen |= contents.keys()
        rows = each.rows if len(contents) == len(each.contents) else None
        reading.append(replace(each, contents=tuple(contents.values()), rows=rows))
    return [each for each in reading if each.contents]


def _again(drop: Drop, files: Sequence[Delivered], drift: SchemaDrift) -> Pull | None:
    """The pull without the files that stopped its reading, None if it was none of them."""
    faulty = faults(drop.context.lake.spark, files, drop.asset, drop.contract)
    broken = {files[number].path: text for number, text in faulty.items()}
    return _pull(drop, _without(drop, files, broken), drift) if broken else None


def _unpacked(drop: Drop, delivered: Delivered) -> Delivered:
    """An archive with what it packs, without what was seen before in another wrapping."""
    form, name = drop.asset.format, drop.called[delivered.part.name]
    folder = drop.unpacked / delivered.part.sha256
    if not delivered.part.bytes:
        raise PartnerError(f"{delivered.part.name} is empty, it is no archive; ask the partner for the file again")
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
    """Files without those that can't be read, which are set aside, and without the rest of their deliveries."""
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
    """Whether the fault is in the file: one that the system doesn't give today may be whole tomorrow."""
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
    """A time in which archives may be unpacked; what a killed run has left is gone before, and all of it after."""
    shutil.rmtree(_folder(context, contract), ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(_folder(context, contract), ignore_errors=True)


def _folder(context: Context, contract: Contract) -> Path:
    return context.workspace.settings.home / "staging" / "unpacked" / contract.table
