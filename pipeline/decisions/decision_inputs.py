"""The inputs of decisions, stored so that each decision can be replayed (`fieldstone replay`).

The table `audit__decision_runs` stores for each run the inputs common to its decisions: versions, policy, names of
features. The table `audit__decision_inputs` stores for each decision the person's inputs, sealed under that person's
own key: erasing a person erases that person's inputs only. The decision itself has the numbers of consents.
"""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import earlier_names, table_names
from conf.schema.errors import Conflict
from conf.schema.loan_request import Follows
from conf.schema.sentences import SIDES, Changeability, Sentences
from lake import raw_access, seals
from lake.entry_details import Seal
from lake.erasure import INPUTS
from lake.vault import KEYS
from models.deciding import Known, KnownRecord
from models.reasons import CatalogueEntry
from models.withholding import Scopes
from pipeline.context import Context
from pipeline.features import declarations
from pipeline.registry import tracking, training_data
from pipeline.releases.champions import Champion
from pipeline.trail import policy_in_use

RUNS = table_names.DECISION_RUNS
_SEALED = "inputs_ciphertext"
_INPUTS = "application_id string, subject_key string, run string, inputs string, key_id string"


class ScoringVersion(TypedDict):
    """A version that scored, identified by the hashes of its release and its predictor."""

    name: str
    version: str
    release_sha256: str
    predictor_sha256: str


class RunDocument(TypedDict):
    """The inputs common to all decisions of a run, stored as canonical JSON.

    Attributes:
        models: predicted number → version.
        scopes: by scope that may be withheld, the features that come of it.
        catalogue: names and sentences of features, see `CatalogueEntry`; earlier runs have other parts of it.
        facts: fact of a decision → its feature.
    """

    models: dict[str, ScoringVersion]
    policy_sha256: str
    scopes: Mapping[str, Sequence[str]]
    catalogue: dict[str, dict[str, Any]]
    facts: dict[str, str]
    declarations_sha256: str
    code_version: str
    models_sha256: str
    software: str


@dataclass(frozen=True)
class Kept:
    """The record of a run and those of its decisions, in the form of their tables."""

    run: dict[str, Any]
    rows: list[dict[str, Any]]


def kept(context: Context, decided: pd.DataFrame, known: Known, champions: dict[str, Champion], scopes: Scopes) -> Kept:
    """The inputs of decisions, sealed and not written yet.

    Args:
        decided: application_id and subject_key of each decision, in the order of `known`.
        known: their inputs, `Known.after` them.
        champions: predicted number → the version that scored.
        scopes: by scope that may be withheld, the features that come of it.

    Raises:
        Conflict: an applicant's key was destroyed meanwhile.
    """
    stated = json.dumps(_stated(context, champions, scopes), sort_keys=True, ensure_ascii=False)
    number = _number(context, stated, decided["application_id"].tolist())
    texts = [json.dumps(record, separators=(",", ":"), ensure_ascii=False) for record in known.records()]
    named = decided[["application_id", "subject_key"]].assign(run=number)
    return Kept({"run": number, "at": context.as_of, "stated": stated}, _sealed(context, named.assign(inputs=texts)))


def sealed(context: Context, run_inputs: Kept) -> list[Seal]:
    """Seals of the inputs, for the audit trail's entry, which is written before they are appended.

    Inputs of a run that was killed before its decisions were stored are sealed as deleted.
    """
    lake, trail = context.lake, context.trail
    lake.create(INPUTS)
    left = seals.gone(
        trail, INPUTS, raw_access.chosen(lake, INPUTS, _decided(run_inputs), raw_access.columns(lake, INPUTS))
    )
    parts = {INPUTS: left + seals.new(trail, INPUTS, run_inputs.rows)}
    if not _is_known(context, run_inputs):
        parts[RUNS] = seals.new(trail, RUNS, [run_inputs.run])
    return [seals.keep(trail, table, each, at_version=lake.version(table)) for table, each in parts.items()]


def append(context: Context, run_inputs: Kept) -> None:
    """Append the inputs; they replace those of a run that was killed before its decisions were stored."""
    context.lake.delete(INPUTS, _decided(run_inputs))
    if not _is_known(context, run_inputs):
        context.lake.append_records(RUNS, [run_inputs.run])
    context.lake.append_records(INPUTS, run_inputs.rows)


def opened(context: Context, applications: Iterable[str]) -> dict[str, KnownRecord]:
    """Application → inputs of its decision, without applications whose key was destroyed."""
    rows = context.lake.platform(INPUTS).where(F.col("application_id").isin(sorted(applications)))
    owner = F.coalesce("subject_key", "application_id").alias("key_id")
    rows = rows.select(owner, "application_id", _SEALED)
    texts = context.vault.unseal_rows(rows, _SEALED, "inputs").select("application_id", "inputs").collect()
    return {row["application_id"]: _record(json.loads(row["inputs"])) for row in texts}


def document(stated: str) -> RunDocument:
    """A run's record with the names of today; in earlier runs, facts were called as their features."""
    of_run = json.loads(stated)
    return of_run | {
        "models": earlier_names.today(of_run["models"]),
        "facts": of_run.get("facts", earlier_names.BEFORE),
    }


def _record(inputs: KnownRecord) -> KnownRecord:
    """The inputs of a decision with the names of today; features are called as their workspace calls them."""
    return {**inputs, "facts": earlier_names.today(inputs["facts"])}


def catalogue(stated: RunDocument) -> dict[str, CatalogueEntry]:
    """The names that features had in a run."""
    return {name: _entry(dict(entry)) for name, entry in stated["catalogue"].items()}


def _entry(entry: dict[str, Any]) -> CatalogueEntry:
    """A feature in a run's record; earlier runs call its sentences `told`."""
    sentences = _sentences(entry.pop("told", None) or entry.get("sentences"))
    return CatalogueEntry(**entry | {"sentences": sentences, "follows": _follows(entry)})


def _follows(entry: dict[str, Any]) -> Follows:
    """How a feature follows the requested terms; runs from before this was declared don't have it."""
    return tuple((earlier_names.NOW.get(requested, requested), power) for requested, power in entry.get("follows", ()))


def _sentences(stated: dict[str, Any] | None) -> Sentences | None:
    """The sentences of a feature in a run's record; None in runs from before features had sentences.

    Earlier runs don't say whether a value only grows, nor which fact a feature states, and replay without them.
    """
    if stated is None:
        return None
    by_side = {side: tuple(stated[side]) for side in SIDES}
    later = {name: stated[name] for name in ("only_grows", "fact") if name in stated}
    return Sentences(Changeability(stated["change"]), **by_side, **later)


def _stated(context: Context, champions: dict[str, Champion], scopes: Scopes) -> RunDocument:
    columns = declarations.feature_set(context.workspace).columns
    return {
        "models": {output: _scoring(champion) for output, champion in champions.items()},
        "policy_sha256": policy_in_use.noted_sha256(context),
        "scopes": scopes,
        "catalogue": {
            c.name: asdict(CatalogueEntry(c.unit, c.en, c.zh, c.monotone, c.window, c.sentences, c.follows, c.repaid))
            for c in columns
        },
        "facts": declarations.facts(context.workspace),
        "declarations_sha256": declarations.fingerprint(context.workspace),
        "code_version": training_data.code_version(),
        "models_sha256": training_data.models_sha256(),
        "software": training_data.software(),
    }


def _scoring(champion: Champion) -> ScoringVersion:
    release = champion.release
    return {
        "name": champion.name,
        "version": champion.version,
        "release_sha256": release.sha256,
        "predictor_sha256": release.document["files"][tracking.PREDICTOR],
    }


def _number(context: Context, stated: str, applications: list[str]) -> str:
    """A number of a run, the same if it is repeated; a keyed hash, so that it reveals no application after erasure."""
    named = json.dumps([stated, context.as_of.isoformat(), sorted(applications)])
    return hmac.digest(context.trail.key, f"decision run {named}".encode(), "sha256").hex()[:32]


def _is_known(context: Context, run_inputs: Kept) -> bool:
    return bool(context.lake.records(RUNS, run=run_inputs.run["run"]))


def _decided(run_inputs: Kept) -> dict[str, list[str]]:
    return {"application_id": [row["application_id"] for row in run_inputs.rows]}


def _sealed(context: Context, rows: pd.DataFrame) -> list[dict[str, Any]]:
    # in a public record of no named person, an application has a key of its own
    owners = rows["subject_key"].where(rows["subject_key"].notna(), rows["application_id"])
    vault, frame = context.vault, context.lake.spark.createDataFrame(rows.assign(key_id=owners), _INPUTS)
    if not (keyless := _without_key(context, frame)).isEmpty():
        vault.add_keys(keyless)
    sealed_rows = vault.seal_rows(frame, "inputs", _SEALED).drop("key_id").toArrow().to_pylist()
    if len(sealed_rows) != len(rows):
        raise Conflict(f"{len(rows) - len(sealed_rows):,} applicants have no key any more; run it again")
    return sorted(sealed_rows, key=lambda row: row["application_id"])


def _without_key(context: Context, rows: DataFrame) -> DataFrame:
    return rows.join(context.lake.platform(KEYS).select("key_id"), "key_id", "left_anti")
