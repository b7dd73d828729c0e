"""What an engine makes of a portfolio's days past due, as JSON: `python -m tests.parity.performance sail|spark`.

It runs in a process of its own, for one process can't hold both engines' sessions.
"""

import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from pyspark.sql import DataFrame, SparkSession

from conf.schema.label import Label, Repayment
from conf.schema.settings import Settings
from features.engine import rolling
from features.engine.arrears import days_past_due
from features.engine.performance import became
from lake.engine import open_session

AS_OF, TODAY, ZONE = datetime(2024, 6, 1, tzinfo=UTC), date(2024, 6, 1), "Asia/Shanghai"
ENDS = [date(2024, month, day) for month, day in ((1, 31), (2, 29), (3, 31), (4, 30), (5, 31))]
LABEL = Label(
    horizon_months=12,
    bad_days=90,
    indeterminate_days=30,
    least_arrears=Decimal(10),
    least_arrears_share=Decimal("0.01"),
    at_maturity=(Repayment.BULLET,),
)
CURED = LABEL.model_validate(LABEL.model_dump() | {"judged": "at_end", "cure_months": 3})
_VERSION = "event_time timestamp, known_at timestamp, _row_hash string"
_LOANS = (
    "loan_no string, application_no string, disbursed_date date, term_months int, repayment_type string, "
    f"closed_date date, {_VERSION}"
)
_INSTALMENTS = (
    "loan_no string, instalment_no int, due_date date, due_amount decimal(12,2), paid_amount decimal(12,2), "
    f"paid_date date, days_past_due int, {_VERSION}"
)


def portfolio(spark: SparkSession) -> tuple[DataFrame, DataFrame]:
    """Loans of all kinds and terms, some prolonged or settled, and instalments late, put off, restated or unpaid."""
    random, loans, due = Random(3), [], []
    for n in range(400):
        lent, term = date(2022, 1, 1) + timedelta(random.randrange(700)), random.choice((3, 6, 12, 24))
        closed = lent + timedelta(random.randrange(500)) if random.random() < 0.2 else None
        terms = (f"L{n}", f"A{n // 2}", lent), (random.choice([*map(str, Repayment), None]), closed, _at(lent))
        loans.append((*terms[0], term, *terms[1], _at(lent), "a"))
        if random.random() < 0.2:
            loans.append((*terms[0], term + 6, *terms[1], _at(lent, 200), "b"))
        for k in range(random.randrange(6)):
            first, cny = lent + timedelta(90 * (k + 1)), Decimal(random.choice(("9", "1000", "50000")))
            for version in range(random.choice((1, 1, 2, 3))):
                day = first + timedelta(random.choice((0, 0, 60, 400)) if version else 0)
                paid = cny * Decimal(random.choice(("0", "1", "1", "0.985", "0.999")))
                on = first + timedelta(random.choice((0, 5, 35, 70, 200))) if paid == cny else None
                delay = random.choice((0, 0, 0, 20, 45, 95))
                moments = (_at(day), _at(first, 30 * version), str(version))
                due.append((f"L{n}", k, day, cny, paid, on if random.random() < 0.8 else None, delay, *moments))
    return spark.createDataFrame(loans, _LOANS), spark.createDataFrame(due, _INSTALMENTS)


def figures(engine: str) -> dict[str, list[str]]:
    """Rows of each figure, as text and in order."""
    spark = open_session(Settings(engine=engine))
    loans, due = portfolio(spark)
    frames = {
        "ever": became(loans, due, AS_OF, ZONE, LABEL),
        "at the end": became(loans, due, AS_OF, ZONE, CURED),
        "days past due": days_past_due(loans, due, AS_OF, ZONE, LABEL),
        "first bad": rolling.first_bad(loans, due, AS_OF, TODAY, LABEL, 24),
        "rolls": rolling.rolls(loans, due, AS_OF, ENDS, LABEL),
    }
    return {name: sorted(str(tuple(row)) for row in rows.collect()) for name, rows in frames.items()}


def _at(day: date, later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(later), time(), UTC)


if __name__ == "__main__":
    print(json.dumps(figures(sys.argv[1])))
