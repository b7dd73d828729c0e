"""Tables without a subject, looked up by a key that the application has: only what was known at its moment."""

import pytest
from silver import CONTRACTS, spine

from conf.schema import plain_features
from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError
from features.engine.assemble import assemble
from features.engine.check import check
from features.engine.collect import collect
from features.engine.feature_set import FeatureSet

TABLE = "market__price"
PRICE = Contract.model_validate(
    {
        "table": TABLE,
        "title": {"en": "Farm gate price", "zh": "产地价格"},
        "grain": "one row per crop, township and month",
        "primary_key": ["crop", "township", "month_date"],
        "event_time": "month_date",
        "lawful_basis": "public_record",
        "purposes": ["credit_assessment", "model_training"],
        "retention_days": 3650,
        "columns": {
            "crop": {"type": "string", "required": True, "en": "Crop", "zh": "作物"},
            "township": {"type": "string", "required": True, "en": "Township", "zh": "乡镇"},
            "month_date": {"type": "date", "required": True, "en": "Month", "zh": "月份"},
            "price_cny_kg": {"type": "decimal(9,2)", "unit": "cny_kg", "en": "Price", "zh": "价格"},
            "tone": {"type": "string", "values": ["calm", "wild"], "en": "Tone", "zh": "行情"},
            "later": {"type": "boolean", "outcome": True, "en": "Later", "zh": "事后"},
        },
    }
)
KNOWN = CONTRACTS | {TABLE: PRICE}
LINE = "{key: {crop: product_code, township: channel}, columns: [price_cny_kg, {column: tone, ordinal: [calm, wild]}]}"
STORED = (
    "crop string, township string, month_date date, price_cny_kg decimal(9,2), tone string, subject_key string, "
    "consent_id string, event_time timestamp, known_at timestamp, _row_hash string"
)


@pytest.fixture
def declared(tmp_path):
    """What a line under `lookup` comes to."""

    def made(line: str, table: str = TABLE) -> FeatureSet:
        (path := tmp_path / "features.yaml").write_text(f"lookup: {{{table}: {line}}}", encoding="utf-8")
        features = collect([], KNOWN, plain_features.read(path))
        check(features, KNOWN)
        return features

    return made


def prices(spark, *rows: tuple[str, str, str, str, str, str]):
    """Silver rows of crop, township, month, price, tone and when it became known."""
    names = ("crop", "township", "month_date", "price_cny_kg", "tone", "known_at")
    records = [
        dict(zip(names, row, strict=True)) | {"_row_hash": f"{i}", "event_time": row[2]} for i, row in enumerate(rows)
    ]
    columns = [each.split(" ", 1) for each in STORED.replace("(9,2)", "(9;2)").split(", ")]
    text = spark.createDataFrame(
        [tuple(row.get(name) for name, _ in columns) for row in records],
        ", ".join(f"{name} string" for name, _ in columns),
    )
    return text.selectExpr(*(f"CAST({name} AS {kind.replace(';', ',')}) AS {name}" for name, kind in columns))


def test_the_latest_price_known_then_is_that_of_the_applications_own_key(spark, declared):
    """Both applications are of 10 May 2024."""
    rows = prices(
        spark,
        ("rice", "mobile", "2024-03-01", "1.10", "calm", "2024-03-05"),
        ("rice", "mobile", "2024-04-01", "1.20", "wild", "2024-04-05"),
        ("rice", "mobile", "2024-04-01", "1.30", "calm", "2024-05-20"),  # corrected afterwards
        ("rice", "mobile", "2024-05-01", "1.40", "calm", "2024-06-05"),  # published afterwards
        ("rice", "branch", "2024-05-01", "9.00", "calm", "2024-05-02"),
        ("maize", "mobile", "2024-05-01", "8.00", "calm", "2024-05-02"),
    )
    applications = spine(spark, {"product_code": "rice"}, {"application_id": "a2", "product_code": "sheep"})
    features = declared(LINE)
    assert features.keys == {TABLE: {"crop": "product_code", "township": "channel"}}
    got = assemble(applications, {TABLE: rows}, features, KNOWN, zone="UTC").orderBy("application_id").collect()
    assert [(row["price_cny_kg"], row["tone_rank"], row["consent_ids"]) for row in got] == [
        (1.2, 1, []),
        (None, None, []),
    ]


def test_a_key_that_the_spine_lacks_is_told(spark, declared):
    with pytest.raises(FieldstoneError, match="the spine lacks where"):
        assemble(
            spine(spark, {}), {TABLE: prices(spark)}, declared("{key: {township: where}, columns: [price_cny_kg]}"),
            KNOWN, zone="UTC",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "table", "message"),
    [
        ("{key: {town: channel}, columns: [price_cny_kg]}", TABLE, "the key of market__price names town, which"),
        ("{key: {later: channel}, columns: [price_cny_kg]}", TABLE, "later, which is known only after the decision"),
        ("{key: {}, columns: [price_cny_kg]}", TABLE, "key: Dictionary should have at least 1 item"),
        ("{key: {channel: channel}, columns: [amount_cny]}", "bank__transaction", "has a subject, which is its key"),
    ],
)  # fmt: skip
def test_what_is_no_lookup_is_refused(declared, line, table, message):
    with pytest.raises(FieldstoneError) as error:
        declared(line, table)
    assert message in str(error.value)


def test_the_latest_of_a_table_without_a_subject_needs_a_key(tmp_path):
    (path := tmp_path / "features.yaml").write_text(f"latest: {{{TABLE}: [price_cny_kg]}}", encoding="utf-8")
    with pytest.raises(FieldstoneError, match="has no subject; declare it under lookup, with a key"):
        collect([], KNOWN, plain_features.read(path))
