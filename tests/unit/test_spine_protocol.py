"""A spine has all members that the platform calls, or is refused when it is loaded, with all that is amiss at once."""

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.table_roles import NO_ROLES
from conf.schema.workspace import ROOT, load
from features.engine import spine
from features.engine.spine import LendingSpine, Spine
from pipeline.features import declarations

OWN, SBA = load(), load(ROOT / "examples/sba_farm")
WHOLE = {
    "TABLES": 'TABLES = ("herd__loan",)',
    "training": "def training(tables): ...",
    "scoring": "def scoring(tables, as_of): ...",
    "labels": "def labels(tables, as_of, zone): ...",
    "terms": "def terms(applications): ...",
    "undisbursed": "def undisbursed(tables, as_of): ...",
    "book": "def book(tables, as_of): ...",
}
LENDING = ("terms", "undisbursed", "book")


def of(folder: Path, members: dict[str, str], policy=OWN.policy) -> Spine:
    """The spine of a workspace that says just that."""
    (folder / "features").mkdir()
    (folder / "features/spine.py").write_text("\n".join(members.values()), encoding="utf-8")
    return declarations.spine(replace(OWN, root=folder, policy=policy))


def test_spines_of_the_project_and_the_example_are_whole():
    assert declarations.spine(OWN).TABLES
    assert list(declarations.spine(SBA).TABLES) == ["sba__loan"]


@pytest.mark.parametrize("kind", [Spine, LendingSpine])
def test_every_member_is_documented(kind):
    members = [name for name in dir(kind) if not name.startswith("_") and inspect.isfunction(getattr(kind, name))]
    assert {"training", "scoring", "labels"} <= {*members}
    for name in members:
        assert "Returns:" in inspect.getdoc(getattr(kind, name)), f"{name} doesn't say what it returns"
    assert "TABLES" in inspect.getdoc(Spine)


@pytest.mark.parametrize("lacking", WHOLE)
def test_a_member_that_is_missing_is_named_with_what_it_says(tmp_path, lacking):
    with pytest.raises(FieldstoneError, match=rf"features/spine\.py isn't a whole spine: it lacks {lacking}\b.*: \w"):
        of(tmp_path, {name: text for name, text in WHOLE.items() if name != lacking})


@pytest.mark.parametrize("lacking", LENDING)
def test_who_decides_nothing_needs_no_member_of_lending(tmp_path, lacking):
    assert of(tmp_path, {name: text for name, text in WHOLE.items() if name != lacking}, policy=None).TABLES


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("TABLES", 'TABLES = "herd__loan"', "TABLES has to be a tuple of names of contracts"),
        ("TABLES", "TABLES = (1, 2)", "TABLES has to be a tuple of names of contracts"),
        ("TABLES", "TABLES = len", "TABLES has to be a tuple of names of contracts"),
        ("training", "training = 3", "training has to be a function, called as training(tables)"),
        ("training", "def training(): ...", "training is called as training(tables) and takes ()"),
        ("scoring", "def scoring(tables): ...", "scoring is called as scoring(tables, as_of) and takes (tables)"),
        ("scoring", "def scoring(tables, *, as_of): ...", "takes (tables, *, as_of)"),
        ("labels", "def labels(t, a, z, more): ...", "labels is called as labels(tables, as_of, zone)"),
        ("book", "book = None", "it lacks book(tables, as_of): Single loans"),
    ],
)
def test_a_member_that_cannot_be_called_so_is_named_with_how_it_is_called(tmp_path, name, text, message):
    with pytest.raises(FieldstoneError) as error:
        of(tmp_path, WHOLE | {name: text})
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text", ["def scoring(rows, moment): ...", "def scoring(*given): ...", "scoring = lambda t, a, b=1: t"]
)
def test_names_of_arguments_are_free(tmp_path, text):
    assert of(tmp_path, WHOLE | {"scoring": text}).scoring


@pytest.mark.parametrize("lacking", ["TABLES", "scoring"])
def test_whoever_reads_features_finds_a_spine_that_is_not_whole(tmp_path, lacking):
    bare = replace(OWN, policy=None, models={}, tables=NO_ROLES)
    of(tmp_path, WHOLE, policy=None)
    assert declarations.feature_set(replace(bare, root=tmp_path)).names == []
    other = tmp_path / "other"
    (other / "features").mkdir(parents=True)
    source = "\n".join(text for name, text in WHOLE.items() if name != lacking)
    (other / "features/spine.py").write_text(source, encoding="utf-8")
    with pytest.raises(FieldstoneError, match=rf"isn't a whole spine: it lacks {lacking}\b"):
        declarations.feature_set(replace(bare, root=other))


def test_all_that_is_amiss_is_told_at_once(tmp_path):
    with pytest.raises(FieldstoneError) as error:
        of(tmp_path, {"training": "training = 3"})
    assert all(name in str(error.value) for name in WHOLE)


@pytest.mark.parametrize("member", spine.COLUMNS)
def test_what_a_member_returns_has_the_columns_that_it_promises(spark, member):
    assert all(f"`{name}`" in inspect.getdoc(getattr(LendingSpine, member)) for name in spine.COLUMNS[member])
    names = ["more", *spine.COLUMNS[member]]
    rows = spark.createDataFrame([tuple(names)], names)
    assert spine.whole(rows, member) is rows
    message = (
        rf"{member} of features/spine\.py has to return .*; product_code is missing, it returned more, application_id"
    )
    with pytest.raises(FieldstoneError, match=message):
        spine.whole(rows.drop("product_code"), member)
    with pytest.raises(FieldstoneError, match="application_id, product_code are missing"):
        spine.whole(rows.drop("product_code", "application_id"), member)


def test_what_is_no_module_is_judged_alike():
    with pytest.raises(FieldstoneError, match="it lacks TABLES"):
        spine.require(object(), Spine, "features/spine.py")
