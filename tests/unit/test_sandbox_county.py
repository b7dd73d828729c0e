"""The county as a whole: the same bytes however it is cut up, made once, and careful with other people's files."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from county_files import contents, files, scope, written

from conf.schema.errors import FieldstoneError, UsageError
from jobs import generate as verb
from pipeline.context import Context
from sandbox.county.generator import generate

OPTIONS = {"households": 60, "months": 24, "seed": 11, "defect_share": 0.02}


@pytest.fixture(scope="module")
def made(spark, tmp_path_factory):
    out = tmp_path_factory.mktemp("county")
    return out, generate(spark, out, **OPTIONS)


def test_the_record_says_what_was_made(made):
    out, county = made
    record = json.loads((out / "county.json").read_text(encoding="utf-8"))
    assert county.as_of == datetime(2025, 12, 31, 16, tzinfo=UTC)  # midnight in Beijing
    assert (out / "clock").read_text() == record["as_of"] == county.as_of.isoformat()
    assert {name: record[name] for name in OPTIONS} == OPTIONS
    assert record["rows"] == county.rows
    delivered = {path for path in (out / "landing").rglob("*.*") if path.is_file()}
    assert sum(county.files.values()) == len(delivered - set((out / "landing").rglob("*manifest.json")))
    assert not (out / "county.json.begun").exists()


def test_the_housing_register_lists_its_files_with_checksums_and_rows(made):
    out, county = made
    folder = out / "landing/housing/rural_house"
    manifests = [json.loads(path.read_text()) for path in folder.glob("*manifest.json")]
    listed = {file["name"]: file for manifest in manifests for file in manifest["files"]}
    assert set(listed) == {path.name for path in files(out, "housing__rural_house")}
    assert sum(file["rows"] for file in listed.values()) == county.rows["housing__rural_house"]
    for name, file in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == file["sha256"]


def test_the_same_arguments_give_the_same_bytes(made, spark, tmp_path):
    out, county = made
    assert generate(spark, tmp_path, **OPTIONS) == county
    assert contents(tmp_path) == contents(out)


def test_a_county_that_is_there_is_left_alone(made, spark):
    out, county = made
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert generate(spark, out, **OPTIONS) == county
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_a_chunk_depends_on_nothing_but_its_number(spark, tmp_path):
    generate(spark, tmp_path / "whole", households=520, months=12, seed=3, defect_share=0.01)
    of = scope(520, defect_share=0.01, seed=3, months=12)
    for number in (1, 0):
        written(of, tmp_path / "parts", number)
    whole = contents(tmp_path / "whole")
    del whole["county.json"], whole["clock"]
    assert contents(tmp_path / "parts") == whole


def test_another_seed_gives_another_county(made, spark, tmp_path):
    generate(spark, tmp_path, **OPTIONS | {"seed": 12})
    assert set(contents(tmp_path / "landing").values()).isdisjoint(contents(made[0] / "landing").values())


def test_another_county_is_replaced_and_an_unfinished_one_is_made_again(made, spark, tmp_path):
    generate(spark, tmp_path, households=30, months=12, seed=1)
    (tmp_path / "county.json").rename(tmp_path / "county.json.begun")
    generate(spark, tmp_path, **OPTIONS)
    assert contents(tmp_path) == contents(made[0])


def test_files_that_are_no_county_are_not_touched(spark, tmp_path):
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "real.csv").write_text("kept")
    text = f"{tmp_path} has landing but no county.json, so it isn't a sandbox county; choose another folder"
    with pytest.raises(FieldstoneError, match=re.escape(text)):
        generate(spark, tmp_path, **OPTIONS)
    assert (tmp_path / "landing" / "real.csv").read_text() == "kept"


def test_a_landing_zone_of_another_name_is_refused_before_anything_is_written(workspace, tmp_path):
    settings = workspace.settings.model_copy(update={"landing": tmp_path / "drop"})
    context = Context(replace(workspace, settings=settings), datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(UsageError, match=r"let that end in 'landing', such as .*drop/landing'"):
        verb.run(context, households=2, months=2, seed=7, defect_share=0.0, thin_files=0.0)
    assert not [*tmp_path.iterdir()]
