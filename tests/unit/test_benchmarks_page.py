"""The benchmark page is written in both languages, with the same figures."""

import re

import pytest

from conf.schema.workspace import ROOT
from tests.benchmarks import learned, page
from tests.benchmarks.words import ENGINES, MODELS, STEPS, WAYS

MACHINE = {"date": "2026-11-25", "cores": 2, "memory": 24.2, "software": "Linux x86_64"}
MEASURED = [
    {"engine": engine, "households": households, "run_s": seconds * households / 1000, "peak_gb": 0.5}
    for households in (1_000, 10_000)
    for seconds, engine in enumerate(ENGINES, 1)
]
TAKEN_IN = [
    {"engine": way, "households": rows, "run_s": float(seconds), "cpu_s": float(seconds), "peak_gb": 0.5}
    for rows in (1_000, 5_000)
    for seconds, way in enumerate(WAYS, 1)
]
LEARNT = [
    {"engine": way, "households": rows, "run_s": float(seconds), "cpu_s": float(seconds), "peak_gb": 0.5}
    for way, seconds in zip(MODELS, (4, 5, 3, 8, 9), strict=True)
    for rows in ((3_000, 6_000) if way in learned.EXPLAINED else (1_000,))
]
COUNTS = {"applicants": 1_000, "declined": 400, "helped": 300, "proposals": 320, "forbidden": 0, "refused": 1}
RECOURSE = {**COUNTS, "together_ms": 1.2, "alone": 20, "p50_ms": 10.0, "p99_ms": 60.0}
TIMES = {"steps": dict.fromkeys(STEPS, 10.0), "tasks": {"ingest_farm": 2.0}, "no_task_running": 4.0}


def _figures(text: str) -> list[str]:
    """Figures of all tables, in order, without their units."""
    return re.findall(r"(?<=\| )([\d.,]+)(?:%| GB| x| 倍)?(?= \|)", text)


def test_both_pages_are_written_with_the_same_figures(tmp_path):
    page.write(tmp_path, MEASURED, TAKEN_IN, LEARNT, RECOURSE, MACHINE, TIMES, months=24)
    english, chinese = ((tmp_path / name).read_text(encoding="utf-8") for name in page.PAGES.values())
    figures = _figures(english)
    assert len(figures) > 80
    assert _figures(chinese) == figures
    assert "**missed**" in english
    assert "**未达到**" in chinese
    assert "| 合成县 | 10.0 |" in chinese
    assert "| milliseconds alone, 99th percentile | 60.0 | 50 | **missed** |" in english
    assert "| forbidden changes | 0 | 0 | met |" in english


def test_training_and_explaining_are_held_against_the_bare_calls():
    text = "\n".join(learned.lines("en", LEARNT))
    assert "| processor seconds of training 1,000 against the bare calls | 1.25 | 1.3 | met |" in text
    assert "| seconds of training with two threads against one | 0.60 | 0.6 | met |" in text
    assert "| processor seconds of explaining 6,000 against `shap.TreeExplainer` | 1.12 | 1 | **missed** |" in text
    assert "| memory of explaining 6,000 against 3,000 | 1.00 | 1.25 | met |" in text


def test_the_pages_of_docs_have_the_same_figures():
    english, chinese = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in page.PAGES.values())
    assert _figures(chinese) == _figures(english), (
        "docs/benchmarks.md and docs/benchmarks.zh.md are of different runs; write both by `make bench`"
    )


@pytest.mark.parametrize(
    "step", re.findall(r'clock\.step\("(.+?)"\)', (ROOT / "sandbox/stack/embedded.py").read_text(encoding="utf-8"))
)
def test_each_step_of_a_run_has_a_name_in_chinese(step):
    assert step in STEPS, "name it in tests/benchmarks/words.py"
