"""Pages on partners, tables, features and erasures are in the languages of the workspace, and wholly in one."""

import re
from datetime import UTC, datetime

import pytest
from page_texts import CHINESE, sentences, texts_of

from conf.schema import gold, workspace
from conf.schema.column import Text
from expectations import dictionary, partner_page
from expectations.drift import Histogram
from expectations.score import DIMENSIONS, BatchScore
from features.engine import catalogue
from lake.batch import INGEST, Batch
from pipeline.erasure import certificate
from pipeline.features import declarations

LOADED = workspace.load()
AT = datetime(2026, 1, 5, tzinfo=UTC)
SOURCE = LOADED.source("farm")
PLANTING = LOADED.contracts["farm__planting"]
PARTNER = LOADED.partners["farm"]
ASSESSED = tuple(assessment.model_copy(update={"assessed_by": "Office"}) for assessment in PARTNER.assessments)


def batch(number: int) -> BatchScore:
    return BatchScore(
        PLANTING.table,
        f"b{number}",
        AT.replace(day=5 + number),
        is_refused=number == 1,
        rows=90,
        rejected_rows=10,
        failed_rows=9,
        duplicate_rows=1,
        late_rows=2,
        **dict.fromkeys(DIMENSIONS, 0.9),
        score=99.0 - 8 * number,
        reasons={"BAD_TYPE": 3},
        undeclared_columns=(),
        missing_columns=(),
        changed_columns=(),
        histograms=(Histogram("area_mu", "2 edges from 1 to 2", (20, 30, 40), 0.31),),
        rules_from_date="2025-01-01",
    )


def partner(stated: list[str], is_bare: bool = False) -> str:
    """The page of a partner of whom there is all to tell, or nothing."""
    alert = {"severity": "act", "en": "A batch was refused", "zh": "一个批次被拒收", "source_table": PLANTING.table}
    alert |= {"batch_id": "b1", "raised_at": AT}
    change = {"at": AT, "is_suspended": True, "approvers": ["Ann", "Ben"], "why": "REF-1"}
    resting = {"en": "Decisions", "zh": "审批决策", "resting": 3, "of": 4, "share": 0.75}
    return partner_page.render(
        source=SOURCE,
        partner=None if is_bare else PARTNER.model_copy(update={"assessments": ASSESSED}),
        contracts=[PLANTING],
        batches={PLANTING.table: [] if is_bare else [batch(number) for number in range(3)]},
        volumes={
            PLANTING.table: [received(rows_stored=4, rows_duplicate=1), received(rows_stored=2, rows_quarantined=3)]
        },
        alerts=[] if is_bare else [alert | {"is_open": True}, alert | {"is_open": False}],
        suspensions=[] if is_bare else [change, change | {"is_suspended": False}],
        concentration=[] if is_bare else [resting],
        rules=LOADED.inspection,
        as_of=AT,
        zone="Asia/Shanghai",
        languages=stated,
    )


def erased(stated: list[str]) -> str:
    details = {
        "reference": "0123456789abcdef",
        "about": "subject",
        "operator": "Olga",
        "requested_at": "2026-01-05T00:00:00+00:00",
        "finished_at": "2026-01-05T00:01:00+00:00",
        "restored_at": "2026-01-04",
        "restored_from": "2026-01-03",
        "erased_anew": 1,
        "subjects": ["ab" * 32],
        "tables": [{"table": "silver_bank__loan", "rows": 2, "outcome": outcome} for outcome in certificate.Outcome],
        "learnt": {"admission 3": 1},
        "steps": [{"name": "prove", "at": "2026-01-05T00:01:00+00:00", "counts": {"files": 7}}],
        "searched": {"files": 1007, "bytes": 12345},
        "findings": 0,
    }
    everywhere = Text(en="the whole state folder", zh="整个状态目录")
    return certificate.page(details, everywhere, [Text(en="the landing zone", zh="落地区")], stated)


def received(**counts: int) -> Batch:
    numbers = {"rows_stored": 0, "rows_not_authorised": 0, "rows_duplicate": 0, "rows_quarantined": 0} | counts
    return Batch("b", PLANTING.table, INGEST, AT, parts=(), rows_read=sum(numbers.values()), **numbers)


PAGES = {
    "partner": partner,
    "bare partner": lambda stated: partner(stated, is_bare=True),
    "dictionary": lambda stated: dictionary.render(LOADED.contracts, gold.TABLES.values(), stated, currency="CNY"),
    "catalogue": lambda stated: catalogue.render(declarations.feature_set(LOADED), stated),
    "certificate": erased,
}
each = pytest.mark.parametrize("kind", PAGES)


def test_rows_that_were_read_of_a_partner_are_those_that_were_stored_turned_away_set_aside_and_double():
    table = partner(["en"]).partition('id="volumes"')[2].partition("</table>")[0]
    cells = re.findall(r'<td class="n">([^<]*)</td>', table)
    assert cells == ["2", "10", "6", "0", "3", "1"]


def test_an_assessment_says_on_a_phone_what_each_of_its_verdicts_is_about():
    table = partner(["zh"]).partition('class="assessments"')[2].partition("</table>")[0]
    assert re.findall('data-name="([^"]+)"', table)[:4] == ["安全", "质量", "能力", "下次到期"]


@each
def test_a_page_of_a_workspace_in_english_has_no_chinese(kind):
    page = PAGES[kind](["en"])
    assert [line for line in texts_of(page).splitlines() if CHINESE.search(line)] == []
    assert '<html lang="en">' in page
    assert "<fieldset" not in page


@each
def test_a_page_of_a_workspace_in_chinese_has_no_english_sentence(kind):
    page = PAGES[kind](["zh"])
    assert sentences(texts_of(page)) == []
    assert '<html lang="zh">' in page
    assert "<fieldset" not in page


@each
def test_a_page_of_a_workspace_in_both_has_one_switch_and_each_text_in_both(kind):
    page = PAGES[kind](["zh", "en"])
    assert page.count('<fieldset class="languages">') == 1
    assert page.count('<span class="en" lang="en">') == page.count('<span class="zh" lang="zh">') > 3
