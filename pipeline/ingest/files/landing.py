"""The landing zone: which files of an asset's folder are read, and why each other file is ignored."""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path, PurePath, PurePosixPath

from conf.schema.source import Source
from pipeline.ingest.files import archives, manifest
from pipeline.ingest.files.marker_files import is_marker, is_signature

_ENDINGS = {"xlsx": (".xlsx", ".xlsm")}  # a workbook with macros is read, its macros are ignored
_UNFINISHED = (".part", ".tmp")
_TABLES = {"_delta_log", ".hoodie"}  # files of such a table may have deleted rows, which only the table's own log shows
_WRITING = "_temporary"  # part of a folder's name while Spark or Hadoop is writing it


class Why(StrEnum):
    """Why files are ignored, as text after their number."""

    UNFINISHED = "still being written"
    OTHER = "not named as files of this asset are"
    HIDDEN = "in folders that are hidden, or of the program that wrote them"
    TABLE = "of a Delta or Hudi table, which is no file drop"
    LINK = "links to a folder, out of the landing zone or to nowhere"
    IRREGULAR = "no regular files"
    AWAITED = "of a delivery that isn't whole yet"
    REFUSED = "of a delivery with a file that stands refused"
    DOUBTFUL = "beside a manifest that doesn't hold"
    UNLISTED = "that no manifest lists"
    STRAY = "that lie in no table's folder"


@dataclass
class FolderContents:
    """The content of an asset's folders.

    Attributes:
        files: files to read, sorted.
        manifests: manifests beside them, and in the folders above up to the root.
        left: ignored file → reason.
        unreadable: unreadable folder or file → the system's reason.
    """

    files: list[Path] = field(default_factory=list)
    manifests: list[Path] = field(default_factory=list)
    left: dict[Path, Why] = field(default_factory=dict)
    unreadable: dict[Path, str] = field(default_factory=dict)


def look(root: Path, source: Source, asset: str) -> FolderContents:
    """The content of an asset's folder and of the folders below, sorted by use.

    An asset with a `path` has the files that match it; files beside them that no other asset of the source has are
    ignored.
    """
    contents, entry, wanted = FolderContents(), source.assets[asset], belonging(root, source, asset)
    if entry.path is None:
        folder = root / source.folder(asset)
        listing = _below(root, [folder], contents.unreadable, deep=True)
        contents.manifests += _above(root, folder)
    else:
        folders = _globbed(root, entry.path)
        others = _of_others(root, source, asset)
        listing = ((path, why) for path, why in _below(root, folders, contents.unreadable, False) if path not in others)
    for path, why in listing:
        _sort(contents, path, why, wanted)
    contents.files.sort()
    contents.manifests.sort()
    return contents


def strays(root: Path, source: Source, tops: list[Path], without: Collection[Path] = ()) -> dict[Path, Why]:
    """Files that may have records but belong to no asset of a source, neither by folder nor by `path`.

    Args:
        tops: folders that are searched, with the folders below.
        without: folders and files of other sources.
    """
    plain = [root / source.folder(asset) for asset, entry in source.assets.items() if entry.path is None]
    inside, unreadable, named = root.resolve(), {}, matched(root, source)  # `look` reports files beside these
    theirs = {folder for folder in plain if folder.is_dir() and _leads(folder, inside)} | {*without}
    listing = [path for path, _ in _below(root, tops, unreadable, True, theirs) if not {path, path.parent} & named]
    left = [path for path in (*listing, *unreadable) if not manifest.is_manifest(path)]
    return of_weight(dict.fromkeys(sorted(left), Why.STRAY))


def matched(root: Path, source: Source) -> set[Path]:
    """The files that the `path` of a source's assets match, and their folders below the root."""
    paths = [entry.path for entry in source.assets.values() if entry.path]
    folders = {folder for path in paths for folder in _globbed(root, path)} - {root}
    return folders.union(*(root.glob(path) for path in paths))


def belonging(root: Path, source: Source, asset: str) -> Callable[[Path], bool]:
    """Function that says whether a file belongs to an asset by its name, even if the file doesn't exist."""
    entry = source.assets[asset]
    if (pattern := entry.path) is None:
        folder = root / source.folder(asset)
        return lambda path: path.is_relative_to(folder) and is_named_as(entry.format, path.relative_to(folder))
    matching = set(root.glob(pattern))
    return lambda path: path in matching or fnmatchcase(str(path.relative_to(root)), pattern)


def is_named_as(form: str, path: PurePath) -> bool:
    """Whether a file below an asset's folder has the ending of a format, compressed or not, in upper or lower case.

    A name without an ending counts by its folder, because Hadoop writes `planting.csv/part-00000`.
    """
    name = path.name.strip().lower()
    plain = name.removesuffix(archives.GZIP)
    if name.endswith(archives.ZIP) or plain.endswith(_ENDINGS.get(form, f".{form}")):
        return True
    in_folder = any(folder.strip().lower().endswith(f".{form}") for folder in path.parts[:-1])
    return "." not in plain and not plain.startswith("_") and (plain != name or in_folder)


def ignored(names: Collection[str]) -> set[str]:
    """The files in an archive that are ignored whatever their content, by the same rules as in folders.

    Args:
        names: names of all files and folders in the archive.
    """
    paths = {name: PurePosixPath(name.replace("\\", "/")) for name in names}
    inside: dict[PurePath, set[str]] = defaultdict(set)
    for path in paths.values():
        for each in (path, *path.parents):
            inside[each.parent].add(each.name)
    of_folders = {folder: _of_name(folder.name) or _of_folder(entries) for folder, entries in inside.items()}

    def is_ignored(path: PurePath) -> bool:
        return _is_half(path.name) or path.name.startswith(".") or any(of_folders[folder] for folder in path.parents)

    # a path that leads out of the archive isn't a hidden folder, but a fault of the whole archive
    return {name for name, path in paths.items() if ".." not in path.parts and is_ignored(path)}


def _is_half(name: str) -> bool:
    return name.strip().lower().endswith(_UNFINISHED) or name.strip().startswith("~$")


def of_weight(left: dict[Path, Why]) -> dict[Path, Why]:
    """The ignored files that may have records: they aren't empty, and no programs' marker files."""
    unnamed = (Why.OTHER, Why.HIDDEN, Why.STRAY)
    return {path: why for path, why in left.items() if why not in unnamed or not _is_marker(path)}


def _is_marker(path: Path) -> bool:
    try:
        return path.is_file() and is_marker(path.as_posix(), lambda: path.open("rb"))
    except OSError:
        return False


def _is_signature(path: Path) -> bool:
    try:
        return path.is_file() and is_signature(path.read_bytes())
    except OSError:
        return False


def _sort(contents: FolderContents, path: Path, why: Why | None, wanted: Callable[[Path], bool]) -> None:
    name = path.name.strip()
    if why is None and (_is_half(name) or (name.startswith(".") and wanted(path))):
        why = Why.UNFINISHED
    if why is None and manifest.is_manifest(path):
        if not manifest.is_signature(path):
            contents.manifests.append(path)
        elif not _is_signature(path):
            contents.left[path] = Why.OTHER
        return
    if why is None and (name.startswith(".") or not wanted(path)):
        why = Why.OTHER
    if why:
        contents.left[path] = why
    else:
        contents.files.append(path)


def _below(
    root: Path, folders: list[Path], unreadable: dict[Path, str], deep: bool, without: Collection[Path] = ()
) -> Iterator[tuple[Path, Why | None]]:
    """The files in folders and, if `deep`, below them; with a reason to ignore them by folder or by kind of file."""
    inside = root.resolve()
    waiting: list[tuple[Path, Why | None]] = [(folder, None) for folder in folders if _leads(folder, inside)]
    while waiting:
        folder, why = waiting.pop()
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            unreadable[folder] = error.strerror or type(error).__name__
            continue
        why = why or _of_folder({entry.name for entry in entries})
        for entry in entries:
            path = folder / entry.name
            if path in without:
                continue
            if entry.is_symlink():
                yield path, why or (None if path.is_file() and _leads(path, inside) else Why.LINK)
            elif entry.is_dir():
                if deep:
                    waiting.append((path, why or _of_name(entry.name)))
            else:
                yield path, why or (None if entry.is_file() else Why.IRREGULAR)


def _of_folder(names: set[str]) -> Why | None:
    if _WRITING in names:
        return Why.UNFINISHED
    return Why.TABLE if _TABLES & names else None


def _of_name(folder: str) -> Why | None:
    if folder.lower().endswith(_UNFINISHED):
        return Why.UNFINISHED
    return Why.HIDDEN if folder.startswith((".", "_")) else None


def _leads(path: Path, inside: Path) -> bool:
    """Whether a path, with all links resolved, is below a folder."""
    try:
        return path.resolve().is_relative_to(inside)
    except (OSError, RuntimeError):  # circular links
        return False


def _globbed(root: Path, pattern: str) -> list[Path]:
    """The folders of the files that match a glob."""
    above = str(PurePath(pattern).parent)
    return [root] if above == "." else sorted(path for path in root.glob(above) if path.is_dir())


def _of_others(root: Path, source: Source, asset: str) -> set[Path]:
    return {path for other in source.assets if other != asset for path in root.glob(source.glob(other))}


def _above(root: Path, folder: Path) -> Iterator[Path]:
    """Manifests in the folders between the root and an asset's, which may list the files of several assets."""
    for parent in folder.parents:
        if parent == root or not parent.is_relative_to(root):
            return
        for path in parent.glob("[!.]*"):
            if manifest.is_manifest(path) and not manifest.is_signature(path) and path.is_file():
                yield path
