"""Exports the training set of a registered version as files: the rows that it learnt from and that may be used now."""

import json
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from conf.schema import naming
from conf.schema.contract import Purpose
from conf.schema.errors import Conflict, Forbidden, IntegrityError, NotFound
from conf.schema.model import ModelSpec
from conf.schema.roles import Sight
from lake import pseudonym
from lake.time_travel import EarlierLake
from lake.vault import token_of
from models import frames, splits
from models.predictor import Predictor
from models.reference_population import ReferencePopulation
from models.trees import TreePredictor
from pipeline import contracts, exports
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.features.build import LABELS, TRAINING
from pipeline.registry import tracking, training_data, trainings
from pipeline.registry.trainings import Training
from pipeline.releases import champions
from pipeline.results.modelers import Exported

LOG = logging.getLogger(__name__)

ROWS, SHAP, LINEAGE = "rows.parquet", "shap.parquet", "lineage.json"
INTERVENTIONAL = "shap_interventional.parquet"
KEY = "application_key"
_PURPOSE = Purpose.MODEL_TRAINING
# tags of a training that the lineage repeats
_MADE = (
    "fingerprint", "data_as_of", "data_sha256", "sampling", "impact_assessment", "trainer",
    "code_version", "models_sha256", "contracts_sha256", "software",
)  # fmt: skip


@dataclass(frozen=True)
class RegisteredVersion:
    """A registered version, from its training and its files."""

    model: str
    number: str
    training: Training
    predictor: Predictor
    record: dict[str, Any]

    @cached_property
    def spec(self) -> ModelSpec:
        """The spec of its training, even if another one is declared today.

        Raises:
            NotFound: an earlier version of Fieldstone trained it, which recorded only a SHA-256, or another form.
        """
        try:
            spec = ModelSpec.model_validate(self.training.facts.get("spec"))
        except ValidationError as error:
            raise NotFound(
                f"the audit trail has no declaration of {self.model}:{self.number} that can be read, because an "
                f"earlier version of Fieldstone trained it; train the model again (fieldstone train {self.model}) and "
                "export the new version"
            ) from error
        return spec.by_chance() if self.record["split_by"] == "chance" else spec

    @property
    def population(self) -> ReferencePopulation | None:
        """Its reference population; None if it has none, as versions of before."""
        document = self.record.get("reference_population")
        return ReferencePopulation.of(document) if document else None

    @property
    def tables(self) -> dict[str, int]:
        """Delta version of each gold table that it learnt from."""
        return naming.versions(self.training.made["data_versions"])


def export(
    context: Context, model_name: str, number: str | None, to: Path, why: str, role: str | None, shap: bool
) -> Exported:
    """Write the rows of a version with their slice, label, features and predictions, and the lineage of all of them.

    Applications are identified by a token, people by their pseudonym; consents, numbers and columns that the version
    didn't read are left out. So are the rows of all people whose consent to training has ended since.

    Args:
        number: of the version; by default the one in force.
        to: a new or an empty folder outside the state.
        why: the occasion, in words.
        role: that the operator claims; their first role by default.
        shap: write exact SHAP values by row as well, of trees also the interventional ones, if the version has a
            reference population.

    Raises:
        FieldstoneError: a withdrawal may be unknown, a contract's grounds changed, the operator may not see the rows,
            the folder is unsuitable, there is no such version, or its rows weren't kept or differ from its training.
    """
    withdrawals.require_settled(context, "dataset export")
    contracts.require_grounds(context)
    role_name = _role(context, role)
    exports.require_new(context, to)
    version = _version(context, model_name, number)
    data = _data(context, version)
    left_out = int(version.training.made["data_rows"]) - len(data)
    files = {ROWS: _rows(data, version, _tokens(context, data))}
    if shap:
        files |= {name: pd.concat([files[ROWS][KEY], each], axis=1) for name, each in _shap(data, version).items()}
    lineage = _lineage(context, version, files[ROWS], left_out)
    noted = {"role": role_name, "purpose": _PURPOSE, "why": why, "fingerprint": version.training.made["fingerprint"]}
    # recorded first, so that nothing ever leaves without an entry
    operator = context.workspace.settings.operator
    kept = {"rows": len(data), "rows_left_behind": left_out, "files": [*files]}
    context.trail.record(operator, "dataset export", model=model_name, version=version.number, **noted, **kept)
    _write(exports.made(to), files, lineage)
    left = f"; {left_out:,} rows are left out, because they may not be exported" if left_out else ""
    LOG.info(f"dataset export: {len(data):,} rows that {model_name}:{version.number} learnt from are in {to}{left}")
    return Exported(model_name, version.number, str(to), len(data), left_out, (*files, LINEAGE))


def _role(context: Context, claimed: str | None) -> str:
    """The operator's role, which must see plain values if the rows are of people."""
    workspace = context.workspace
    role = workspace.roles.role_of(workspace.settings.operator, claimed)
    role.require(_PURPOSE)
    if workspace.has_personal_data and role.classes["C2"] is not Sight.PLAIN:
        raise Forbidden(
            f"role {role.name} sees personal data {role.classes['C2']}, but an export contains them plain; a person "
            "whose role sees class C2 plain (conf/roles.yaml), such as a risk modeler, has to export: "
            "FIELDSTONE_OPERATOR"
        )
    return role.name


def _version(context: Context, model: str, number: str | None) -> RegisteredVersion:
    context.workspace.model(model)
    client, entries = tracking.connect(context.workspace.settings), context.trail.require_whole()
    number = number or champions.in_force(entries, client, model).version
    registered = tracking.known(client, model, number)
    training = trainings.of(entries, model, number)
    if tracking.RECORD in trainings.changed_files(entries, client, registered, training.files):
        raise IntegrityError(
            f"{tracking.RECORD} of {model}:{number} was changed or is missing, so it isn't known which rows were held "
            "out; put it back from a backup, or train the model again"
        )
    record = json.loads(tracking.artifact(client, registered, tracking.RECORD) or b"")
    return RegisteredVersion(
        model, number, training, champions.read(context.workspace, client, model, number, training.files), record
    )


def _data(context: Context, version: RegisteredVersion) -> pd.DataFrame:
    """The rows of the frame that a version learnt from, as far as the gate allows them now.

    Raises:
        Conflict, IntegrityError, NotFound: the stored frame differs, lacks information, or wasn't kept.
    """
    tables = {naming.undated(table): table for table in version.tables}
    lake = EarlierLake(context.workspace, at=version.tables)
    data = training_data.joined(lake, tables[TRAINING], tables[LABELS], context.as_of)
    stated = version.training.made
    is_whole = stated["data_sha256"] == training_data.sha256(data.drop(columns=["consent_ids"]))
    if not is_whole and len(data) >= int(stated["data_rows"]):
        raise IntegrityError(
            f"the {len(data):,} rows that are there aren't the {stated['data_rows']} that {version.model}:"
            f"{version.number} learnt from; restore the last backup into an empty folder (fieldstone restore FOLDER)"
        )
    if version.spec.is_by_chance and (version.spec.split.together or not is_whole):
        raise Conflict(
            f"{version.model}:{version.number} learnt from {stated['data_rows']} rows, of which {len(data):,} may be "
            "used now, and these don't show which rows the random split held out; train the model again"
            + (", without split.together" if version.spec.split.together else "")
        )
    return data


def _tokens(context: Context, data: pd.DataFrame) -> list[str]:
    key = pseudonym.numbers_key(context.vault)
    return [token_of(number, key) for number in data["application_id"]]


def _rows(data: pd.DataFrame, version: RegisteredVersion, tokens: list[str]) -> pd.DataFrame:
    """One row per row of the frame, in its order: keys, moment, slice, label, features and predictions."""
    kept = ["subject_key", "as_of", "label_status", version.spec.label, *version.predictor.features]
    rows = data[list(dict.fromkeys(name for name in kept if name in data))]
    rows.insert(0, KEY, tokens)
    rows.insert(3, "slice", _slices(data, version))
    return rows.join(version.predictor.predict(data).set_axis(data.index))


def _shap(data: pd.DataFrame, version: RegisteredVersion) -> dict[str, pd.DataFrame]:
    """SHAP values of the rows by each definition, by the name of their file."""
    predictor, population = version.predictor, version.population
    files = {SHAP: predictor.shap_values(data)}
    if population and isinstance(predictor, TreePredictor):
        files[INTERVENTIONAL] = predictor.interventional_values(data, population)
    return files


def _slices(data: pd.DataFrame, version: RegisteredVersion) -> pd.Series:
    """`in_time`, `oot`, or null for rows without a label, which the version didn't learn from."""
    spec = version.spec
    if spec.is_by_chance:
        rows = frames.labelled(data, spec)
        late = data["application_id"].isin(rows.loc[splits.slices(rows, spec.split).oot, "application_id"])
    else:
        first = pd.to_datetime(version.record["split"]["oot"]["from"], utc=True)
        late = pd.to_datetime(data["as_of"], utc=True) >= first
    return pd.Series("in_time", index=data.index).mask(late, "oot").where(data[spec.label].notna())


def _lineage(context: Context, version: RegisteredVersion, rows: pd.DataFrame, left_out: int) -> dict[str, Any]:
    facts, predictor = version.training.facts, version.predictor
    return {
        "model": version.model,
        "version": version.number,
        "purpose": _PURPOSE,
        "consents_judged_at": context.lake.consent_moment(context.as_of).isoformat(),
        "tables": version.tables,
        **{name: version.training.made[name] for name in _MADE if name in version.training.made},
        "spec_sha256": facts["spec_sha256"],
        "spec": facts.get("spec"),
        "rows": {"learnt_from": len(rows) + left_out, "exported": len(rows), "may_not_be_used_any_more": left_out},
        "rows_by_slice": rows["slice"].fillna("not learnt from").value_counts().to_dict(),
        "subjects": int(rows["subject_key"].nunique()),
        "label": version.spec.label,
        "features": list(predictor.features),
        "predictions": list(predictor.outputs),
        "base_value": predictor.base_value,
        **_definitions(version),
        "figures": facts["figures"],
    }


def _definitions(version: RegisteredVersion) -> dict[str, Any]:
    """Of the SHAP values of trees: what each file's are, and the base of the interventional ones."""
    predictor, population = version.predictor, version.population
    if not isinstance(predictor, TreePredictor):
        return {}
    by_path = {SHAP: "path-dependent TreeSHAP; paths weigh by cover, the sum of the hessian"}
    if population is None:
        return {"shap_definitions": by_path}
    return {
        "shap_definitions": by_path | {INTERVENTIONAL: "interventional, against the reference population"},
        "interventional_base_value": predictor.interventional_base(population),
        "reference_population": population.as_dict(),
    }


def _write(folder: Path, files: dict[str, pd.DataFrame], lineage: dict[str, Any]) -> None:
    """Write Parquet files, each with the lineage in its metadata as well."""
    text = json.dumps(lineage, indent=2, ensure_ascii=False)
    for name, rows in files.items():
        table = pa.Table.from_pandas(rows, preserve_index=False)
        pq.write_table(table.replace_schema_metadata({"fieldstone.lineage": text}), folder / name)
    (folder / LINEAGE).write_text(text + "\n", encoding="utf-8")
    exports.for_the_owner_alone(folder)
