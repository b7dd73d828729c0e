"""Languages are a setting: a workspace's texts have the first and all others that it lists."""

import re
import shutil

import pytest

from conf.schema.errors import ContractError, FieldstoneError
from conf.schema.languages import filled, plain
from conf.schema.settings import Settings, read
from conf.schema.workspace import ROOT, load
from pipeline.features import declarations

SCHAFE = ROOT / "tests/deliveries/schafe"


def test_a_workspace_of_one_language_needs_no_other():
    assert filled({"title": {"en": "Loan"}}, ["en"]) == {"title": {"en": "Loan", "zh": ""}}
    stated = {"columns": {"n": {"type": "int", "de": "Zahl"}, "de": {"type": "int", "de": "Land"}}}
    shown = filled(stated, ["de"])["columns"]
    assert shown["n"] == {"type": "int", "en": "Zahl", "zh": ""}
    assert shown["de"] == {"type": "int", "en": "Land", "zh": ""}


def test_each_language_that_is_listed_is_needed_wherever_a_text_is():
    assert filled({"de": "Zahl", "zh": "数"}, ["de", "zh"]) == {"en": "Zahl", "zh": "数"}
    assert filled({"de": "Zahl", "en": "Number"}, ["de", "en"]) == {"en": "Number", "zh": ""}
    with pytest.raises(ValueError, match=r"a text in de lacks fr, which conf/settings\.yaml lists"):
        filled({"rules": [{"name": "r", "de": "Regel"}]}, ["de", "fr"])


def test_names_of_columns_of_a_partner_are_no_texts():
    assert filled({"rename": {"de": "land", "en": "english"}}, ["de"]) == {"rename": {"de": "land", "en": "english"}}


def test_both_languages_of_before_stay_as_they_are():
    for languages in (("en", "zh"), ("zh", "en")):
        stated = {"title": {"en": "Loan"}}
        assert filled(stated, languages) is stated  # its model says what is missing


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (["en", "en"], "a language is listed twice"),
        ([], "at least 1"),
        (["english"], "match pattern"),
        (["EN"], "match pattern"),
    ],
)
def test_a_list_of_languages_that_is_none_is_refused(stated, message):
    with pytest.raises(ValueError, match=message):
        Settings(languages=stated)


def test_the_environment_may_say_them(tmp_path):
    assert read(tmp_path / "settings.yaml", {"FIELDSTONE_LANGUAGES": "de, en"}).languages == ("de", "en")


@pytest.fixture
def german(tmp_path):
    """A workspace all of whose texts are German."""
    root = tmp_path / "schafe"
    shutil.copytree(SCHAFE, root, ignore=shutil.ignore_patterns("__pycache__"))
    for path in root.glob("conf/**/*.yaml"):
        text = path.read_text(encoding="utf-8")
        lines = [line.partition(", zh: ")[0] + "}" if ", zh: " in line else line for line in text.splitlines()]
        path.write_text(re.sub(r"\ben: ", "de: ", "\n".join(lines)) + "\n", encoding="utf-8")
    settings = root / "conf/settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "languages: [de]\n", encoding="utf-8")
    return root


def test_a_workspace_of_another_language_is_loaded_with_its_features(german):
    workspace = load(german)
    assert workspace.contract("markt__verkauf").columns["rasse"].en == "Breed"
    assert workspace.source("markt").title.en == "Sheep market"
    shown = {column.name: (column.en, column.zh) for column in declarations.feature_set(workspace).columns}
    assert shown["is_rasse_merino"] == ("Breed: merino", "")


def test_what_lacks_the_first_language_is_told_with_its_file(german):
    path = german / "conf/contracts/markt/verkauf.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("de: Breed", "en: Breed"), encoding="utf-8")
    with pytest.raises(ContractError, match=r"markt/verkauf.yaml is not valid: a text in en lacks de"):
        load(german)


def test_features_say_something_in_chinese_where_it_is_listed(german):
    for path in german.glob("conf/**/*.yaml"):
        path.write_text((SCHAFE / path.relative_to(german)).read_text(encoding="utf-8"), encoding="utf-8")
    more = "from features.engine.spec import Request\n\n\n"
    more += '@Request("markt__verkauf").feature(unit="kg")\ndef mass_kg() -> str:\n    """Mass."""\n    return "1"\n'
    (german / "features/more.py").write_text(more, encoding="utf-8")
    with pytest.raises(FieldstoneError, match="the features mass_kg have no text in Chinese"):
        declarations.feature_set(load(german))


@pytest.mark.parametrize(
    ("shown", "en", "zh", "expected"),
    [
        (("en", "zh"), "low", "偏低", "low  偏低"),
        (("en",), "low", "：偏低", "low"),
        (("zh",), "low", "偏低", "偏低"),
        (("zh",), "low", "", "low"),
        (("en", "zh"), "low", "", "low"),
        (("en",), "", "", ""),
    ],
)
def test_a_line_is_in_the_shown_languages_or_in_the_one_that_there_is(shown, en, zh, expected):
    assert plain(en, zh, shown, "  ") == expected
