"""What is no text, or in another encoding than its file, is told before it is stored; dirty numbers get no token."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.schema import identifiers as ids
from conf.schema.errors import FieldstoneError
from conf.schema.source import Asset
from conf.schema.workspace import load
from expectations import identifiers as expressions
from lake.batch import Part
from pipeline.ingest import opaque
from pipeline.ingest.api.listing_pages import read_page
from pipeline.ingest.files.formats import Origin, parse
from pipeline.ingest.files.headers import inspect

CONTRACT = load().contract("farm__land_transfer")  # `direction` is text, `is_registered` a truth value
API = Asset(format="jsonl", endpoint="/x")
NUMBER = "6228480000000000011"


def reasons(path, content: bytes, **asset) -> list[str | None]:
    """The reason of each row of a file, null for a sound one."""
    path.write_bytes(content)
    batches = parse(str(path), Origin("a", "b"), Asset(**asset), CONTRACT)
    return [reason for batch in batches for reason in batch["_reject"].to_pylist()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a"


NO_TEXT = [True, False, ["in"], [], {"a": "in"}, {}, [["in"]]]


@pytest.mark.parametrize("value", NO_TEXT)
def test_what_is_no_text_in_json_does_not_become_one(path, value):
    lines = [{"direction": "in"}, {"direction": value}, {"direction": 1}, {"is_registered": True}]
    content = "\n".join(map(json.dumps, lines)).encode()
    assert sorted(map(str, reasons(path, content, format="jsonl"))) == ["BAD_TYPE", "None", "None", "None"]
    _, rows = read_page({"etag": '"1"'}, json.dumps({"records": lines}).encode(), CONTRACT, API, "x")
    assert rows["_reject"].to_pylist() == [None, "BAD_TYPE", None, None]


def test_it_is_marked_so_that_it_does_not_become_one_when_it_is_released(path):
    path.write_text('{"direction": true, "is_registered": true}')
    (row,) = [
        row
        for batch in parse(str(path), Origin("a", "b"), Asset(format="jsonl"), CONTRACT)
        for row in batch.to_pylist()
    ]
    assert (row["direction"], row["is_registered"]) == ("true\ufffd", "true")


NULS = {
    "csv": (b"direction,area_mu\nin,1\ni\0n,1\n", {"format": "csv"}),
    "csv in gb18030": (b"direction,area_mu\nin,1\n\xd5\xc5\0,1\n", {"format": "csv", "encoding": "gb18030"}),
    "csv of nothing else": (b"direction,area_mu\nin,1\n\0,1\n", {"format": "csv"}),
    "json": (b'{"direction": "in"}\n{"direction": "i\\u0000n"}\n', {"format": "jsonl"}),
    "json in a number": (b'{"area_mu": "1"}\n{"area_mu": "1\\u0000"}\n', {"format": "jsonl"}),
}


@pytest.mark.parametrize("name", NULS)
def test_nul_is_no_text(path, name):
    content, asset = NULS[name]
    assert reasons(path, content, **asset) == [None, "BAD_ENCODING"]


def test_nul_is_no_text_in_parquet_and_pages(path):
    pa.parquet.write_table(pa.table({"direction": ["in", "i\0n"]}), path)
    assert reasons(path, path.read_bytes(), format="parquet") == [None, "BAD_ENCODING"]
    content = b'{"records": [{"direction": "in"}, {"direction": "\\u0000"}]}'
    _, rows = read_page({"etag": '"1"'}, content, CONTRACT, API, "x")
    assert rows["_reject"].to_pylist() == [None, "BAD_ENCODING"]


TRADITIONAL = ["臺灣農業貸款申請書", "水稻種植面積證明", "村民委員會確認", "張三李四同意", "土地流轉合同編號"]
SIMPLIFIED = [
    "重庆市渝北区龙溪镇",
    "张䶮，李喆同意",
    "水稻种植面积证明",
    "㛃𠮷堃",
    "臺灣農業貸款申請書",
    "①②③",
    "〇·—€",
]


@pytest.mark.parametrize("text", TRADITIONAL)
def test_a_line_in_big5_is_told_from_gb18030(path, text):
    content = "direction,area_mu\n进,1\n".encode("gb18030") + text.encode("big5") + b",1\nin,1\n"
    assert reasons(path, content, format="csv", encoding="gb18030") == [None, "BAD_ENCODING", None]


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_a_line_in_gb18030_is_read_however_rare_its_characters_are(path, text):
    content = f"direction,area_mu\n{text},1\n".encode("gb18030")
    assert reasons(path, content, format="csv", encoding="gb18030") == [None]


def test_a_file_in_big5_is_refused_though_its_names_are_short(path):
    names = ["王明", "李小華", "陳大文", "林美玲", "黃志強", "張家豪", "劉德榮", "吳淑芬"]
    content = "contract_no,direction,area_mu\n" + "".join(f"{n},{name},1\n" for n, name in enumerate(names))
    path.write_bytes(content.encode("big5"))
    asset = Asset(format="csv", encoding="gb18030")
    optional = {name: column.model_copy(update={"required": False}) for name, column in CONTRACT.columns.items()}
    lenient = CONTRACT.model_copy(update={"columns": optional})
    with pytest.raises(FieldstoneError, match="it is text in Big5, which isn't read; ask the partner for gb18030"):
        inspect([(path, Part("a", "b", 1))], asset, lenient)
    path.write_bytes(content.encode("gb18030"))
    inspect([(path, Part("a", "b", 1))], asset, lenient)


ODD = "\u2000\u2001\u2004\u2005\u2006\u2008\u200a\u200b\u3000\ufeff\u205f"
CLEAN = [
    f"'{NUMBER}", f"\u2019{NUMBER}", f"\uff07{NUMBER}", f"'{NUMBER}'", f" '{NUMBER}", f"'\u3000{NUMBER}",
    *[f"{NUMBER[:4]}{blank}{NUMBER[4:]}{blank}" for blank in ODD],
]  # fmt: skip
DIRTY = [
    f'="{NUMBER}"', f'"{NUMBER}"', f"{NUMBER[:4]}'{NUMBER[4:]}", f"{NUMBER}\n{NUMBER}", f"{NUMBER}\0",
    f"{NUMBER}\x01", f"{NUMBER}\u2028{NUMBER}", f"\u201c{NUMBER}\u201d", f"{NUMBER}\ufffd", f"`{NUMBER}`",
]  # fmt: skip
OTHERS = ["A 1", "1-A", "渝(2020)第0001号", "农合字〔2020〕5号", "A_1/2#3", "6228.5A"]


@pytest.mark.parametrize("written", CLEAN)
def test_blanks_and_apostrophes_are_no_part_of_a_number(written):
    assert ids.plain_number(written) == NUMBER
    assert not ids.is_dirty_number(NUMBER)


@pytest.mark.parametrize("written", DIRTY)
def test_a_dirty_number_is_none(written):
    plain = ids.plain_number(written)
    assert ids.is_dirty_number(plain)
    assert not opaque.is_allowed(plain, CONTRACT.columns["household_no"].model_copy(update={"pattern": None}))


def test_numbers_of_other_kinds_are_clean():
    assert not any(ids.is_dirty_number(ids.plain_number(number)) for number in OTHERS)


def test_blanks_of_any_width_within_a_number_are_one():
    assert len({ids.plain_number(f"A{blank}1") for blank in " \u00a0\u2003\u3000\t"}) == 1


@settings(max_examples=10)
@given(more=st.lists(st.text(st.sampled_from(f'{ids.AROUND_NUMBERS}0aX９="“`\x01\x7f'), max_size=8), max_size=30))
def test_spark_and_python_agree_on_what_is_clean(spark, more):
    texts = [*CLEAN, *(text for text in DIRTY if "\0" not in text), *OTHERS, *more]
    rows = spark.createDataFrame([(text,) for text in texts], "text string")
    plain = expressions.plain_number(rows.text)
    numbers = rows.select(plain.alias("plain"), expressions.is_dirty_number(plain).alias("dirty"),
                        expressions.normalised(rows.text).alias("id")).collect()  # fmt: skip
    forms = [ids.plain_number(text) for text in texts]
    assert [(row.plain, bool(row.dirty), row.id) for row in numbers] == [
        (form, bool(form and ids.is_dirty_number(form)), ids.normalised(text))
        for form, text in zip(forms, texts, strict=True)
    ]
