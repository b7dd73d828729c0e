"""`fieldstone generate`: the sandbox county, in the landing zone."""

from conf.clock import day
from jobs.context import Context
from sandbox.county import generate


def run(context: Context, households: int, months: int, seed: int, dirt: float) -> None:
    """Write the partners' files and, aside, the truth behind them."""
    out = context.workspace.settings.landing.parent
    county = generate(context.lake.spark, out, households=households, months=months, seed=seed, dirt=dirt)
    rows, end = sum(county.rows.values()), day(county.as_of, context.zone)
    print(f"generate: {households:,} households, {months} months, {rows:,} rows, as of {end}: {out}")
