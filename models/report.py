"""The report of a trained model: one HTML page without external parts, the same bytes for the same input."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache, partial
from typing import Any

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup, escape

from conf.schema import html_pages
from conf.schema.clock import day_of_text, minute
from conf.schema.column import Text
from conf.schema.html_pages import Bilingual, with_minus
from conf.schema.languages import SHOWN, currency_zh, on_pages, unit_zh
from conf.schema.model import ModelSpec
from conf.schema.naming import short
from conf.schema.policy import Policy
from models import explain, fairness, frames, plots
from models.champion import InForce, changes
from models.ebm_predictor import EbmPredictor
from models.record import FitResult
from models.reference_population import LEAST_PEOPLE, ReferencePopulation
from models.report_parts import BY_OUTPUT, Explained, Wording

_MOST_COMPARED = 500  # rows
_MOST_BARS, _MOST_SWARMS, _MOST_CURVES, _MOST_CSI = 20, 15, 9, 12
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
    "kind_sha256": "模型类型文件校验和",
    "contracts_sha256": "契约校验和",
    "software": "软件版本",
    "trainer": "训练人",
    "impact_assessment": "个人信息影响评估",
    "fingerprint": "训练指纹",
    "table_rows": "各表行数",
    "lean_rows": "数据最少时段的各表行数",
    "backdated_as_of": "回溯时点",
}


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
    stated: Mapping[str, Bilingual] | None = None,
    titles: Mapping[str, Bilingual] | None = None,
) -> str:
    """Render the report.

    Of people it shows five application ids, how the model arrived at their predictions, and unnamed dots; never a
    value beside an id.

    Args:
        result: what `fit` returned.
        frame: what `fit` was given.
        catalogue: entry of each feature.
        lineage: origin of data and code, as in the registry's tags.
        policy: for the cut-off with which applicants are compared.
        currency: of amounts, as its code of ISO 4217.
        languages: of the workspace.
        champion: the version in force, which this one would follow.
        zone: of the workspace, in which days are shown.
        stated: what of the lineage is a sentence, by name, in both languages.
        titles: of sources and protected attributes, by name.

    Raises:
        ContractError, DataError: the frame isn't what was learnt from.
    """
    rows = frames.labelled(frame, spec)
    shap = result.predictor.shap_values(rows)
    values = pd.DataFrame(frames.matrix(rows, result.predictor.features), columns=shap.columns)
    of = BY_OUTPUT[result.predictor.outputs[0]]
    shown = Explained(result, shap, values, catalogue, spec, policy, currency, on_pages(languages))
    about = of.about(shown)
    return (
        _templates(shown.languages)
        .get_template(of.template)
        .render(
            risk=about.harm > 0,
            about=about,
            digits=about.digits,
            record=result.record,
            spec=spec,
            catalogue=catalogue,
            lineage=lineage,
            lineage_zh=_LINEAGE_ZH,
            stated=stated or {},
            titles=titles or {},
            next_review=_next_review(spec, lineage),
            changes=changes(result.record, champion) if champion else None,
            zone=zone,
            currency=currency,
            currency_zh=currency_zh(currency),
            least_adverse_impact=fairness.LEAST_ADVERSE_IMPACT,
            proxy_auc=fairness.PROXY_AUC,
            least_people=LEAST_PEOPLE,
            coded=partial(_coded, names={*result.record.features, *result.record.proxies, *result.record.fairness}),
            **_drivers(shown, about),
            definitions=_definitions(shown) if result.record.reference_population else None,
            **of.parts(shown),
        )
    )


def _coded(text: str, names: Collection[str]) -> Markup:
    """A finding with the names of columns in it set apart as names, which are the same in every language."""
    of_names = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return Markup(re.sub(rf"\b(?:{of_names})\b", r"<code>\g<0></code>", str(escape(text))))


def _next_review(spec: ModelSpec, lineage: Mapping[str, str]) -> str | None:
    """The day by which the model is due for a review; None if its day of training is unknown."""
    if spec.about is None or "started_at" not in lineage:
        return None
    return f"{pd.Timestamp(lineage['started_at']) + pd.DateOffset(months=spec.about.review_months):%F}"


def _drivers(shown: Explained, about: Wording) -> dict[str, Any]:
    """Importance, beeswarm and dependence plots, common to all kinds of model."""
    record, shap, values, catalogue = shown.result.record, shown.shap, shown.values, shown.catalogue
    predictor = shown.result.predictor
    order, swarm = list(record.importance), list(record.importance)[:_MOST_SWARMS]

    def curve(name: str) -> Markup:
        direction = about.harm * record.monotone[name]
        code = catalogue[name].unit
        unit = Text(en=code, zh=unit_zh(code, shown.currency))
        steps = predictor.curve(name) if isinstance(predictor, EbmPredictor) else None
        return Markup(plots.dependence(shap.loc[:, name], values.loc[:, name], direction, unit, shown.languages, steps))

    return {
        "unit": about.unit,
        "bars": [(name, record.importance[name]) for name in order[:_MOST_BARS]],
        "beeswarm": Markup(plots.beeswarm(shap.loc[:, swarm], values, catalogue, about.unit, shown.languages)),
        "curves": [(name, curve(name)) for name in order[:_MOST_CURVES]],
        "unstable": sorted(record.stability.items(), key=lambda item: -item[1])[:_MOST_CSI],
    }


def _definitions(shown: Explained) -> dict[str, Any]:
    """Mean absolute SHAP values of the strongest features by both definitions, over rows that weren't learnt from."""
    predictor, record = shown.result.predictor, shown.result.record
    population = ReferencePopulation.of(record.reference_population)
    late = (shown.result.scored["slice"] == "oot").to_numpy().nonzero()[0]
    rows = late[:: -(-len(late) // _MOST_COMPARED)]
    by_path = explain.importance(shown.shap.iloc[rows])
    against_population = explain.importance(predictor.interventional_values(shown.values.iloc[rows], population))
    ranks = {name: rank for rank, name in enumerate(against_population, 1)}
    return {
        "rows": len(rows),
        "groups": len(population.sizes),
        "base": predictor.interventional_base(population),
        "features": [
            (name, by_path[name], against_population[name], ranks[name]) for name in list(by_path)[:_MOST_SWARMS]
        ],
    }


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
        minus=with_minus,
    )


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if pd.isna(value) else with_minus(f"{value:.{digits}%}")


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if pd.isna(value) else with_minus(f"{value:,.{digits}f}")


def _signed(value: float, digits: int = 2) -> str:
    return with_minus(f"{value:+,.{digits}f}")
