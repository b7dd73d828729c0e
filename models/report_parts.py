"""Parts of a report that depend on the output: a PD, a capacity, a quantile or the mean of any label."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from conf.schema.column import Text
from conf.schema.languages import currency_zh
from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import adverse_direction, evaluation, explain, plots, waterfall
from models.card_predictor import CardPredictor
from models.record import FitResult


@dataclass(frozen=True)
class Explained:
    """The data of a page: the fit, SHAP values and feature values of the labelled rows, and their wording."""

    result: FitResult[Any]
    shap: pd.DataFrame
    values: pd.DataFrame
    catalogue: Mapping[str, explain.Described]
    spec: ModelSpec
    policy: Policy | None
    currency: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Wording:
    """A page's terms for the predicted number.

    Attributes:
        what: its name.
        unit: of contributions, and in short above their column.
        column: the same in short, above a column.
        psi: the figure and test of how far predictions moved.
        harm: 1 if a higher number is bad for the applicant, else -1.
        digits: decimal places of a contribution.
    """

    what: Text
    unit: Text
    column: Text
    psi: str
    harm: int
    digits: int


def _of_pd(_: Explained) -> Wording:
    log_odds = Text(en="log-odds", zh="对数几率")
    return Wording(Text(en="PD", zh="违约概率"), log_odds, log_odds, "score_psi", 1, 3)


def _of_capacity(shown: Explained) -> Wording:
    money, money_zh = shown.currency, currency_zh(shown.currency)
    unit = Text(en=f"{money} a year", zh=f"{money_zh}/年")
    return Wording(Text(en="capacity", zh="还款能力"), unit, Text(en=money, zh=money_zh), "capacity_psi", -1, 0)


def _of_any_number(shown: Explained) -> Wording:
    """Wording in the label's unit; its scale isn't known, so three digits of the labels' spread are shown."""
    unit = Text(en="unit of the label", zh="标签单位")
    spread = float(shown.result.scored["actual"].std())
    digits = max(0, 2 - int(np.floor(np.log10(spread))))
    return Wording(Text(en="prediction", zh="预测值"), unit, unit, "prediction_psi", -1, digits)


def _admission(shown: Explained) -> dict[str, Any]:
    scored, predictor = shown.result.scored, shown.result.predictor
    shap, values, policy = shown.shap, shown.values, shown.policy
    in_time = scored.loc[scored["slice"] == "in_time", "pd"]
    cut_off = evaluation.cut_off(policy, in_time.to_numpy(float))
    reference = predictor.reference(cut_off)
    # out of time, because there `scored` and the explanations come from one booster
    late = scored[scored["slice"] == "oot"].reset_index()
    picked = late.iloc[waterfall.spread(late["pd"].to_numpy(), cut_off)]
    rows = [int(row) for row in picked["index"]]
    leans = adverse_direction.by(predictor.margin, predictor.thresholds)
    adverse = explain.reasons(shap.iloc[rows], values.iloc[rows], reference, shown.catalogue, predictor.hidden, leans)
    adverse_only = [reasons if pd_ > cut_off else [] for reasons, pd_ in zip(adverse, picked["pd"], strict=True)]
    ranks = values.rank(pct=True)
    scores = predictor.total_points(values.iloc[rows]) if isinstance(predictor, CardPredictor) else [None] * len(rows)
    return {
        "cut_off": cut_off,
        "policy": policy,
        "applicants": [
            {
                "application_id": application_id,
                "pd": pd_,
                "reasons": reasons,
                "drivers": waterfall.bars(shap.iloc[row], ranks.iloc[row], reference, [r.feature for r in reasons]),
                "rest": waterfall.rest(shap.iloc[row], reference),
                "margin": float(shap.iloc[row].sum() + predictor.base_value),
                "score": score,
            }
            for application_id, pd_, row, reasons, score in zip(
                picked["application_id"], picked["pd"], rows, adverse_only, scores, strict=True
            )
        ],
        "cut_off_margin": predictor.calibration.margin(cut_off),
        "base_value": predictor.base_value,
        "roc": Markup(plots.roc(scored, shown.languages)),
        "separation": Markup(plots.separation(scored, shown.languages)),
        "calibration": Markup(plots.calibration(scored, shown.languages)),
        "distribution": Markup(plots.distribution(scored, "pd", shown.languages)),
    }


def _limit(shown: Explained) -> dict[str, Any]:
    scored, predictor, unit = shown.result.scored, shown.result.predictor, _of_capacity(shown).unit
    late = scored[scored["slice"] == "oot"]
    income, capacity = late["income"].to_numpy(), late["capacity"].to_numpy()
    covered = (Text(en="capacity", zh="还款能力"), Text(en="income reached capacity", zh="收入覆盖率"))
    words = (
        Text(en=f"capacity ({unit.en})", zh=f"还款能力（{unit.zh}）"),
        Text(en=f"income that came ({unit.en})", zh=f"实际收入（{unit.zh}）"),
        Text(en="reached capacity", zh="达到还款能力"),
        Text(en="fell short", zh="未达到"),
    )
    return {
        "applicants": [each | {"capacity": max(each["predicted"], 0.0)} for each in _explained(shown, "capacity")],
        "base_value": predictor.base_value,
        "coverage": Markup(plots.coverage(income, capacity, 1 - predictor.capacity.level, covered, shown.languages)),
        "actual": Markup(plots.against_actual(income, capacity, words, shown.languages)),
        "distribution": Markup(plots.distribution(scored, "capacity", shown.languages)),
        "levels": [predictor.low.level, predictor.capacity.level, predictor.median.level],
    }


def _quantile(shown: Explained) -> dict[str, Any]:
    late = shown.result.scored.query("slice == 'oot'")
    covered = (Text(en="prediction", zh="预测值"), Text(en="label reached the prediction", zh="覆盖率"))
    by_level = plots.coverage(
        late["actual"].to_numpy(), late["predicted"].to_numpy(), 1 - shown.spec.quantile, covered, shown.languages
    )
    return _any_number(shown, by_level)


def _mean(shown: Explained) -> dict[str, Any]:
    late = shown.result.scored.query("slice == 'oot'")
    return _any_number(shown, plots.means(late["actual"].to_numpy(), late["predicted"].to_numpy(), shown.languages))


def _any_number(shown: Explained, by_level: str) -> dict[str, Any]:
    late = shown.result.scored.query("slice == 'oot'")
    words = (
        Text(en="prediction", zh="预测值"),
        Text(en="what came", zh="实际值"),
        Text(en="reached the prediction", zh="达到预测值"),
        Text(en="fell short", zh="未达到"),
    )
    actual, predicted = late["actual"].to_numpy(), late["predicted"].to_numpy()
    return {
        "applicants": _explained(shown, "predicted"),
        "base_value": shown.result.predictor.base_value,
        "by_level": Markup(by_level),
        "actual": Markup(plots.against_actual(actual, predicted, words, shown.languages)),
        "distribution": Markup(plots.distribution(shown.result.scored, "predicted", shown.languages)),
    }


def _explained(shown: Explained, column: str) -> list[dict[str, Any]]:
    """Five rows out of time, with the contributions of features to each."""
    late = shown.result.scored.query("slice == 'oot'").reset_index()
    picked = late.iloc[waterfall.spread(late[column].to_numpy(), float(late[column].quantile(0.25)))]
    ranks, nothing = shown.values.rank(pct=True), np.zeros(shown.shap.shape[1])
    return [
        {
            "application_id": application_id,
            "predicted": float(predicted),
            "drivers": waterfall.bars(shown.shap.iloc[row], ranks.iloc[row], nothing, []),
            "rest": waterfall.rest(shown.shap.iloc[row], nothing),
        }
        for application_id, predicted, row in zip(
            picked["application_id"], picked[column], map(int, picked["index"]), strict=True
        )
    ]


@dataclass(frozen=True)
class Page:
    """The page of all predictors with one output."""

    template: str
    about: Callable[[Explained], Wording]
    parts: Callable[[Explained], dict[str, Any]]


# by output, so that another algorithm with the same output has the same page
BY_OUTPUT = {
    "pd": Page("admission.html.j2", _of_pd, _admission),
    "capacity_year": Page("limit.html.j2", _of_capacity, _limit),
    "quantile": Page("regression.html.j2", _of_any_number, _quantile),
    "mean": Page("regression.html.j2", _of_any_number, _mean),
}
