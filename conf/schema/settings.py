"""Settings: from `conf/settings.yaml` of the workspace, overridden by `FIELDSTONE_*` in the environment.

If neither sets a clock, the file `clock` in the state folder or beside the landing zone does. It is put there by the
process that fills a landing zone with data of a past moment.
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
CLOCK = "clock"  # file with the moment of a workspace's fixed clock, in ISO 8601
KeySource = Annotated[str, Field(pattern=r"^(env|file:.+|plugin:.+)$")]
KeyFile = Annotated[str, Field(pattern=r"^(env|file:.+)$")]
Language = Annotated[str, Field(pattern="^[a-z]{2}$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
AnchorPlace = Annotated[str, Field(pattern=r"^(file|plugin):.+$")]


class Settings(Declaration):
    """The settings that differ between installations of Fieldstone.

    Attributes:
        home: the state folder; deleting it resets everything. A relative path is below the workspace's folder if the
            file states it, and below the current folder if FIELDSTONE_HOME does.
        landing: folder where partners put their files; outside `home`, because it has plain identifiers.
        engine: `sail` (embedded), `spark` (Apache Spark with delta-spark) or `connect` (a Spark Connect endpoint).
        spark_master: master URL for `spark`, or the `sc://` address for `connect`.
        spark_jars: folder with the Delta jars for machines without a Maven repository.
        time_zone: zone of the bank, as a name of the IANA database. Days begin and end at its midnight, and times
            without a zone are read in it, unless their source has a zone of its own.
        languages: languages of the workspace's texts; each text has all of them.
        currency: currency of all amounts, as its code of ISO 4217; reports and notes name it, nothing is converted.
        as_of: fixed clock in place of now, for sandboxes and replays; by default the moment in the file `clock`, if
            there is one.
        sandbox_approval: whether the sandbox reviewer may approve models; never in production.
        recipient: name of the bank in consents and for customers; a consent given to another recipient doesn't
            count. It may be left out if nobody is asked for consent.
        unlinked_days: days for which a row of an unknown subject may wait in quarantine. No consent and no retention
            period of a contract ends such a row; `erase --due` deletes it after that time.
        operator: name in the audit trail of the person who runs commands; by default the system's user.
        trainer: person who triggered a training, if not the operator: the user of Airflow, whose service runs it.
        sandbox: whether the state has no data of real persons, so that any typed name is accepted; the audit trail
            marks what was done so.
        people: file with the people who may act (`conf.schema.people`); by default `conf/people.yaml`.
        person_key: private key of the person who runs commands, or a folder of such keys; by default
            `~/.config/fieldstone/keys`.
        reports_url: address at which the report pages are served, for links; without it, links name the files.
        browser: Chromium, Chrome or Edge that prints reports as PDF, by name or path; by default the first installed
            one; `none` prints none.
        mlflow_uri: MLflow tracking and registry; by default SQLite under `home`.
        cipher: cipher for sealing from now on; values sealed by another cipher stay readable.
        keys: folder of the keys that are files; by default `<home>-keys` beside the state folder, never inside it.
        anchor: second place for the end of the audit trail, which people with access to the state folder can't change.
            `file:PATH`, to which lines are only added, or `plugin:package.module:Class@TEXT` (`lake.anchors.Anchor`);
            by default a file in `<home>-anchor` beside the state folder.
        trail_from: place of the audit trail's key. `env`: `FIELDSTONE_TRAIL_KEY`, or the folder of keys; `file:PATH`.
        master_from: place of the master key. `env`: `FIELDSTONE_MASTER_KEY`, or the folder of keys; `file:PATH`; or
            `plugin:package.module:Class@KEY`, a service that wraps and unwraps keys (`lake.masters.Master`).
        new_master_from: place of the key to which the master key is rotated, written in the same way; for `env`,
            `FIELDSTONE_NEW_MASTER_KEY` alone is enough.
    """

    # errors don't quote values, because a value may be a misplaced key
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
            raise ValueError("a language is listed twice; list each once, such as [en]")
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
        """Folder of the keys that are files."""
        return self.keys or self.home.with_name(f"{self.home.name}-keys")

    @property
    def is_sandbox(self) -> bool:
        """Whether the settings accept any typed name; a state for which people were released is no sandbox any more."""
        return self.sandbox or self.sandbox_approval

    @property
    def sandbox_people(self) -> Path:
        """Folder of the people that the sandbox makes for itself, with their keys."""
        return self.key_folder / "people"

    @property
    def anchor_place(self) -> str:
        """Second place of the end of the audit trail, in the form of `anchor`."""
        return self.anchor or f"file:{self.home.with_name(f'{self.home.name}-anchor') / 'trail.jsonl'}"

    @property
    def anchor_file(self) -> Path | None:
        """File in which the audit trail is anchored; None for a plug-in."""
        kind, _, where = self.anchor_place.partition(":")
        return Path(where).expanduser().absolute() if kind == "file" else None

    @property
    def tracking_uri(self) -> str:
        """MLflow's tracking and registry URI."""
        return self.mlflow_uri or f"sqlite:///{self.home}/mlflow/mlflow.db"

    def now(self) -> datetime:
        """The present moment of a run: that of the fixed clock, if there is one, else the real time (UTC)."""
        return self.as_of or datetime.now(UTC)


def read(path: Path, environ: dict[str, str] | None = None) -> Settings:
    """Read settings; `FIELDSTONE_<NAME>` in the environment overrides the file, and both override the file `clock`.

    Args:
        path: the settings file; if it is missing, defaults apply.
        environ: the environment, by default `os.environ`.

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
    """The content of a file, with `home` below the workspace's folder, so that it doesn't depend on the current one."""
    home = stated.get("home")
    return {**stated, "home": workspace / Path(home).expanduser()} if isinstance(home, str) else {**stated}


def _clock(settings: Settings) -> datetime | None:
    """The moment in the file `clock`, which commands, notebooks and DAGs share.

    The file in the state folder has precedence over that beside the landing zone, because the lake was filled by it.
    """
    for path in (settings.home / CLOCK, settings.landing.with_name(CLOCK)):
        if path.exists():
            try:
                return zoned(datetime.fromisoformat(path.read_text(encoding="utf-8").strip()), settings.time_zone)
            except ValueError as error:
                raise SetupError(
                    f"{path} doesn't contain a moment in ISO 8601, such as 2026-01-31T08:00:00Z; write one into it, "
                    "remove it "
                    "(a sandbox's is made again by fieldstone generate), or set the clock by FIELDSTONE_AS_OF"
                ) from error
    return None
