"""Each version has a report of its own that nothing overwrites; a page lists versions and who did what to them."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from conf.schema.naming import model_page
from conf.schema.workspace import load
from jobs import models
from pipeline import reports
from pipeline.context import Context
from pipeline.overview import start_page
from pipeline.registry import tracking
from pipeline.releases import model_pages, model_release, version_ending
from tests.conftest import AS_OF
from tests.integration import moving, registering


def _context(home: Path) -> Context:
    workspace = load()
    settings = workspace.settings.model_copy(update={"home": home, "time_zone": "Asia/Shanghai"})
    return Context(replace(workspace, settings=settings), AS_OF)


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> Path:
    """A state with one version, to be copied."""
    context = _context(tmp_path_factory.mktemp("one") / "state")
    registered(context)
    return context.workspace.settings.home


@pytest.fixture
def governed(one, tmp_path) -> Context:
    return _context(moving.copied(one, tmp_path / "state"))


def registered(context: Context, **made: str) -> str:
    """A version that was trained, with its pages."""
    version = registering.registered(context, **made)
    model_pages.publish(context, tracking.connect(context.workspace.settings), "admission")
    return str(version.version)


def page(context: Context, version: str | None = None) -> str:
    return (reports.folder(context.workspace) / model_page("admission", version)).read_text(encoding="utf-8")


def listed(context: Context) -> dict[str, str]:
    """What the page of all versions says of each, as plain text."""
    rows = re.findall(r"<tr.*?</tr>", page(context), re.DOTALL)[1:]
    texts = [unescape(re.sub(r"<[^>]+>", " ", row)) for row in rows]
    return {text.split()[0]: " ".join(text.split()) for text in texts}


def test_a_version_has_a_page_that_stays_as_it_was(governed):
    first = "1"
    assert page(governed, first) == "<p>"
    before = (reports.folder(governed.workspace) / model_page("admission", first)).stat().st_mtime_ns
    second = registered(governed, fingerprint="another")
    assert (page(governed, first), page(governed, second)) == ("<p>", "<p>")
    assert (reports.folder(governed.workspace) / model_page("admission", first)).stat().st_mtime_ns == before
    assert [*listed(governed)] == [second, first]
    assert f'<a href="admission/{first}.html">' in page(governed)


def test_pages_that_are_gone_or_of_before_are_written_from_the_registry(governed):
    first = "1"
    reports.write(governed.workspace, model_page("admission"), "the report of before")
    (reports.folder(governed.workspace) / model_page("admission", first)).unlink()
    model_pages.publish(governed, tracking.connect(governed.workspace.settings), "admission")
    assert page(governed, first) == "<p>"
    assert "challenger" in listed(governed)[first]


def test_all_versions_are_listed_with_status_and_who_did_what_when_and_why(governed):
    for number in range(5):
        if number:
            registered(governed, fingerprint=f"{number}")
        if number == 0:
            model_release.approve(governed, "admission", "1", "Rita", "sound <b>figures</b>", sandbox=False)
        if number == 1:
            model_release.approve(governed, "admission", "2", "Rita", "better", sandbox=False)
        if number == 2:
            version_ending.reject(governed, "admission", "3", "Rita", "too few rows")
        if number == 3:
            version_ending.send_back(governed, "admission", "4", "Rita", "explain the proxies")
    registered(governed, fingerprint="weak", passed="false")
    versions = listed(governed)
    assert "replaced" in versions["1"]
    assert re.search(
        r"approved 批准 · Rita \(typed in a sandbox\) · \d{4}-\d\d-\d\d \d\d:\d\d \+0800 · sound <b>figures</b>$",
        versions["1"],
    )
    assert "<b>" not in page(governed)
    assert "champion" in versions["2"]
    assert page(governed).count('class="in-force"') == 1
    assert "rejected 已否决" in versions["3"]
    assert "too few rows" in versions["3"]
    assert "sent back 已退回" in versions["4"]
    assert "challenger 待批" in versions["5"]
    assert "failed its gates" in versions["6"]
    assert all("trained 训练 · Tara" in each for each in versions.values())
    version_ending.retire(governed, "admission", "2", "Rita", "it drifted")
    assert "retired 已停用" in listed(governed)["2"]
    assert "it drifted" in listed(governed)["2"]


def test_a_registry_that_says_champion_makes_none_of_it(governed):
    client = tracking.connect(governed.workspace.settings)
    client.set_registered_model_alias("admission", tracking.CHAMPION, "1")
    model_pages.publish(governed, client, "admission")
    assert "challenger" in listed(governed)["1"]
    assert 'class="in-force"' not in page(governed)


def test_the_index_links_the_page_of_all_versions(governed):
    index = start_page.write(governed).read_text(encoding="utf-8")
    assert '<a href="models/admission.html"><span class="en" lang="en">Reports by version: ' in index
    assert "models/limit.html" not in index


def test_the_command_lists_what_the_page_lists(governed, capsys):
    model_release.approve(governed, "admission", "1", "Rita", "sound", sandbox=False)
    registered(governed, fingerprint="second")
    version_ending.reject(governed, "admission", "2", "Rita", "too few rows")
    rows = models.run(governed, as_json=True)
    assert rows["limit"] == ()
    assert [(row.version, row.status) for row in rows["admission"]] == [("2", "rejected"), ("1", "champion")]
    assert all(row.status in listed(governed)[row.version] for row in rows["admission"])
    models.run(governed, as_json=False)
    output = capsys.readouterr().out
    assert "too few rows" in output
    assert "Rita" in output
