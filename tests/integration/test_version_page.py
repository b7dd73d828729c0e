"""What a reviewer looks at is the report that was fitted, whatever somebody lays in its place."""

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.naming import customer_page, model_page
from jobs import compare
from pipeline import auditing, reports
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.releases import model_pages, model_release
from pipeline.trail import redactions
from tests.integration.registering import registered
from tests.integration.test_model_pages import governed, one  # noqa: F401  (fixtures)

FORGED = "<p>all gates passed"


def path(context: Context, number: str):
    return reports.folder(context.workspace) / model_page("admission", number)


def forge(context: Context, number: str = "1", text: str = FORGED) -> None:
    reports.write(context.workspace, model_page("admission", number), text)


def publish(context: Context) -> None:
    model_pages.publish(context, tracking.connect(context.workspace.settings), "admission")


@pytest.mark.parametrize("text", [FORGED, "", "<p>\n", "<P>"])
def test_a_page_that_was_changed_is_told_not_approved_and_written_anew(governed, capsys, text):  # noqa: F811
    forge(governed, text=text)
    with pytest.raises(FieldstoneError, match="the page of admission:1 isn't the report that was fitted"):
        auditing.verify(governed)
    for _ in range(2):  # also when Airflow tries again
        with pytest.raises(FieldstoneError, match=r"look at it before you approve: fieldstone compare admission 1"):
            model_release.approve(governed, "admission", "1", "Rita", "sound", sandbox=False)
    compare.run(governed, "admission", "1", as_json=False)
    assert "Its page wasn't the report that was fitted" in capsys.readouterr().out
    assert path(governed, "1").read_text(encoding="utf-8") == "<p>"
    compare.run(governed, "admission", "1", as_json=False)
    assert "wasn't the report" not in capsys.readouterr().out


def test_what_customers_are_told_is_held_to_the_training_as_well(governed, capsys):  # noqa: F811
    page = reports.folder(governed.workspace) / customer_page("admission", "1")
    page.write_text("<i>it never errs", encoding="utf-8")
    with pytest.raises(FieldstoneError, match="the page of admission:1 isn't what its training says to customers"):
        auditing.verify(governed)
    with pytest.raises(FieldstoneError, match=r"isn't what its training says to customers; .* look at it before you"):
        model_release.approve(governed, "admission", "1", "Rita", "sound", sandbox=False)
    compare.run(governed, "admission", "1", as_json=False)
    assert "Its page wasn't what its training says to customers" in capsys.readouterr().out
    assert page.read_text(encoding="utf-8") == "<i>"
    page.with_name("7.html").write_text("<i>", encoding="utf-8")
    with pytest.raises(FieldstoneError, match=r"7\.html lies among the pages of admission, which has no such version"):
        auditing.verify(governed)


def test_the_page_of_versions_leads_to_both_pages(governed):  # noqa: F811
    publish(governed)
    page = (path(governed, "1").parents[1] / "admission.html").read_text("utf-8")
    for place in ("admission/1.html", "admission/customers/1.html"):
        assert f'href="{place}"' in page
        assert (path(governed, "1").parents[1] / place).exists()


def test_a_page_that_was_laid_ahead_of_its_version_does_not_stay(governed):  # noqa: F811
    forge(governed, "2")
    with pytest.raises(FieldstoneError, match=r"2\.html lies among the pages of admission, which has no such version"):
        auditing.verify(governed)
    registered(governed, fingerprint="another")
    publish(governed)
    assert path(governed, "2").read_text(encoding="utf-8") == "<p>"


def test_a_forged_report_in_the_registry_is_no_page_either(governed):  # noqa: F811
    client = tracking.connect(governed.workspace.settings)
    version = tracking.known(client, "admission", "1")
    forge(governed)
    for report in governed.workspace.settings.home.rglob("report.html"):
        report.write_text(FORGED, encoding="utf-8")
    assert tracking.artifact(client, version, tracking.REPORT) == FORGED.encode()
    publish(governed)
    assert not path(governed, "1").exists()
    assert 'href="admission/1.html"' not in (path(governed, "1").parents[1] / "admission.html").read_text("utf-8")


def test_a_page_as_an_erasure_has_left_it_stays(governed):  # noqa: F811
    redactions.record(governed.trail, "Olga", "E-1", [(b"<p>", b"<*>")])
    forge(governed, text="<*>")
    publish(governed)
    assert path(governed, "1").read_text(encoding="utf-8") == "<*>"
    auditing.verify(governed)
