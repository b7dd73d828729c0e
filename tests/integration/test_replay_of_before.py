"""Decisions kept while names of amounts stated a currency: they verify, are seen and replayed as any other."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from conf.schema import earlier_names
from conf.schema.contract import Purpose
from conf.schema.hashing import document_sha256
from lake import raw_access
from lake.erasure import DECISIONS, INPUTS
from pipeline import auditing, sealing
from pipeline.context import Context
from pipeline.decisions import commitments, decide, decision_view, replay_results
from pipeline.decisions.decision_inputs import RUNS
from pipeline.overview import summary
from pipeline.results.modelers import Replayed
from pipeline.trail import policy_in_use
from tests.integration.learning import county_copied

REVIEW = Purpose.CREDIT_ASSESSMENT


def earlier(stated: Any) -> Any:
    """A JSON document with the names of before, in its mappings and in its lists of names."""
    if isinstance(stated, dict):
        return {earlier_names.BEFORE.get(name, name): earlier(value) for name, value in stated.items()}
    if isinstance(stated, list):
        return [earlier(each) for each in stated]
    return earlier_names.BEFORE.get(stated, stated) if isinstance(stated, str) else stated


def of_run(stated: dict[str, Any], policy_sha256: str) -> dict[str, Any]:
    """What the decisions of a run have in common, as it was written before."""
    catalogue = {name: each | {"follows": earlier(each["follows"])} for name, each in stated["catalogue"].items()}
    changed = {"models": earlier(stated["models"]), "policy_sha256": policy_sha256, "catalogue": catalogue}
    return {name: value for name, value in (stated | changed).items() if name != "facts"}


def of_decision(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of a decision that list names, as they were written before."""
    changes = [" ".join(earlier_change(each) for each in change.split()) for change in row["changes_asked"]]
    return {"changes_asked": changes} | {name: earlier(row[name]) for name in ("limit_steps", "reason_features")}


def earlier_change(change: str) -> str:
    name, _, value = change.partition("=")
    return f"{earlier(name)}={value}"


def rewrite(context: Context, table: str, by: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write a table anew, some columns of each row otherwise, and all columns by the names of before; and seal it."""
    path = str(context.lake.path(table))
    stored = DeltaTable(path).to_pyarrow_table()
    rows = pa.Table.from_pylist([row | by(row) for row in stored.to_pylist()], stored.schema)
    named = rows.rename_columns(earlier(rows.column_names))
    write_deltalake(path, named, mode="overwrite", schema_mode="overwrite")
    sealing.again(context, "Olga", table, "decide")


def before(context: Context) -> None:
    """Write what is kept of the decisions as it was written before."""
    policy = earlier(policy_in_use.stated(context))
    sha256 = document_sha256(policy)
    context.trail.record("Olga", "policy in use", sha256=sha256, policy=policy)

    def of_inputs(row: dict[str, Any]) -> dict[str, Any]:
        key = context.vault.data_key(row["subject_key"])
        record = json.loads(key.unseal(row["inputs_ciphertext"], row["subject_key"]))
        text = json.dumps(record | {"facts": earlier(record["facts"])})
        return {"inputs_ciphertext": key.seal(text.encode(), row["subject_key"])}

    rewrite(context, RUNS, lambda row: {"stated": json.dumps(of_run(json.loads(row["stated"]), sha256))})
    rewrite(context, INPUTS, of_inputs)
    rewrite(context, DECISIONS, of_decision)


@pytest.fixture(scope="module")
def decided(learnt, tmp_path_factory) -> Context:
    context = county_copied(learnt, tmp_path_factory.mktemp("before"))
    decide.run(context)
    return context


def seen(context: Context) -> dict[str, Any]:
    """What is shown of every decision that may be seen, what the overview counts, and what commitments take of them."""
    roles = context.workspace.roles.model_copy(update={"members": {"Otto": ("model_governance",)}})
    settings = context.workspace.settings.model_copy(update={"operator": "Otto"})
    context = Context(replace(context.workspace, roles=roles, settings=settings), context.as_of)
    listed = decision_view.listed(context, REVIEW, "a test", None).decisions
    shown = {
        each.application: decision_view.shown(context, each.application, REVIEW, "a test", None) for each in listed
    }
    granted = commitments.granted(context, commitments.standing(context)).sort_values("application_id")
    return shown | {"counted": summary._decisions(context), "granted": granted.to_dict("records")}


def test_a_decision_of_before_verifies_and_is_seen_and_replayed_as_any_other(decided, capsys):
    today, count = seen(decided), decided.lake.count(DECISIONS)
    before(decided)
    assert {"limit_cny", "capacity_cny_year"} <= {*raw_access.columns(decided.lake, DECISIONS)}
    auditing.verify(decided)
    assert replay_results.show(decided, None, is_all=True) == Replayed(count, without_inputs=0)
    assert f"replay: {count} of {count} decisions are the same" in capsys.readouterr().out
    assert seen(decided) == today


def test_new_decisions_are_appended_to_those_of_before(decided):
    made = sorted(raw_access.values(decided.lake, DECISIONS, "application_id"))
    for table in (DECISIONS, INPUTS):
        decided.lake.delete(table, {"application_id": made[:3]})
    decide.run(decided)
    assert {"limit_cny", "limit_amount"} <= {*raw_access.columns(decided.lake, DECISIONS)}
    rows = raw_access.rows(decided.lake, DECISIONS)
    assert "limit_cny" not in rows.columns
    assert rows.where("limit_amount IS NULL").isEmpty()
    assert replay_results.show(decided, None, is_all=True) == Replayed(len(made), without_inputs=0)
