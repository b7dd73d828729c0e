"""Alerts on partners: each at its day, with its severity, once for its cause."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from conf.schema import partner, workspace
from conf.schema.errors import FieldstoneError
from conf.schema.partner import AspectFinding, Partner
from expectations.alerts import due_date, of_batch, standing
from expectations.drift import Histogram
from expectations.score import DIMENSIONS, BatchScore

LOADED = workspace.load()
FARM, RULES = LOADED.partners["farm"], LOADED.inspection
QUIET = datetime(2026, 1, 1, tzinfo=UTC)


def codes(who=FARM, as_of=QUIET, last=None, is_personal=True, zone="UTC"):
    return [(a.code, a.severity) for a in standing("farm", who, is_personal, last, RULES, as_of, zone)]


def on(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2022-12-31", [("agreement_not_begun", "act")]),
        ("2026-01-01", []),
        ("2026-04-12", []),
        ("2026-04-13", [("inspection_due", "watch")]),
        ("2026-06-12", [("inspection_due", "watch")]),
        ("2026-06-13", [("inspection_overdue", "act")]),
        ("2027-11-01", [("agreement_ends", "watch"), ("inspection_overdue", "act")]),
        ("2027-12-31", [("agreement_ends", "watch"), ("inspection_overdue", "act")]),
        ("2028-01-01", [("agreement_ended", "act"), ("inspection_overdue", "act")]),
    ],
)
def test_agreement_and_inspection_are_told_of_in_time(as_of, expected):
    assert codes(as_of=on(as_of)) == expected


def test_an_inspection_is_due_within_a_year_whatever_was_agreed():
    late = FARM.latest.model_copy(update={"next_inspection_date": date(2030, 1, 1)})
    assert due_date(FARM.model_copy(update={"assessments": (late,)}), RULES) == date(2026, 6, 12)


def test_findings_that_did_not_pass_are_told():
    failed = AspectFinding(verdict="failed", en="No certificate", zh="无证书")
    assessment = FARM.latest.model_copy(update={"security": failed})
    assert codes(FARM.model_copy(update={"assessments": (assessment,)})) == [("finding", "act")]
    assert codes(LOADED.partners["housing"]) == [("finding", "watch")]


def test_whoever_delivers_data_of_persons_needs_an_admission_record():
    assert codes(None) == [("not_admitted", "act")]
    assert codes(None, is_personal=False) == []


def test_silence_is_told_after_the_agreed_days():
    since = QUIET - timedelta(days=FARM.delivery.every_days)
    assert codes(last=since) == []
    assert codes(last=since - timedelta(seconds=1)) == [("silent", "watch")]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2022-12-31T15:59:59Z", [("agreement_not_begun", "act")]),
        ("2022-12-31T16:00:00Z", []),
        ("2027-12-31T15:59:59Z", [("agreement_ends", "watch"), ("inspection_overdue", "act")]),
        ("2027-12-31T16:00:00Z", [("agreement_ended", "act"), ("inspection_overdue", "act")]),
    ],
)
def test_what_is_told_changes_at_the_midnight_of_the_bank(as_of, expected):
    assert codes(as_of=datetime.fromisoformat(as_of), zone="Asia/Shanghai") == expected


def test_our_own_systems_need_no_agreement():
    assert codes(LOADED.partners["bank"]) == []


COUNTS = {"rows": 100, "rejected_rows": 0, "failed_rows": 1, "duplicate_rows": 0, "late_rows": 0}
SHARES = dict.fromkeys(DIMENSIONS, 1.0) | {"validity": 0.99}
COLUMNS = dict.fromkeys(("undeclared_columns", "missing_columns", "changed_columns", "histograms"), ())
BATCH = BatchScore(
    "farm__planting",
    "b",
    QUIET,
    False,
    **COUNTS,
    **SHARES,
    score=99.7,
    reasons={},
    **COLUMNS,
    rules_from_date="2025-01-01",
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"score": 97.0}, []),
        ({"score": 96.9}, [("low_score", "watch")]),
        ({"score": 89.9}, [("low_score", "act"), ("falling_score", "watch")]),
        ({"score": None}, []),
        ({"failed_rows": 4}, []),
        ({"failed_rows": 5}, [("rising_failures", "watch")]),
        ({"rejected_rows": 20}, [("rising_failures", "watch")]),
        ({"is_refused": True}, [("refused", "act")]),
        ({"timeliness": 0.95}, []),
        ({"timeliness": 0.94}, [("late", "watch")]),
        ({"timeliness": None}, []),
        ({"undeclared_columns": ("colour",), "missing_columns": ("is_insured",)}, []),
        ({"changed_columns": ("+colour",)}, [("schema_drift", "watch")]),
        ({"histograms": (Histogram("a", "g", (1,), 0.1),)}, []),
        ({"histograms": (Histogram("a", "g", (1,), 0.25),)}, [("distribution_drift", "watch")]),
        (
            {"histograms": (Histogram("a", "g", (1,), 0.26), Histogram("c", "g", (1,), 0.2))},
            [("distribution_drift", "act")],
        ),
    ],
)
def test_a_batch_is_told_of_beyond_its_limits(changes, expected):
    alerts = of_batch("farm", replace(BATCH, **changes), [BATCH], RULES)
    assert [(alert.code, alert.severity) for alert in alerts] == expected
    assert all(alert.en and alert.zh and alert.table == "farm__planting" for alert in alerts)


def test_an_alert_is_named_after_its_cause():
    low = replace(BATCH, score=80.0)
    (one,), (same,), (other,) = (of_batch("farm", replace(low, batch_id=name), [], RULES) for name in "xxy")
    assert one.alert_id == same.alert_id != other.alert_id


def test_many_moved_columns_are_told_in_one_line():
    histograms = tuple(Histogram(f"c{n}", "g", (1,), 0.3 + n / 10) for n in range(6))
    (alert,) = of_batch("farm", replace(BATCH, histograms=histograms), [], RULES)
    assert alert.en == "distribution moved: c5 (PSI 0.80), c4 (PSI 0.70), c3 (PSI 0.60), c2 (PSI 0.50) and 2 more"
    assert alert.zh == "分布偏移：c5 (PSI 0.80)、c4 (PSI 0.70)、c3 (PSI 0.60)、c2 (PSI 0.50)等6列"


def test_names_that_are_not_shown_are_said_in_words():
    (alert,) = of_batch("farm", replace(BATCH, changed_columns=("+?", "+colour", "-is_insured")), [BATCH], RULES)
    assert alert.en == "columns changed: +names that may be values, +colour, -is_insured"
    assert alert.zh == "列变化：+可能是数据值的列名、+colour、-is_insured"


# declarations -------------------------------------------------------------------------------------------------------


def test_every_source_of_the_project_has_a_partner_whose_findings_are_in_both_languages():
    assert LOADED.partners.keys() == LOADED.sources.keys()


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (date(2022, 12, 31), "the agreement FRB-2022-118 with farm begins on 2023-01-01, so nothing is pulled on 2022"),
        (date(2028, 1, 1), "ended on 2027-12-31, so nothing is pulled on 2028-01-01; once there is another, put its"),
    ],
)
def test_outside_its_agreement_a_partner_is_refused(day, says):
    assert says in FARM.refusal(day)


@pytest.mark.parametrize("day", [date(2023, 1, 1), date(2027, 12, 31)])
def test_within_its_agreement_a_partner_is_not_refused(day):
    assert FARM.refusal(day) is None
    assert LOADED.partners["bank"].refusal(date(1999, 1, 1)) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"agreement": None}, "a partner outside the bank needs an agreement"),
        ({"assessments": []}, "at least 1 item"),
        ({"agreement": FARM.agreement.model_dump() | {"valid_to_date": "2022-01-01"}}, "begins before it ends"),
        ({"assessments": [a.model_dump() for a in reversed(FARM.assessments)]}, "oldest first"),
        ({"rating": 5}, "Extra inputs are not permitted"),
    ],
)
def test_a_partner_that_makes_no_sense_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        Partner.model_validate(FARM.model_dump() | changes)


def test_a_file_that_is_no_partner_says_which(tmp_path):
    (tmp_path / "mill.yaml").write_text("assessments: []")
    with pytest.raises(FieldstoneError, match=r"partner conf/partners/mill\.yaml is not valid"):
        partner.read(tmp_path / "mill.yaml")
