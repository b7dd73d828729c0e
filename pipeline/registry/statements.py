"""What a version says of its making in sentences: in English in the registry, in both languages in its report."""

import numpy as np
import pandas as pd

from conf.schema.column import Text
from conf.schema.html_pages import Bilingual
from conf.schema.model import ModelSpec
from conf.schema.workspace import Workspace

_BY_CHANCE = Text(
    en="rows are parted by chance, stratified by the label; nothing is tested out of time",
    zh="按标签分层随机划分样本；未做跨期检验",
)


def of_training(workspace: Workspace, spec: ModelSpec, groups: pd.DataFrame | None) -> dict[str, Text]:
    """The sentences by tag of the registry.

    Args:
        groups: as of `fairness_tests`; None where no contract has a protected column.
    """
    asks = workspace.asks_for_consent
    stated = {"sampling": sampling(asks), "split": parted(spec), "impact_assessment": impact_assessment(spec)}
    return stated if groups is None else stated | {"fairness_tests": fairness_tests(groups, asks)}


def titles(workspace: Workspace) -> dict[str, Bilingual]:
    """What sources and protected attributes are called by people, by name."""
    protected: dict[str, Bilingual] = {
        name: column
        for contract in workspace.contracts.values()
        for name, column in contract.columns.items()
        if column.protected
    }
    return protected | {source.name: source.title for source in workspace.sources.values()}


def sampling(asks: bool) -> Text:
    """Which applications were learnt from.

    Args:
        asks: whether anybody is asked for consent.
    """
    consenting, consenting_zh = (" with live consent", "且授权有效") if asks else ("", "")
    return Text(
        en=f"all labelled applications{consenting}; none sampled out", zh=f"全部有标签{consenting_zh}的申请，未抽样剔除"
    )


def parted(spec: ModelSpec) -> Text:
    """Which rows the model is tested on."""
    split, share = spec.split, f"{spec.split.oot_share:.0%}"
    late = Text(en=f"the latest {share} of rows are tested on, out of time", zh=f"以时间最晚的 {share} 样本做跨期检验")
    rows = _BY_CHANCE if spec.is_by_chance else late
    en, zh = [rows.en], [rows.zh]
    if split.folds_by:
        en.append(f"folds are those of a {split.folds_by.title.en}")
        zh.append(f"按{split.folds_by.title.zh}分折")
    if split.together:
        en.append(f"rows of one {split.together.title.en} are never on both sides of a fold")
        zh.append(f"同一{split.together.title.zh}的样本不会分处折的两侧")
    return Text(en="; ".join(en), zh="；".join(zh))


def impact_assessment(spec: ModelSpec) -> Text:
    """The assessment of what the model means for personal information, or why there is none."""
    made = spec.impact_assessment
    if made is None:
        return Text(en="public record", zh="公开信息")
    return Text(en=f"{made.reference} of {made.assessed_date}", zh=f"{made.reference}（{made.assessed_date}）")


def fairness_tests(groups: pd.DataFrame, asks: bool) -> Text:
    """How many applications fairness can be tested on.

    Args:
        groups: as `protected_groups.groups` gives them.
        asks: whether anybody is asked for consent.
    """
    known, all_ = f"{np.count_nonzero(groups.notna().to_numpy().any(axis=1)):,}", f"{len(groups):,}"
    if not asks:
        return Text(en=f"{known} of {all_} applications tell a group", zh=f"{all_} 笔申请中 {known} 笔有群体信息")
    consenting = Text(
        en=f"{known} of {all_} applications are of people who have consented to fairness tests",
        zh=f"{all_} 笔申请中 {known} 笔的申请人同意公平性检验",
    )
    if known != "0":
        return consenting
    return Text(en=f"not tested for lack of consents: {consenting.en}", zh=f"因缺少授权未检验：{consenting.zh}")
