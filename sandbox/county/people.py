"""The people in the households of a chunk, and changes of membership: marriages, births, splits, deaths.

Every figure here is assumed: ages, sexes, and rates of marriage, birth and death. The rate of death rises with age by
Gompertz's law.
"""

from dataclasses import dataclass

import numpy as np

from sandbox.county.identity import SURNAMES, names, resident_ids
from sandbox.county.places import Places
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

HEAD, SPOUSE, CHILD, PARENT, OTHER = "head", "spouse", "child", "parent", "other"
NEVER = np.datetime64("NaT", "D")

_HEAD_AGE, _HEAD_AGES = (51, 10), (24, 80)  # mean and standard deviation, and bounds, years
_MARRIED, _SPOUSE_YOUNGER = 0.84, (-2, 2.5)  # share of heads; mean and standard deviation of the difference, years
_CHILDREN, _SIBLING = (0.14, 0.42, 0.36, 0.08), 0.02  # shares of households with 0 to 3 children, and with a sibling
_MALE, _MALE_HEADS = 0.51, 0.87  # shares
_DEATHS_AT_50, _DEATHS_PER_YEAR = 0.0035, 0.085  # Gompertz: yearly rate at 50, rise of its logarithm with age
_SPLITS = 0.05  # yearly share of grown children who found a household


@dataclass(frozen=True)
class Persons:
    """The persons of a chunk; arrays are by person, the heads first, in the order of the households.

    Attributes:
        household: index of the household that the person belongs to, or left.
        relation: relation to the head.
        is_male: sex.
        born: date of birth, the one in the resident ID.
        id_no: resident ID.
        name: invented name.
        valid_from: first day of membership.
        valid_to: day after the last day of membership; NaT if it hasn't ended.
        splits: whether membership ended because the person founded a household.
    """

    household: np.ndarray
    relation: np.ndarray
    is_male: np.ndarray
    born: np.ndarray
    id_no: np.ndarray
    name: np.ndarray
    valid_from: np.ndarray
    valid_to: np.ndarray
    splits: np.ndarray

    def spouse_of(self, households: int) -> np.ndarray:
        """Index of each household's spouse, -1 if there is none."""
        spouses_of = np.full(households, -1)
        spouses = np.flatnonzero(self.relation == SPOUSE)
        spouses_of[self.household[spouses]] = spouses
        return spouses_of

    def counted(self, households: int, mask: np.ndarray) -> np.ndarray:
        """Number of persons of each household for whom the mask is true."""
        return np.bincount(self.household[mask], minlength=households)

    def age_at(self, day: np.datetime64) -> np.ndarray:
        return (day.astype("datetime64[D]") - self.born).astype(int) / 365.25


def populate(scope: Scope, chunk: int, places: Places) -> Persons:
    """Create the people of every household of a chunk."""
    rng = scope.rng(chunk, Stream.PEOPLE)
    heads = len(places.number)
    household, relation, age = _roster(rng, heads)
    is_male = _sexes(rng, household, relation)
    born_year = int(str(scope.start)[:4]) - age
    ids, born = resident_ids(places.county, places.slot, scope.chunk_households // 5, born_year, is_male)
    surname = rng.integers(0, len(SURNAMES), heads)[household]
    married_in = relation == SPOUSE
    surname[married_in] = rng.integers(0, len(SURNAMES), married_in.sum())
    valid_from = _joined(rng, scope, household, relation, born)
    valid_to, splits = _left(rng, scope, relation, age, valid_from)
    return Persons(
        household, relation, is_male.astype(bool), born, ids, names(rng, surname), valid_from, valid_to, splits
    )


def _roster(rng: np.random.Generator, heads: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Household, relation and age at the window's start; heads first. A negative age is a future birth."""
    head_age = np.clip(rng.normal(*_HEAD_AGE, heads).round(), *_HEAD_AGES).astype(int)
    index = np.arange(heads)
    parts = [(index, HEAD, head_age)]
    spouse = rng.random(heads) < _MARRIED
    parts.append(
        (index[spouse], SPOUSE, np.clip(head_age + rng.normal(*_SPOUSE_YOUNGER, heads).round(), 22, 80)[spouse])
    )
    children = rng.choice(4, heads, p=_CHILDREN)
    for k in range(3):
        age = head_age - rng.integers(22, 31, heads) - 3 * k
        stays = (children > k) & (age >= -3) & ((age < 24) | (rng.random(heads) < 0.5))
        parts.append((index[stays], CHILD, age[stays]))
    for k, factor in enumerate((1.0, 0.5)):
        chance = factor * np.select([head_age < 45, head_age < 60], [0.5, 0.34], 0.06)
        lives = rng.random(heads) < chance
        parts.append((index[lives], PARENT, np.clip(head_age + rng.integers(21, 29, heads) - 2 * k, 45, 97)[lives]))
    sibling = rng.random(heads) < _SIBLING
    parts.append((index[sibling], OTHER, np.clip(head_age - rng.integers(0, 6, heads), 22, 80)[sibling]))
    return (
        np.concatenate([part[0] for part in parts]),
        np.concatenate([np.full(len(part[0]), part[1], dtype="U6") for part in parts]),
        np.concatenate([part[2] for part in parts]).astype(int),
    )


def _sexes(rng: np.random.Generator, household: np.ndarray, relation: np.ndarray) -> np.ndarray:
    """1 for men; a spouse has the other sex than the head, and of parents the mother comes first."""
    male = (rng.random(len(household)) < _MALE).astype(int)
    head = relation == HEAD
    male[head] = rng.random(head.sum()) < _MALE_HEADS
    spouse = relation == SPOUSE
    male[spouse] = 1 - male[head][household[spouse]]
    parent = np.flatnonzero(relation == PARENT)
    _, mother = np.unique(household[parent], return_index=True)
    male[np.delete(parent, mother)] = 1
    male[parent[mother]] = 0
    return male


def _joined(
    rng: np.random.Generator, scope: Scope, household: np.ndarray, relation: np.ndarray, born: np.ndarray
) -> np.ndarray:
    """First day of membership: founding, marriage or birth."""
    people, heads = len(household), (relation == HEAD).sum()
    founded = np.minimum(born[:heads] + rng.integers(8200, 9600, heads), scope.start - rng.integers(200, 900, heads))
    founded = np.maximum(founded, np.datetime64("1950-01-01"))
    joined = founded[household]
    spouse = relation == SPOUSE
    wedding = np.maximum(founded[household], born + 20 * 366) + rng.integers(0, 700, people)
    young = born > scope.start - 36 * 365
    window = scope.months * 30
    recent = scope.start + rng.integers(20, window, people)
    joined[spouse] = np.where(young & (rng.random(people) < 0.25), recent, np.minimum(wedding, scope.start - 60))[
        spouse
    ]
    child = relation == CHILD
    joined[child] = born[child]
    return joined


def _left(
    rng: np.random.Generator, scope: Scope, relation: np.ndarray, age: np.ndarray, joined: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Day in the window of death or of founding an own household, and which of the two it was."""
    people, window = len(relation), scope.months * 30
    day = scope.start + rng.integers(10, window, people)
    years = scope.months / 12
    hazard = 1 - np.exp(-_DEATHS_AT_50 * np.exp(_DEATHS_PER_YEAR * (np.maximum(age, 30) - 50)) * years)
    dies = (rng.random(people) < hazard) & (relation != HEAD) & (age > 30)
    splits = (relation == CHILD) & (age >= 21) & (age <= 32) & (rng.random(people) < _SPLITS * years)
    ends = (dies | splits) & (day > joined) & (day < scope.as_of)
    return np.where(ends, day, NEVER), splits & ends
