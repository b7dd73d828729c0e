"""The county, townships and villages of a chunk of households.

Townships are real, with their statistical division codes; villages are invented, and crops (`counties.csv`) assumed.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from sandbox.county.identity import numbered
from sandbox.county.scope import Scope

DATA = Path(__file__).parent / "data"
VILLAGE_HOUSEHOLDS = 100
GROUP_HOUSEHOLDS = 20


@dataclass(frozen=True)
class Places:
    """The places where the households of a chunk live; arrays are by household.

    Attributes:
        county: six-digit code.
        slot: number of the chunk within its county.
        profile: crop weights, share of pig keepers and aridity of the county.
        town: nine-digit township code.
        town_index: index into `towns`, the townships of the chunk.
        village_code: twelve-digit statistical division code.
        issuer: fourteen digits (village and group), the stem of parcel and contractor codes.
        number: number of the household within its village, from 1.
        address: postal address.
    """

    county: str
    slot: int
    profile: dict[str, float]
    towns: tuple[str, ...]
    town_index: np.ndarray
    village_code: np.ndarray
    issuer: np.ndarray
    number: np.ndarray
    address: np.ndarray


@cache
def read(name: str) -> list[dict[str, str]]:
    """Rows of a reference file under `sandbox/county/data`."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def townships(county: str) -> tuple[tuple[str, str], ...]:
    """Code and name of the rural townships of a county (segment 100 and above: no streets)."""
    rows = (row for row in read("chongqing_divisions.csv") if row["parent"] == county)
    return tuple((row["code"], row["name"]) for row in rows if int(row["code"][6:]) >= 100)


@cache
def county_name(county: str) -> str:
    """Name of a county by its division code, as the partner writes it."""
    return next(row["name"] for row in read("chongqing_divisions.csv") if row["code"] == county)


def settle(scope: Scope, chunk: int) -> Places:
    """Place a chunk in villages of two neighbouring townships; no two chunks share a village."""
    counties = read("counties.csv")
    profile, slot = dict(counties[chunk % len(counties)]), chunk // len(counties)
    county = profile.pop("code")
    villages = scope.chunk_households // VILLAGE_HOUSEHOLDS
    household = np.arange(scope.households_of(chunk))
    village, number = household % villages, household // villages
    turn, town = np.divmod(2 * slot + village % 2, len(townships(county)))
    segment = 201 + turn * -(-villages // 2) + village // 2
    towns = tuple(sorted({townships(county)[t][0] for t in np.unique(town)}))
    code = np.array([townships(county)[t][0] for t in town])
    village_code = np.char.add(code, segment.astype(str))
    group = 1 + number // GROUP_HOUSEHOLDS
    name = county_name(county)
    return Places(
        county=county,
        slot=slot,
        profile={key: float(value) for key, value in profile.items()},
        towns=towns,
        town_index=np.searchsorted(towns, code),
        village_code=village_code,
        issuer=numbered(village_code, group, 2),
        number=number + 1,
        address=np.array(
            [
                f"重庆市{name}{townships(county)[t][1]}示例{s}村{g}组{k + 1}号"
                for t, s, g, k in zip(town, segment, group, number, strict=True)
            ]
        ),
    )
