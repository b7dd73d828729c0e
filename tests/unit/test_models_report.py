"""The report: complete, self-contained, the same each time, and discreet."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from page_texts import CHINESE, sentences, texts_of
from portfolio import ADMISSION, CATALOGUE, LIMIT, POLICY, PROXY, admitted, frame, limited, protected

from conf.schema import validation, workspace
from models import report
from models.champion import InForce
from models.record import GateOutcome
from models.validation.finding import Measure, findings

LINEAGE = {"data_versions": "gold__training_features@4", "trainer": "somebody", "impact_assessment": "PIA-1"}
RULES = validation.read(workspace.ROOT / "conf" / "validation.yaml")
TOP = next(iter(admitted().record.importance))


def odd_page() -> str:
    """Without policy or fairness, with a gate that failed and a catalogue that needs escaping."""
    failed = replace(
        admitted().record, gates=(GateOutcome("auc_oot", 0.75, 0.99, None, passed=False),), fairness={}, proxies={}
    )
    marked = CATALOGUE | {TOP: replace(CATALOGUE[TOP], en="a < b & c")}
    return report.page(replace(admitted(), record=failed), frame(), ADMISSION, marked, LINEAGE, currency="CNY")


PAGES = {
    "admission": report.page(admitted(), frame(), ADMISSION, CATALOGUE, LINEAGE, POLICY, currency="CNY"),
    "limit": report.page(limited(), frame(), LIMIT, CATALOGUE, LINEAGE, currency="CNY"),
}
ODD = odd_page()
both = pytest.mark.parametrize("kind", PAGES)


class Ids(HTMLParser):
    """Collects ids and the addresses that elements point at."""

    def __init__(self, page: str):
        super().__init__()
        self.ids, self.links, self.loads = set(), set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids.add(values.get("id"))
        if tag == "a":
            self.links.add(values.get("href", ""))
        elif tag in ("link", "script", "iframe") or "src" in values:
            self.loads.add(values.get("src", tag))


@both
def test_needs_nothing_from_elsewhere(kind):
    parsed = Ids(PAGES[kind])
    assert not parsed.loads
    assert {link.removeprefix("#") for link in parsed.links} <= parsed.ids
    assert not re.findall(r"@import|url\((?!#)", PAGES[kind])
    assert set(re.findall(r'xlink:href="([^"#]{5})', PAGES[kind])) <= {"data:"}


def test_says_at_its_head_which_version_it_is_and_all_that_made_it_in_both_languages():
    lineage = dict.fromkeys(report._LINEAGE_ZH, "1") | LINEAGE
    lineage |= {
        "started_at": "2026-11-26T16:30:11+08:00",
        "fingerprint": "0123456789abcdef",
        "data_as_of": "2025-12-31T16",
    }
    page = report.page(limited(), frame(), LIMIT, CATALOGUE, lineage, currency="CNY")
    head = " ".join(re.sub(r"<[^>]+>", " ", page.partition('<p class="made">')[2].partition("</p>")[0]).split())
    made = "Trained 训练 2026-11-26 16:30 +0800 · by 训练人 somebody · on data as of 数据时点 2025-12-31"
    assert head == f"{made} · fingerprint 训练指纹 0123456789ab"
    names = re.findall(r"<dt>(.*?)</dt>", page.partition('id="making"')[2])
    assert len(names) > len(lineage)
    assert [name for name in names if not CHINESE.search(name)] == []


def test_one_group_alone_is_not_tested_rather_than_fine():
    alone = {"sex": admitted().record.fairness["sex"][:1]}
    shown = replace(admitted(), record=replace(admitted().record, fairness=alone))
    table = report.page(shown, frame(), ADMISSION, CATALOGUE, LINEAGE, languages=("en",), currency="CNY").partition(
        'id="fairness"'
    )[2]
    text = texts_of(table.partition("</section>")[0])
    assert "not tested" in text
    assert "there is none to compare it with" in text
    assert not {"fine", "look"} & {*text.splitlines()}


def test_is_the_same_each_time():
    assert odd_page() == ODD


@both
def test_shows_every_gate_the_lineage_and_both_languages(kind):
    record = {"admission": admitted().record, "limit": limited().record}[kind]
    for text in [*(gate.metric for gate in record.gates), *LINEAGE.values(), "How it was made", "训练过程"]:
        assert text in PAGES[kind]
    assert all(name in PAGES[kind] for name in record.features)


@both
def test_has_every_picture_that_governance_reads(kind):
    page = PAGES[kind]
    pictures = {
        "admission": {"Every row, feature by feature": 1, "ROC": 1, "Kolmogorov–Smirnov": 1, "Is the PD true?": 1},
        "limit": {
            "Every row, feature by feature": 1,
            "Coverage by capacity": 1,
            "Capacity and the income that came": 1,
        },
    }[kind] | {"Predictions": 1, "Dependence": 9}
    for heading, number in pictures.items():
        drawn = page.partition("</nav>")[2].partition(f">{heading}</span> <span")[2].partition("<h2")[0]
        assert drawn.count("<svg") >= number, heading
    assert page.count("<svg") == sum(pictures.values())


def test_the_pictures_say_what_was_measured():
    page, figures = PAGES["admission"], admitted().record.metrics
    assert f"out of time, AUC {figures['auc_oot']:.3f}" in page
    assert f"in time, AUC {figures['auc_in_time']:.3f}" in page
    assert f"KS {figures['ks_oot']:.3f}" in page
    assert "observed default rate" in page
    assert f"PSI {figures['score_psi']:.3f}" in page
    for name, value in sorted(admitted().record.stability.items(), key=lambda item: -item[1])[:12]:
        assert CATALOGUE[name].en in page.partition("Features that moved most")[2]
        assert f'<td class="n">{value:.3f}</td>' in page
    swarm = page.partition("Every row, feature by feature")[2].partition("</svg>")[0]
    assert swarm.count("Feature feature_") + swarm.count("Feature inflow_") == len(admitted().record.features)


def test_another_algorithm_for_a_pd_has_the_same_page():
    other = replace(admitted(), record=replace(admitted().record, kind="another"))
    assert report.page(other, frame(), ADMISSION, CATALOGUE, LINEAGE, POLICY, currency="CNY") == PAGES["admission"]


def test_the_auc_of_folds_by_chance_stands_beside_the_one_out_of_time():
    spec = ADMISSION.model_copy(update={"cross_validate": 5})
    figures = admitted().record.metrics | {"auc_cv": 0.7821, "auc_cv_sd": 0.0112}
    crossed = replace(admitted(), record=replace(admitted().record, metrics=figures))
    page = report.page(crossed, frame(), spec, CATALOGUE, LINEAGE, currency="CNY")
    assert "into 5 folds, all years mixed, it reaches an AUC of <b>0.782</b> (sd 0.011)" in page
    assert "folds, all years mixed" not in PAGES["admission"]


@both
def test_is_wholly_in_the_one_language_of_a_workspace_its_pictures_too(kind):
    result, spec, policy = {"admission": (admitted(), ADMISSION, POLICY), "limit": (limited(), LIMIT, None)}[kind]
    made = "2025-12-31T16:30:11+08:00"
    lineage = LINEAGE | {"started_at": made, "data_as_of": made, "fingerprint": "0123456789abcdef"}
    english, chinese = (
        report.page(result, frame(), spec, CATALOGUE, lineage, policy, languages=[language], currency="CNY")
        for language in ("en", "zh")
    )
    assert not CHINESE.search(texts_of(english))
    assert sentences(texts_of(chinese)) == []
    assert "out of time" in english
    assert "out of time" not in chinese
    for page in (english, chinese):
        assert "lang=" not in page.partition("<body>")[2]
        assert {link.removeprefix("#") for link in Ids(page).links} <= Ids(page).ids


@both
def test_of_two_languages_either_may_be_hidden_without_a_script(kind):
    page, body = PAGES[kind], PAGES[kind].partition("<header>")[2]
    assert [f'id="in-{choice}"' in page for choice in ("zh", "en", "both")] == [True] * 3
    assert "<script" not in page
    assert not CHINESE.search(texts_of(re.sub(r'<(span|tspan)( class="zh")? lang="zh">.*?</\1>', "", body)))
    assert (
        sentences(texts_of(re.sub(r'<(span|tspan)( class="en")? lang="en">.*?</\1>', "", body, flags=re.DOTALL))) == []
    )


@both
def test_explains_five_applications_by_id(kind):
    ids = re.findall(r"A\d{10}", PAGES[kind])
    assert len(ids) == len(set(ids)) == 5


def test_shows_no_value_of_an_explained_person():
    shown = frame().set_index("application_id").loc[re.findall(r"A\d{10}", PAGES["admission"])]
    values = shown[list(CATALOGUE)].stack()
    assert len(values) > 50
    assert not any(re.search(rf"(?<![\d.]){value:.4f}(?!\d)", PAGES["admission"]) for value in values)


def test_compares_the_groups_and_names_proxies_but_never_as_a_reason():
    page = PAGES["admission"]
    for row in admitted().record.fairness["sex"]:
        assert f"<td>{row['group']}</td>" in page
        assert f"{row['adverse_impact']:.2f}" in page
    assert f"{CATALOGUE[PROXY].en}</span> <span" in page.partition("Proxies")[2]
    lists = re.findall(r"<ol>.*?</ol>", page, re.DOTALL)
    assert lists
    assert not any(CATALOGUE[PROXY].en in reasons for reasons in lists)


def test_only_a_label_that_is_good_or_bad_is_counted_by_what_became_of_the_loan():
    rows = {kind: texts_of(page.partition("Rows given, used")[2].partition("<dt>")[0]) for kind, page in PAGES.items()}
    counted = rows["admission"].replace("\n", " ")
    assert re.search(r"\( bad 坏 \d+, good 好 [\d,]+, immature 未到期 \d+, indeterminate 不确定 \d+\)", counted)
    assert "have a label" in rows["limit"]
    assert not re.search("good|bad|immature|indeterminate", rows["limit"])
    assert set(limited().record.counts) == {"given", "used", "left_out"}


def test_a_limits_coverage_and_capacity_are_shown_by_group():
    page = report.page(limited(), frame(), LIMIT, CATALOGUE, LINEAGE, languages=("en",), currency="CNY")
    shown = " ".join(texts_of(page.partition('id="fairness"')[2].partition("</section>")[0]).split())
    late = limited().scored.query("slice == 'oot'")
    women = late["application_id"].map(protected()["sex"]).eq("F")
    assert f"F {women.sum()} {late.loc[women, 'income'].mean():,.0f}" in shown
    assert f"{(late['income'] >= late['capacity'])[women].mean():.1%}" in shown
    assert {"sex", "birth_year"} == set(limited().record.fairness)


def test_says_of_which_bins_an_information_value_is():
    page = report.page(admitted(), frame(), ADMISSION, CATALOGUE, LINEAGE, POLICY, languages=("en",), currency="CNY")
    assert '<th class="n">IV of its bins</th>' in page
    assert not re.search(r"IV above|>Information value<", page)


@pytest.mark.parametrize(("verdict", "bound"), [("green", 0.4), ("amber", 0.6), ("red", 1.1)])
def test_suspects_leakage_of_what_an_approval_has_to_answer_alone(verdict, bound):
    measure = Measure(1.2, 0.4, 1.3, bound=bound, where=(TOP,))
    rules = {"version": "1", "fingerprint": "ab" * 32}
    of_it = findings({"information_value": measure}, RULES)
    record = replace(admitted().record, validation=of_it, validation_rules=rules)
    assert record.validation[0].verdict == verdict
    page = report.page(replace(admitted(), record=record), frame(), ADMISSION, CATALOGUE, LINEAGE, currency="CNY")
    assert ("Suspect leakage" in page) == (record.red == ("information_value",)) == (verdict == "red")


def test_says_what_the_bars_of_a_limit_start_from():
    applicants = texts_of(PAGES["limit"].partition('id="applicants"')[2].partition("</section>")[0])
    assert f"SHAP values start from {limited().predictor.base_value:,.0f}: the average" in applicants
    assert f"SHAP 值的起点为 {limited().predictor.base_value:,.0f}：" in applicants


def test_without_a_policy_the_riskiest_fifth_stands_for_the_declined():
    assert "no policy is given: the riskiest fifth lies above it" in ODD
    assert 'id="fairness"' not in ODD


def test_a_failed_gate_is_told_at_the_top():
    assert "1 of 1 failed" in ODD
    assert "may not become challenger" in ODD


def test_catalogue_texts_are_escaped():
    assert "a &lt; b &amp; c" in ODD
    assert "a < b & c" not in ODD


def test_amounts_are_told_in_the_currency_of_the_workspace():
    text = report.page(limited(), frame(), LIMIT, CATALOGUE, LINEAGE, currency="KES")
    assert "KES a year" in text
    assert "KES/年" in text
    assert not re.search("CNY", re.sub(r"data:[^\"]+", "", text))
    assert "元" not in text


def test_begins_with_what_the_model_is_for_and_when_it_is_reviewed_next():
    page = report.page(
        admitted(), frame(), ADMISSION, CATALOGUE, LINEAGE | {"started_at": "2026-02-28T09:00:00+08:00"}, currency="CNY"
    )
    about = page.partition('id="about"')[2].partition("</section>")[0]
    shown = texts_of(about)
    assert ADMISSION.about is not None
    for text in (ADMISSION.about.purpose, ADMISSION.about.population, ADMISSION.about.owner):
        assert text.en in shown
        assert text.zh in shown
    assert "by 2027-02-28" in about
    assert (
        page.index('id="about"')
        < page.index('id="champion"')
        < page.index('id="validation"' if 'id="validation"' in page else 'id="gates"')
    )


def test_tells_what_changed_against_the_champion():
    record = admitted().record
    first, *others = record.features
    figures = record.metrics | {"auc_oot": record.metrics["auc_oot"] - 0.1}
    otherwise = {"max_depth": (9, ADMISSION.params["max_depth"])}
    champion = InForce("3", figures, (*others, "left_out"), otherwise)
    page = report.page(admitted(), frame(), ADMISSION, CATALOGUE, LINEAGE, champion=champion, currency="CNY")
    shown = page.partition('id="champion"')[2].partition("</section>")[0]
    assert "+0.100" in shown
    assert CATALOGUE[first].en in shown
    assert "<code>left_out</code>" in shown
    assert f"<code>max_depth</code> 9 → {ADMISSION.params['max_depth']}" in shown
    assert shown.count("→") == 1


def test_the_first_page_says_in_short_what_it_rests_on_and_what_changed():
    champion = InForce("3", {"auc_oot": admitted().record.metrics["auc_oot"] - 0.1}, admitted().record.features, {})
    origin = LINEAGE | {"data_sources": "bank, farm", "data_as_of": "2026-01-05T00:00:00+00:00"}
    page = report.page(admitted(), frame(), ADMISSION, CATALOGUE, origin, champion=champion, currency="CNY")
    for html, change in ((page, "version 3"), (PAGES["admission"], "none in force yet")):
        shown = html.partition('id="in-short"')[2].partition("</section>")[0]
        assert f"{admitted().record.counts['used']:,} of" in shown
        assert change in shown
        assert ("+0.100" in shown, "bank, farm" in shown, "2026-01-05" in shown) == (html is page,) * 3


def test_says_that_there_was_no_champion():
    assert "No version was in force that it could be held against." in PAGES["limit"]


@both
def test_says_which_shap_values_it_shows_and_shows_the_others_beside_them(kind):
    page = " ".join(PAGES[kind].split())
    section = page.partition("Which SHAP values these are")[2].partition("Every row, feature by feature")[0]
    assert "path-dependent TreeSHAP" in section
    assert "hessian" in section
    assert "路径依赖的 TreeSHAP" in section
    assert section.count("<tr>") == 1 + len(CATALOGUE)
    assert sorted(re.findall(r'<td class="n">(\d+)</td></tr>', section), key=int) == [
        str(rank) for rank in range(1, 1 + len(CATALOGUE))
    ]


def test_a_model_of_too_few_people_for_a_population_still_says_which_values_it_shows():
    without = replace(admitted(), record=replace(admitted().record, reference_population={}))
    page = report.page(without, frame(), ADMISSION, CATALOGUE, LINEAGE, POLICY, currency="CNY")
    assert "path-dependent TreeSHAP" in page
    assert "reference population" not in page
