"""The report: complete, self-contained, the same each time, and discreet."""

import re
from html.parser import HTMLParser

import pytest
from portfolio import ADMISSION, CATALOGUE, LIMIT, POLICY, admitted, frame, limited

from models import fairness, report

LINEAGE = {"data_versions": "gold__training_features@4", "trainer": "somebody", "impact_assessment": "PIA-1"}
LATE = admitted().scored.query("slice == 'oot'")
FAIRNESS = {"sex": fairness.by_group(LATE["pd"] <= 0.2, LATE["bad"], LATE["pd"], LATE["application_id"].str[-1:])}


def admission_page(**changes) -> str:
    given = {"policy": POLICY, "fairness": FAIRNESS} | changes
    return report.page(admitted(), frame(), ADMISSION, CATALOGUE, LINEAGE, **given)


PAGES = {"admission": admission_page(), "limit": report.page(limited(), frame(), LIMIT, CATALOGUE, LINEAGE)}
both = pytest.mark.parametrize("kind", PAGES)


class Ids(HTMLParser):
    """Collects ids and the addresses that elements point at."""

    def __init__(self, page: str):
        super().__init__()
        self.ids, self.links, self.loads = set(), set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids.add(given.get("id"))
        if tag == "a":
            self.links.add(given.get("href", ""))
        elif tag in ("link", "script", "iframe") or "src" in given:
            self.loads.add(given.get("src", tag))


@both
def test_needs_nothing_from_elsewhere(kind):
    parsed = Ids(PAGES[kind])
    assert not parsed.loads
    assert {link.removeprefix("#") for link in parsed.links} <= parsed.ids
    assert not re.findall(r"@import|url\((?!#)", PAGES[kind])
    assert set(re.findall(r'xlink:href="([^"#]{5})', PAGES[kind])) <= {"data:"}


def test_is_the_same_each_time():
    assert admission_page() == PAGES["admission"]


@both
def test_shows_every_gate_the_lineage_and_both_languages(kind):
    record = {"admission": admitted().record, "limit": limited().record}[kind]
    for text in [*(gate.metric for gate in record.gates), *LINEAGE.values(), "How it was made", "训练过程"]:
        assert text in PAGES[kind]
    assert all(name in PAGES[kind] for name in record.features)


@both
def test_explains_five_applications_by_id(kind):
    ids = re.findall(r"A\d{10}", PAGES[kind])
    assert len(ids) == len(set(ids)) == 5


def test_shows_no_value_of_an_explained_person():
    shown = frame().set_index("application_id").loc[re.findall(r"A\d{10}", PAGES["admission"])]
    for value in shown[list(CATALOGUE)].to_numpy().ravel():
        assert f"{value:.4f}" not in PAGES["admission"]


def test_without_a_policy_the_riskiest_fifth_stands_for_the_declined():
    page = admission_page(policy=None, fairness=None)
    assert "no policy is given: the riskiest fifth lies above it" in page
    assert 'id="fairness"' not in page


def test_a_failed_gate_is_told_at_the_top():
    strict = ADMISSION.gates[0].model_copy(update={"min": 0.99})
    record = admitted().record
    failed = type(record)(
        **vars(record) | {"gates": (type(record.gates[0])("auc_oot", 0.75, strict.min, None, False),)}
    )
    page = report.page(
        type(admitted())(admitted().predictor, failed, admitted().scored), frame(), ADMISSION, CATALOGUE, LINEAGE
    )
    assert "1 of 1 failed" in page
    assert "may not become challenger" in page


def test_catalogue_texts_are_escaped():
    name = next(iter(admitted().record.importance))
    marked = CATALOGUE | {name: type(CATALOGUE[name])(**vars(CATALOGUE[name]) | {"en": "a < b & c"})}
    page = report.page(admitted(), frame(), ADMISSION, marked, LINEAGE, POLICY)
    assert "a &lt; b &amp; c" in page
    assert "a < b & c" not in page
