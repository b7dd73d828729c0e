"""The records of a chunk in the agriculture platform and the housing register, as rows of their contracts.

Delays of publication, shares of corrections, and the relation of a house's structure to its age are assumed.
"""

import numpy as np

from sandbox.county.breeding import BreedingCycles
from sandbox.county.farming import Harvests
from sandbox.county.households import Households, founded
from sandbox.county.identity import numbered
from sandbox.county.land import OUT, Parcels, Transfers
from sandbox.county.people import HEAD, NEVER, Persons
from sandbox.county.places import Places
from sandbox.county.publish import Records, corrected, known, published, stacked
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope


def membership(scope: Scope, chunk: int, places: Places, homes: Households, people: Persons) -> Records:
    """Memberships; an ended one has a second version, and a person who split off is the head of another household."""
    rng = scope.rng(chunk, Stream.MEMBERSHIP_RECORDS)
    village = places.village_code[people.household]
    begun = {
        "household_no": homes.number[people.household],
        "member_id_no": people.id_no,
        "member_name": people.name,
        "relation": people.relation,
        "village_code": village,
        "valid_from_date": people.valid_from,
        "valid_to_date": np.full(len(people.born), NEVER),
        "published_at": published(scope, rng, people.valid_from, 4, 60),
    }
    over = np.flatnonzero(~np.isnat(people.valid_to))
    ended = {name: column[over] for name, column in begun.items()}
    ended["valid_to_date"] = people.valid_to[over]
    ended["published_at"] = published(scope, rng, people.valid_to[over], 5, 75)
    split = np.flatnonzero(people.splits)
    new = {name: column[split] for name, column in begun.items()} | {
        "household_no": founded(places, people)[split],
        "relation": np.full(len(split), HEAD, dtype="U6"),
        "valid_from_date": people.valid_to[split],
        "published_at": published(scope, rng, people.valid_to[split], 5, 75),
    }
    return known(scope, stacked([begun, ended, new]))


def holders(scope: Scope, chunk: int, homes: Households, people: Persons) -> np.ndarray:
    """Person who holds each household's land and house: the head, in some households the spouse."""
    rng = scope.rng(chunk, Stream.LAND_HOLDERS)
    spouse = people.spouse_of(len(homes))
    lasting = (spouse >= 0) & np.isnat(people.valid_to[spouse]) & (people.valid_from[spouse] < scope.start)
    return np.where(lasting & (rng.random(len(homes)) < 0.08), spouse, np.arange(len(homes)))


def planting(
    scope: Scope,
    chunk: int,
    homes: Households,
    people: Persons,
    holder: np.ndarray,
    parcels: Parcels,
    harvests: Harvests,
) -> Records:
    """Planting records, published weeks after the harvest; some yields are corrected later."""
    rng = scope.rng(chunk, Stream.PLANTING_RECORDS)
    rows = {
        "household_no": homes.number[harvests.household],
        "holder_id_no": people.id_no[holder[harvests.household]],
        "season": harvests.season,
        "crop_code": harvests.crop,
        "parcel_code": parcels.code[harvests.parcel],
        "sown_area_mu": harvests.area_mu,
        "yield_kg": harvests.yield_kg,
        "price_cny_kg": harvests.price,
        "disaster_area_mu": harvests.disaster_mu,
        "is_insured": harvests.is_insured,
        "sown_date": harvests.sown,
        "harvest_date": harvests.harvested,
        "published_at": published(scope, rng, harvests.harvested, 8, 55),
    }
    return known(scope, corrected(rng, rows, "yield_kg", lambda kilos: kilos * rng.uniform(0.75, 1.2, len(kilos))))


def breeding(
    scope: Scope, chunk: int, homes: Households, people: Persons, holder: np.ndarray, cycles: BreedingCycles
) -> Records:
    """Breeding cycles, published days to weeks after their end; illness is sometimes reported late."""
    rng = scope.rng(chunk, Stream.BREEDING_RECORDS)
    rows = {
        "household_no": homes.number[cycles.household],
        "holder_id_no": people.id_no[holder[cycles.household]],
        "species_code": cycles.species,
        "cycle_no": cycles.number,
        "start_date": cycles.start,
        "end_date": cycles.end,
        "stocked_head": cycles.stocked,
        "died_head": cycles.died,
        "diseased_head": cycles.diseased,
        "sold_head": cycles.sold,
        "price_cny_head": cycles.price,
        "is_insured": cycles.is_insured,
        "is_vaccinated": cycles.is_vaccinated,
        "published_at": published(scope, rng, cycles.end, 4, 32),
    }
    return known(scope, corrected(rng, rows, "diseased_head", np.zeros_like))


def land_transfer(
    scope: Scope,
    chunk: int,
    homes: Households,
    people: Persons,
    holder: np.ndarray,
    parcels: Parcels,
    transfers: Transfers,
) -> Records:
    """Transfer contracts, published after signature; rents are corrected, registration follows at times."""
    rng = scope.rng(chunk, Stream.TRANSFER_RECORDS)
    parcel = transfers.parcel
    household = parcels.household[parcel]
    serial = 1 + parcels.sequence[parcel] + 20 * (parcels.tenure[parcel] == OUT) + 100 * transfers.term
    number = numbered(np.char.add(homes.number[household], "J"), serial, 4)
    rows = {
        "contract_no": number,
        "household_no": homes.number[household],
        "holder_id_no": people.id_no[holder[household]],
        "parcel_code": parcels.code[parcel],
        "direction": np.where(parcels.tenure[parcel] == OUT, "out", "in"),
        "area_mu": parcels.area_mu[parcel],
        "rent_cny_mu_year": parcels.rent[parcel],
        "signed_date": transfers.signed,
        "valid_from_date": transfers.valid_from,
        "valid_to_date": transfers.valid_to,
        "is_registered": transfers.is_registered,
        "published_at": published(scope, rng, transfers.signed, 3, 40),
    }
    rows = corrected(rng, rows, "rent_cny_mu_year", lambda rent: np.round(rent * 1.1, -1))
    return known(scope, corrected(rng, rows, "is_registered", np.logical_not, 0.03))


def rural_house(
    scope: Scope, chunk: int, places: Places, homes: Households, people: Persons, holder: np.ndarray
) -> Records:
    """Registered houses: most households have one, some a second, old one; structure and age follow its quality."""
    rng = scope.rng(chunk, Stream.HOUSE_RECORDS)
    count = len(homes)
    first = np.flatnonzero(rng.random(count) < 0.95)
    another = first[rng.random(len(first)) < 0.03 + 0.04 * (homes.house[first] > 1)]
    owner, second = np.concatenate([first, another]), np.repeat([False, True], [len(first), len(another)])
    quality = homes.house[owner] - 1.2 * second + rng.normal(0, 0.35, len(owner))
    built = np.clip(2001 + 6.5 * quality + rng.normal(0, 6, len(owner)), 1952, int(str(scope.start)[:4]) - 1).astype(
        int
    )
    floors = np.clip(np.round(2 + 0.6 * quality + rng.normal(0, 0.5, len(owner))), 1, 5).astype(int)
    homestead = np.clip(rng.normal(135, 32, len(owner)), 40, 320).round(2)
    structure = np.array(["earth_timber", "brick_timber", "brick_concrete", "reinforced_concrete"])[
        np.digitize(quality + (built - 1998) / 16, [-1.9, -0.9, 0.75])
    ]
    recorded = np.maximum(
        (built + rng.integers(1, 15, len(owner)) - 1970).astype("datetime64[Y]"), np.datetime64("1988")
    )
    registered = np.minimum(recorded.astype("datetime64[D]") + rng.integers(0, 360, len(owner)), scope.start + 300)
    unit = numbered(np.char.add(places.village_code[owner], "JC"), places.number[owner] * 10 + second, 5)
    rows = {
        "house_unit_no": np.char.add(unit, "F00010001"),
        "household_no": homes.number[owner],
        "holder_id_no": people.id_no[holder[owner]],
        "address": places.address[owner],
        "structure": structure,
        "floor_area_m2": np.clip(homestead * 0.72 * floors * rng.uniform(0.8, 1.1, len(owner)), 25, 900).round(2),
        "homestead_area_m2": homestead,
        "floors": floors,
        "built_year": built,
        "has_certificate": rng.random(len(owner)) < 1 / (1 + np.exp(-1.2 - 0.8 * quality)),
        "is_dangerous": rng.random(len(owner)) < 1 / (1 + np.exp(3.2 + 1.3 * quality)),
        "registered_date": registered,
        "published_at": published(scope, rng, registered, 6, 60),
    }
    rows = corrected(rng, rows, "floor_area_m2", lambda area: np.round(area * 0.9, 2))
    return known(scope, corrected(rng, rows, "has_certificate", np.logical_not, 0.03))
