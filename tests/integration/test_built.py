"""What decides was built by the declarations in force, and nobody has changed it since."""

import json
import shutil
from pathlib import Path

import pytest
from deltalake import DeltaTable

from conf.schema.errors import FieldstoneError
from jobs import erase
from lake import raw_access
from pipeline import auditing, training
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.features import build, build_notes, declarations
from pipeline.features.build import LABELS, SCORING, TRAINING
from pipeline.registry import training_data
from tests.integration.learning import county_copied

TABLES = [TRAINING, SCORING, LABELS]


@pytest.fixture
def county(learnt, tmp_path) -> Context:
    return county_copied(learnt, tmp_path)


def scoring(context: Context) -> DeltaTable:
    return DeltaTable(str(context.lake.path(SCORING)))


def last(context: Context) -> dict:
    return [json.loads(e.details) for e in context.trail.entries() if e.action == "build features"][-1]


def require(context: Context, features: set[str]) -> None:
    build_notes.require(context, SCORING, features)


def known(context: Context) -> set[str]:
    return {column.name for column in declarations.feature_set(context.workspace).columns}


def raised(context: Context) -> None:
    scoring(context).update({"balance_cny": "balance_cny * 100"})


def fewer(context: Context) -> None:
    scoring(context).delete("balance_cny IS NOT NULL")


def older(context: Context) -> None:
    raised(context)
    scoring(context).restore(scoring(context).version() - 1)
    raised(context)


def by_their_bytes(context: Context) -> None:
    """The log stays as it is, and so does the size of the file."""
    path = Path(scoring(context).file_uris()[0])
    content = path.read_bytes()
    at = len(content) // 3
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])


def anothers(context: Context) -> None:
    shutil.rmtree(context.lake.path(SCORING))
    shutil.copytree(context.lake.path(TRAINING), context.lake.path(SCORING))


@pytest.mark.parametrize("attack", [raised, fewer, older, by_their_bytes, anothers])
def test_features_that_are_not_what_was_built_decide_nothing(county, attack):
    attack(county)
    with pytest.raises(FieldstoneError, match=r"isn't what was built last, .* build them anew: fieldstone build-feat"):
        decide.run(county)


def good_ends(context: Context) -> None:
    DeltaTable(str(context.lake.path(LABELS))).update({"is_default_12m": "0"}, predicate="is_default_12m = 1")


def learnt_rows_fewer(context: Context) -> None:
    DeltaTable(str(context.lake.path(TRAINING))).delete("balance_cny IS NOT NULL")


def no_labels(context: Context) -> None:
    shutil.rmtree(context.lake.path(LABELS))


@pytest.mark.parametrize(("attack", "table"), [(good_ends, LABELS), (learnt_rows_fewer, TRAINING)])
def test_nothing_is_learnt_from_rows_that_are_not_what_was_built(county, attack, table):
    attack(county)
    with pytest.raises(FieldstoneError, match=rf"^{table} isn't what was built last, .* fieldstone build-features$"):
        training.train(county, "admission")
    with pytest.raises(FieldstoneError, match=f"^{table} isn't"):  # nor shown to a reviewer as a swap set
        training_data.frame(county)


@pytest.mark.further
def test_nothing_is_learnt_from_features_of_another_declaration(county):
    built, declared = last(county), build_notes.stated(county)
    features = declared["features"] | {"balance_cny": "0" * 64}
    county.trail.record("Olga", "build features", tables=built["tables"], declared=declared | {"features": features})
    with pytest.raises(FieldstoneError, match="from other declarations than those in force of balance_cny"):
        training.train(county, "admission")


@pytest.mark.parametrize(
    ("attack", "table"), [(raised, SCORING), (good_ends, LABELS), (learnt_rows_fewer, TRAINING), (no_labels, LABELS)]
)
def test_verify_names_rows_of_gold_that_are_not_what_was_built(county, attack, table):
    auditing.verify(county)
    attack(county)
    with pytest.raises(
        FieldstoneError, match=f"the state differs from it: {table} isn't what was built last, .*build-features"
    ):
        auditing.verify(county)


@pytest.mark.further
def test_what_was_changed_is_built_anew_though_nothing_else_is_new(county, capsys):
    build.run(county)
    assert "nothing new" in capsys.readouterr().out
    raised(county)
    build.run(county)
    assert "nothing new" not in capsys.readouterr().out
    assert build_notes.findings(county, TABLES) == []
    require(county, known(county))
    assert "declared_in" in last(county)  # which is told in full once


@pytest.mark.further
@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("features", "balance_cny"),
        ("features", declarations.SPINE),
        ("contracts", "bank__account"),
        ("contracts", None),
    ],
)
def test_features_of_another_declaration_decide_nothing_though_it_was_put_back(county, what, name):
    built, declared = last(county), build_notes.stated(county)
    other = declared[what] | {name: "0" * 64} if name else {}
    details = {"tables": built["tables"], "declared": declared | {what: other}}
    county.trail.record("Olga", "build features", **details)
    with pytest.raises(FieldstoneError, match=f"from other declarations than those in force of .*{name or ''}"):
        decide.run(county)


@pytest.mark.further
def test_what_was_built_by_other_declarations_is_built_anew_though_no_file_of_features_was_changed(county):
    built, declared = last(county), build_notes.stated(county)
    others = declared | {"features": declared["features"] | {"balance_cny": "0" * 64}}
    county.trail.record("Olga", "build features", tables=built["tables"], declared=others)
    build.run(county)
    require(county, known(county))


@pytest.mark.further
def test_declarations_of_features_that_no_model_reads_do_not_count(county):
    built, declared = last(county), build_notes.stated(county)
    features = declared["features"] | {"balance_cny": "0" * 64}
    county.trail.record("Olga", "build features", tables=built["tables"], declared=declared | {"features": features})
    require(county, known(county) - {"balance_cny"})


@pytest.mark.further
def test_features_of_before_they_were_noted_are_built_anew(county, monkeypatch):
    monkeypatch.setattr(build_notes, "_ACTION", "another")
    with pytest.raises(
        FieldstoneError,
        match=r"doesn't record the declarations that .* was built from; build them anew: fieldstone build",
    ):
        decide.run(county)


@pytest.mark.further
def test_an_erasure_notes_what_it_leaves_but_vouches_for_nothing_that_was_changed_before(county):
    first, second, *_ = sorted(raw_access.subjects(county.lake, SCORING) & raw_access.subjects(county.lake, TRAINING))
    erase.run(county, first, due=False, execute=True, operator="Olga")
    assert build_notes.findings(county, TABLES) == []
    require(county, known(county))
    raised(county)
    erase.run(county, second, due=False, execute=True, operator="Olga")
    assert build_notes.findings(county, [TRAINING]) == []
    assert build_notes.findings(county, [SCORING])
