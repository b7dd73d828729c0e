"""The feature catalogue: one self-contained page, made from the declarations alone."""

import re
from collections.abc import Sequence
from functools import partial
from itertools import groupby

from conf.schema import html_pages
from conf.schema.languages import SHOWN
from features.engine.feature_set import FeatureColumn, FeatureSet
from features.engine.records import Aggregate

DIRECTIONS = {1: "↑", -1: "↓", 0: "–"}


def render(features: FeatureSet, languages: Sequence[str] = SHOWN) -> str:
    """The catalogue of a feature set: an HTML page in the workspace's languages that loads nothing from elsewhere."""
    ordered = sorted(features.columns, key=lambda column: column.domain)
    return (
        html_pages.templates("features.engine", languages)
        .get_template("catalogue.html.j2")
        .render(
            domains={domain: list(columns) for domain, columns in groupby(ordered, key=lambda column: column.domain)},
            total=len(features.columns),
            tables={table for column in features.columns for table in column.tables},
            directions=DIRECTIONS,
            formula=partial(formula, features=features),
        )
    )


def formula(column: FeatureColumn, features: FeatureSet) -> str:
    """SQL formula of a column, with its aggregates written in full."""
    measures = {name: m for table in column.tables for name, m in features.measures.get(table, {}).items()}
    return re.sub(r"\b_\w+", lambda match: _written(measures.get(match[0])) or match[0], column.sql)


def _written(measure: Aggregate | None) -> str | None:
    if not measure:
        return None
    window = measure.window.contains if getattr(measure.window, "skip", 0) else measure.window.en
    condition = f" WHERE {measure.condition}" if measure.condition != "TRUE" else ""
    return f"{measure.function.format(measure.value + condition)} [{window}]"
