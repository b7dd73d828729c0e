"""The page of a model's versions: red findings of each, and what an approval answers to them."""

import json
import re
from datetime import UTC, datetime

import pytest

from conf.schema import html_pages
from conf.schema.column import Text
from lake.entries import Entry
from pipeline.overview import models
from pipeline.releases import model_pages
from pipeline.releases.model_pages import Act, Row

ANSWER = "few loans of one valley & a new crop"


def entry(number: int, action: str, **details) -> Entry:
    return Entry(number, datetime.now(UTC), "Tara", action, json.dumps(details), "", "")


FIT = entry(1, "fit", model="limit", red_findings=["auc", "slice_pd"])
TRAIN = entry(2, "train", model="limit", version="1", fit=1)
APPROVE = entry(3, "approve", model="limit", version="1", answers={"auc": ANSWER})
REJECT = entry(4, "reject", model="limit", version="1", why="no")


@pytest.mark.parametrize(
    ("of", "expected"),
    [(TRAIN, {"auc": "", "slice_pd": ""}), (APPROVE, {"auc": ANSWER}), (REJECT, {})],
)
def test_a_training_tells_its_red_findings_and_an_approval_what_it_answers(of, expected):
    assert model_pages.red_findings([FIT, TRAIN, APPROVE, REJECT], of) == expected


def test_a_training_that_the_trail_knows_no_fit_of_has_no_findings_to_tell():
    assert model_pages.red_findings([TRAIN], TRAIN) == {}


ACTS = [Act("trained", "训练", "Tara", {"auc": ""}), Act("approved", "批准", "Rita", {"auc": ANSWER})]
ROW = Row("1", None, None, None, ("champion", "在用"), "", "", [], ACTS, is_in_force=True)


def page(*languages: str) -> str:
    template = html_pages.templates("pipeline.releases", languages).get_template("versions.html.j2")
    html = template.render(title=Text(en="Limit", zh="额度"), rows=[ROW])
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split())


@pytest.mark.parametrize(
    ("language", "trained", "approved"),
    [
        ("en", "trained · Tara Red finding auc", "approved · Rita Red finding auc · answer: few loans"),
        ("zh", "训练 · Tara 红色发现 auc", "批准 · Rita 红色发现 auc · 答复: few loans"),
    ],
)
def test_the_page_shows_each_red_finding_and_its_answer_beside_who_when_and_why(language, trained, approved):
    shown = page(language)
    assert trained in shown
    assert approved in shown
    assert "valley &amp; a new crop" in shown


@pytest.mark.parametrize(("shown", "trained"), [(["en", "zh"], "trained 训练"), (["en"], "trained"), (["zh"], "训练")])
def test_a_terminal_shows_them_too_in_the_languages_of_the_workspace(shown, trained):
    assert Act("trained", "训练", "Tara", {"auc": ""}).in_words(shown) == f"{trained} · Tara\n🔴 auc"
    assert Act("trained", "训练", "Rita", {"auc": ANSWER}).in_words(shown) == f"{trained} · Rita\n🔴 auc: {ANSWER}"


@pytest.mark.parametrize(
    ("shown", "status"), [(("en", "zh"), "champion 在用"), (("en",), "champion"), (("zh",), "在用")]
)
def test_a_list_shows_the_status_in_the_languages_of_the_workspace_and_programs_one_in_english(shown, status):
    listed = models.as_listed(ROW, shown)
    assert (listed.status, listed.status_in_words) == ("champion", status)
