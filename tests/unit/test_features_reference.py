"""The windows against plain Python, on random histories with corrections, late news and moved days.

Each application has a world of its own and is looked at from its own moment, so that one run holds many examples.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from silver import CONTRACTS, MEMBERSHIP, computed, of_columns

WORLDS = 60
START, END = date(2021, 1, 1), date(2024, 12, 31)
SEASON_CLOSES = {"spring": 12, "perennial": 15, "autumn": 20}  # month, counted from January of the season's year
Row = dict[str, str]


def day(random: Random) -> date:
    return START + timedelta(days=random.randrange((END - START).days))


def history(random: Random, table: str, make: Callable[[Random, int], Row], records: int) -> list[Row]:
    """Some records of a table, each in up to three versions that may say anything but their key anew."""
    contract, rows = CONTRACTS[table], []
    for number in range(random.randrange(records)):
        first = make(random, number)
        for _ in range(random.choice((1, 1, 2, 3)) if contract.versioned else 1):
            version = make(random, number) | {name: first[name] for name in contract.primary_key if name in first}
            happened = date.fromisoformat(version[contract.event_time])
            known = datetime.combine(happened, datetime.min.time()) + timedelta(
                days=random.choice((-60, 1, 3, 90, 700))
            )
            rows.append(version | {"known_at": str(known), "_row_hash": f"{random.random()}"})
    return rows


def breeding(random: Random, number: int) -> Row:
    return {
        "species_code": random.choice(("pig", "goat")), "cycle_no": str(number + 1), "end_date": str(day(random)),
        "stocked_head": str(random.randint(1, 50)), "died_head": str(random.randint(0, 9)),
    }  # fmt: skip


def planting(random: Random, number: int) -> Row:
    season = f"{random.randint(2020, 2024)}-{random.choice(list(SEASON_CLOSES))}"
    return {
        "season": season, "crop_code": "rice", "parcel_code": f"p{number}", "sown_area_mu": str(random.randint(1, 50)),
        "harvest_date": str(day(random)),
    }  # fmt: skip


def transfer(random: Random, number: int) -> Row:
    begins = day(random)
    return {
        "contract_no": str(number), "direction": "in", "area_mu": str(random.randint(1, 50)),
        "signed_date": str(day(random)), "valid_from_date": str(begins),
        "valid_to_date": str(begins + timedelta(days=random.randrange(1, 900))),
    }  # fmt: skip


def account(random: Random, number: int) -> Row:
    month_end = date(2021 + number // 12, number % 12 + 1, 1) - timedelta(days=1)
    return {
        "account_no": random.choice("ab"), "snapshot_date": str(month_end), "balance_cny": str(random.randint(-9, 99)),
    }  # fmt: skip


def instalment(random: Random, number: int) -> Row:
    due, paid = day(random), random.choice((0, 40, 100))
    late = timedelta(days=random.randint(-5, 200))
    return {
        "loan_no": random.choice("xy"), "instalment_no": str(number), "due_date": str(due), "due_cny": "100",
        "paid_cny": str(paid), "days_past_due": str(random.choice((0, 30, 60))),
    } | ({"paid_date": str(due + late)} if paid == 100 else {})  # fmt: skip


MAKERS = {
    "farm__breeding": (breeding, 12),
    "farm__planting": (planting, 12),
    "farm__land_transfer": (transfer, 6),
    "bank__account": (account, 49),
    "bank__instalment": (instalment, 12),
}


def seen(table: str, rows: list[Row], as_of: datetime) -> list[Row]:
    """The newest version known of each record, of those that had happened."""
    contract, newest = CONTRACTS[table], {}
    for row in sorted(rows, key=lambda row: (row["known_at"], row["_row_hash"])):
        if datetime.fromisoformat(row["known_at"]) <= as_of:
            newest[tuple(row.get(name) for name in contract.primary_key)] = row
    return [row for row in newest.values() if datetime.fromisoformat(row[contract.event_time]) < as_of]


def age(text: str, as_of: datetime) -> int:
    """Completed months."""
    then = date.fromisoformat(text)
    return (as_of.year - then.year) * 12 + as_of.month - then.month - (as_of.day < then.day)


def last(rows: Iterable[Row], event: str, series: tuple[str, ...], n: int, tie: Callable[[Row], object]) -> list[Row]:
    ordered = sorted(rows, key=lambda row: (row[event], tie(row)), reverse=True)
    by_series: dict[tuple, list[Row]] = {}
    for row in ordered:
        by_series.setdefault(tuple(row[name] for name in series), []).append(row)
    return [row for group in by_series.values() for row in group[:n]]


def total(rows: Iterable[Row], column: str) -> int:
    return sum(int(row[column]) for row in rows)


def completed_seasons(row: Row, as_of: datetime) -> int:
    """How many half years ago the season was complete; negative: not yet."""
    year, kind = row["season"].split("-")
    return (as_of.year * 12 + as_of.month - int(year) * 12 - SEASON_CLOSES[kind]) // 6


def expected(world: dict[str, list[Row]], as_of: datetime) -> dict[str, float | None]:
    """Features of a world as a person would work them out; null where nothing of their reach is known."""
    known = {table: seen(table, rows, as_of) for table, rows in world.items()}
    cycles = [r for r in known["farm__breeding"] if age(r["end_date"], as_of) < 36]
    recent = last(cycles, "end_date", ("species_code",), 3, lambda r: int(r["cycle_no"]))
    grown = {n: [r for r in known["farm__planting"] if 0 <= completed_seasons(r, as_of) < n] for n in (2, 6)}
    leased = known["farm__land_transfer"]
    in_force = [r for r in leased if r["valid_from_date"] <= f"{as_of:%F}" < r["valid_to_date"]]
    year = [r for r in known["bank__account"] if age(r["snapshot_date"], as_of) < 12]
    newest = last(
        (r for r in year if age(r["snapshot_date"], as_of) < 3), "snapshot_date", ("account_no",), 1, lambda r: ""
    )
    due = known["bank__instalment"]
    overdue = [r for r in due if int(r["paid_cny"]) < 100 and r["due_date"] < f"{as_of:%F}"]
    return {
        "mortality_ratio_3c": total(recent, "died_head") / total(recent, "stocked_head") if recent else None,
        "sown_area_mu_2s": total(grown[2], "sown_area_mu") if grown[6] else None,
        "sown_area_mu_6s": total(grown[6], "sown_area_mu") if grown[6] else None,
        "rented_in_area_mu": total(in_force, "area_mu") if leased else None,
        "balance_cny": total(newest, "balance_cny") if year else None,
        "account_count": len(newest) if year else None,
        "lowest_balance_cny_12m": min((int(r["balance_cny"]) for r in year), default=None),
        "overdue_cny": sum(100 - int(r["paid_cny"]) for r in overdue),
        "max_delay_days_24m": max((_delay(r, as_of) for r in due if age(r["due_date"], as_of) < 24), default=None),
    }


def _delay(row: Row, as_of: datetime) -> int:
    ended = row.get("paid_date") or f"{as_of:%F}"
    return max(int(row["days_past_due"]), (date.fromisoformat(ended) - date.fromisoformat(row["due_date"])).days)


# not shrunk: an example is a run over many worlds
@given(random=st.randoms(use_true_random=True))
@settings(max_examples=5, derandomize=True, phases=[Phase.generate])
def test_every_kind_of_window_is_what_plain_python_says(spark, random):
    compare(spark, random, "UTC")


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Africa/Cairo"])
@given(random=st.randoms(use_true_random=True))
@settings(max_examples=2, derandomize=True, phases=[Phase.generate])
def test_every_kind_of_window_counts_days_of_its_zone(spark, zone, random):
    """What was done by the clocks of a zone has the features that it would have by those clocks in UTC."""
    compare(spark, random, zone)


def compare(spark, random: Random, zone: str) -> None:
    tables: dict[str, list[Row]] = {MEMBERSHIP: []}
    applications, worlds = [], {}
    for name in (f"w{number:02}" for number in range(WORLDS)):
        as_of = datetime.combine(day(random), datetime.min.time()) + timedelta(hours=random.choice((0, 9)))
        applications.append({"application_id": name, "subject_key": name, "as_of": str(as_of)})
        tables[MEMBERSHIP].append({"valid_from_date": "2010-01-01", "subject_key": name, "household_no": name})
        world = {table: history(random, table, *maker) for table, maker in MAKERS.items()}
        worlds[name] = expected(world, as_of)
        for table, rows in world.items():
            link = "household_no" if "household_no" in CONTRACTS[table].columns else "subject_key"
            own = {n for n in ("loan_no", "contract_no", "account_no") if n in CONTRACTS[table].columns}
            tables.setdefault(table, []).extend(
                r | {n: name + r[n] for n in own} | {"subject_key": name, link: name} for r in rows
            )
    features = of_columns(*worlds["w00"])
    rows = {row["application_id"]: row for row in computed(spark, tables, *applications, features=features, zone=zone)}
    assert {name: {column: rows[name][column] for column in values} for name, values in worlds.items()} == worlds
