"""Numbers and names of synthetic people: valid in form, clearly invented."""

import numpy as np

from conf.schema.identifiers import RESIDENT_ID_CHECKS, RESIDENT_ID_WEIGHTS

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
CHECKS = np.array(list(RESIDENT_ID_CHECKS))
_DAYS = 365
_SEQUENCES = 500  # sequence numbers per sex, which is the parity of the seventeenth digit


def check_digit(body: np.ndarray) -> np.ndarray:
    """Check characters of resident IDs (GB 11643) from their first 17 digits as integers."""
    digits = body[:, None] // 10 ** np.arange(16, -1, -1) % 10
    return CHECKS[digits @ np.array(RESIDENT_ID_WEIGHTS) % 11]


def resident_ids(
    county: str, slot: int, ranks: int, birth_year: np.ndarray, is_male: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Unique resident IDs and the birth dates in them.

    A chunk may use `ranks` numbers of each birth year and sex of its county; a number combines a day and a sequence.

    Args:
        county: six-digit prefix.
        slot: number of the chunk within the county.
        ranks: numbers that each chunk may use per birth year and sex.
        birth_year: year of birth, by person.
        is_male: sex, by person.

    Raises:
        ValueError: more people of one birth year and sex than a chunk has numbers for.
    """
    group = birth_year * 2 + is_male
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order], side="left")
    rank = np.empty(len(group), int)
    rank[order] = np.arange(len(group)) - first
    number = slot * ranks + rank
    if rank.max(initial=0) >= ranks or number.max(initial=0) >= _DAYS * _SEQUENCES:
        raise ValueError(f"chunk {slot} of county {county} has more people of an age than numbers ({ranks}) for them")
    day = number * 101 % _DAYS
    born = (birth_year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + day
    sequence = number // _DAYS * 2 + is_male
    stamp = np.char.replace(born.astype(str), "-", "").astype(np.int64)
    body = int(county) * 10**11 + stamp * 1000 + sequence
    return np.char.add(body.astype(str), check_digit(body)), born


def names(rng: np.random.Generator, surname: np.ndarray) -> np.ndarray:
    """Names such as 陈某甲子: 某 means "a certain" in Chinese case reports, so no real person has such a name."""
    first_names = rng.integers(0, len(STEMS), (2, len(surname)))
    return np.array([f"{SURNAMES[s]}某{STEMS[a]}{STEMS[b]}" for s, a, b in zip(surname, *first_names, strict=True)])


def numbered(stem: str | np.ndarray, number: np.ndarray, width: int) -> np.ndarray:
    """Codes such as C0000000042: a stem, and numbers padded with zeros to a width."""
    return np.char.add(stem, np.array([f"{n:0{width}d}" for n in number.tolist()], dtype=f"U{width}"))
