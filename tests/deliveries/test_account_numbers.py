"""Numbers that become tokens: however a partner writes one it is the same, and what is no number is told."""

import shutil
from collections import Counter

import pytest

from tests.integration.landing import as_csv, grant, person, transfer, write_jsonl
from tests.integration.scan import holding

ANN, BEN = person(1), person(2)
NUMBER = "6228480000000000011"
TRANSFER = "farm__land_transfer"


def deliver(site, *numbers: str) -> None:
    rows = [{"code": f"B{n}", "acct": number, "day": "2024-01-05"} for n, number in enumerate(numbers)]
    site.deliver("probe/csv/b.csv", as_csv(rows))


def test_numbers_are_put_in_one_form_and_checked_before_they_become_tokens(site):
    ingest, refine = site.case("07-account-numbers-are-not-checked").take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    assert site.silver("probe__csv", "code") == ["A4", "A5", "A6", "A7"]
    assert len(set(site.silver("probe__csv", "acct"))) == 1
    assert site.quarantined("probe__csv") == {"BAD_FORMAT": 2, "MISSING_VALUE": 1}


@pytest.mark.further
@pytest.mark.parametrize(
    "written",
    [
        f" {NUMBER}", f"{NUMBER}\u3000", f"\u200b{NUMBER}\ufeff", f"\u202d{NUMBER}\u202c", "6228-4800-0000-0000-011",
        "6228\u00a04800\u00a00000\u00a00000\u00a0011", "６２２８ ４８００ ００００ ００００ ０１１",
            "6228\u201348\uff0d0\t000000000011",
    ],
)  # fmt: skip
def test_however_it_is_written_it_has_one_token(site, written):
    deliver(site, NUMBER, written)
    site.take_in("probe")
    (plain, other) = site.silver("probe__csv", "acct")
    assert plain == other


@pytest.mark.parametrize(
    "written",
    [
        "6.22848E18", "6.22848e+18", "6228480000000000011.0", "+6228480000000000011", "-5", ".5", "1e5", "1.", "NaN",
        "６．２２８４８Ｅ＋１８", "6.22848E＋18", "＋6228",
        "6,22848E+18", "6.22848E−18", "6.22848 E18", "6.22848×10^18",
    ],
)  # fmt: skip
def test_a_number_that_was_written_as_a_float_is_no_number(site, written):
    deliver(site, written)
    site.take_in("probe")
    assert site.quarantined("probe__csv") == {"BAD_FORMAT": 1}


@pytest.mark.further
def test_other_numbers_have_other_tokens(site):
    deliver(site, "1", "01", "A1", "a1", "1-A", "1 A", "10")
    site.take_in("probe")
    assert len(set(site.silver("probe__csv", "acct"))) == 7


@pytest.mark.further
def test_an_empty_number_is_no_token_where_none_is_required(site):
    deliver(site, "", " ", "\u3000", NUMBER)
    site.take_in("probe")
    assert Counter(value is None for value in site.silver("probe__csv", "acct")) == {True: 3, False: 1}


@pytest.mark.further
def test_identifiers_are_held_against_their_contract_too(site, tmp_path):
    site.workspace = shutil.copytree(site.workspace, tmp_path / "workspace")
    contract = site.workspace / "conf/contracts/probe/csv.yaml"
    text = contract.read_text(encoding="utf-8")
    phone = (
        'remark: {type: string, identifier: phone, required: true, pattern: "^1\\\\d{10}$", class: C2, en: P, zh: 机}'
    )
    lines = [phone.join(["  ", ""]) if line.startswith("  remark:") else line for line in text.splitlines()]
    contract.write_text("\n".join(lines), encoding="utf-8")
    phones = ["13800000000", "138 0000 0000", "1.38E+10", "", "0571-88888888"]
    rows = [{"code": f"C{n}", "remark": phone, "day": "2024-01-05"} for n, phone in enumerate(phones)]
    site.deliver("probe/csv/c.csv", as_csv(rows))
    ingest, _ = site.take_in("probe")
    assert site.silver("probe__csv", "code") == ["C0", "C1"], ingest.text
    assert site.quarantined("probe__csv") == {"BAD_FORMAT": 2, "MISSING_VALUE": 1}


def test_numbers_of_households_and_contracts_stand_nowhere_in_the_clear(site):
    write_jsonl(site.own().landing / "consent/grant/a.jsonl", [grant(ANN, 1)])
    for asset in ("household_membership", "planting", "breeding"):
        site.deliver(f"farm/{asset}/none.txt", "")
    rows = [transfer(ANN, n) for n in range(1, 9)]
    rows += [transfer(ANN, 9, parcel_code="1"), transfer(BEN, 10, parcel_code="1")]
    site.deliver("farm/land_transfer/a.csv", as_csv(rows))
    site.take_in("consent")
    site.take_in("farm")
    kept, *_ = site.silver(TRANSFER)
    assert all(len(kept[name]) == 64 for name in ("household_no", "contract_no", "parcel_code"))
    # Ann's is told; of Ben, who gave no consent, nothing is kept, whatever is wrong with the row
    assert site.quarantined(TRANSFER) == {"BAD_FORMAT": 1}
    numbers = [rows[0][name].encode() for name in ("household_no", "contract_no", "parcel_code")]
    for path in (path for path in site.home.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not any(number in content for number in numbers), path


@pytest.mark.further
@pytest.mark.parametrize(
    ("minutes", "expected"), [(4, {}), (6, {"FUTURE_TIME": 1}), (-60, {})]
)  # the default tolerance is five minutes
def test_what_is_published_a_little_ahead_of_our_clock_is_let_in(site, minutes, expected):
    hour, minute = divmod(60 + minutes, 60)
    write_jsonl(site.own().landing / "consent/grant/a.jsonl", [grant(ANN, 1)])
    site.take_in("consent")
    rows = [
        transfer(ANN, 1, published_at=f"2026-01-01T{hour:02d}:{minute:02d}:00Z"),
        *[transfer(ANN, n) for n in range(2, 9)],
    ]
    site.deliver("farm/land_transfer/a.csv", as_csv(rows))
    site.take_in("farm", as_of="2026-01-01T01:00:00Z")
    assert site.quarantined(TRANSFER) == expected


@pytest.mark.parametrize("written", [ANN, f"see {ANN}", f"{ANN[:6]} {ANN[6:14]} {ANN[14:]}", ANN.lower(), f"（{ANN}）"])
def test_an_id_number_where_none_belongs_is_sealed_and_never_stored_in_the_clear(site, written):
    texts = enumerate(["fine", written, "fine too"])
    rows = [{"code": f"D{n}", "remark": text, "day": "2024-01-05"} for n, text in texts]
    rows.append({"code": "D3", "remark": "", "day": f"2024-01-05 {ANN}"})
    site.deliver("probe/csv/d.csv", as_csv(rows))
    ingest, refine = site.take_in("probe")
    assert site.silver("probe__csv", "code") == ["D0", "D2"], ingest.text + refine.text
    assert site.quarantined("probe__csv")["IDENTIFIER_IN_CLEAR"] >= 1
    assert holding(site.home, [ANN, ANN.lower(), written]) == ()
