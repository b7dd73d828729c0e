"""Days past due of a loan on a day, as they were known on that day; and labels that the end of a window decides."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from silver import of_repayment, silver

from conf.schema import label
from conf.schema.errors import FieldstoneError
from conf.schema.label import Label
from conf.schema.workspace import ROOT, load
from features.engine.arrears import days_past_due
from features.engine.performance import became
from features.outcome import LABEL
from pipeline.features import declarations

OWN = load()
LOAN = {"loan_no": "L", "application_no": "a", "disbursed_date": "2023-01-15", "term_months": "12"}
FIRST = {"instalment_no": "1", "due_date": "2023-04-15"}
SECOND = {"instalment_no": "2", "due_date": "2023-07-15"}
LAST = {"instalment_no": "4", "due_date": "2024-01-15"}


def due(row: dict, paid: str | None = None, known: str | None = None, cny: str | None = None, **more: str) -> dict:
    """A version of an instalment of 1000 CNY: paid on a day, with what is paid, and when it became known."""
    settled = {"paid_date": paid} if paid else {}
    usual = {"loan_no": "L", "due_cny": "1000", "days_past_due": "0", "known_at": known or row["due_date"]}
    return usual | row | {"paid_cny": cny or ("1000" if paid else "0")} | settled | more


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def dpd(spark, day: date, *rows: dict, zone: str = "UTC", **loan: str) -> tuple[int, int] | None:
    """Days past due and the worst so far, on a day; None of a loan that isn't there."""
    lent, owed = silver(spark, "bank__loan", [LOAN | loan]), of_repayment(spark, [*rows])
    records = days_past_due(lent, owed, moment(day), zone, LABEL).collect()
    return (records[0]["days_past_due"], records[0]["worst_days"]) if records else None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2023, 1, 14), None),  # not lent yet
        (date(2023, 2, 1), (0, 0)),
        (date(2023, 4, 15), (0, 0)),  # its own day is in time
        (date(2023, 4, 16), (1, 1)),
        (date(2023, 6, 14), (60, 60)),
        (date(2023, 6, 15), (0, 61)),  # paid on that day
        (date(2023, 8, 14), (30, 61)),
        (date(2023, 12, 1), None),  # closed
    ],
)
def test_days_rise_until_it_is_paid_and_the_worst_stays(spark, day, expected):
    rows = [due(FIRST, "2023-06-15", known="2023-01-20"), due(SECOND, "2023-09-01", known="2023-01-20")]
    assert dpd(spark, day, *rows, closed_date="2023-12-01") == expected


def test_what_becomes_known_later_changes_nothing_of_the_day(spark):
    planned = due(FIRST, known="2023-04-15")
    paid = due(FIRST, "2023-05-02", known="2023-05-20")  # the bank reports it late
    day = date(2023, 5, 10)
    assert dpd(spark, day, planned) == dpd(spark, day, planned, paid) == (25, 25)
    assert dpd(spark, date(2023, 5, 20), planned, paid) == (0, 17)


def test_the_oldest_instalment_that_is_unpaid_counts(spark):
    assert dpd(spark, date(2023, 8, 1), due(FIRST), due(SECOND)) == (108, 108)
    assert dpd(spark, date(2023, 8, 1), due(FIRST, "2023-07-20"), due(SECOND)) == (17, 96)


def test_a_small_rest_is_not_late_and_what_the_bank_counts_is(spark):
    assert dpd(spark, date(2023, 6, 1), due(FIRST, cny="999.50")) == (0, 0)
    assert dpd(spark, date(2023, 6, 1), due(FIRST, cny="999.50", days_past_due="12")) == (12, 12)


def test_days_are_those_of_the_zone(spark):
    row = due(FIRST)
    assert dpd(spark, date(2023, 4, 16), row, zone="America/New_York") == (0, 0)  # still the evening of the 15th there
    assert dpd(spark, date(2023, 4, 16), row, zone="UTC") == (1, 1)


def status(spark, changes: dict, *rows: dict) -> str:
    """What a loan whose window ends on 2024-04-14 is, by a label with changes."""
    lent, owed = silver(spark, "bank__loan", [LOAN]), of_repayment(spark, [*rows])
    declared = Label.model_validate(LABEL.model_dump() | changes)
    [row] = became(lent, owed, datetime(2024, 6, 1, tzinfo=UTC), "UTC", declared).collect()
    return row["label_status"]


CURED = due(FIRST, "2023-09-15"), due(LAST, "2024-01-15")  # 153 days late, and in order ever since
LATE_AGAIN = due(FIRST, "2023-09-15"), due(LAST, "2024-02-20")  # 36 days late the second time


@pytest.mark.parametrize(
    ("rows", "changes", "expected"),
    [
        (CURED, {}, "bad"),
        (CURED, {"judged": "at_end"}, "good"),
        (CURED, {"judged": "at_end", "cure_months": 6}, "good"),
        (CURED, {"judged": "at_end", "cure_months": 7}, "bad"),  # 7 months before the end is the day before it was paid
        (LATE_AGAIN, {"judged": "at_end"}, "good"),
        (LATE_AGAIN, {"judged": "at_end", "cure_months": 1}, "good"),
        (LATE_AGAIN, {"judged": "at_end", "cure_months": 2}, "bad"),  # late two months before the end
        ((due(FIRST), due(LAST, "2024-01-15")), {"judged": "at_end"}, "bad"),
        ((due(FIRST, "2023-06-01"), due(LAST, "2024-01-15")), {}, "indeterminate"),
        ((due(FIRST, "2023-06-01"), due(LAST, "2024-01-15")), {"judged": "at_end"}, "good"),
        ((due(FIRST, "2023-06-01"), due(LAST, "2024-01-15")), {"indeterminate_days": 90}, "good"),
        ((), {"indeterminate_days": 90}, "indeterminate"),  # nothing reported is no default, whatever the range
        ((), {"judged": "at_end"}, "indeterminate"),
    ],
)
def test_a_default_is_cured_only_as_it_is_declared(spark, rows, changes, expected):
    assert status(spark, changes, *rows) == expected


def test_the_project_declares_its_label_and_who_has_none_declares_none():
    assert OWN.labels == {"is_default_12m": LABEL}
    assert load(ROOT / "examples/sba_farm").labels == {}


def test_another_declaration_is_another_build_and_another_release():
    changed = replace(OWN, labels={"is_default_12m": LABEL.model_copy(update={"bad_days": 60})})
    before, after = (declarations.each_sha256(workspace) for workspace in (OWN, changed))
    assert {name for name in before if before[name] != after[name]} == {declarations.SPINE}


def test_features_are_built_anew_where_the_file_of_labels_has_changed(tmp_path):
    workspace = replace(OWN, root=tmp_path)
    without = declarations.fingerprint(workspace)
    (tmp_path / "conf").mkdir()
    (tmp_path / label.FILE).write_bytes((ROOT / label.FILE).read_bytes())
    assert declarations.fingerprint(workspace) != without


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cure_months: 3", "cure_months 3 has no effect where loans are judged by the worst"),
        ("judged: sometimes", "is_bad.judged: is 'sometimes', and has to be 'ever' or 'at_end'"),
        ("bad_days: 20", "indeterminate_days 30 lies above bad_days 20"),
        ("cure: 3", "is_bad.cure: is no field here"),
    ],
)
def test_a_label_that_makes_no_sense_is_refused_with_its_place(tmp_path, line, message):
    stated = {"horizon_months": 12, "bad_days": 90, "indeterminate_days": 30, "least_arrears": 10,
              "least_arrears_share": 0.01}  # fmt: skip
    name, _, value = line.partition(": ")
    lines = [f"  {key}: {each}" for key, each in (stated | {name: value}).items()]
    (tmp_path / "conf").mkdir()
    (tmp_path / label.FILE).write_text("\n".join(["is_bad:", *lines]), encoding="utf-8")
    with pytest.raises(FieldstoneError, match=r"conf/labels\.yaml is not valid") as error:
        label.read(tmp_path)
    assert message in str(error.value)


def test_instalments_whose_amounts_have_names_of_a_contract_are_refused_with_those_to_give(spark):
    lent, owed = silver(spark, "bank__loan", [LOAN]), silver(spark, "bank__instalment", [due(FIRST)])
    with pytest.raises(
        FieldstoneError, match=r"instalments lack due_amount, paid_amount; they have .*due_cny, paid_cny"
    ):
        days_past_due(lent, owed, datetime(2024, 1, 1, tzinfo=UTC), "UTC", LABEL)
