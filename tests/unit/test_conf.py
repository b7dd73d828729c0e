"""The ground floor: names, contracts, settings, sources, workspaces."""

import pkgutil
import re
import shutil
from datetime import UTC, datetime
from importlib import import_module

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, RootModel

from conf import schema
from conf.schema import contract, inspection_rules, naming, settings, source, source_checks, validation, workspace
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import ROOT, load

WORD = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


@given(st.sampled_from(naming.LAYERS), st.none() | WORD, WORD)
def test_a_table_name_survives_parsing(layer, source_name, asset):
    name = naming.TableName(layer, source_name, asset)
    assert naming.parse(str(name)) == name


@pytest.mark.parametrize("layer", naming.LAYERS)
def test_every_contract_has_a_name_in_every_layer(layer):
    for each in load().contracts.values():
        assert naming.parse(each.named(layer)).contract == each.table


def test_a_wrong_table_name_says_what_is_expected():
    with pytest.raises(
        FieldstoneError, match="'gold_decisions' isn't a table name; expected <layer>_<source>__<asset>"
    ):
        naming.parse("gold_decisions")


CONTRACT = """
table: farm__harvest
title: {en: Harvest, zh: 收成}
grain: one row per harvest
primary_key: [harvest_no]
event_time: harvest_date
lawful_basis: public_record
purposes: [credit_assessment]
retention_days: 10
columns:
  harvest_no: {type: string, required: true, en: Number, zh: 编号}
  harvest_date: {type: date, required: true, en: Day, zh: 日期}
"""


def _read(tmp_path, text):
    path = tmp_path / "harvest.yaml"
    path.write_text(text, encoding="utf-8")
    return contract.read(path)


def test_a_contract_is_read(tmp_path):
    read = _read(tmp_path, CONTRACT)
    assert (read.source, read.asset, read.named("silver")) == ("farm", "harvest", "silver_farm__harvest")


def test_what_a_row_stands_for_is_one_text_or_one_by_language(tmp_path):
    by_language = CONTRACT.replace("grain: one row per harvest", "grain: {en: one row per harvest, zh: 每次收成一行}")
    grains = [_read(tmp_path, text).grain for text in (CONTRACT, by_language)]
    assert [(grain.en, grain.zh) for grain in grains] == [
        ("one row per harvest", ""),
        ("one row per harvest", "每次收成一行"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("lawful_basis: public_record", "lawful_basis: consent", "needs a consent_scope and a subject"),
        (
            "event_time: harvest_date",
            "event_time: sown_date",
            "event_time names 'sown_date', which is not declared; it must be a column of type date or timestamp",
        ),
        ("type: date, required", "type: day, required", "type 'day' isn't allowed; give one of string, int, long"),
        ("retention_days: 10", "retention_days: 10\nretention: 10", "is no field here"),
        ("retention_days: 10", "retention_days: 0", "retention_days: is 0, and has to be greater than 0"),
        ("retention_days: 10", "retention_days: ten", "retention_days: is a text, and has to be a whole number"),
        ("[credit_assessment]", "[scoring]", r"purposes \(entry 1\): is 'scoring', and has to be 'credit_assessment',"),
        ("[credit_assessment]", "credit_assessment", r"purposes: is a text, and has to be a list, such as \[a, b\]"),
        (
            "type: date, required",
            "type: date, parse: YYYYMMDD, required",
            "parse 'YYYYMMDD' can't be read; allowed are",
        ),
        ("en: Number, zh", "class: C3, en: Number, zh", "never stored in this lake"),
        ("en: Number, zh", "identifier: name, en: Number, zh", "at least class C2"),
    ],
)
def test_a_contract_that_cannot_be_kept_is_refused(tmp_path, old, new, says):
    with pytest.raises(FieldstoneError, match=says):
        _read(tmp_path, CONTRACT.replace(old, new))


def test_the_environment_overrides_the_settings_file(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("engine: spark\nas_of: 2026-01-01\n")
    read = settings.read(path, {"FIELDSTONE_ENGINE": "sail", "FIELDSTONE_HOME": str(tmp_path / "state")})
    assert (read.engine, read.home) == ("sail", tmp_path / "state")
    assert read.now() == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_state_folder_of_the_environment_in_place_of_the_workspaces_own_is_said(tmp_path, caplog):
    caplog.set_level("INFO")
    path, home = tmp_path / "settings.yaml", str(tmp_path / "state")
    path.write_text("engine: sail\n")
    settings.read(path, {"FIELDSTONE_HOME": home})
    path.write_text("home: own\n")
    settings.read(path, {})
    settings.read(path, {"FIELDSTONE_HOME": "own"})
    assert caplog.messages == []
    settings.read(path, {"FIELDSTONE_HOME": home})
    assert caplog.messages == [f"state folder: {home}, as FIELDSTONE_HOME says; unset it to use home of settings.yaml"]


def test_a_state_is_below_its_workspace_wherever_commands_are_typed(tmp_path, monkeypatch):
    path = tmp_path / "herd/conf/settings.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("home: .fieldstone/herd\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert settings.read(path, {}).home == tmp_path / "herd/.fieldstone/herd"
    assert settings.read(path, {"FIELDSTONE_HOME": "mine"}).home == elsewhere / "mine"
    path.write_text(f"home: {tmp_path / 'state'}\n")
    assert settings.read(path, {}).home == tmp_path / "state"


def test_a_wrong_setting_says_what_is_allowed(tmp_path):
    with pytest.raises(FieldstoneError, match="'sail', 'spark' or 'connect'"):
        settings.read(tmp_path / "none.yaml", {"FIELDSTONE_ENGINE": "flink"})


def test_a_wrong_source_is_refused(tmp_path):
    path = tmp_path / "farm.yaml"
    path.write_text("title: {en: Farm, zh: 农}\nassets: {planting: {format: xml}}\n", encoding="utf-8")
    with pytest.raises(FieldstoneError, match=r"conf/sources/farm\.yaml is not valid"):
        source.read(path)


@pytest.mark.parametrize(
    ("asset", "says"),
    [
        (
            "encoding: gbk",
            "assets.planting.encoding: is 'gbk'; write 'gb18030', which reads all of gbk",
        ),
        ("encoding: cp1254", "assets.planting.encoding: is 'cp1254'; write 'windows-1254', which reads all of cp1254"),
        (
            "encoding: utf8",
            "assets.planting.encoding: is 'utf8', and has to be 'utf-8', 'gb18030', 'windows-1252'",
        ),
        ("format: " + "k" * 32, "assets.planting.format: is a text, and has to be 'csv', 'jsonl', 'parquet' or 'xlsx'"),
        ("rename: [a]", r"assets.planting.rename: is a list, and has to be a mapping, such as {name: value}"),
    ],
)
def test_a_mistake_in_a_source_says_what_was_given_and_what_is_allowed(tmp_path, asset, says):
    path = tmp_path / "farm.yaml"
    path.write_text(f"title: {{en: Farm, zh: 农}}\nassets: {{planting: {{{asset}}}}}\n", encoding="utf-8")
    with pytest.raises(FieldstoneError, match=re.escape(says)):
        source.read(path)


@pytest.mark.parametrize(
    ("rename", "says"),
    [
        ("{sown_area_mu: Flaeche}", "rename calls sown_area_mu Flaeche, and farm__planting has no column Flaeche"),
        ("{sown_area_mu: Flaeche}", "so turn it round: Flaeche: sown_area_mu"),
        ("{Flaeche: area}", "so give one of "),
    ],
)
def test_a_rename_to_no_column_of_the_contract_is_refused(rename, says):
    loaded = load()
    stated = loaded.source("farm").model_dump()
    stated["assets"]["planting"]["rename"] = yaml.safe_load(rename)
    with pytest.raises(FieldstoneError, match=says):
        source_checks.require_renamed(source.Source(**stated), loaded.contracts)


def test_a_source_without_a_contract_is_refused(tmp_path):
    (tmp_path / "conf" / "sources").mkdir(parents=True)
    (tmp_path / "conf" / "sources" / "farm.yaml").write_text(
        "title: {en: Farm, zh: 农}\nassets: {planting: {}}\n", encoding="utf-8"
    )
    with pytest.raises(FieldstoneError, match="no contract declares farm__planting; there are none"):
        load(tmp_path)


def test_a_folder_without_conf_is_no_workspace(tmp_path):
    with pytest.raises(
        FieldstoneError, match="isn't a workspace: it has no folder conf/; give one with --workspace PATH"
    ):
        load(tmp_path)


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(FieldstoneError, match="no source 'weather'; there are bank, consent, farm, housing"):
        load().source("weather")


def test_a_partner_of_no_source_is_refused(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "conf/partners/farm.yaml").rename(tmp_path / "conf/partners/mill.yaml")
    with pytest.raises(FieldstoneError, match="no source 'mill'; there are bank, consent, farm, housing"):
        load(tmp_path)


def test_thresholds_of_one_workspace_are_not_those_of_another(tmp_path, monkeypatch):
    county = tmp_path / "conf"
    county.mkdir()
    text = validation.DEFAULT.read_text(encoding="utf-8")
    (county / "validation.yaml").write_text(text.replace("auc: {amber: 0.65", "auc: {amber: 0.99"), encoding="utf-8")
    monkeypatch.setattr(workspace, "ROOT", tmp_path)
    assert validation.read(county / "validation.yaml").threshold("auc").amber == 0.99
    assert load(ROOT / "examples/sba_farm").validation == validation.read(validation.DEFAULT)
    assert validation.read(validation.DEFAULT).threshold("auc").amber == 0.65


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("watch: 97", "watch: 80", "score must have 0 <= act <= watch <= 100, not 90.0 and 80.0"),
        ("watch: 0.1,", "watch: 0.5,", "psi must have 0 < watch <= act, not 0.5 and 0.25"),
        ("validity: 30", "validity: -1", "greater than or equal to 0"),
        ("min_cell: 5", "min_cell: 1", "greater than 1"),
    ],
)
def test_inspection_rules_that_make_no_sense_are_refused(tmp_path, old, new, says):
    text = (ROOT / "conf/inspection.yaml").read_text(encoding="utf-8")
    (tmp_path / "inspection.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FieldstoneError, match=says):
        inspection_rules.read(tmp_path / "inspection.yaml")


def test_an_empty_file_is_named_too(tmp_path):
    (tmp_path / "crops.yaml").write_text("# nothing yet\n")
    with pytest.raises(FieldstoneError, match=r"source conf/sources/crops\.yaml is not valid: "):
        source.read(tmp_path / "crops.yaml")


def test_every_declaration_is_fixed_and_has_no_field_but_its_own():
    modules = [import_module(f"{schema.__name__}.{info.name}") for info in pkgutil.iter_modules(schema.__path__)]
    named = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)} - {BaseModel}
    declared = {kind for kind in named if issubclass(kind, BaseModel) and not issubclass(kind, RootModel)}
    assert len(declared) > 30
    assert not {kind for kind in declared if not kind.model_config.get("frozen")}
    assert not {kind for kind in declared if kind.model_config.get("extra") != "forbid"}
