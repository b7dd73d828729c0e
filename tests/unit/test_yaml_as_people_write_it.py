"""Declarations as people write them: what YAML reads as something else is told, with its line and what to do."""

import pytest

from conf.schema import yaml_reader
from conf.schema.contract import Contract, Text
from conf.schema.errors import FieldstoneError
from conf.schema.settings import read as read_settings


@pytest.fixture
def error_of(tmp_path):
    """The error of a YAML text that is read as a model."""

    def of(text: str, model=Text) -> str:
        path = tmp_path / "given.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(FieldstoneError) as raised:
            yaml_reader.read(model, path, "text given.yaml is")
        return str(raised.value)

    return of


@pytest.mark.parametrize("name", ["no", "No", "yes", "on", "OFF", "true", "false"])
def test_a_name_that_yaml_reads_as_a_truth_value_is_told(error_of, name):
    read_as = "true" if name.lower() in ("yes", "on", "true") else "false"
    expected = f"text given.yaml is not valid: line 3: YAML reads the name {name} as {read_as}; quote it"
    assert error_of(f"zh: 甲\nen: a\n{name}: x\n") == expected


@pytest.mark.parametrize(
    ("name", "read_as"),
    [
        ("1", "a number"), ("1.5", "a number"), ("2024-01-05", "a date"),
        ("2024-01-05T08:00:00Z", "a moment"), ("~", "nothing"), ("null", "nothing"),
    ],
)  # fmt: skip
def test_names_that_are_no_text_are_told(error_of, name, read_as):
    assert error_of(f"{name}: x\n").endswith(f"line 1: YAML reads the name {name} as {read_as}; quote it")


def test_quoted_names_are_names(tmp_path):
    path = tmp_path / "given.yaml"
    path.write_text('"en": "no"\n"zh": "2024-01-05"\n', encoding="utf-8-sig")
    assert yaml_reader.read(Text, path, "text is") == Text(en="no", zh="2024-01-05")


def test_a_name_that_comes_twice_is_told(error_of):
    assert error_of("en: a\nzh: b\nen: c\n").endswith(
        "line 3: the name en is listed twice in one place; keep one of them"
    )


def test_values_that_are_no_text_say_what_yaml_reads_and_nothing_of_pydantic(error_of):
    text = error_of("en: no\nzh: 2024-01-05\n")
    assert text == (
        "text given.yaml is not valid: en: is a truth value to YAML (quote it if it is a name), and has to be a text; "
        "zh: is a date to YAML (quote it if it is a name), and has to be a text"
    )


def test_all_mistakes_of_a_contract_are_told_at_once(error_of):
    text = error_of("table: farm__x\nowner: somebody\n", Contract)
    assert "owner: is no field here" in text
    assert "retention_days: is missing" in text
    assert not {"https://", "input_value", "pydantic"} & set(text.split())


@pytest.mark.parametrize("text", ["en: [1\n", "en: *nobody\n", "{", "!!python/object:os.system {}", "\t- x", "\0"])
def test_what_is_no_yaml_is_told_in_one_line_with_its_place(error_of, text):
    assert error_of(text).startswith("text given.yaml is not valid: ")


@pytest.mark.parametrize("text", ["", "- en\n", "just words\n", "7\n"])
def test_a_file_without_names_is_no_declaration(error_of, text):
    assert "text given.yaml is not valid: " in error_of(text)


def test_bytes_that_are_no_utf_8_are_told(error_of):
    assert error_of("en: 甲\n".encode("gb18030")).endswith("it isn't text in UTF-8; save it as UTF-8")


def test_settings_are_read_alike_and_tell_no_value(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("engine: sail\nengine: spark\n")
    with pytest.raises(FieldstoneError, match="line 2: the name engine is listed twice"):
        read_settings(path, {})
    with pytest.raises(FieldstoneError) as raised:
        read_settings(tmp_path / "none.yaml", {"FIELDSTONE_MASTER_FROM": "5ec4e7"})
    assert "master_from" in str(raised.value)
    assert "5ec4e7" not in str(raised.value)


@pytest.mark.parametrize("value", ["no", "7", "2024-01-05", "[harvest_date]", "{column: harvest_date}", "''"])
@pytest.mark.parametrize(
    ("what", "types", "example"),
    [
        ("event_time", "date or timestamp", "event_time: harvest_date"),
        ("published", "timestamp", "published: published_at"),
    ],
)
def test_what_names_no_column_of_a_moment_says_what_it_may_be(error_of, what, types, example, value):
    text = error_of(
        f"table: farm__x\nevent_time: d\n{what}: {value}\n".replace("event_time: d\nevent", "event"), Contract
    )
    assert f"has to be the name of a column of type {types}, such as `{example}`" in text
    assert ("quote it" in text) == (value in ("no", "7", "2024-01-05"))


def test_an_event_time_that_is_left_out_says_what_it_is(error_of):
    text = error_of("table: farm__x\n", Contract)
    assert "event_time: is not given, and has to be the name of a column of type date or timestamp, such as" in text


@pytest.mark.parametrize("subject", ["id_no", "[id_no]", "no", "7"])
def test_a_subject_that_is_no_mapping_shows_one(error_of, subject):
    text = error_of(f"table: farm__x\nevent_time: d\nsubject: {subject}\n", Contract)
    assert "write `subject: {column: id_no, kind: resident_id}`, and id_no with `identifier: resident_id`" in text
