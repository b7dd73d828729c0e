"""`labels/NAME.html`: the bad rates of a label by cohort, roll rates of loans, and the figures of other choices."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pandas as pd
from pyspark.sql import DataFrame

from conf.schema import html_pages, naming
from conf.schema.clock import day, local
from conf.schema.contract import Purpose
from conf.schema.errors import ContractError, DataError
from conf.schema.label import FILE, Judged, Label
from conf.schema.languages import currency_zh
from features.engine import rolling
from models import metrics
from pipeline import reports
from pipeline.context import Context
from pipeline.features import declarations
from pipeline.labels import choices
from pipeline.results.modelers import Choice, Labelled

_MONTHS = 36  # on book
_EVERY = 3  # months, between columns of the triangle
_ROLLS = 12  # months back
_LEAST = 10  # loans: shares of fewer would reveal persons, and little about risk


def write(context: Context) -> tuple[Labelled, ...]:
    """Write a page for each label of `conf/labels.yaml`, as of the context's moment.

    Raises:
        ContractError: there is no label, or the spine lacks what labels are made of.
        DataError: there are no loans yet.
    """
    if not (labels := context.workspace.labels):
        raise ContractError(
            f"this workspace declares no label based on days past due; write {FILE}, see docs/modelling.md"
        )
    loans, instalments = _repayment(context)
    return tuple(_of_label(context, name, loans, instalments) for name in labels)


def _of_label(context: Context, name: str, loans: DataFrame, instalments: DataFrame) -> Labelled:
    label, today = context.workspace.labels[name], day(context.as_of, context.zone)
    first = rolling.first_bad(loans, instalments, context.as_of, today, label, _MONTHS).toPandas()
    if first.empty:
        raise DataError(f"no loan was disbursed by {today}, so there is nothing to show of {name}")
    moves = rolling.rolls(loans, instalments, context.as_of, ends_of_months(today, _ROLLS + 1), label).toPandas()
    label_choices = tuple(choices.of_label(context, name, loans, instalments))
    settings = context.workspace.settings
    page = render(
        name,
        label,
        context.as_of,
        context.zone,
        settings.languages,
        settings.currency,
        cohorts=cohorts(first, today),
        rolls=roll_rates(moves),
        choices=label_choices,
    )
    path = reports.write(context.workspace, naming.label_page(name), page)
    return Labelled(name, str(path), label_choices)


def render(
    name: str,
    label: Label,
    at: datetime,
    zone: str,
    languages: Sequence[str],
    currency: str,
    *,
    cohorts: Sequence[dict],
    rolls: Mapping[str, dict],
    choices: Sequence[Choice],
) -> str:
    """The page of a label as HTML, from the results of `cohorts`, `roll_rates` and `choices.of_label`."""
    filters = {
        "num": lambda value: f"{value:,}",
        "pct": lambda value: "–" if value is None else f"{value:.1%}",
        "minute": lambda moment: f"{local(moment, zone):%Y-%m-%d %H:%M}",
    }
    template = html_pages.templates("pipeline.labels", languages, **filters).get_template("labels.html.j2")
    return template.render(
        name=name,
        label=label,
        is_ever=label.judged is Judged.EVER,
        at=at,
        zone=zone,
        least=_LEAST,
        cohorts=cohorts,
        currency=currency,
        currency_zh=currency_zh(currency),
        months=[month for month in range(_EVERY, _MONTHS + 1, _EVERY) if any(month in c["shares"] for c in cohorts)],
        buckets=[*rolling.BUCKETS, rolling.CLOSED],
        rolls=rolls,
        choices=choices,
        models=[*choices[0].auc],
    )


def cohorts(first: pd.DataFrame, today: date) -> list[dict]:
    """The vintage triangle: for each quarter of disbursement its number of loans and, by months on book, the bad share.

    Args:
        first: see `rolling.first_bad`.

    Returns:
        `quarter`, `loans` and `shares` by month; no share where some loans aren't that old, or there are too few.
    """
    disbursed = pd.Series(pd.to_datetime(first["disbursed_date"]))
    parts = disbursed.dt
    observed = (today.year - parts.year) * 12 + today.month - parts.month - (parts.day > today.day)
    triangle = metrics.vintages(disbursed, first["bad_month"], observed.clip(upper=_MONTHS))
    counts = Counter(map(str, disbursed.dt.to_period("Q")))
    return [
        {
            "quarter": str(quarter),
            "loans": counts[str(quarter)],
            "shares": {} if counts[str(quarter)] < _LEAST else shares.dropna().to_dict(),
        }
        for quarter, shares in triangle.iterrows()
    ]


def roll_rates(moves: pd.DataFrame) -> dict[str, dict]:
    """Bucket → number of loan-months that began in it, and their shares by bucket one month later.

    Args:
        moves: see `rolling.rolls`.
    """
    counts = {bucket: rows.set_index("next")["loans"] for bucket, rows in moves.groupby("bucket")}
    return {
        str(bucket): {"n": int(n.sum()), "shares": (n / n.sum()).to_dict() if n.sum() >= _LEAST else {}}
        for bucket, n in counts.items()
    }


def ends_of_months(today: date, count: int) -> Sequence[date]:
    """The last days of `count` months, the latest not after today."""
    return [each.date() for each in pd.date_range(end=today, periods=count, freq="ME")]


def _repayment(context: Context) -> tuple[DataFrame, DataFrame]:
    """All versions of loans and instalments that may train models."""
    workspace, lake = context.workspace, context.lake
    spine = declarations.repaid_spine(workspace)
    names = {table: workspace.contract(table).named("silver") for table in spine.TABLES}
    return spine.repayment(
        {table: lake.read(name, purpose=Purpose.MODEL_TRAINING, as_of=context.as_of) for table, name in names.items()}
    )
