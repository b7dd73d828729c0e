"""Checks the roles of tables (`conf/tables.yaml`) against the contracts, and adds its role to each contract."""

from collections.abc import Iterable, Mapping

from conf.schema.contract import Contract, LawfulBasis
from conf.schema.errors import ContractError
from conf.schema.loan_request import REQUESTED
from conf.schema.policy import Policy
from conf.schema.table_roles import FILE, NUMBER, Facts, RoleTable, TableRole, TableRoles

# a workspace has both, or neither if it asks nobody for consent
_CONSENT = (TableRole.CONSENT, TableRole.WITHDRAWAL)
_NUMBERS = ("int", "long", "double", "decimal")
_TO_DECIDE = {
    "application": "which table holds the applications",
    "application.requested_amount": "the column of the amount asked for",
    "application.term_months": "the column of the term asked for",
    "facts": "which features are facts of a decision",
    "facts.existing_exposure": "the feature that tells what is owed",
    "facts.existing_debt_service_month": "the feature that tells what running loans take each month",
    "facts.history_months": "the feature that tells how long a history is, for min_history_months",
}


def played(roles: TableRoles, contracts: Iterable[Contract]) -> list[Contract]:
    """The contracts, each with the role that it plays.

    Raises:
        ContractError: the table of a role lacks a column, or has one of another type; the text lists all of these.
    """
    by_table = {stated.table: (role, stated) for role, stated in roles.stated.items()}
    with_roles = [(contract, by_table.get(contract.table)) for contract in contracts]
    faults = [fault for contract, part in with_roles if part for fault in _faults(*part, contract)]
    if faults:
        raise ContractError(f"{FILE} is not valid: {'; '.join(faults)}")
    return [
        contract.model_copy(update={"role": part[0], "carries": part[1].carries}) if part else contract
        for contract, part in with_roles
    ]


def require_both_of_consent(roles: TableRoles, contracts: Mapping[str, Contract]) -> None:
    """Make sure that consents and withdrawals are both declared, if a contract or a role needs consents.

    Raises:
        ContractError: a role or a contract is missing; the text says which.
    """
    named = {role: roles.stated[role].table for role in _CONSENT if role in roles.stated}
    resting = sorted(c.table for c in contracts.values() if c.lawful_basis is LawfulBasis.CONSENT)
    rest = f"{', '.join(resting)} {'rests' if len(resting) == 1 else 'rest'} on consent"
    if resting and not named:
        raise ContractError(
            f"{rest}, and {FILE} doesn't say which tables are {' and '.join(_CONSENT)}, so it can't be checked who "
            "has consented; state both there, or declare no contract with lawful_basis consent"
        )
    if len(named) == 1:
        (absent,) = {*_CONSENT} - {*named}
        raise ContractError(
            f"{FILE} says which table is {' '.join(named)} but not which is {absent}, so data of people who withdraw "
            "would still be used; state both there, or neither"
        )
    there = [table for table in named.values() if table in contracts]
    if resting and not there:
        folders = dict.fromkeys(f"conf/contracts/{table.partition('__')[0]}/" for table in named.values())
        raise ContractError(
            f"{rest}, and no contract declares {' and '.join(named.values())}, so it can't be checked who has "
            f"consented; declare both (again) in {' and '.join(folders)} and in their source, or nothing with "
            "lawful_basis consent"
        )
    if len(there) == 1:
        (absent,) = {*named.values()} - {*there}
        raise ContractError(
            f"contract {there[0]} is declared without {absent}, so data of people who withdraw would still be used; "
            f"declare {absent} (again) in conf/contracts/{absent.replace('__', '/')}.yaml and in its source, or neither"
        )


def require_recipient(roles: TableRoles, recipient: str) -> None:
    """Make sure that a workspace that asks for consent names the recipient of the consents.

    Raises:
        ContractError: it names none.
    """
    if roles.consent and not recipient.strip():
        raise ContractError(
            f"{roles.consent.table} names who may use the data ({roles.consent.recipient}), but your own name isn't "
            "stated, so no consent would count; state recipient in conf/settings.yaml, as consents spell it"
        )


def require_declared(roles: TableRoles, contracts: Mapping[str, Contract], policy: Policy | None) -> None:
    """Make sure that each role has a declared contract, and that a workspace with a policy has all roles for decisions.

    Raises:
        ContractError: a contract or a role is missing; the text says which.
    """
    for role, stated in roles.stated.items():
        if stated.table not in contracts:
            raise ContractError(
                f"{FILE} is not valid: {role} is {stated.table}, which no contract declares; there are "
                f"{', '.join(sorted(contracts)) or 'none'}. Declare it in conf/contracts/, or take the role out"
            )
    if policy and (absent := [*_absent(roles, policy)]):
        lacking = ", ".join(f"{name} ({_TO_DECIDE[name]})" for name in absent)
        raise ContractError(f"conf/policy.yaml decides on applications, and {FILE} lacks {lacking}; state it there")


def _absent(roles: TableRoles, policy: Policy) -> Iterable[str]:
    """The roles and facts that decisions by a policy need and that aren't declared."""
    if policy.sets_limits and roles.application is None:
        yield "application"
    elif policy.sets_limits and roles.application:
        yield from (f"application.{name}" for name in REQUESTED if name not in roles.application.carries)
    if policy.sets_limits and roles.facts is None:
        yield "facts"
        return
    stated = roles.facts.stated if roles.facts else {}
    needed = Facts.model_fields if policy.sets_limits else ("history_months",) if policy.needs_history else ()
    yield from (f"facts.{name}" for name in needed if name not in stated)


def _fits(type_: str, wanted: str) -> bool:
    return type_.startswith(_NUMBERS) if wanted == NUMBER else type_ == wanted


def _faults(role: TableRole, stated: RoleTable, contract: Contract) -> Iterable[str]:
    if stated.IS_OF_SUBJECT and contract.subject is None:
        yield f"{role} is {contract.table}, whose contract doesn't say whose data a row is (subject)"
    for what, name in stated.carries.items():
        fitting = [n for n, c in contract.stored.items() if _fits(c.type, stated.TYPES[what])]
        if name not in fitting:
            actual = f"is {contract.columns[name].type}" if name in contract.stored else "it doesn't store"
            yield (
                f"{what} of {role} is the column {name} of {contract.table}, which {actual}; it has to be one of type "
                f"{stated.TYPES[what]} ({', '.join(fitting) or 'there is none'})"
            )
        elif what not in stated.MAY_BE_NULL and not contract.columns[name].required:
            yield f"{what} of {role} is the column {name} of {contract.table}, which must be required there"
