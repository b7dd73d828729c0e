"""`fieldstone generate`: the sandbox county, in the landing zone."""

import shutil

from conf.schema.clock import day
from conf.schema.settings import COUNTY
from pipeline.context import Context
from sandbox.county.generator import generate


def run(context: Context, households: int, months: int, seed: int, dirt: float) -> None:
    """Write the partners' files and, aside, the truth behind them; the county's date is the clock from now on."""
    settings = context.workspace.settings
    out = settings.landing.parent
    county = generate(context.lake.spark, out, households=households, months=months, seed=seed, dirt=dirt)
    settings.home.mkdir(parents=True, exist_ok=True)
    shutil.copy(out / COUNTY, settings.home / COUNTY)  # where the state goes, its clock goes too
    rows, end = sum(county.rows.values()), day(county.as_of, context.zone)
    print(f"generate: {households:,} households, {months} months, {rows:,} rows, as of {end}: {out}")
