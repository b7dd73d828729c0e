"""Columns that `conf/features.yaml` makes features: of the application, and of the latest record known then."""

import logging

import pytest
from silver import CONTRACTS, computed

from conf.schema import plain_features
from conf.schema.column import Column
from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from features.engine.check import check
from features.engine.collect import collect
from features.engine.feature_set import FeatureSet
from pipeline.features import unknown_categories


@pytest.fixture
def declared(tmp_path):
    """What a features.yaml comes to, checked against the contracts."""

    def made(text: str, contracts=CONTRACTS, languages=("en", "zh")) -> FeatureSet:
        (path := tmp_path / "features.yaml").write_text(text, encoding="utf-8")
        features = collect([], contracts, plain_features.read(path, languages))
        check(features, contracts)
        return features

    return made


def test_a_column_of_the_application_is_a_feature_by_one_line(declared):
    (term,) = declared("application: {bank__application: [{column: term_months, monotone: 1}]}").columns
    contract = CONTRACTS["bank__application"].columns["term_months"]
    assert (term.name, term.unit, term.sql, term.monotone) == ("term_months", "months", "term_months", 1)
    assert (term.en, term.zh, term.domain) == (contract.en, contract.zh, "application")


def test_an_encoding_names_its_values_and_others_are_missing(spark, declared):
    features = declared("""
        application:
          bank__application:
            - {column: channel, ordinal: [branch, mobile], name: is_by_phone, en: By phone, zh: 手机申请}
            - {column: channel, ordinal: [branch, mobile]}
            - {column: channel, one_hot: [branch, mobile]}
    """)
    assert [(c.name, c.unit) for c in features.columns] == [
        ("is_by_phone", "flag"), ("channel_rank", "rank"), ("is_channel_branch", "flag"), ("is_channel_mobile", "flag"),
    ]  # fmt: skip
    rows = spark.createDataFrame([("branch",), ("mobile",), ("village_agent",), (None,)], "channel string")
    got = rows.selectExpr(*(c.sql for c in features.columns)).collect()
    assert [tuple(row) for row in got] == [(0, 0, 1, 0), (1, 1, 0, 1), (None,) * 4, (None,) * 4]


def test_the_latest_record_known_then_counts(spark, declared):
    """The application is of 10 May 2024."""
    features = declared("""
        latest:
          bank__transaction:
            - {column: amount_cny, name: last_amount_cny, en: Latest booking, zh: 最近一笔}
            - {column: amount_cny, name: recent_amount_cny, months: 2, en: Booking of late, zh: 近期一笔}
    """)
    assert [(c.kind, c.table) for c in features.columns] == [("records", "bank__transaction")] * 2

    def at(event: str, amount: str, **more: str) -> dict[str, str]:
        return {"transaction_no": event, "account_no": "x", "booked_at": event, "amount_cny": amount} | more

    records = [
        at("2023-01-01", "1"),
        at("2024-02-01", "2"),
        at("2024-05-01", "3", known_at="2024-05-11"),  # happened before, known after
        at("2024-06-01", "4"),
    ]
    [row] = computed(spark, {"bank__transaction": records}, features=features)
    assert (row["last_amount_cny"], row["recent_amount_cny"]) == (2, None)
    [row] = computed(spark, {"bank__transaction": [*records, at("2024-04-01", "5")]}, features=features)
    assert (row["last_amount_cny"], row["recent_amount_cny"]) == (5, 5)
    [row] = computed(spark, {"bank__transaction": []}, features=features)
    assert row["last_amount_cny"] is None


def test_purposes_are_narrowed_and_never_widened(declared):
    line = "application: {bank__application: [{column: term_months, purposes: [%s]}]}"
    (term,) = declared(line % "credit_assessment").columns
    assert term.purposes == (Purpose.CREDIT_ASSESSMENT,)
    narrow = CONTRACTS["bank__application"].model_copy(update={"purposes": (Purpose.CREDIT_ASSESSMENT,)})
    with pytest.raises(FieldstoneError, match="is for model_training, which the contract of bank__application does"):
        declared(line % "model_training", CONTRACTS | {"bank__application": narrow})


def test_words_may_be_of_the_workspaces_languages_alone(declared):
    line = "application: {bank__application: [{column: term_months, de: Laufzeit}]}"
    assert [(c.en, c.zh) for c in declared(line, languages=("de",)).columns] == [("Laufzeit", "")]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("nowhere", "no column nowhere that could be a feature; its columns are"),
        ("id_no", "an identifier or a pseudonym, which can't be a feature"),
        ("told", "application.told, which is known only after the decision"),
        ("tribe", "application.tribe, which is protected: fairness testing only"),
        ("{column: channel, one_hot: [post]}", "1 values of bank__application.ch"),
        ("{column: channel, ordinal: [branch]}", "list each value once, and at least two"),
        ("{column: channel, ordinal: [branch, mobile], one_hot: [mobile]}", "keep"),
        ("{column: channel, ordinal: [branch, mobile], name: way}", "in _rank"),
        ("{column: term_months, months: 3}", "months, which only latest and lookup take"),
        ("{column: term_months, en: Term}", "give it in all of them, or in none"),
        ("{column: term_months, name: term}", "end its name in its unit months"),
    ],
)  # fmt: skip
def test_what_is_no_feature_is_refused_with_what_to_do(declared, column, message):
    application = CONTRACTS["bank__application"]
    more = {
        "told": Column.model_validate({"type": "boolean", "en": "told", "zh": "知", "outcome": True}),
        "tribe": Column.model_validate({"type": "boolean", "en": "tribe", "zh": "族", "protected": True}),
    }
    known = application.model_copy(update={"columns": application.columns | more})
    with pytest.raises(FieldstoneError) as error:
        declared(f"application: {{bank__application: [{column}]}}", CONTRACTS | {"bank__application": known})
    assert message in str(error.value)


def test_a_part_or_table_that_there_is_not_is_told(declared):
    with pytest.raises(FieldstoneError, match="newest: is no field here"):
        declared("newest: {bank__application: [term_months]}")
    with pytest.raises(FieldstoneError, match="no contract 'bank__request'"):
        declared("application: {bank__request: [term_months]}")


def test_values_without_a_name_in_an_encoding_are_told_by_number(spark, tmp_path, caplog):
    (path := tmp_path / "features.yaml").write_text("application: {a__b: [{column: way, one_hot: [post]}, size]}")
    rows = spark.createDataFrame([("post", 1), ("mail", 2), ("fax", 3), (None, 4)], "way string, size int")
    with caplog.at_level(logging.WARNING):
        unknown_categories.tell("build-features", {"a__b": rows, "c__d": rows}, plain_features.read(path))
    (message,) = caplog.messages
    assert message.startswith("build-features: 2 records of a__b have a way that its encoding")
    assert "mail" not in message
