"""A mobile number in a free text never comes in; elsewhere eleven digits may be a number of anything."""

from tests.integration.landing import as_csv

WITH_NUMBERS = [
    "13800138000", "call 13800138000", "电话13800138000。", "138 0013 8000", "138-0013-8000", "+8613800138000",
    "86 139 1234 5678", "0086-13912345678", "１３８００１３８０００", "13800138000/13912345678", "199\u200b12345678",
]  # fmt: skip
FREE = [
    "23800138000", "12800138000", "1380013800", "138001380001", "A13800138000", "2024-01-05 13:80:01", "500102001201",
    "6228480402564890018", "13.800138000", "1380013 800", "",
]  # fmt: skip


def test_mobile_numbers_in_a_free_text_are_set_aside_and_shown_masked(site):
    rows = [{"code": f"C{n}", "remark": text, "day": "2024-01-05"} for n, text in enumerate([*WITH_NUMBERS, *FREE])]
    site.deliver("probe/csv/a.csv", as_csv(rows))
    site.take_in("probe")
    assert site.silver("probe__csv", "code") == sorted(row["code"] for row in rows if row["remark"] in FREE)
    assert site.quarantined("probe__csv") == {"IDENTIFIER_IN_CLEAR": len(WITH_NUMBERS)}
    assert "13800138000" not in site.run("quarantine", "show", "--table", "probe__csv").text


def test_eleven_digits_in_keys_and_accounts_are_no_mobile_numbers(site):
    row = {"code": "13800138000", "acct": "13912345678", "day": "2024-01-05", "n": "1", "big": "13800138000"}
    site.deliver("probe/csv/a.csv", as_csv([row]))
    site.take_in("probe")
    assert site.silver("probe__csv", "code") == ["13800138000"]
    assert not site.quarantined("probe__csv")
