"""Sources: where a partner's tables come from, and in which form."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from conf.schema import yaml_reader
from conf.schema.clock import ZoneName
from conf.schema.contract import Text
from conf.schema.declaration import Declaration, is_mapping
from conf.schema.languages import SHOWN

# kind of connection → settings that an asset must have; it may not have those of other kinds
_WORDS = {"files": (), "database": ("table", "watermark"), "api": ("endpoint",)}

# settings of files, and the formats for which they have a meaning
_FORMATS = {
    "delimiter": ("csv",),
    "skip_rows": ("csv", "xlsx"),
    "sheet": ("xlsx",),
    "max_rows": ("parquet",),
    "max_bytes": ("parquet",),
}

# all with ASCII's characters where ASCII has them; each single byte of the others is one letter of a group of languages
Encoding = Literal[
    "utf-8", "gb18030", "windows-1252", "latin-1", "windows-1250", "windows-1251", "windows-1253", "windows-1254",
    "windows-1257", "iso-8859-2", "iso-8859-9", "iso-8859-15",
]  # fmt: skip
_OTHER_NAMES = {
    **dict.fromkeys(("gbk", "gb2312", "cp936"), "gb18030"),
    **{name.replace("windows-", "cp"): name for name in get_args(Encoding) if name.startswith("windows-")},
    **dict.fromkeys(("iso-8859-1", "latin1"), "latin-1"),
    **{"latin-2": "iso-8859-2", "latin-5": "iso-8859-9", "latin-9": "iso-8859-15"},
}


class FileDrop(Declaration):
    """Files in the landing zone.

    A partner either lists its files in a manifest (`*manifest.json` beside them, see
    `pipeline/ingest/files/manifest.py`), or writes them under another name and renames them when they are complete:
    names that end in `.part` or `.tmp`, or begin with `.` or `~$`, are ignored.
    Every other file that isn't read is reported, with the reason (`pipeline/ingest/files/landing.py`). A file that
    can't be what was agreed is set aside alone (`fieldstone batches`), or with its delivery if a manifest lists it.

    Attributes:
        root: folder of the files, relative to the workspace; by default the landing zone.
        manifest: `required` ignores files that no manifest lists; `optional` checks listed files and reads all others.
        patience_minutes: minutes after the writing of a manifest in which its files may still arrive.
        public_key: PEM file with the partner's Ed25519 key, relative to the workspace; with a key, each manifest needs
            a signature (`<manifest>.sig`, 64 bytes) and each file a manifest.
    """

    kind: Literal["files"] = "files"
    root: str | None = None
    manifest: Literal["required", "optional"] = "optional"
    patience_minutes: int = Field(default=60, ge=0)
    public_key: str | None = None


class Database(Declaration):
    """Tables or views of a PostgreSQL database, read with a role that has only read access.

    Attributes:
        url_env: environment variable with `postgresql://user:password@host:port/database`; `?sslrootcert=FILE` names
            the authority that signed the server's certificate. It is read when rows are read, and never stored.
        sslmode: mode of libpq; `disable` is for servers without TLS.
        parallel: number of simultaneous connections, each for a range of the watermark.
    """

    kind: Literal["database"]
    url_env: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    sslmode: Literal["verify-full", "verify-ca", "disable"] = "verify-full"
    parallel: int = Field(4, ge=1, le=64)


class Retry(Declaration):
    """How requests to a partner are repeated after transient failures.

    Attributes:
        attempts: number of attempts for one page.
        first_seconds: longest wait after the first failure; it doubles with each failure, and the wait is drawn at
            random below it.
        cap_seconds: upper limit of the doubling. A partner's own `Retry-After` is respected beyond it.
        budget_seconds: total waiting time in one pull; pages fetched until then are kept for the next run.
    """

    attempts: int = Field(default=8, ge=1)
    first_seconds: float = Field(default=0.5, gt=0)
    cap_seconds: float = Field(default=30, gt=0)
    budget_seconds: float = Field(default=600, ge=0)


class PartnerApi(Declaration):
    """Pages of a partner's HTTPS interface, with OAuth2 client credentials and mutual TLS.

    Attributes:
        base_url: address of the interface. For this and for the files, the name of an environment variable with the
            value is allowed, too.
        token_path: path from which the access token is fetched.
        ca_file: authority that signed the server's certificate; by default the system's authorities.
        client_cert_file: our certificate.
        client_key_file: its private key.
        client_id_env: environment variable with the client's id.
        client_secret_env: environment variable with the client's secret.
        page_size: number of rows requested at once.
        page_bytes: a larger page is refused.
        max_pages: most pages of one listing, which covers `subjects_per_request` subjects. All pages of a listing that
            exceeds one of these limits are dropped.
        max_listing_bytes: largest total size of the values in one listing.
        max_idle_pages: most pages in a row that bring no new record although they name a next page.
        subjects_per_request: number of subjects requested at once.
        requests_per_second: agreed limit.
        timeout_seconds: time limit for a whole answer.
        retry: how failed requests are repeated.
    """

    kind: Literal["api"]
    base_url: str
    token_path: str = "/oauth/token"
    ca_file: str | None = None
    client_cert_file: str | None = None
    client_key_file: str | None = None
    client_id_env: str
    client_secret_env: str
    page_size: int = Field(500, ge=1)
    page_bytes: int = Field(16 << 20, ge=1)
    max_pages: int = Field(10_000, ge=1)
    max_listing_bytes: int = Field(1 << 30, ge=1)
    max_idle_pages: int = Field(20, ge=1)
    subjects_per_request: int = Field(100, ge=1)
    requests_per_second: float = Field(10, gt=0)
    timeout_seconds: float = Field(30, gt=0)
    retry: Retry = Retry()


Connection = Annotated[FileDrop | Database | PartnerApi, Field(discriminator="kind")]


class Asset(Declaration):
    """How one table of a source is delivered.

    Attributes:
        format: format of files: csv, jsonl, parquet or xlsx.
        sheet: sheet of a workbook: its name, or its number among the visible sheets; by default the first of these.
        encoding: encoding of text files: `utf-8`, `gb18030` (Chinese), `windows-1252`, `latin-1` (ISO 8859-1) or
            `iso-8859-15` (Western Europe), `windows-1250` or `iso-8859-2` (Central Europe), `windows-1251` (Cyrillic),
            `windows-1253` (Greek), `windows-1254` or `iso-8859-9` (Turkish), `windows-1257` (Baltic).
        delimiter: delimiter of csv: one ASCII character, no letter, digit, blank, quote or line break.
        skip_rows: number of lines of csv, or rows of a workbook, before the header.
        null_tokens: values that mean "no value", such as `NA` or `-`, in any format; by default those of the source.
        path: glob under the root; by default all files of the format in `{source}/{asset}/` and the folders below it,
            with endings in upper or lower case, and also compressed as `.gz` or `.zip`.
        optional: whether the absence of files, or JSON lines without a byte, is allowed.
        max_rows: most rows of one Parquet file; by default a million, or one per byte for a larger file.
        max_bytes: largest unpacked size of one Parquet file's values; by default 1 GiB, or a hundred times the file.
        rename: the partner's column name → ours.
        table: table in a database, `schema.table`.
        watermark: the partner's column that grows with every new or changed row: an instant, a date or a sequence.
        overlap: distance before the last watermark in which late commits are searched: seconds, or sequence numbers.
        endpoint: path of the API endpoint that lists the rows.
    """

    format: Literal["csv", "jsonl", "parquet", "xlsx"] = "csv"
    encoding: Encoding = "utf-8"
    delimiter: str = Field(",", pattern=r"^[\x01-\x09\x0b\x0c\x0e-\x1f!#-/:-@\[-`{-~]$")
    skip_rows: int = Field(0, ge=0, le=1000)
    null_tokens: tuple[str, ...] | None = None
    path: str | None = None
    optional: bool = False
    sheet: Annotated[int, Field(ge=1)] | str | None = None
    max_rows: int | None = Field(None, ge=1)
    max_bytes: int | None = Field(None, ge=1)
    rename: dict[str, str] = Field(default={})
    table: str | None = Field(None, pattern=r"^[^\W\d][\w$]*(\.[^\W\d][\w$]*)?$")
    watermark: str | None = None
    overlap: int = Field(3600, ge=1)
    endpoint: str | None = None

    @field_validator("encoding", mode="before")
    @classmethod
    def _is_by_its_own_name(cls, stated: Any) -> Any:
        if isinstance(stated, str) and (name := _OTHER_NAMES.get(stated.casefold())):
            raise ValueError(f"is {stated!r}; write {name!r}, which reads all of {stated}")
        return stated

    @model_validator(mode="after")
    def _settings_fit_format(self) -> Self:
        for word, forms in _FORMATS.items():
            if self.format not in forms and getattr(self, word) != type(self).model_fields[word].default:
                raise ValueError(f"{word!r} is a setting of {' and '.join(forms)}, and the format is {self.format}")
        return self

    @property
    def may_be_empty(self) -> bool:
        """Whether a file without a byte is valid: JSON lines need no header, and the asset may have no files at all."""
        return self.optional and self.format == "jsonl"


class Source(Declaration):
    """A partner and the tables it delivers.

    Attributes:
        connection: connection to its tables; each kind has its own code in `pipeline/ingest/`.
        gates: whether its tables decide which subjects may be requested at all; it is then refined before any other
            source is pulled.
        schedule: cron expression for production; the sandbox triggers by hand.
        time_zone: zone of times that it writes without one; by default the workspace's.
        future_tolerance_minutes: how far its clock may be ahead; rows published later than that are FUTURE_TIME.
        null_tokens: values that mean "no value" in all its tables, compared without the blanks around them.
    """

    name: yaml_reader.Name
    title: Text
    connection: Connection = FileDrop()
    time_zone: ZoneName | None = None
    future_tolerance_minutes: int = Field(5, ge=0)
    null_tokens: tuple[str, ...] = ()
    gates: bool = False
    schedule: str | None = None
    assets: dict[str, Asset]

    @field_validator("connection", mode="before")
    @classmethod
    def _files_by_default(cls, stated: Any) -> Any:
        return {"kind": "files"} | stated if is_mapping(stated) else stated

    @model_validator(mode="after")
    def _assets_fit_connection(self) -> Self:
        kind = self.connection.kind
        for name, asset in self.assets.items():
            for word in {word for words in _WORDS.values() for word in words}:
                needed, has_word = word in _WORDS[kind], getattr(asset, word) is not None
                if needed != has_word:
                    raise ValueError(f"asset {name!r} {'needs' if needed else 'has no use for'} {word!r} ({kind})")
        return self

    def nulls(self, asset: str) -> tuple[str, ...]:
        """Values that mean "no value" in an asset."""
        own = self.assets[asset].null_tokens
        return self.null_tokens if own is None else own

    def glob(self, asset: str) -> str:
        """Glob of an asset's files below the root."""
        entry = self.assets[asset]
        return entry.path or f"{self.folder(asset)}/*.{entry.format}"

    def folder(self, asset: str) -> str:
        """Folder of the files of an asset that has no `path`, below the root."""
        return f"{self.name}/{asset}"


def from_environment(text: str) -> str:
    """The value of the environment variable with that name, else the text itself."""
    return os.environ.get(text, text)


def read(path: Path, languages: Sequence[str] = SHOWN) -> Source:
    """Read one source file; the source's name is the file's name up to an `@`.

    Raises:
        ContractError: the file is not a valid source.
    """
    return yaml_reader.read(
        Source, path, f"source conf/sources/{path.name} is", languages, name=path.stem.split("@")[0]
    )
