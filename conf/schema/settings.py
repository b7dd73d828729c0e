"""Settings: from `conf/settings.yaml` of the workspace, overridden by `FIELDSTONE_*` of the environment.

Where neither sets a clock, the file `clock` does that lies in the state folder or beside the landing zone: whoever
fills a landing zone with data of a past moment puts it there.
"""

import getpass
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, HttpUrl, field_validator, model_validator

from conf.schema import yaml_reader
from conf.schema.clock import ZoneName, zoned
from conf.schema.declaration import Declaration, is_list, is_mapping
from conf.schema.errors import FieldstoneError, SetupError
from conf.schema.languages import SHOWN
from conf.schema.person_names import a_name

LOG = logging.getLogger(__name__)

CipherName = Literal["aes-256-gcm", "sm4-gcm"]
CLOCK = "clock"  # file with the moment at which a workspace's clock stands, in ISO 8601
KeySource = Annotated[str, Field(pattern=r"^(env|file:.+|plugin:.+)$")]
KeyFile = Annotated[str, Field(pattern=r"^(env|file:.+)$")]
Language = Annotated[str, Field(pattern="^[a-z]{2}$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
AnchorPlace = Annotated[str, Field(pattern=r"^(file|plugin):.+$")]


class Settings(Declaration):
    """What differs between places where Fieldstone runs.

    Attributes:
        home: the state folder; deleting it resets everything. What the file says is below the workspace's folder, and
            what FIELDSTONE_HOME says below the folder in which commands are typed.
        landing: where partners put their files; outside `home`, for it holds plain identifiers.
        engine: `sail` (embedded), `spark` (Apache Spark with delta-spark) or `connect` (a Spark Connect endpoint).
        spark_master: master URL for `spark`, or the `sc://` address for `connect`.
        spark_jars: folder with the Delta jars for machines without a Maven repository.
        time_zone: where the bank is, as a name of the IANA database: days begin and end at its midnight, and times that
            are written without a zone are its times, unless their source has a zone of its own.
        languages: of the workspace's texts. Each text has the first of them and all others that are listed.
        currency: of all amounts, as its code of ISO 4217; reports and notes name it, and nothing is converted.
        as_of: a fixed clock in place of now, for sandboxes and replays; what the file `clock` says where there
            is one and nothing else is said.
        sandbox_approval: the sandbox reviewer may approve models; never in production.
        recipient: what the bank is called, in consents and to customers; a consent given to somebody else doesn't
            count. Where nobody is asked for consent it may be left out.
        unlinked_days: how long a row may wait in quarantine of which nobody knows whose it is, so that no consent or
            retention of its contract ends it; then `erase --due` takes it.
        operator: who runs commands, as the audit trail names them; the system's user unless given.
        trainer: who has triggered a training where it isn't the operator: Airflow's user, for whom a service runs it.
        sandbox: nobody's data are here, and whoever types a name is believed; what is done says so in the trail.
        people: file of who may act; `conf/people.yaml` of the workspace unless given (`conf.schema.people`).
        person_key: private key of whoever runs commands, or a folder of such keys; `~/.config/fieldstone/keys` unless
            given.
        reports_url: where the report pages are served, for links to them; without it they are named by their files.
        browser: the Chromium, Chrome or Edge that prints reports as PDF, by name or path; the first that is there
            unless given, and `none` to print none.
        mlflow_uri: MLflow tracking and registry; SQLite under `home` unless given.
        cipher: what is sealed from now on is sealed by it; what was sealed by another stays readable.
        keys: folder of the keys that are files, `<home>-keys` beside the state folder unless given; never in it.
        anchor: where the end of the audit trail is told besides, out of reach of whoever may write the state folder.
            `file:PATH`, to which lines are only added, or `plugin:package.module:Class@TEXT` (`lake.anchors.Anchor`);
            a file in `<home>-anchor` beside the state folder unless given.
        trail_from: where the audit trail's key is. `env`: in `FIELDSTONE_TRAIL_KEY`, or in the folder of keys;
            `file:PATH`.
        master_from: where the master key is. `env`: in `FIELDSTONE_MASTER_KEY`, or in the folder of keys;
            `file:PATH`; or `plugin:package.module:Class@KEY`, a service that wraps and unwraps (`lake.masters.Master`).
        new_master_from: the same of the key that the master key is rotated to; `env` is `FIELDSTONE_NEW_MASTER_KEY`,
            which suffices by itself.
    """

    # errors don't quote a value, which may be a key that was put in the wrong place
    model_config = ConfigDict(validate_default=True, hide_input_in_errors=True)
    home: Path = Path(".fieldstone")
    landing: Path = Path(".sandbox/landing")
    engine: Literal["sail", "spark", "connect"] = "sail"
    spark_master: str = "local[*]"
    spark_jars: Path | None = None
    time_zone: ZoneName = "UTC"
    languages: tuple[Language, ...] = Field(SHOWN, min_length=1)
    currency: Currency = "CNY"
    as_of: datetime | None = None
    sandbox_approval: bool = False
    recipient: str = ""
    unlinked_days: int = Field(30, ge=1)
    operator: str = Field(default_factory=getpass.getuser)
    trainer: str | None = None
    sandbox: bool = Field(default_factory=lambda: os.environ.get("FIELDSTONE_SANDBOX") == "1")
    people: Path | None = None
    person_key: Path | None = None
    reports_url: HttpUrl | None = None
    browser: str = ""
    mlflow_uri: str | None = None
    cipher: CipherName = "aes-256-gcm"
    keys: Path | None = None
    anchor: AnchorPlace | None = None
    trail_from: KeyFile = "env"
    master_from: KeySource = "env"
    new_master_from: KeySource | None = None

    @field_validator("home", "landing", "keys", "people", "person_key")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().absolute()

    @field_validator("languages", mode="before")
    @classmethod
    def _listed(cls, stated: Any) -> Any:
        listed = stated.replace(",", " ").split() if isinstance(stated, str) else stated
        if is_list(listed) and len({*map(str, listed)}) < len(listed):
            raise ValueError("a language comes twice; name each once, such as [en]")
        return listed

    @field_validator("operator", "trainer")
    @classmethod
    def _named(cls, name: str | None) -> str | None:
        try:
            return name and a_name(name)
        except FieldstoneError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _beside_the_state(self) -> Self:
        kept = (("keys", self.key_folder), ("anchor", self.anchor_file), ("person_key", self.person_key))
        for name, path in kept:
            if path and path.resolve().is_relative_to(self.home.resolve()):
                raise ValueError(f"{name} {path} lies in the state folder {self.home}, which it protects; give another")
        return self

    @model_validator(mode="after")
    def _clock_has_a_zone(self) -> Self:
        if self.as_of and self.as_of.tzinfo is None:
            object.__setattr__(self, "as_of", zoned(self.as_of, self.time_zone))
        return self

    @property
    def key_folder(self) -> Path:
        """Where the keys lie that are files."""
        return self.keys or self.home.with_name(f"{self.home.name}-keys")

    @property
    def is_sandbox(self) -> bool:
        """Whether whoever types a name is believed; a state that real people were released to isn't one any more."""
        return self.sandbox or self.sandbox_approval

    @property
    def sandbox_people(self) -> Path:
        """Where the sandbox makes its own people, with their keys."""
        return self.key_folder / "people"

    @property
    def anchor_place(self) -> str:
        """Where the end of the audit trail is told besides."""
        return self.anchor or f"file:{self.home.with_name(f'{self.home.name}-anchor') / 'trail.jsonl'}"

    @property
    def anchor_file(self) -> Path | None:
        """The file that the audit trail is anchored in; None for a plug-in."""
        kind, _, where = self.anchor_place.partition(":")
        return Path(where).expanduser().absolute() if kind == "file" else None

    @property
    def tracking_uri(self) -> str:
        """MLflow's tracking and registry URI."""
        return self.mlflow_uri or f"sqlite:///{self.home}/mlflow/mlflow.db"

    def now(self) -> datetime:
        """The moment a run takes as its own: the fixed clock, else the present (UTC)."""
        return self.as_of or datetime.now(UTC)


def read(path: Path, environ: dict[str, str] | None = None) -> Settings:
    """Read settings; `FIELDSTONE_<NAME>` in the environment wins over the file, and both over the file `clock`.

    Args:
        path: the settings file; a missing one means defaults.
        environ: the environment, `os.environ` unless given.

    Raises:
        ContractError, SetupError: a value is not allowed.
    """
    environ = dict(os.environ) if environ is None else environ
    what = f"settings of {path.name} or FIELDSTONE_* are"
    stated = (yaml_reader.parsed(path, what) if path.exists() else None) or dict[str, Any]()
    names = {f"FIELDSTONE_{name.upper()}": name for name in Settings.model_fields}
    overriding = {names[k]: v for k, v in environ.items() if k in names and v}
    values = _below(path.parent.parent, stated) | overriding if is_mapping(stated) else stated
    settings = yaml_reader.checked(Settings, values, what)
    if "home" in overriding and is_mapping(stated) and stated.get("home") not in (None, overriding["home"]):
        LOG.info(f"state folder: {settings.home}, as FIELDSTONE_HOME says; unset it to use home of {path.name}")
    return settings if settings.as_of else settings.model_copy(update={"as_of": _clock(settings)})


def _below(workspace: Path, stated: Mapping[str, Any]) -> dict[str, Any]:
    """What a file states, its `home` below the folder of the workspace, so that no state depends on where one types."""
    home = stated.get("home")
    return {**stated, "home": workspace / Path(home).expanduser()} if isinstance(home, str) else {**stated}


def _clock(settings: Settings) -> datetime | None:
    """The moment of the file `clock`, so that what is run by hand, in notebooks and by DAGs has one clock.

    That of the state folder wins over that of the landing zone, for it is the one that the lake was filled by.
    """
    for path in (settings.home / CLOCK, settings.landing.with_name(CLOCK)):
        if path.exists():
            try:
                return zoned(datetime.fromisoformat(path.read_text(encoding="utf-8").strip()), settings.time_zone)
            except ValueError as error:
                raise SetupError(
                    f"{path} tells no moment in ISO 8601, such as 2026-01-31T08:00:00Z; write one into it, remove it "
                    "(a sandbox's is made again by fieldstone generate), or set the clock by FIELDSTONE_AS_OF"
                ) from error
    return None
