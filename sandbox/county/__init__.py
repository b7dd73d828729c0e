"""A synthetic, believable county with a known truth.

No figure was estimated from data of real people. Shares, spreads and coefficients are assumed, and each module with
such figures says so; a code or check that follows a standard names the standard.
"""

from dataclasses import dataclass
from datetime import datetime

RECORD = "county.json"  # what was generated, beside the landing zone
COUNTY = {"households": 5000, "months": 36, "seed": 7, "defect_share": 0.01, "thin_files": 0.4}
"""What a county is like unless one is asked for: of a size at which its newcomers show what joining is worth."""


@dataclass(frozen=True)
class County:
    """What was generated.

    Attributes:
        households, months, seed, defect_share, thin_files: as asked for.
        as_of: the moment at which the county is looked at: the midnight of its end, UTC.
        rows: delivered rows by table, defects included.
        files: delivered files by table.
        defects: defective rows by table and kind, see `sandbox.county.defects.KINDS`.
    """

    households: int
    months: int
    seed: int
    defect_share: float
    as_of: datetime
    rows: dict[str, int]
    files: dict[str, int]
    defects: dict[str, dict[str, int]]
    thin_files: float = 0.0
