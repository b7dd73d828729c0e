"""The records of a chunk in the bank's core system, as rows of its contracts.

Delays of publication, and shares of late and of corrected rows, are assumed.
"""

import numpy as np

from sandbox.county.accounts import KINDS, Bank, branches
from sandbox.county.bookings import Book
from sandbox.county.credit import BULLET, PRODUCTS, REPAYMENTS, Credit
from sandbox.county.economy import CATEGORIES, SECOND
from sandbox.county.households import Households
from sandbox.county.identity import numbered
from sandbox.county.people import Persons
from sandbox.county.places import Places
from sandbox.county.publish import Records, known, published, stacked, taken
from sandbox.county.random_streams import Stream
from sandbox.county.repayment import Instalments, Reports, repaid
from sandbox.county.scope import Scope

_PER_CHUNK = 100_000  # numbers that each chunk may use for customers, applications and loans


def customer(scope: Scope, chunk: int, places: Places, homes: Households, people: Persons, bank: Bank) -> Records:
    """Customers; now and then a phone number or an off-farm job changes."""
    rng = scope.rng(chunk, Stream.CUSTOMER_RECORDS)
    person, household, count = bank.person, bank.household, len(bank.person)
    is_head = person < len(homes)
    schooling = np.where(is_head, homes.education[household], rng.choice(["primary", "junior", "senior"], count))
    serial = chunk * scope.chunk_households * 2 + np.arange(count)
    rows = {
        "customer_no": numbered("C", chunk * _PER_CHUNK + np.arange(count), 10),
        "id_no": people.id_no[person],
        "name": people.name[person],
        "phone": numbered("199", serial, 8),
        "address": places.address[household],
        "opened_date": bank.opened,
        "branch_code": branches(places, household),
        "village_code": places.village_code[household],
        "education": schooling,
        "has_off_farm_job": np.where(is_head, homes.earners[household] > 0, homes.earners[household] > 1),
        "sex": np.where(people.is_male[person], "M", "F"),
        "birth_year": people.born[person].astype("datetime64[Y]").astype(int) + 1970,
        "published_at": published(scope, rng, bank.opened, 1, 3),
    }
    changed = np.flatnonzero(rng.random(count) < 0.04)
    later = taken(rows, changed)
    later["phone"] = numbered("198", serial[changed], 8)
    later["has_off_farm_job"] = later["has_off_farm_job"] ^ (rng.random(len(changed)) < 0.5)
    moved = (scope.start + rng.integers(5, scope.months * 30, len(changed))).astype("datetime64[s]")
    later["published_at"] = np.maximum(moved, rows["published_at"][changed] + 86_400)
    return known(scope, stacked([rows, later]))


def account_numbers(chunk: int, bank: Bank) -> np.ndarray:
    """Account numbers of seventeen digits that begin with 90, which no real bank uses."""
    return numbered("90", chunk * _PER_CHUNK + np.arange(len(bank.account_kind)), 15)


def account(scope: Scope, chunk: int, people: Persons, bank: Bank, balances: np.ndarray) -> Records:
    """Month-end balances, published in the first days of the next month."""
    rng = scope.rng(chunk, Stream.ACCOUNT_RECORDS)
    at, month = (axis.ravel() for axis in np.indices(balances.shape))
    snapshot = (scope.start.astype("datetime64[M]") + month + 1).astype("datetime64[D]") - 1
    rows = {
        "account_no": account_numbers(chunk, bank)[at],
        "id_no": people.id_no[bank.person[bank.account_customer[at]]],
        "account_type": KINDS[bank.account_kind[at]],
        "opened_date": bank.account_opened[at],
        "snapshot_date": snapshot,
        "balance_cny": balances.ravel(),
        "published_at": snapshot.astype("datetime64[s]") + 86_400 + rng.integers(0, 4 * 86_400, len(at)),
    }
    return known(scope, taken(rows, rows["opened_date"] <= rows["snapshot_date"]))


def transaction(scope: Scope, chunk: int, people: Persons, bank: Bank, book: Book) -> Records:
    """Bookings within the window that are known at its end."""
    kept = np.flatnonzero((book.booked >= scope.start.astype("datetime64[s]")) & (book.published < scope.as_of))
    at = book.account[kept]
    return {
        "transaction_no": numbered("T", chunk * 10**8 + np.arange(len(kept)), 14),
        "account_no": account_numbers(chunk, bank)[at],
        "id_no": people.id_no[bank.person[bank.account_customer]][at],
        "booked_at": book.booked[kept],
        "direction": np.where(book.cny[kept] > 0, "in", "out"),
        "amount_cny": np.abs(book.cny[kept]),
        "category": np.array(CATEGORIES)[book.category[kept]],
        "channel": book.channel[kept],
        "published_at": book.published[kept],
    }


def application_numbers(chunk: int, credit: Credit) -> np.ndarray:
    """Number of each application."""
    return numbered("A", chunk * _PER_CHUNK + np.arange(len(credit.household)), 10)


def applicants(people: Persons, bank: Bank, credit: Credit, which: np.ndarray) -> np.ndarray:
    """ID number of the customer behind each of the applications `which`."""
    second = bank.account_customer[bank.account[credit.household[which], SECOND]]
    customer = np.where(credit.is_second[which], second, bank.main[credit.household[which]])
    return people.id_no[bank.person[customer]]


def application(scope: Scope, chunk: int, people: Persons, bank: Bank, credit: Credit) -> Records:
    """Applications: pending when made, a second version once decided."""
    rng = scope.rng(chunk, Stream.APPLICATION_RECORDS)
    count = len(credit.household)
    rows = {
        "application_no": application_numbers(chunk, credit),
        "id_no": applicants(people, bank, credit, np.arange(count)),
        "applied_at": credit.applied,
        "product_code": np.array(PRODUCTS)[credit.product],
        "requested_cny": credit.requested,
        "term_months": credit.term,
        "channel": credit.channel,
        "status": np.full(count, "pending", dtype="U9"),
        "approved_cny": np.full(count, np.nan),
        "published_at": credit.applied + rng.integers(600, 20 * 3600, count),
    }
    decided = np.flatnonzero(~np.isnat(credit.decided))
    final = taken(rows, decided)
    lent = np.where(credit.principal > 0, credit.principal, credit.requested)
    final["approved_cny"] = np.where(credit.status == "approved", lent, np.nan)[decided]
    final["status"] = credit.status[decided].astype("U9")
    late = credit.decided[decided] + rng.integers(600, 12 * 3600, len(decided))
    final["published_at"] = np.maximum(late, final["published_at"] + 600)
    return known(scope, stacked([rows, final]))


def loan_numbers(chunk: int, credit: Credit) -> np.ndarray:
    """Number of each application's loan; meaningless for an application without a loan."""
    return numbered("L", chunk * _PER_CHUNK + np.cumsum(credit.principal > 0) - 1, 10)


def loan(scope: Scope, chunk: int, people: Persons, bank: Bank, credit: Credit, instalments: Instalments) -> Records:
    """Loans, published in the nights after their disbursement, and again whenever principal was repaid."""
    rng = scope.rng(chunk, Stream.LOAN_RECORDS)
    lent = np.flatnonzero(credit.principal > 0)
    night = credit.disbursed[lent].astype("datetime64[s]") + 86_400 * rng.integers(1, 3, len(lent))
    rows = {
        "loan_no": loan_numbers(chunk, credit)[lent],
        "application_no": application_numbers(chunk, credit)[lent],
        "id_no": applicants(people, bank, credit, lent),
        "product_code": np.array(PRODUCTS)[credit.product[lent]],
        "principal_cny": credit.principal[lent],
        "annual_rate": credit.rate[lent],
        "term_months": credit.term[lent],
        "disbursed_date": credit.disbursed[lent],
        "repayment_type": REPAYMENTS[credit.repayment[lent]],
        "instalment_months": np.where(
            credit.repayment[lent] == BULLET,
            np.minimum(credit.term[lent], 12),
            np.where(credit.product[lent] == 0, 3, 1),
        ),
        "outstanding_cny": credit.principal[lent],
        "closed_date": np.full(len(lent), np.datetime64("NaT", "D")),
        "published_at": night + rng.integers(0, 6 * 3600, len(lent)),
    }
    at, day, left = repaid(credit, instalments)
    later = taken(rows, np.searchsorted(lent, at))
    later["outstanding_cny"] = left
    later["closed_date"] = np.where(left < 0.005, day, np.datetime64("NaT", "D"))
    seconds = scope.rng(chunk, Stream.PRINCIPAL_RECORDS).integers(0, 6 * 3600, len(day))
    later["published_at"] = day.astype("datetime64[s]") + 86_400 + seconds
    return known(scope, stacked([rows, later]))


def instalment(
    chunk: int, people: Persons, bank: Bank, credit: Credit, instalments: Instalments, reports: Reports
) -> Records:
    """Versions of instalments as they were published."""
    of, at = instalments.loan[reports.instalment], reports.instalment
    return {
        "loan_no": loan_numbers(chunk, credit)[of],
        "instalment_no": instalments.number[at],
        "id_no": applicants(people, bank, credit, of),
        "due_date": instalments.due[at],
        "due_cny": instalments.amount[at],
        "paid_cny": reports.paid_cny,
        "paid_date": reports.paid,
        "days_past_due": reports.days_past_due,
        "published_at": reports.published,
    }
