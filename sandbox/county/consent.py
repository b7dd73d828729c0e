"""Consents: grants of several scopes, some missing, some expired, some withdrawn.

Every figure here is assumed: shares of people who consent, renew, withdraw or tick a purpose, and when they do.
"""

import numpy as np

from conf.schema.consent_text import ConsentText
from conf.schema.contract import Purpose
from conf.schema.workspace import Workspace
from sandbox.county.accounts import Bank
from sandbox.county.credit import Credit
from sandbox.county.households import Households
from sandbox.county.identity import numbered
from sandbox.county.people import HEAD, SPOUSE, Persons
from sandbox.county.publish import Records, known, stacked, taken
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

RECIPIENT = "Fieldstone Rural Bank"
_YEAR = 365 * 86_400
_TERM_YEARS, _TERM_SHARES = (1, 3, 5), (0.08, 0.22, 0.7)  # terms of consents and their shares
_RENEWED, _SIGNS_AGAIN = 0.6, 0.8  # shares of expired consents, and of people whose text covered too little
_CUSTOMERS, _HEADS, _SPOUSES, _OTHERS = 0.95, 0.91, 0.66, 0.3  # shares of people who consent
_IN_CAMPAIGN = 0.45  # share of them who do so in the campaign, and not when they apply
_SCOPE_SETS = (0.87, 0.06, 0.04, 0.03)  # shares of the first four sets of `_scopes`, of heads and spouses
_PURPOSE_SETS = (0.06, 0.41, 0.02, 0.51)  # shares of the sets of `_purposes`
_WITHDRAWN, _WITHDRAWN_AFTER = 0.03, (0.02, 0.6)  # share of consents, after which part of their term


def scopes(workspace: Workspace) -> list[str]:
    """Every consent scope that a contract asks for, in order."""
    return sorted({c.consent_scope for c in workspace.contracts.values() if c.consent_scope})


def grants(
    scope: Scope, chunk: int, workspace: Workspace, homes: Households, people: Persons, bank: Bank, credit: Credit
) -> tuple[Records, Records]:
    """Consents and withdrawals of a chunk's people.

    Customers consent before they first apply. All newcomers do, and to every table, because the bank knows little else
    of them. Spouses consent often, other adults seldom. Most expired consents are renewed under a new number. Most
    people who wanted to allow more purposes than their text covered sign the newest text within half a year.
    """
    rng = scope.rng(chunk, Stream.CONSENTS)
    is_new = np.zeros(len(people.born), bool)
    is_new[bank.person] = homes.is_newcomer[bank.household]
    who, granted = _givers(scope, rng, people, bank, credit, is_new)
    granted = np.maximum(
        granted, np.datetime64(_texts(workspace)[0].from_date, "s") + 9 * 3600
    )  # no text to sign before
    years = rng.choice(_TERM_YEARS, len(who), p=_TERM_SHARES)
    wide = np.isin(people.relation[who], (HEAD, SPOUSE))
    first = {
        "person": who,
        "scopes": _scopes(rng, scopes(workspace), wide, is_new[who]),
        "purposes": _purposes(rng, len(who)),
        "granted_at": granted,
        "expires_at": granted + years * _YEAR,
    }
    ran_out = np.flatnonzero((first["expires_at"] < scope.as_of) & (rng.random(len(who)) < _RENEWED))
    second = taken(first, ran_out)
    second["granted_at"] = second["expires_at"] - rng.integers(-30 * 86_400, 15 * 86_400, len(ran_out))
    second["expires_at"] = second["granted_at"] + 5 * _YEAR
    rows = stacked([first, second, _anew(scope.rng(chunk, Stream.NEW_TEXT_CONSENTS), _texts(workspace), first)])
    order = np.argsort(rows["granted_at"], kind="stable")
    rows = taken(rows, order[rows["granted_at"][order] < scope.as_of])
    return _published(scope, rng, chunk, workspace, people, rows)


def _anew(rng: np.random.Generator, texts: list[ConsentText], first: Records) -> Records:
    """Consents to the newest text by people who ticked more purposes than their first text covered."""
    newest, shown = texts[-1], _shown(texts, first["granted_at"])
    begins = np.datetime64(newest.from_date, "s") + 9 * 3600
    lacks = [_spoken_of(ticked, texts[text]) != ticked for ticked, text in zip(first["purposes"], shown, strict=True)]
    signs_again = np.array(lacks, bool) & (first["expires_at"] > begins) & (rng.random(len(shown)) < _SIGNS_AGAIN)
    again = taken(first, np.flatnonzero(signs_again))
    again["granted_at"] = begins + rng.integers(0, _YEAR // 2, len(again["granted_at"]))
    again["expires_at"] = again["granted_at"] + 5 * _YEAR
    return again


def _givers(
    scope: Scope, rng: np.random.Generator, people: Persons, bank: Bank, credit: Credit, is_new: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Persons who consent at least once, and when: in a campaign at the window's start, or when they apply.

    All newcomers who are customers (`is_new`, by person) consent when they apply.
    """
    count = len(people.born)
    chance = np.select([people.relation == HEAD, people.relation == SPOUSE], [_HEADS, _SPOUSES], _OTHERS)
    chance = np.where(people.age_at(scope.start) < 18, 0, chance)
    customer = np.zeros(count, bool)
    customer[bank.person] = True
    gives = rng.random(count) < np.select([is_new, customer], [1, _CUSTOMERS], chance)
    span = scope.months * 30 * 86_400
    start, latest = scope.start.astype("datetime64[s]"), np.full(len(bank.main), scope.as_of - 45 * 86_400)
    np.minimum.at(latest, credit.household, credit.applied)
    room = np.maximum((latest - start).astype(int), 2 * 86_400)[people.household]
    campaign = start + np.minimum(rng.integers(86_400, span // 8, count), room - 3600)
    applying = start + np.maximum(room - rng.integers(3600, 20 * 86_400, count), 3600)
    granted = np.where((rng.random(count) < _IN_CAMPAIGN) & ~is_new, campaign, applying)
    who = np.flatnonzero(gives & (people.valid_from.astype("datetime64[s]") < granted))
    return who, granted[who]


def _scopes(rng: np.random.Generator, every: list[str], wide: np.ndarray, is_new: np.ndarray) -> np.ndarray:
    """Scopes of each consent: all for newcomers and most heads and spouses, for others fewer or the household alone."""
    sets = [
        ";".join(every),
        ";".join(s for s in every if not s.startswith("housing.")),
        ";".join(s for s in every if s != "farm.land_transfer"),
        "farm.household;farm.planting",
        "farm.household",
    ]
    choice = rng.choice(4, len(wide), p=_SCOPE_SETS)
    return np.array(sets)[np.select([is_new, wide], [0, choice], 4)]


def _purposes(rng: np.random.Generator, count: int) -> np.ndarray:
    """Purposes of each consent: always assessment and monitoring; training and fairness tests if they were ticked."""
    base = f"{Purpose.CREDIT_ASSESSMENT};{Purpose.POST_LOAN_MONITORING}"
    training, fairness = f"{base};{Purpose.MODEL_TRAINING}", f"{base};{Purpose.FAIRNESS_TESTING}"
    sets = [base, training, fairness, f"{training};{Purpose.FAIRNESS_TESTING}"]
    return np.array(sets)[rng.choice(4, count, p=_PURPOSE_SETS)]


def _published(
    scope: Scope, rng: np.random.Generator, chunk: int, workspace: Workspace, people: Persons, rows: Records
) -> tuple[Records, Records]:
    count = len(rows["person"])
    texts = _texts(workspace)
    shown = _shown(texts, rows["granted_at"])
    spoken = [_spoken_of(ticked, texts[text]) for ticked, text in zip(rows["purposes"], shown, strict=True)]
    records = {
        "consent_no": numbered("G", chunk * 100_000 + np.arange(count), 10),
        "subject_id_no": people.id_no[rows.pop("person")],
        **rows,
        "purposes": np.array(spoken, dtype=str),
        "recipient": np.full(count, RECIPIENT),
        "text_version": np.array([text.version for text in texts])[shown],
        "text_sha256": np.array([text.sha256 for text in texts])[shown],
        "published_at": rows["granted_at"] + rng.integers(60, 6 * 3600, count),
    }
    withdrawn = np.flatnonzero(rng.random(count) < _WITHDRAWN)
    term = (records["expires_at"] - records["granted_at"])[withdrawn]
    moment = records["granted_at"][withdrawn] + (term * rng.uniform(*_WITHDRAWN_AFTER, len(withdrawn))).astype(
        "timedelta64[s]"
    )
    withdrawals = {
        "consent_no": records["consent_no"][withdrawn],
        "subject_id_no": records["subject_id_no"][withdrawn],
        "withdrawn_at": moment,
        "published_at": moment + rng.integers(60, 6 * 3600, len(withdrawn)),
    }
    return known(scope, records), known(scope, withdrawals)


def _shown(texts: list[ConsentText], granted: np.ndarray) -> np.ndarray:
    """Index of the text that was shown at each moment."""
    since = np.array([text.from_date for text in texts], "datetime64[D]")
    return np.searchsorted(since, granted.astype("datetime64[D]"), "right") - 1


def _spoken_of(ticked: str, text: ConsentText) -> str:
    """The ticked purposes that the shown text covers; no other can be ticked on it."""
    return ";".join(purpose for purpose in ticked.split(";") if purpose in text.purposes)


def _texts(workspace: Workspace) -> list[ConsentText]:
    """The consent texts, oldest first."""
    return [*workspace.consent_texts.values()]
