"""Identifiers of persons, organisations, houses, land and places: how they are written and checked.

Every check takes text in canonical form (see `normalised`) and answers yes or no; nothing raises.
`expectations.identifiers` holds the same checks as PySpark expressions, and a test keeps the two equal.
"""

import re
from datetime import date

RESIDENT_ID = re.compile(
    r"[1-9][0-9]{5}(?:1[89]|2[0-9])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]"
)
RESIDENT_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_ID_CHECKS = "10X98765432"

CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V and Z
CREDIT_CODE = re.compile(rf"[{CREDIT_CODE_ALPHABET}]{{2}}[0-9]{{6}}[{CREDIT_CODE_ALPHABET}]{{10}}")
CREDIT_CODE_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANISATION_CHECKS = "0X987654321"

# parcel feature C (homestead) exists only within collective ownership J
HOUSE_UNIT = re.compile(r"[0-9]{12}(?:J[ABSXCDEFGHWY]|[GZ][ABSXDEFGHWY])[0-9]{5}[FLQW][0-9]{8}")
# county 6, town 3 (001-399), village 3; statistical codes of provinces start with 1 to 8
DIVISION = re.compile(r"[1-8][0-9]{5}(?:00[1-9]|0[1-9][0-9]|[1-3][0-9]{2})[0-9]{3}")
# issuer 14 = county 6, town 3, village 3, group 2; the other codes append a number to it
PARCEL = re.compile(r"[1-9][0-9]{18}")
CONTRACTOR = re.compile(r"[1-9][0-9]{17}")
LAND_CONTRACT = re.compile(r"[1-9][0-9]{17}[JQ]")

HALF_WIDTH = ORGANISATION_ALPHABET + ORGANISATION_ALPHABET[10:].lower()
FULL_WIDTH = "".join(chr(ord(character) + 0xFEE0) for character in HALF_WIDTH)
# invisible marks, such as the direction marks that text copied from a clipboard may contain
INVISIBLE = (
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
# blanks of all widths, except the plain space
_ODD_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
BLANKS = " \r\n\v\f\u0085\u2028\u2029" + _ODD_SPACES + INVISIBLE
# apostrophes, which spreadsheets write before a number to keep it as text
_APOSTROPHES = "'\u2018\u2019\uff07"
AROUND_NUMBERS = BLANKS + _APOSTROPHES
# characters by which people separate groups of digits
_SPACES, _DASHES = " " + _ODD_SPACES, "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d-"
GROUPING = _SPACES + _DASHES
PLAIN_NUMBER = "[0-9A-Za-z]+"
GROUPED_NUMBER = f"[0-9]+(?:[{GROUPING}]+[0-9]+)+"
# a long number as a spreadsheet or a column of doubles writes it, with its last digits lost; in half or full width.
# A comma counts as a decimal point only where it can't mean anything else
_SIGN = f"(?:[+\uff0b\ufe62\ufe63{_DASHES}][{_SPACES}]*)?"
_DIGITS, _POINT, _COMMA = f"[0-9][0-9{_SPACES}]*", "[.\uff0e]", "[,\uff0c]"
_MANTISSA = f"(?:{_DIGITS}(?:[.\uff0e,\uff0c][0-9{_SPACES}]*)?|[.\uff0e,\uff0c]{_DIGITS})"
_POWER = rf"(?:(?:[\^\uff3e]|\*\*)[{_SPACES}]*{_SIGN}[0-9]+|[\u207a\u207b]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)"
_TIMES = rf"[xX\u00d7\u2715\u22c5\u00b7*\uff0a][{_SPACES}]*"
NUMBER_AS_FLOAT = (
    f"{_SIGN}(?:(?:{_DIGITS}(?:{_POINT}{_DIGITS})?|{_POINT}{_DIGITS}){_POINT}?|{_DIGITS}{_COMMA}00?"
    f"|{_MANTISSA}[eE][{_SPACES}]*{_SIGN}[0-9]+|(?:{_MANTISSA}{_TIMES})?10[{_SPACES}]*{_POWER}"
    "|(?i:nan|inf(?:inity)?))"
)

# control characters, quotes and the like: no number has them; a cell with two numbers or a defect does
NOT_IN_NUMBERS = '\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\ufffd="`\u201c\u201d\uff02' + _APOSTROPHES

WIDE, NARROW = FULL_WIDTH + _ODD_SPACES, HALF_WIDTH + " " * len(_ODD_SPACES)
_CANONICAL, _NARROWED = str.maketrans(FULL_WIDTH, HALF_WIDTH), str.maketrans(WIDE, NARROW)


def normalised(text: str) -> str:
    """An identifier in canonical form: half-width, upper case, without blanks or apostrophes around it."""
    return text.strip(AROUND_NUMBERS).translate(_CANONICAL).upper()


def plain_number(text: str) -> str | None:
    """A number of an account, household, parcel etc. in canonical form, so that one number always gets one token.

    Blanks and apostrophes around it and invisible marks are removed, full-width characters become half-width, and
    grouped digits (`6228 4812 …`) are joined. Letters keep their case, because some systems distinguish it.

    Returns:
        The number; None if nothing is left.
    """
    if re.fullmatch(PLAIN_NUMBER, text):
        return text
    clean = re.sub(f"[{INVISIBLE}]", "", text).strip(AROUND_NUMBERS).translate(_NARROWED)
    return (re.sub("[^0-9]", "", clean) if re.fullmatch(GROUPED_NUMBER, clean) else clean) or None


def is_number_as_float(text: str) -> bool:
    """Whether a canonical number is written like `6.22848E+18`, `-5` or `7.0`, which identify nothing."""
    return bool(re.fullmatch(NUMBER_AS_FLOAT, text)) and not text.isdecimal()


def is_dirty_number(text: str) -> bool:
    """Whether a canonical number contains characters that no number has."""
    return bool(re.search(f"[{NOT_IN_NUMBERS}]", text))


def resident_id_check(body: str) -> str:
    """Check character of the first 17 digits of a resident ID (GB 11643, ISO 7064 MOD 11-2)."""
    return RESIDENT_ID_CHECKS[sum(w * int(d) for w, d in zip(RESIDENT_ID_WEIGHTS, body, strict=True)) % 11]


def is_resident_id(text: str, on: date | None = None) -> bool:
    """Whether a resident ID is well formed (GB 11643).

    Region codes aren't looked up, because people born in abolished counties keep their numbers.

    Args:
        text: 18 characters in canonical form.
        on: date after which a birth date lies in the future; None doesn't check this.
    """
    if not RESIDENT_ID.fullmatch(text) or resident_id_check(text[:17]) != text[17]:
        return False
    try:
        born = birth_date(text)
    except ValueError:
        return False
    return on is None or born <= on


def is_luhn(text: str) -> bool:
    """Whether the last digit is the check digit of the others by Luhn's formula (ISO/IEC 7812)."""
    if not re.fullmatch("[0-9]+", text):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(text))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def is_mod11_2(text: str) -> bool:
    """Whether the last character is the check character of the digits before it (ISO 7064 MOD 11-2), as in an ORCID."""
    if not re.fullmatch("[0-9]+[0-9X]", text):
        return False
    total = 0
    for digit in text[:-1]:
        total = (total + int(digit)) * 2 % 11
    return "0123456789X"[(12 - total) % 11] == text[-1]


def is_mod97_10(text: str) -> bool:
    """Whether the last two digits are the check digits of the rest (ISO 7064 MOD 97-10); letters count from 10."""
    if not re.fullmatch("[0-9A-Z]+[0-9]{2}", text):
        return False
    return int("".join(str(int(character, 36)) for character in text)) % 97 == 1


# `checksum` of a kind of subject → check.
CHECKSUMS = {"luhn": is_luhn, "iso7064_mod11_2": is_mod11_2, "iso7064_mod97_10": is_mod97_10}


def birth_date(resident_id: str) -> date:
    """Birth date in a resident ID.

    Raises:
        ValueError: the digits aren't a calendar day.
    """
    return date(int(resident_id[6:10]), int(resident_id[10:12]), int(resident_id[12:14]))


def sex(resident_id: str) -> str:
    """`M` or `F`: the 17th digit is odd for men."""
    return "M" if int(resident_id[16]) % 2 else "F"


def credit_code_check(body: str) -> str:
    """Check character of the first 17 characters of a unified social credit code (GB 32100)."""
    total = sum(w * CREDIT_CODE_ALPHABET.index(c) for w, c in zip(CREDIT_CODE_WEIGHTS, body, strict=True))
    return CREDIT_CODE_ALPHABET[-total % 31]


def organisation_check(body: str) -> str:
    """Check character of the first 8 characters of an organisation code (GB 11714), in 9-17 of a credit code."""
    total = sum(w * ORGANISATION_ALPHABET.index(c) for w, c in zip(ORGANISATION_WEIGHTS, body, strict=True))
    return ORGANISATION_CHECKS[total % 11]


def is_credit_code(text: str) -> bool:
    """Whether a unified social credit code is well formed, farmers' collectives included (GB 32100)."""
    return bool(
        CREDIT_CODE.fullmatch(text)
        and organisation_check(text[8:16]) == text[16]
        and credit_code_check(text[:17]) == text[17]
    )


def is_house_unit_no(text: str) -> bool:
    """Whether a real-estate unit number is well formed: 28 characters (GB/T 37346)."""
    return bool(HOUSE_UNIT.fullmatch(text))


def is_parcel_code(text: str) -> bool:
    """Whether a parcel code is well formed: issuer 14 + 5 digits (GB/T 35958)."""
    return bool(PARCEL.fullmatch(text))


def is_contractor_code(text: str) -> bool:
    """Whether a contractor (household) code is well formed: issuer 14 + 4 digits (GB/T 35958)."""
    return bool(CONTRACTOR.fullmatch(text))


def is_land_contract_code(text: str) -> bool:
    """Whether a land contract code is well formed: contractor 18 + J or Q (GB/T 35958)."""
    return bool(LAND_CONTRACT.fullmatch(text))


def is_division_code(text: str) -> bool:
    """Whether a statistical division code is well formed: county 6, town 3 (001-399), village 3."""
    return bool(DIVISION.fullmatch(text))


# `format` of a contract's column → check.
FORMATS = {
    "resident_id": is_resident_id,
    "credit_code": is_credit_code,
    "parcel_code": is_parcel_code,
    "contractor_code": is_contractor_code,
    "land_contract_code": is_land_contract_code,
    "house_unit_no": is_house_unit_no,
    "division_code": is_division_code,
}
