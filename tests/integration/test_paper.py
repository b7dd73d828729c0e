"""The PDF of a report is a file of its version: in the trail, on the pages, and never another."""

import json
from dataclasses import replace

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.hashing import content_sha256
from conf.schema.naming import paper_page
from pipeline import auditing, reports
from pipeline.context import Context
from pipeline.overview import start_page
from pipeline.registry import tracking, trainings
from pipeline.releases import champions, model_pages, model_release
from tests.integration.test_model_pages import governed, one, page, registered  # noqa: F401  (fixtures)

# stands for a browser: what it "prints" is the page that it was given
PRINTER = """#!/bin/sh
for each; do case $each in --print-to-pdf=*) paper=${each#*=};; file://*) page=${each#file://};; esac; done
cat "$page" > "$paper"
"""


@pytest.fixture
def with_paper(governed, tmp_path) -> Context:  # noqa: F811
    """A state whose second version was printed."""
    program = tmp_path / "printer"
    program.write_text(PRINTER, encoding="utf-8")
    program.chmod(0o755)
    context = printing(governed, str(program))
    registered(context, fingerprint="another")
    return context


def printing(context: Context, browser: str) -> Context:
    settings = context.workspace.settings.model_copy(update={"browser": browser})
    return replace(context, workspace=replace(context.workspace, settings=settings))


def path(context: Context, number: str = "2"):
    return reports.folder(context.workspace) / paper_page("admission", number)


def test_it_is_kept_with_the_version_noted_in_the_trail_and_linked(with_paper):
    client = tracking.connect(with_paper.workspace.settings)
    printed = tracking.artifact(client, client.get_model_version("admission", "2"), tracking.PAPER)
    assert printed == path(with_paper).read_bytes()
    assert trainings.of(with_paper.trail.entries(), "admission", "2").files[tracking.PAPER] == content_sha256(printed)
    start_page.write(with_paper)
    start = (reports.folder(with_paper.workspace) / reports.INDEX).read_text("utf-8")
    assert 'href="admission/2.pdf">PDF</a>' in page(with_paper)
    assert f'href="{paper_page("admission", "2")}">PDF</a>' in start
    assert "1.pdf" not in page(with_paper)
    model_release.approve(with_paper, "admission", "2", "Rita", "sound", sandbox=False)
    assert tracking.PAPER in champions.load(with_paper, client, "admission").release.document["files"]
    auditing.verify(with_paper)


@pytest.mark.parametrize("number", ["1", "2"])
def test_another_in_its_place_is_told_and_not_kept(with_paper, number):
    path(with_paper, number).write_bytes(b"%PDF forged")
    with pytest.raises(FieldstoneError, match=f"the page of admission:{number} isn't what was printed of its report"):
        auditing.verify(with_paper)
    model_pages.publish(with_paper, tracking.connect(with_paper.workspace.settings), "admission")
    assert path(with_paper, number).exists() == (number == "2")
    auditing.verify(with_paper)


def test_nobody_approves_what_was_read_on_another_paper(with_paper):
    path(with_paper).write_bytes(b"%PDF forged")
    with pytest.raises(FieldstoneError, match="isn't what was printed of its report; write it anew and look at it"):
        model_release.approve(with_paper, "admission", "2", "Rita", "sound", sandbox=False)


@pytest.mark.parametrize(("browser", "message"), [("none", ""), ("lynx", "there is no lynx; install Chromium (Debian")])
def test_a_training_goes_on_where_nothing_prints(governed, capsys, browser, message):  # noqa: F811
    context = printing(governed, browser)
    number = registered(context, fingerprint="another")
    output = capsys.readouterr()
    lines = [line for line in (output.out + output.err).splitlines() if "wasn't printed as PDF" in line]
    assert [message in line for line in lines] == ([True] if message else [])
    note = trainings.of(context.trail.entries(), "admission", number).note
    assert "files" not in json.loads(note.details)
    assert not path(context, number).exists()
