"""The sandbox's people: numbers valid in form, nobody twice, and errors that say what to do."""

import re
from datetime import date

import numpy as np
import pytest
from county_files import scope

from conf.schema import identifiers
from conf.schema.errors import FieldstoneError
from sandbox.county.identity import SURNAMES, check_digit, names, resident_ids
from sandbox.county.people import HEAD, SPOUSE, populate
from sandbox.county.places import settle, townships
from sandbox.county.scope import Scope


def test_check_digits_are_those_of_the_standard():
    known = ["11010519491231002X", "440524188001010014", "360426199101010071"]
    assert list(check_digit(np.array([int(number[:17]) for number in known]))) == [number[17] for number in known]


def test_resident_ids_are_valid_unique_and_carry_birth_and_sex():
    rng = np.random.default_rng(1)
    years, male = rng.integers(1940, 2024, 3000), rng.integers(0, 2, 3000)
    ids, born = resident_ids("500102", 3, 100, years, male)
    assert len(set(ids)) == len(ids)
    assert all(identifiers.is_resident_id(number, date(2026, 1, 1)) for number in ids)
    assert [identifiers.birth_date(number) for number in ids] == born.tolist()
    assert [identifiers.sex(number) for number in ids] == np.where(male, "M", "F").tolist()


def test_chunks_of_a_county_share_no_number():
    years, male = np.full(90, 1975), np.ones(90, int)
    seen = [set(resident_ids("500102", slot, 100, years, male)[0]) for slot in range(1825)]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 90 * 1825


def test_too_many_people_of_an_age_are_refused():
    text = "chunk 0 of county 500102 has more people of an age than numbers (5)"
    with pytest.raises(ValueError, match=re.escape(text)):
        resident_ids("500102", 0, 5, np.full(6, 1975), np.ones(6, int))


def test_names_are_plainly_invented():
    assert all(re.fullmatch(f"[{SURNAMES}]某..", name) for name in names(np.random.default_rng(1), np.arange(20)))


@pytest.mark.parametrize("number", [0, 1, 5, 6, 1499])
def test_households_live_in_rural_townships_that_exist(number):
    places = settle(scope(3_000_000), number)
    assert set(places.towns) <= {code for code, _ in townships(places.county)}
    assert all(identifiers.is_division_code(code) for code in np.unique(places.village_code))
    assert len(set(zip(places.issuer, places.number, strict=True))) == len(places.number) == 2000


def test_no_two_chunks_share_a_village():
    of = scope(200_000)
    seen = [set(settle(of, number).village_code) for number in range(of.chunks)]
    assert sum(map(len, seen)) == len(set().union(*seen))


def test_couples_differ_in_sex_and_marriage_comes_with_age():
    of = scope(500)
    people = populate(of, 0, settle(of, 0))
    spouses = np.flatnonzero(people.relation == SPOUSE)
    heads = people.household[spouses]
    assert (people.relation[heads] == HEAD).all()
    assert (people.is_male[spouses] != people.is_male[heads]).all()
    assert ((people.valid_from - people.born).astype(int)[spouses] > 18 * 365).all()
    ended = ~np.isnat(people.valid_to)
    assert ended.any()
    assert (people.valid_to[ended] > people.valid_from[ended]).all()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"households": 0}, "households is 0; a sandbox county takes 1 to 5400000"),
        ({"months": 3}, "months is 3; a sandbox county takes 6 to 120"),
        ({"defect_share": 0.5}, "defect_share is 0.5; a sandbox county takes 0 to 0.1"),
        ({"thin_files": 0.9}, "thin_files is 0.9; a sandbox county takes 0 to 0.6"),
        ({"seed": -1}, "seed is -1; a sandbox county takes 0 to 4294967295"),
    ],
)
def test_a_county_out_of_range_is_refused(options, text):
    with pytest.raises(FieldstoneError, match=re.escape(text)):
        Scope(**{"households": 60, "months": 36, "seed": 7, "defect_share": 0.0, "end": date(2026, 1, 1)} | options)
