"""Applications that a version would decide otherwise than the one in force, for its reviewer."""

from collections.abc import Iterator
from typing import Any

from conf.schema import required
from models.swap_set import swap_set
from pipeline.context import Context
from pipeline.features.build import TRAINING
from pipeline.registry import training_data

_LATEST = 0.25  # share of the applications with a known outcome: the latest are most like those to be decided


def lines(context: Context, model: str, champion: Any, challenger: Any) -> Iterator[str]:
    """A Markdown table of the swap set at the policy's cut-off, of the latest applications that may train models.

    Args:
        champion, challenger: predictors; there is no table unless they predict a PD.
    """
    if not all("pd" in predictor.outputs for predictor in (champion, challenger)):
        return
    if not context.lake.exists(TRAINING):
        yield "\nNo swap set: there are no features to score (fieldstone build-features)."
        return
    data, label = training_data.frame(context), context.workspace.model(model).label
    ended = data.loc[data[label].notna()].sort_values(["as_of", "application_id"])
    rows = ended.tail(round(_LATEST * len(ended)))
    if absent := sorted({*champion.features, *challenger.features} - {*rows.columns}):
        yield f"\nNo swap set: {', '.join(absent)} aren't among the features that are built today."
        return
    cut_off = required.policy(context.workspace).decline_pd
    before, after = (predictor.predict(rows)["pd"] for predictor in (champion, challenger))
    groups = swap_set(before, after, rows[label].to_numpy(float), cut_off)
    yield f"\nSwap set of the latest {len(rows):,} applications that may train models and whose end is known, at the"
    yield f"cut-off of {cut_off:g} (the version asked about may have learnt from some of them):\n"
    yield "| | applications | bad | bad rate (95%) |"
    yield "|---|---|---|---|"
    for row in groups.to_dict("records"):
        rate = f"{row['bad_rate']:.1%} ({row['low']:.1%} to {row['high']:.1%})" if row["known"] else "not known"
        yield f"| {row['group']} | {row['applications']:,} | {row['bads']:,} of {row['known']:,} | {rate} |"
