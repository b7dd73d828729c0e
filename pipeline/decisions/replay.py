"""Replays decisions from their stored inputs, and compares them with the original decisions."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from conf.schema import earlier_names
from conf.schema.errors import FieldstoneError, IntegrityError
from conf.schema.policy import Policy
from lake import raw_access, seals
from lake.digests import canonical
from lake.erasure import INPUTS
from models import deciding
from models.deciding import KnownRecord
from models.predictor import DECIDING
from models.reasons import Judges
from pipeline.context import Context
from pipeline.decisions import decision_inputs
from pipeline.decisions.decision_inputs import RUNS, RunDocument
from pipeline.decisions.decision_rows import CHANGES, DECISIONS, OF_LIMIT, OUTCOME, WORDING, outcome
from pipeline.features import kinds
from pipeline.registry import tracking, training_data, trainings
from pipeline.registry.tracking import PREDICTOR
from pipeline.releases import approvals, champions
from pipeline.trail import policy_in_use


@dataclass(frozen=True)
class Result:
    """The result of a replay.

    Attributes:
        differing: columns that differ from the original decision.
        why_not: why it couldn't be replayed; None if it could.
    """

    application: str
    subject_key: str
    run: "Run"
    differing: tuple[str, ...] = ()
    why_not: str | None = None

    @property
    def is_reworded(self) -> bool:
        """Whether only sentences differ, because texts were changed since, and the outcome is the same."""
        return bool(self.differing) and WORDING.issuperset(self.differing)


class Run:
    """The common inputs of a run's decisions, and its versions and policy of that time, not of today."""

    def __init__(self, context: Context, number: str) -> None:
        records = context.lake.records(RUNS, run=number)
        if not records or not all(seals.as_sealed(context.trail, RUNS, records)):
            raise IntegrityError(
                f"the shared inputs of the decisions of run {number} are missing from {RUNS} or were changed there; "
                "restore them from a backup (fieldstone audit verify lists all that differs from its seal)"
            )
        self.context = context
        self.stated: RunDocument = decision_inputs.document(records[0]["stated"])

    @property
    def versions(self) -> list[str]:
        """Versions that scored, such as `admission:3`."""
        models = (self.stated["models"][output] for output in self._outputs)
        return [f"{each['name']}:{each['version']}" for each in models]

    @cached_property
    def _rules(self) -> Policy:
        return policy_in_use.of(self.context, self.stated["policy_sha256"])

    @property
    def _outputs(self) -> tuple[str, ...]:
        """The predicted numbers that the decisions used; only the PD if there are no limits."""
        return DECIDING if self._rules.sets_limits else DECIDING[:1]

    @cached_property
    def judges(self) -> Judges:
        """Predictors, policy and names of features of that time.

        Raises:
            FieldstoneError: one is missing, differs from what decided, or had no approval that counts.
        """
        client, entries = tracking.connect(self.context.workspace.settings), self.context.trail.entries()
        made_by = [self.stated["models"][output] for output in self._outputs]
        for model in made_by:
            approvals.require_decided_by(entries, model["name"], model["version"], model["release_sha256"])
        scorers = [
            champions.read(
                self.context.workspace, client, model["name"], model["version"], {PREDICTOR: model["predictor_sha256"]}
            )
            for model in made_by
        ]
        return Judges(
            scorers[0],
            scorers[1] if len(scorers) > 1 else None,
            self._rules,
            decision_inputs.catalogue(self.stated),
            self.stated["facts"],
        )

    def since(self) -> list[str]:
        """Changes since the run, as text."""
        retired = [entry for entry in self.context.trail.entries() if entry.action == "retire"]
        by = {
            f"{details['model']}:{details['version']}": e.actor for e in retired if (details := json.loads(e.details))
        }
        changed = [f"{version} was retired by {by[version]} since" for version in self.versions if version in by]
        changed += [f"the file of its kind has changed since {version} was trained" for version in self._rekinded()]
        if self.stated["models_sha256"] != training_data.models_sha256():
            changed.append(f"the code of the models has changed since {self.stated['code_version']}")
        if self.stated["software"] != training_data.software():
            changed.append(f"the software was {self.stated['software']}")
        return changed

    def _rekinded(self) -> Iterator[str]:
        """Versions whose kind of model is a file of the workspace that has changed since."""
        workspace, entries = self.context.workspace, self.context.trail.entries()
        for version in self.versions:
            name, _, number = version.partition(":")
            made = trainings.of(entries, name, number).made.get(tracking.KIND_SHA256)
            if name in workspace.models and kinds.fingerprint(workspace, workspace.model(name)) != made:
                yield version

    def differences(self, applications: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Application → columns that differ from its original decision, empty if none do.

        Applications whose decision is missing or whose inputs can't be opened are left out.
        """
        lake = self.context.lake
        where, columns = {"application_id": applications}, raw_access.columns(lake, DECISIONS)
        stored = raw_access.chosen(lake, DECISIONS, where, columns)
        decided = map(earlier_names.of_decision, stored)
        made = self._again(decision_inputs.opened(self.context, applications))
        return {
            number: tuple(name for name in _compared(row) if _written(row[name]) != _written(made[number][name]))
            for row in decided
            if (number := row["application_id"]) in made
        }

    def _again(self, inputs: dict[str, KnownRecord]) -> dict[str, dict[str, Any]]:
        if not inputs:
            return {}
        judges, scopes = self.judges, {scope: tuple(names) for scope, names in self.stated["scopes"].items()}
        known = deciding.of_records([*inputs.values()], judges, scopes)
        decided = outcome(deciding.again(known, judges, scopes), judges.rules, self.context.workspace.settings)
        again = decided.loc[:, [*OUTCOME]].to_dict("records")
        return dict(zip(inputs, map(earlier_names.of_decision, again), strict=True))


def replay(context: Context, applications: Collection[str] | None = None) -> list[Result]:
    """Replay the decisions with stored inputs, of some applications or of all, run by run."""
    if not context.lake.exists(INPUTS):
        return []
    where = {} if applications is None else {"application_id": applications}
    runs: dict[str, list[dict[str, Any]]] = {}
    for row in raw_access.chosen(context.lake, INPUTS, where, raw_access.columns(context.lake, INPUTS)):
        runs.setdefault(row["run"], []).append(row)
    return [result for number, rows in sorted(runs.items()) for result in _of_run(Run(context, number), rows)]


def _of_run(run: Run, rows: list[dict[str, Any]]) -> list[Result]:
    trail = run.context.trail
    are_whole = seals.as_sealed(trail, INPUTS, rows)
    whole = [row["application_id"] for row, is_whole in zip(rows, are_whole, strict=True) if is_whole]
    try:
        why_not, differing = None, run.differences(whole) if whole else {}
    except FieldstoneError as error:
        why_not, differing = str(error), {}
    return [_result(run, row, row["application_id"] in whole, why_not, differing) for row in rows]


def _result(
    run: Run, row: dict[str, Any], is_whole: bool, why_not: str | None, differing: dict[str, tuple[str, ...]]
) -> Result:
    number = row["application_id"]
    of_decision = (number, row["subject_key"], run)
    if not is_whole:
        return Result(*of_decision, why_not="what it was decided from isn't as it was sealed (fieldstone audit verify)")
    if why_not or number in differing:
        return Result(*of_decision, differing.get(number, ()), why_not)
    return Result(*of_decision, why_not="its decision is gone, or the key of its inputs is (fieldstone audit verify)")


def _compared(row: dict[str, Any]) -> tuple[str, ...]:
    """Columns of a decision to compare; earlier decisions lack the explanation of limits, or the changes."""
    unsaid = {name for columns in (OF_LIMIT, CHANGES) if row.get(columns[0]) is None for name in columns}
    return tuple(name for name in OUTCOME if name not in unsaid)


def _written(value: Any) -> str:
    """A value as stored in its table, with all digits; all forms of a missing value are equal."""
    absent = value is None or (not isinstance(value, list | str) and pd.isna(value))
    return json.dumps(None if absent else canonical(value))
