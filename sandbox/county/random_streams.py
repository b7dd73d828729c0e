"""Random streams of a chunk: only one place in the code draws from each, so that no stream depends on another."""

from enum import IntEnum


class Stream(IntEnum):
    """The use of a random stream; its number is part of its seed, so another number gives another county.

    `GAPS` and `DEFECTS` have one stream per delivered asset; its place in the order of delivery is added to the seed.
    """

    PEOPLE = 1
    HOUSEHOLDS = 2
    PARCELS = 3
    TRANSFERS = 4
    HARVESTS = 5
    BREEDING = 6
    INCOME = 7
    APPLICATIONS = 8
    INSTALMENTS = 9
    CREDIT_REPORTS = 10
    ACCOUNTS = 11
    LIVING_COSTS = 12
    BUDGET = 13
    LOAN_FLOWS = 14
    SPENDING = 15
    BOOKINGS = 16
    SECOND_APPLICATIONS = 17
    REPAYMENT_TYPES = 18
    NEWCOMERS = 19
    MEMBERSHIP_RECORDS = 20
    LAND_HOLDERS = 21
    PLANTING_RECORDS = 22
    BREEDING_RECORDS = 23
    TRANSFER_RECORDS = 24
    HOUSE_RECORDS = 25
    CUSTOMER_RECORDS = 30
    ACCOUNT_RECORDS = 31
    APPLICATION_RECORDS = 32
    LOAN_RECORDS = 33
    PRINCIPAL_RECORDS = 34
    CONSENTS = 40
    NEW_TEXT_CONSENTS = 41
    GAPS = 100
    DEFECTS = 200
