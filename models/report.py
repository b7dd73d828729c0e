"""The report of a trained model: one HTML page that needs nothing else, the same bytes for the same input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from conf.schema import html_pages
from conf.schema.clock import day_of_text, minute
from conf.schema.column import Text
from conf.schema.errors import ContractError
from conf.schema.languages import SHOWN, currency_zh, on_pages
from conf.schema.model import ModelSpec
from conf.schema.naming import short
from conf.schema.policy import Policy
from models import adverse_direction, evaluation, explain, fairness, frames, plots, waterfall
from models.card_predictor import CardPredictor
from models.champion import InForce, changes
from models.record import FitResult

_MOST_BARS, _MOST_SWARMS, _MOST_CURVES, _MOST_CSI = 20, 15, 9, 12
_LOG_ODDS = Text(en="log-odds", zh="对数几率")
_LINEAGE_ZH = {
    "started_at": "训练开始时间",
    "ended_at": "训练结束时间",
    "data_sources": "数据来源",
    "data_versions": "数据版本",
    "data_rows": "数据行数",
    "data_subjects": "数据主体数",
    "data_sha256": "数据校验和",
    "data_as_of": "数据时点",
    "sampling": "抽样",
    "split": "样本划分",
    "fairness_tests": "公平性检验",
    "code_version": "代码版本",
    "models_sha256": "模型声明校验和",
    "contracts_sha256": "契约校验和",
    "software": "软件版本",
    "trainer": "训练人",
    "impact_assessment": "个人信息影响评估",
    "fingerprint": "训练指纹",
    "table_rows": "各表行数",
    "lean_rows": "数据最少时段的各表行数",
    "backdated_as_of": "回溯时点",
}


@dataclass(frozen=True)
class _Explained:
    """What a page is made of: the fit, SHAP values and values of the labelled rows, and what is said of them."""

    result: FitResult[Any]
    shap: pd.DataFrame
    values: pd.DataFrame
    catalogue: Mapping[str, explain.Described]
    policy: Policy | None
    currency: str
    languages: tuple[str, ...]


def page(
    result: FitResult[Any],
    frame: pd.DataFrame,
    spec: ModelSpec,
    catalogue: Mapping[str, explain.Described],
    lineage: Mapping[str, str],
    policy: Policy | None = None,
    *,
    currency: str,
    languages: Sequence[str] = SHOWN,
    champion: InForce | None = None,
    zone: str = "UTC",
) -> str:
    """Render the report.

    Of people it shows five application ids, how the model arrived at their predictions, and unnamed dots; never a
    value beside an id.

    Args:
        result: what `fit` returned.
        frame: what `fit` was given.
        catalogue: entry of each feature.
        lineage: where data and code came from, as the registry's tags say it.
        policy: for the cut-off that applicants are held against.
        currency: of amounts, as its code of ISO 4217.
        languages: of the workspace.
        champion: the version in force, which this one would follow.
        zone: of the workspace, whose days are told.

    Raises:
        ContractError, DataError: the model predicts neither a PD nor a capacity.
    """
    rows = frames.labelled(frame, spec)
    shap = result.predictor.shap_values(rows)
    values = pd.DataFrame(frames.matrix(rows, result.predictor.features), columns=shap.columns)
    (output,) = result.predictor.outputs
    if output not in _PARTS:
        raise ContractError(f"no report of a model that predicts {output!r}; there is one for {', '.join(_PARTS)}")
    template, parts = _PARTS[output]
    shown = _Explained(result, shap, values, catalogue, policy, currency, on_pages(languages))
    return (
        _templates(shown.languages)
        .get_template(template)
        .render(
            risk=output == "pd",
            record=result.record,
            spec=spec,
            catalogue=catalogue,
            lineage=lineage,
            lineage_zh=_LINEAGE_ZH,
            next_review=_next_review(spec, lineage),
            changes=changes(result.record, champion) if champion else None,
            zone=zone,
            currency=currency,
            currency_zh=currency_zh(currency),
            least_adverse_impact=fairness.LEAST_ADVERSE_IMPACT,
            proxy_auc=fairness.PROXY_AUC,
            **_drivers(shown),
            **parts(shown),
        )
    )


def _next_review(spec: ModelSpec, lineage: Mapping[str, str]) -> str | None:
    """The day by which the model is due for a review; None where nobody says when it was trained."""
    if spec.about is None or "started_at" not in lineage:
        return None
    return f"{pd.Timestamp(lineage['started_at']) + pd.DateOffset(months=spec.about.review_months):%F}"


def _drivers(shown: _Explained) -> dict[str, Any]:
    """Importance, beeswarm and dependence, common to all kinds of model."""
    record, shap, values, catalogue = shown.result.record, shown.shap, shown.values, shown.catalogue
    order, swarm = list(record.importance), list(record.importance)[:_MOST_SWARMS]
    is_risk = shown.result.predictor.outputs == ("pd",)
    amount = Text(en=f"{shown.currency} a year", zh=f"{currency_zh(shown.currency)}/年")
    unit, harm = (_LOG_ODDS, 1) if is_risk else (amount, -1)

    def curve(name: str) -> Markup:
        direction = harm * record.monotone[name]
        return Markup(
            plots.dependence(shap.loc[:, name], values.loc[:, name], direction, catalogue[name].unit, shown.languages)
        )

    return {
        "unit": unit,
        "bars": [(name, record.importance[name]) for name in order[:_MOST_BARS]],
        "beeswarm": Markup(plots.beeswarm(shap.loc[:, swarm], values, catalogue, unit, shown.languages)),
        "curves": [(name, curve(name)) for name in order[:_MOST_CURVES]],
        "unstable": sorted(record.stability.items(), key=lambda item: -item[1])[:_MOST_CSI],
    }


def _admission(shown: _Explained) -> dict[str, Any]:
    scored, predictor = shown.result.scored, shown.result.predictor
    shap, values, policy = shown.shap, shown.values, shown.policy
    in_time = scored.loc[scored["slice"] == "in_time", "pd"]
    cut_off = evaluation.cut_off(policy, in_time.to_numpy(float))
    reference = predictor.reference(cut_off)
    # out of time, for there `scored` and the explanations come from one booster
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


def _limit(shown: _Explained) -> dict[str, Any]:
    scored, predictor, shap = shown.result.scored, shown.result.predictor, shown.shap
    late = scored[scored["slice"] == "oot"].reset_index()
    picked = late.iloc[waterfall.spread(late["capacity"].to_numpy(), float(late["capacity"].quantile(0.25)))]
    rows = [int(row) for row in picked["index"]]
    ranks, nothing = shown.values.rank(pct=True), np.zeros(shap.shape[1])
    return {
        "applicants": [
            {
                "application_id": application_id,
                "capacity": max(float(capacity), 0.0),
                "drivers": waterfall.bars(shap.iloc[row], ranks.iloc[row], nothing, []),
                "rest": waterfall.rest(shap.iloc[row], nothing),
            }
            for application_id, capacity, row in zip(picked["application_id"], picked["capacity"], rows, strict=True)
        ],
        "base_value": predictor.base_value,
        "coverage": Markup(plots.coverage(scored, 1 - predictor.capacity.level, shown.languages)),
        "actual": Markup(plots.against_actual(scored, shown.currency, shown.languages)),
        "distribution": Markup(plots.distribution(scored, "capacity", shown.languages)),
        "levels": [predictor.low.level, predictor.capacity.level, predictor.median.level],
    }


# by what is predicted, so that another algorithm for it has the same page
_PARTS = {"pd": ("admission.html.j2", _admission), "capacity_cny_year": ("limit.html.j2", _limit)}


@cache
def _templates(languages: tuple[str, ...]) -> Environment:
    return html_pages.templates(
        "models",
        languages,
        pct=_percent,
        num=_number,
        day=day_of_text,
        minute=minute,
        short=short,
        signed=_signed,
    )


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if pd.isna(value) else f"{value:.{digits}%}"


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if pd.isna(value) else f"{value:,.{digits}f}".replace("-", "−")


def _signed(value: float, digits: int = 2) -> str:
    return f"{value:+,.{digits}f}".replace("-", "−")
