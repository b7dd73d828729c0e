"""`fieldstone generate`: make the sandbox county.

fieldstone generate --households 2000 --seed 7
"""

import logging
import shutil
from argparse import ArgumentParser

from conf.schema.clock import day
from conf.schema.errors import UsageError
from conf.schema.settings import CLOCK
from jobs.command.parser import NeedsState, runs
from pipeline.context import Context
from sandbox.county import COUNTY, County

LOG = logging.getLogger(__name__)
FOR = "everybody"
LANDING = "landing"  # the generator's name for the folder of the files


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=NeedsState.ANY)
    verb.set_defaults(**COUNTY)
    verb.add_argument("--households", type=int, help="number of households (default: %(default)s)")
    verb.add_argument("--months", type=int, help="length of the history in months (default: %(default)s)")
    verb.add_argument("--seed", type=int, help="the same seed makes the same county (default: %(default)s)")
    verb.add_argument("--defects", dest="defect_share", type=float, help="share of bad rows (default: %(default)s)")
    about = "share of farm households that come to the bank months before their first loan (default: %(default)s)"
    verb.add_argument("--thin-files", type=float, metavar="SHARE", help=about)


def run(context: Context, households: int, months: int, seed: int, defect_share: float, thin_files: float) -> County:
    """Write the partners' files and, in another folder, the truth behind them; the county's date becomes the clock.

    Raises:
        UsageError: the landing zone's folder has another name than the county's, so no ingest would find the files.
    """
    from sandbox.county.generator import generate

    settings = context.workspace.settings
    if settings.landing.name != LANDING:
        raise UsageError(
            f"a county's files are written to a folder {LANDING!r}, its truth beside it, and FIELDSTONE_LANDING is "
            f"{str(settings.landing)!r}: let that end in {LANDING!r}, such as {str(settings.landing / LANDING)!r}"
        )
    out = settings.landing.parent
    county = generate(
        context.lake.spark,
        out,
        households=households,
        months=months,
        seed=seed,
        defect_share=defect_share,
        thin_files=thin_files,
    )
    settings.home.mkdir(parents=True, exist_ok=True)
    shutil.copy(out / CLOCK, settings.home / CLOCK)  # the state keeps its clock when it is moved
    rows, end = sum(county.rows.values()), day(county.as_of, context.zone)
    LOG.info(f"generate: {households:,} households, {months} months, {rows:,} rows, as of {end}: {out}")
    return county
