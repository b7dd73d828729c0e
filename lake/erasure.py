"""The plan of an erasure: the rows of each table that it must reach, by the contracts, and what becomes of them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from conf.schema import clock, gold, table_names
from conf.schema.contract import Contract, LawfulBasis
from conf.schema.errors import ContractError
from conf.schema.naming import is_dated, parse
from conf.schema.table_roles import TableRole
from lake import raw_access
from lake.consent import CONSENT_NO
from lake.schema import BATCH
from lake.selection import ALL, Where
from lake.tables import Lake

INPUTS = table_names.DECISION_INPUTS  # the inputs of decisions
# Platform tables with rows about subjects → the column that names the subject.
PLATFORM = {each.table: each.erased_by for each in table_names.PLATFORM if each.erased_by}
_BY_SOURCE = [each.table for each in table_names.PLATFORM if each.is_of_source]
RESTRICTED, DECISIONS = table_names.RESTRICTED, table_names.DECISIONS


class Outcome(StrEnum):
    """What an erasure does with rows.

    Rows are erased; or restricted, that is only stored, until a statutory term ends (PIPL art. 47); or, if they are
    another person's and kept by law, redacted: references to the erased person are removed.
    """

    ERASED = "erased"
    RESTRICTED = "restricted"
    REDACTED = "redacted"


@dataclass(frozen=True)
class Item:
    """Rows of a table and what becomes of them.

    Attributes:
        where: values of columns that select exactly these rows.
        rows: their number when the erasure was planned.
    """

    table: str
    where: Where
    outcome: Outcome
    rows: int


def full(lake: Lake, subjects: Collection[str], as_of: datetime) -> list[Item]:
    """All rows of some subjects; rows whose statutory term still runs are restricted, all others erased.

    Tables are those of the lake, whether or not a contract still declares them (`Context.reaching_all`). Rows of other
    people that rest on these subjects' consents, such as features of the same household's members, are erased and then
    built anew without them; decisions on other people are kept, without the reference to these consents.
    """
    kept = {source for source, keys in _within_term(lake, as_of).items() if {*subjects} & keys}
    declared = {table: c for c in lake.workspace.contracts.values() for table in of_contract(c)}
    decided_by = kept - _gates(lake)
    chosen: list[tuple[str, str, Outcome]] = []
    for table in _of_layers(lake, ("bronze", "silver", "quarantine", "gold"), "subject_key"):
        contract = declared.get(table)
        stays = contract and contract.source in kept and contract.lawful_basis is LawfulBasis.CONTRACT
        stays = decided_by if gold.is_kept(table) else stays and parse(table).layer != "quarantine"
        chosen.append((table, "subject_key", Outcome.RESTRICTED if stays else Outcome.ERASED))
    chosen += [(table, column, Outcome.ERASED) for table, column in PLATFORM.items() if lake.exists(table)]
    return [item(lake, t, {column: subjects}, outcome) for t, column, outcome in chosen] + _of_others(lake, subjects)


def consents(lake: Lake, subjects: Collection[str]) -> set[str]:
    """Numbers of all consents of some subjects that are recorded anywhere in the lake."""
    where = {"subject_key": subjects}
    named = [(table, "consent_id") for table in _of_layers(lake, ("bronze", "silver", "audit"), "consent_id", *where)]
    for contract in filter(None, map(lake.workspace.playing, (TableRole.CONSENT, TableRole.WITHDRAWAL))):
        tables = (contract.named(layer) for layer in ("bronze", "silver"))
        named += [(table, contract.carries[CONSENT_NO]) for table in tables if lake.exists(table)]
    return set[str]().union(*(raw_access.values(lake, table, column, where) for table, column in named))


def _of_others(lake: Lake, subjects: Collection[str]) -> list[Item]:
    """Derived rows of other people that rest on a consent of these subjects."""
    numbers, items = tuple(sorted(consents(lake, subjects))), list[Item]()
    for table in _of_layers(lake, ("gold",), "consent_ids", "subject_key") if numbers else []:
        where = {"consent_ids": numbers}
        rows = raw_access.count(lake, table, where) - raw_access.count(lake, table, where | {"subject_key": subjects})
        if rows:
            items.append(Item(table, where, Outcome.REDACTED if gold.is_kept(table) else Outcome.ERASED, rows))
    return items


def of_contract(contract: Contract) -> dict[str, str]:
    """Table → column that names the subject, for all layers of a contract; none where it holds no personal data.

    Raises:
        ContractError: it holds personal data without saying whose, so that nobody could be erased from it.
    """
    is_personal = contract.lawful_basis is not LawfulBasis.PUBLIC_RECORD or any(
        column.identifier or column.pseudonym for column in contract.columns.values()
    )
    if is_personal and contract.subject is None:
        raise ContractError(
            f"{contract.table} holds personal data but has no subject, so nobody can be erased from it; add `subject` "
            "to its contract"
        )
    layers = ("bronze", "silver", "quarantine") if contract.subject else ()
    return {contract.named(layer): "subject_key" for layer in layers}


def due(lake: Lake, as_of: datetime) -> list[Item]:
    """Rows that must not be kept any longer: rows whose consent has ended, rows derived from them, and expired rows.

    Tables of the present are built anew without whoever has expired; those of back-dated runs never are. Rows that were
    turned away and of which nobody knows whose they are have a term of their own.
    """
    chosen: list[tuple[str, set[str], Where]] = []
    ended, expired, all_of, left_of = set[str](), set[str](), set[str](), set[str]()
    kept = _within_term(lake, as_of)
    for contract in lake.workspace.contracts.values():
        tables = [table for table in of_contract(contract) if lake.exists(table)]
        subjects = set[str]().union(*(raw_access.subjects(lake, table) for table in tables))
        if contract.lawful_basis is LawfulBasis.CONSENT:
            # a notice that nobody has read yet ends all use, but deletes nothing: it may be a mistake
            permitted = lake.permitted(contract, contract.purposes, as_of, is_doubt_ignored=True)
            gone = subjects - set(raw_access.keys(permitted))
            ended |= gone
        elif contract.lawful_basis is LawfulBasis.CONTRACT and lake.exists(contract.named("silver")):
            # rows that aren't refined yet have no age
            gone = raw_access.subjects(lake, contract.named("silver")) - kept[contract.source]
            expired |= gone
        else:
            gone = set[str]()
        all_of, left_of = all_of | subjects, left_of | (subjects - gone)
        of_table = {"source_table": (contract.table,)}
        chosen += [(table, gone, ALL) for table in tables] + [(t, gone, of_table) for t in _BY_SOURCE if t in PLATFORM]
    derived = _derived(lake)
    chosen += [(table, ended, ALL) for table in derived]
    chosen += [(table, expired, ALL) for table in _of_layers(lake, ("gold",), "subject_key") if is_dated(table)]
    decided_by = set[str]().union(*(keys for source, keys in kept.items() if source not in _gates(lake)))
    for table, gone in ((DECISIONS, set[str]()), (INPUTS, ended)):
        if lake.exists(table):
            chosen.append((table, (raw_access.subjects(lake, table) - decided_by) | gone, ALL))
    # a subject without rows needs neither a key nor a restriction
    chosen.append((RESTRICTED, all_of - left_of, ALL))
    items = [
        item(lake, table, {"subject_key": gone, **where}, Outcome.ERASED)
        for table, gone, where in chosen
        if gone and lake.exists(table)
    ]
    if all_of - left_of:
        items.append(item(lake, table_names.KEYS, {"key_id": all_of - left_of}, Outcome.ERASED))
    for table in derived:
        # also rows of other members of a household with a subject whose consent has ended
        used = raw_access.values(lake, table, "consent_ids")
        dead = used - lake.live_consents(as_of) if used else set[str]()
        items.append(item(lake, table, {"consent_ids": dead}, Outcome.ERASED))
    return [each for each in [*items, *_unlinked(lake, as_of)] if each.rows]


def _unlinked(lake: Lake, as_of: datetime) -> Iterator[Item]:
    """Rows that failed at admission, past their term, of whom nobody knows or of whom nothing else is held.

    Not the notices of withdrawal: each stops what it may mean until somebody has resolved it.
    """
    zone = lake.workspace.settings.time_zone
    first = clock.day(as_of, zone) - timedelta(days=lake.workspace.settings.unlinked_days)
    for contract in lake.workspace.contracts.values():
        table = contract.named("quarantine")
        if contract.role is TableRole.WITHDRAWAL or table not in of_contract(contract) or not lake.exists(table):
            continue
        rows, silver = raw_access.rows(lake, table), contract.named("silver")
        if contract.lawful_basis is LawfulBasis.CONSENT:
            rows = rows.where("subject_key IS NULL")
        elif lake.exists(silver):  # rows that end with no consent end with the subject's other records
            rows = rows.join(raw_access.rows(lake, silver), "subject_key", "left_anti").where("stage = 'ingest'")
        unlinked = rows.select(BATCH, "_row_hash", "quarantined_at").toArrow().to_pylist()
        over = [row for row in unlinked if clock.day(row["quarantined_at"], zone) < first]
        where = {name: {row[name] for row in over} for name in (BATCH, "_row_hash")}
        yield item(lake, table, where, Outcome.ERASED)


def of_source(lake: Lake, contracts: Iterable[Contract], as_of: datetime) -> list[Item]:
    """All rows received from a partner: restricted while a row's statutory term runs, else erased."""
    items: list[tuple[str, Where, Outcome]] = []
    term = _within_term(lake, as_of)
    for contract in contracts:
        kept = contract.lawful_basis is LawfulBasis.CONTRACT and term.get(contract.source)
        for layer in ("bronze", "silver", "quarantine"):
            outcome = Outcome.RESTRICTED if kept and layer != "quarantine" else Outcome.ERASED
            items.append((contract.named(layer), ALL, outcome))
        items += [(table, {"source_table": (contract.table,)}, Outcome.ERASED) for table in _BY_SOURCE]
    items += [(table, ALL, Outcome.ERASED) for table in _derived(lake)]
    return [item(lake, *each) for each in items if lake.exists(each[0])]


def of_everything(lake: Lake, received: list[Item]) -> list[Item]:
    """All rows received from all partners, and all rows derived from them; decisions are kept for their term."""
    sources = [each for each in received if parse(each.table).layer in ("bronze", "silver", "quarantine")]
    kept = any(each.outcome is Outcome.RESTRICTED for each in sources)
    made = [table for table in lake.tables() if parse(table).layer == "gold"]
    outcomes = {t: Outcome.RESTRICTED if gold.is_kept(t) and kept else Outcome.ERASED for t in made}
    outcomes |= {table: Outcome.ERASED for table in (*PLATFORM, *_BY_SOURCE) if lake.exists(table)}
    return [*sources, *(item(lake, table, ALL, outcome) for table, outcome in outcomes.items())]


def _within_term(lake: Lake, as_of: datetime) -> dict[str, set[str]]:
    """Source → subjects with a record that the bank must keep by law: one of its own, within its retention.

    A term ends with its last day, and the day on which it begins doesn't count (Civil Code art. 201).

    Records of a source belong together: as long as one has to be kept, so have the subject's others.
    """
    subjects_of: dict[str, set[str]] = {}
    zone = lake.workspace.settings.time_zone
    for contract in lake.workspace.contracts.values():
        silver = contract.named("silver")
        if contract.lawful_basis is LawfulBasis.CONTRACT and lake.exists(silver):
            first = clock.day(as_of, zone) - timedelta(days=contract.retention_days)
            running = {key for key, at in raw_access.latest(lake, silver).items() if clock.day(at, zone) >= first}
            subjects_of[contract.source] = subjects_of.get(contract.source, set()) | running
    return subjects_of


def _gates(lake: Lake) -> set[str]:
    return {name for name, source in lake.workspace.sources.items() if source.gates}


def _derived(lake: Lake) -> list[str]:
    """Gold tables whose rows are erased with the consents they rest on, including tables that aren't declared."""
    return [table for table in _of_layers(lake, ("gold",), "consent_ids") if not gold.is_kept(table)]


def _of_layers(lake: Lake, layers: Collection[str], *having: str) -> list[str]:
    """Tables of the layers that have all of the columns."""
    tables = [table for table in lake.tables() if parse(table).layer in layers]
    return [table for table in tables if {*having} <= {*raw_access.columns(lake, table)}]


def item(lake: Lake, table: str, where: Where, outcome: Outcome) -> Item:
    """Rows of a table with an outcome, counted."""
    fixed = {column: tuple(sorted(values)) for column, values in where.items()}
    return Item(table, fixed, outcome, raw_access.count(lake, table, fixed))
