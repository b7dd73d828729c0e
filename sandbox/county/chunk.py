"""One chunk of a county: simulate its households, deliver its files, keep the truth aside."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from conf.schema import source, source_variants
from conf.schema.workspace import Workspace
from sandbox.county import bank_records, consent, farm_records
from sandbox.county.accounts import enrol
from sandbox.county.bookings import balances, banked, book, loan_flows, spend, through_account
from sandbox.county.breeding import breed
from sandbox.county.budget import live, plan
from sandbox.county.credit import DEFAULT, Credit, borrow
from sandbox.county.deliver import Deliverer
from sandbox.county.economy import SAVINGS, SECOND, earn, merged
from sandbox.county.farming import grow
from sandbox.county.households import KINDS, Households, characterise
from sandbox.county.land import contracts, survey
from sandbox.county.people import populate
from sandbox.county.places import settle
from sandbox.county.publish import Records
from sandbox.county.repayment import distress, report, schedule
from sandbox.county.risk import History, remember
from sandbox.county.scope import HISTORY_MONTHS, Scope
from sandbox.county.tables import instants


def write(scope: Scope, chunk: int, workspace: Workspace, out: Path) -> Deliverer:
    """Write one chunk's partner files and truth, which depend only on the scope and the chunk's number."""
    records, truth, county = simulate(scope, chunk, workspace)
    delivery = Deliverer(scope, chunk, county, out / "landing")
    # a county always consists of files, even if a run reads them through a database or an API
    files = map(source.read, source_variants.plain(workspace.root / "conf" / "sources"))
    assets = {f"{s.name}__{a}": entry for s in files for a, entry in s.assets.items()}
    for number, name in enumerate(sorted(records)):
        delivery.send(number, workspace.contract(name), assets[name], records[name])
    values = [(kind, value) for kind, seen in sorted(delivery.identifiers.items()) for value in sorted(seen)]
    truth["identifiers"] = pa.table({"kind": [v[0] for v in values], "value": [v[1] for v in values]})
    for name, rows in truth.items():
        folder = out / "truth" / f"{name}.parquet"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, folder / f"{chunk:05d}.parquet", compression="zstd")
    return delivery


def simulate(scope: Scope, chunk: int, workspace: Workspace) -> tuple[dict[str, Records], dict[str, pa.Table], str]:
    """Records of every table, the truth, and the county's code."""
    places = settle(scope, chunk)
    people = populate(scope, chunk, places)
    homes = characterise(scope, chunk, places, people)
    parcels = survey(scope, chunk, places, homes)
    harvests, cycles = grow(scope, chunk, places, homes, parcels), breed(scope, chunk, places, homes)
    earned, wage = earn(scope, chunk, homes, parcels, harvests, cycles)
    bank = enrol(scope, chunk, homes, people)

    income = earned.monthly(scope, len(homes))
    through_bank = banked(homes, earned)
    net, costs = through_bank.monthly(scope, len(homes)), plan(scope, chunk, homes, income)
    costs_banked = costs * homes.visible[:, None]
    before = live(scope, chunk, homes, net, costs_banked, bank.has(SAVINGS), np.zeros(net.shape, bool))
    liquid = before.balance + before.savings
    history = remember(scope, homes, income, wage, harvests, cycles, costs.mean(axis=1), liquid)

    credit = borrow(scope, chunk, homes, history, bank.main >= 0, bank.has(SECOND))
    instalments = schedule(scope, chunk, credit)
    loans = loan_flows(scope, chunk, credit, instalments)
    net = net + loans.monthly(scope, len(homes))
    broke = distress(scope, len(homes), credit, instalments)
    budget = live(scope, chunk, homes, net, costs_banked, bank.has(SAVINGS), broke)
    spent = spend(scope, chunk, homes, bank, budget, through_bank)
    booked = through_account(scope, homes, credit, budget, merged([through_bank, loans, spent]))
    ledger = book(scope, chunk, bank, booked)

    holder = farm_records.holders(scope, chunk, homes, people)
    transfers = contracts(scope, chunk, parcels)
    grant, withdrawal = consent.grants(scope, chunk, workspace, homes, people, bank, credit)
    reports = report(scope, chunk, instalments)
    records = {
        "consent__grant": grant,
        "consent__withdrawal": withdrawal,
        "farm__household_membership": farm_records.membership(scope, chunk, places, homes, people),
        "farm__planting": farm_records.planting(scope, chunk, homes, people, holder, parcels, harvests),
        "farm__breeding": farm_records.breeding(scope, chunk, homes, people, holder, cycles),
        "farm__land_transfer": farm_records.land_transfer(scope, chunk, homes, people, holder, parcels, transfers),
        "housing__rural_house": farm_records.rural_house(scope, chunk, places, homes, people, holder),
        "bank__customer": bank_records.customer(scope, chunk, places, homes, people, bank),
        "bank__account": bank_records.account(scope, chunk, people, bank, balances(scope, homes, bank, budget, ledger)),
        "bank__transaction": bank_records.transaction(scope, chunk, people, bank, ledger),
        "bank__application": bank_records.application(scope, chunk, people, bank, credit),
        "bank__loan": bank_records.loan(scope, chunk, people, bank, credit, instalments),
        "bank__instalment": bank_records.instalment(chunk, people, bank, credit, instalments, reports),
    }
    return (
        records,
        {"applications": _truth(scope, chunk, homes, credit), "households": _homes(scope, homes, history)},
        places.county,
    )


def _truth(scope: Scope, chunk: int, homes: Households, credit: Credit) -> pa.Table:
    """Truth by application; `did_default` is null if nothing was lent or a year hasn't passed.

    In a county with newcomers, `is_thin_file` marks applicants who came to the bank within the year before.
    """
    mature = (credit.principal > 0) & (credit.disbursed + 366 <= scope.as_of.astype("datetime64[D]"))
    thin = homes.came[credit.household] + 365 > credit.applied.astype("datetime64[D]")
    return pa.table(
        {
            "application_no": bank_records.application_numbers(chunk, credit),
            "household_no": homes.number[credit.household],
            "applied_at": instants(credit.applied),
            "status": credit.status.astype(str),
            "true_pd": credit.true_pd,
            "did_default": pa.array(credit.outcome == DEFAULT, mask=~mature),
            "outcome": pa.array(np.array(["clean", "late", "indeterminate", "default"])[credit.outcome], mask=~mature),
            "net_income_12m_cny": credit.income_12m,
            "capacity_12m_cny": credit.capacity,
        }
        | ({"is_thin_file": thin} if scope.thin_files else {})
    )


def _homes(scope: Scope, homes: Households, history: History) -> pa.Table:
    """Truth by household: latent traits, and the usual year's income before living costs.

    In a county with newcomers, `is_newcomer` marks them.
    """
    years = (history.income.shape[1] - 1 - HISTORY_MONTHS) / 12
    return pa.table(
        {
            "household_no": homes.number,
            "kind": np.array(KINDS)[homes.kind],
            "ability": homes.ability,
            "stability": homes.stability,
            "house_quality": homes.house,
            "bank_visible_share": homes.visible,
            "net_income_year_cny": (history.income[:, -1] - history.income[:, HISTORY_MONTHS]) / years,
            "living_year_cny": 12 * history.living,
        }
        | ({"is_newcomer": homes.is_newcomer} if scope.thin_files else {})
    )
