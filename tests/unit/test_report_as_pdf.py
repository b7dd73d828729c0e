"""The report on paper: all of it, with title, version and numbers on each sheet, and nobody's application."""

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from portfolio import ADMISSION, CATALOGUE, LIMIT, POLICY, admitted, frame, limited

from conf.schema.errors import SetupError
from models import report
from pipeline.registry import pdf_report

SECONDS = 120  # what it takes on a busy machine says nothing
LINEAGE = {"data_versions": "gold__training_features@4", "trainer": "somebody", "impact_assessment": "PIA-1"}
CSS = Path(report.__file__).with_name("templates").joinpath("report.css").read_text("utf-8")
TITLE = 'Default "within" 12 months </style> 未来12个月违约概率'

needs_browser = pytest.mark.skipif(not any(map(shutil.which, pdf_report.BROWSERS)), reason="no browser to print with")
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils, to read a PDF, isn't there")


def page(kind: str) -> str:
    if kind == "admission":
        return report.page(admitted(), frame(), ADMISSION, CATALOGUE, LINEAGE, POLICY, currency="CNY")
    return report.page(limited(), frame(), LIMIT, CATALOGUE, LINEAGE, currency="CNY")


def closed(text: str) -> str:
    """A text without its spaces, which a reader of PDFs guesses from places."""
    return "".join(text.split())


def sheets(content: bytes, folder: Path) -> list[str]:
    """The text of each sheet of a PDF."""
    path = folder / "report.pdf"
    path.write_bytes(content)
    read = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return read.stdout.split("\f")[:-1]


@needs_browser
@needs_poppler
@pytest.mark.parametrize("kind", ["admission", "limit"])
def test_each_sheet_has_title_version_and_number_and_no_application(kind, tmp_path):
    html = page(kind)
    printed = sheets(pdf_report.printed(html.encode(), TITLE, f"{kind}:7", pdf_report.browser(), SECONDS), tmp_path)
    assert len(printed) > 3
    for number, sheet in enumerate(printed, 1):
        lines = [closed(line) for line in sheet.splitlines() if line.strip()]
        assert lines[0] == closed(f"{TITLE}{kind}:7")
        assert lines[-1] == f"{number}/{len(printed)}"
    whole = closed("".join(printed))
    for heading in re.findall(r'<h2 id=[^>]+><span class="en" lang="en">([^<]+)', html):
        assert closed(unescape(heading)) in whole
    assert "上线门槛" in whole
    ids = re.findall(r"A\d{10}", html)
    assert len(ids) == 5
    assert not re.findall(r"A\d{10}", whole)


@needs_browser
@needs_poppler
def test_a_long_table_repeats_its_head_and_a_title_stays_with_its_chart(tmp_path):
    rows = "".join(f"<tr><td>row {number}" for number in range(150))
    chart = '<h3>Title of it</h3><svg viewBox="0 0 100 90"><text y="50">chart</text></svg>'
    html = f"<head><style>{CSS}</style></head><table><thead><tr><th>Head of it<tbody>{rows}</table>{chart * 3}"
    printed = sheets(pdf_report.printed(html.encode(), "T", "v", pdf_report.browser(), SECONDS), tmp_path)
    assert sum("row " in sheet for sheet in printed) > 2
    assert ["row " in sheet for sheet in printed] == ["Head of it" in sheet for sheet in printed]
    titles = [sheet.count("Title of it") for sheet in printed]
    assert sum(titles) == 3
    assert titles == [sheet.count("chart") for sheet in printed]


def test_without_a_browser_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf_report, "BROWSERS", pdf_report.BROWSERS[:6])
    with pytest.raises(SetupError, match=r"there is no browser to print it; install Chromium \(Debian: apt install"):
        pdf_report.browser()
    with pytest.raises(SetupError, match="there is no lynx; install Chromium"):
        pdf_report.browser("lynx")


@pytest.mark.parametrize(
    ("script", "message"),
    [("exit 3", "printed nothing and ended with 3"), ("exec sleep 60", "printed nothing within 0.2 s")],
)
def test_a_browser_that_fails_or_takes_too_long_is_told(tmp_path, script, message):
    program = tmp_path / "browser"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(SetupError, match=message):
        pdf_report.printed(b"<p>", "T", "v", str(program), 0.2)
