"""The debt on a loan and its monthly debt service, by repayment type: SQL over a loan and the day `_date`.

An outstanding balance counts as the bank reports it. Without a reported balance, or between two reports, principal
falls due by the repayment type:

- `bullet`, `interest_only`: all of it at maturity;
- `equal_principal`: in equal parts, one each `instalment_months`;
- `equal_instalment`: as in an annuity, B = P (1 - (1 + i)^-left) / (1 - (1 + i)^-n) with i the rate of a period;
- none reported, as in older deliveries: in equal monthly parts.

A loan ends when it is closed, or when nothing is outstanding on it, whatever its schedule says.
"""

from features.engine.arrears import arrears, matters
from features.engine.records import Records, months_until

from .outcome import LABEL

MATURITY = "ADD_MONTHS(disbursed_date, term_months)"
CLOSED = "COALESCE(closed_date <= _date OR outstanding_cny = 0, FALSE)"
UNPAID, ARREARS = "paid_cny < due_cny", "due_cny - paid_cny"
OVERDUE = f"{UNPAID} AND due_date < _date"
# Every overdue sum is owed. Delay and arrears, however, count only sums that matter, as labels do.
MATTERS = matters(LABEL, "due_cny", "paid_cny")
_ROWS = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
_BY_THEN = f"PARTITION BY application_id, loan_no ORDER BY due_date, instalment_no {_ROWS}"
SO_FAR = (
    ("_arrears", f"SUM({arrears('due_cny', 'paid_cny')}) OVER ({_BY_THEN})"),
    ("_due_so_far", f"SUM(due_cny) OVER ({_BY_THEN})"),
)

_FEN = "CAST(principal_cny * 100 AS BIGINT)"
_LEFT = f"GREATEST(LEAST({months_until(MATURITY)} + 1, term_months), 0)"
_STEP = "COALESCE(instalment_months, 1)"
_PERIODS, _PERIODS_LEFT = (f"(({months} + {_STEP} - 1) DIV {_STEP})" for months in ("term_months", _LEFT))
_PERIOD_RATE = f"CAST(annual_rate AS DOUBLE) * {_STEP} / 12"
_EVENLY = f"{_FEN} * {_PERIODS_LEFT} DIV {_PERIODS}"
_DISCOUNTED = f"(1 - POWER(1 + {_PERIOD_RATE}, -{{}}))"
_ANNUITY_FEN = f"principal_cny * 100D * {_DISCOUNTED.format(_PERIODS_LEFT)} / {_DISCOUNTED.format(_PERIODS)}"
_BY_ANNUITY = f"CASE WHEN annual_rate = 0 THEN {_EVENLY} ELSE CAST(ROUND({_ANNUITY_FEN}) AS BIGINT) END"
# Principal not yet due by the schedule, in whole fen so that sums are exact.
_SCHEDULED_FEN = (
    f"CASE WHEN _date > {MATURITY} THEN 0L WHEN repayment_type IN ('bullet', 'interest_only') THEN {_FEN}"
    f" WHEN repayment_type = 'equal_principal' THEN {_EVENLY}"
    f" WHEN repayment_type = 'equal_instalment' THEN {_BY_ANNUITY}"
    f" ELSE {_FEN} * {_LEFT} DIV term_months END"
)
_REPORTED_FEN = "CAST(outstanding_cny * 100 AS BIGINT)"
_BALANCE_FEN = f"CASE WHEN {CLOSED} THEN 0L ELSE COALESCE({_REPORTED_FEN}, {_SCHEDULED_FEN}) END"
UNDUE_FEN = f"CASE WHEN {CLOSED} THEN 0L ELSE LEAST(COALESCE({_REPORTED_FEN}, {_SCHEDULED_FEN}), {_SCHEDULED_FEN}) END"
RUNNING = f"NOT {CLOSED} AND (_date <= {MATURITY} OR outstanding_cny > 0)"

_MONTHLY_RATE = "CAST(annual_rate AS DOUBLE) / 12"
_PRINCIPAL = "CAST(principal_cny AS DOUBLE)"
# A sum due at maturity is saved up until then, or paid out of one year's income if maturity is within a year.
_PUT_BY = f"GREATEST({_LEFT}, 12)"
_MONTHLY_CNY = (
    f"CASE WHEN repayment_type = 'bullet' THEN {_PRINCIPAL} * (1 + {_MONTHLY_RATE} * term_months) / {_PUT_BY}"
    f" WHEN repayment_type = 'interest_only' THEN {_PRINCIPAL} * ({_MONTHLY_RATE} + 1D / {_PUT_BY})"
    f" WHEN repayment_type = 'equal_principal'"
    f" THEN {_PRINCIPAL} / term_months + ({_SCHEDULED_FEN}) / 100D * {_MONTHLY_RATE}"
    f" WHEN annual_rate = 0 THEN {_PRINCIPAL} / term_months"
    f" ELSE {_PRINCIPAL} * {_PERIOD_RATE} / {_DISCOUNTED.format(_PERIODS)} * {_PERIODS} / term_months END"
)
# Rounded to the fen so that its sum is exact.
_SERVICE_CNY = f"CAST({_MONTHLY_CNY} AS DECIMAL(14, 2))"


def exposure_cny(loans: Records, instalments: Records) -> str:
    """Total debt: the outstanding balance as reported, or principal not yet due plus what is overdue, if that is more.

    The overdue sum contains interest, and principal that is part of the reported balance as well.
    """
    return f"{_exposure_fen(loans, instalments)} / 100D"


def service_cny_month(loans: Records, instalments: Records) -> str:
    """Monthly debt service of loans before maturity, and a twelfth of what is already due, in CNY a month.

    It is what a loan's payments come to per month, by the way it is repaid (Kellison, The Theory of Interest, 2009,
    chapter 3):

    - `bullet`, `interest_only`: what is due at maturity is put by each month until then, over a year if that is nearer;
    - `equal_principal`: principal / term + undue principal * annual rate / 12. Instalments of several months have so
      many months' principal and interest, so that their length cancels out;
    - `equal_instalment`, or none reported: P i / (1 - (1 + i)^-n), n times over the term, with i the rate of a period
      of `instalment_months` and n the number of periods. For whole periods it is an instalment / its months.
    """
    due_fen = f"({_exposure_fen(loans, instalments)} - {loans.sum(UNDUE_FEN)})"
    paid = loans.where(f"NOT {CLOSED} AND _date <= {MATURITY}").sum(_SERVICE_CNY)
    return f"CAST({paid} AS DOUBLE) + {due_fen} / 100D / 12D"


def overdue_cny(loans: Records, instalments: Records) -> str:
    """The overdue sum that matters, without closed loans."""
    return f"{_fen(_overdue(loans, instalments.where(MATTERS)))} / 100D"


def running(loans: Records, instalments: Records) -> list[str]:
    """Arrays of the running loans and of the loans with an overdue amount that matters."""
    overdue = instalments.where(OVERDUE).where(MATTERS).set("loan_no")
    return [loans.where(RUNNING).set("loan_no"), f"ARRAY_EXCEPT({overdue}, {_closed(loans)})"]


def _exposure_fen(loans: Records, instalments: Records) -> str:
    """The sum, over loans, of the larger of two amounts: the balance, or principal not yet due plus what is overdue.

    It is computed as the overdue sum of all loans, plus for each loan the larger of two amounts: its balance less its
    overdue sum, or its principal not yet due.
    """
    each = f"NAMED_STRUCT('loan', loan_no, 'balance', {_BALANCE_FEN}, 'undue', {UNDUE_FEN})"
    overdue = _overdue(loans, instalments)
    of_loan = _fen(f"FILTER({overdue}, X -> X.loan = L.loan)")
    beside = f"AGGREGATE({loans.set(each)}, 0L, (T, L) -> T + GREATEST(L.balance - {of_loan}, L.undue))"
    return f"({_fen(overdue)} + COALESCE({beside}, 0L))"


def _fen(overdue: str) -> str:
    return f"COALESCE(AGGREGATE({overdue}, 0L, (S, X) -> S + X.fen), 0L)"


def _overdue(loans: Records, instalments: Records) -> str:
    """The overdue sums of loans that aren't closed: an array of `loan`, `number` and `fen`, or null."""
    each = f"NAMED_STRUCT('loan', loan_no, 'number', instalment_no, 'fen', CAST(({ARREARS}) * 100 AS BIGINT))"
    overdue = instalments.where(OVERDUE).set(each)
    return f"FILTER({overdue}, X -> NOT ARRAY_CONTAINS({_closed(loans)}, X.loan))"


def _closed(loans: Records) -> str:
    return f"COALESCE({loans.where(CLOSED).set('loan_no')}, CAST(ARRAY() AS ARRAY<STRING>))"
