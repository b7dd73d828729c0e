"""Which contract plays which role for the platform, and the meaning of its columns: `conf/tables.yaml`.

The platform knows consents, applications and households only by their roles. It names the columns that it needs by the
fields here; a workspace declares the names of its own columns for them.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from conf.schema import yaml_reader
from conf.schema.declaration import Declaration
from conf.schema.errors import ContractError

FILE = "conf/tables.yaml"
NUMBER = "number"
_Column = str


class TableRole(StrEnum):
    """The role of a table for the platform."""

    CONSENT = "consent"
    WITHDRAWAL = "withdrawal"
    APPLICATION = "application"
    LOAN = "loan"
    MEMBERSHIP = "membership"


class RoleTable(Declaration):
    """A contract that plays a role; each further field states the name of the column with that meaning.

    Attributes:
        table: the contract's table.
        TYPES: field → type of its column, or `NUMBER` for any type of numbers.
        MAY_BE_NULL: fields whose columns needn't be required.
        IS_OF_SUBJECT: whether the contract has to declare the subject of its rows.
    """

    TYPES: ClassVar[Mapping[str, str]] = {}
    MAY_BE_NULL: ClassVar[Collection[str]] = ()
    IS_OF_SUBJECT: ClassVar[bool] = False
    table: str = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [*self.carries.values()]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the column {', '.join(twice)} has several roles; each role needs its own column")
        return self

    @property
    def carries(self) -> dict[str, str]:
        """The platform's name of a column → the contract's name."""
        return self.model_dump(exclude={"table"}, exclude_none=True)


class ConsentTable(RoleTable):
    """Granted consents, one per row.

    Attributes:
        consent_no: number of the consent.
        scopes, purposes: covered data and allowed purposes, separated by `;`.
        recipient: the party that may use the data.
        granted_at, expires_at: begin and end of the consent.
        text_version, text_sha256: the text that was shown; only if a workspace has consent texts.
    """

    IS_OF_SUBJECT = True
    TYPES = dict.fromkeys(
        ("consent_no", "scopes", "purposes", "recipient", "text_version", "text_sha256"), "string"
    ) | {
        "granted_at": "timestamp",
        "expires_at": "timestamp",
    }
    MAY_BE_NULL = ("text_version", "text_sha256")
    consent_no: _Column
    scopes: _Column
    purposes: _Column
    recipient: _Column
    granted_at: _Column
    expires_at: _Column
    text_version: _Column | None = None
    text_sha256: _Column | None = None


class WithdrawalTable(RoleTable):
    """Notices that end a consent.

    Attributes:
        consent_no: number of the consent that ends.
        withdrawn_at: moment of the withdrawal.
    """

    IS_OF_SUBJECT = True
    TYPES: ClassVar[Mapping[str, str]] = {"consent_no": "string", "withdrawn_at": "timestamp"}
    consent_no: _Column
    withdrawn_at: _Column


class ApplicationTable(RoleTable):
    """Applications for a loan.

    Attributes:
        application_no: number of the application, `application_id` in the spine.
        requested_amount, term_months: what is asked for, which an applicant could change; needed where limits are set.
    """

    TYPES: ClassVar[Mapping[str, str]] = {"application_no": "string", "requested_amount": NUMBER, "term_months": NUMBER}
    MAY_BE_NULL = ("requested_amount", "term_months")
    application_no: _Column
    requested_amount: _Column | None = None
    term_months: _Column | None = None


class LoanTable(RoleTable):
    """Loans that the bank has made."""


class MembershipTable(RoleTable):
    """Memberships in households; the first day distinguishes several memberships of a person in one household.

    Attributes:
        household_no: number of the household; a table with a column of that name has records of households.
        valid_from_date, valid_to_date: first day, and the day after the last (null: it hasn't ended).
    """

    IS_OF_SUBJECT = True
    TYPES: ClassVar[Mapping[str, str]] = {"household_no": "string", "valid_from_date": "date", "valid_to_date": "date"}
    MAY_BE_NULL = ("valid_to_date",)
    household_no: _Column
    valid_from_date: _Column
    valid_to_date: _Column


class Facts(Declaration):
    """Features that decisions read as facts, besides the scores; if limits are set, all are required.

    Attributes:
        existing_exposure: debt of the applicant on running loans; null counts as 0.
        existing_debt_service_month: monthly debt service of these loans; null counts as 0.
        history_months: length of the account history; null counts as none.
    """

    existing_exposure: str | None = None
    existing_debt_service_month: str | None = None
    history_months: str | None = None

    @property
    def stated(self) -> dict[str, str]:
        """The declared facts: fact → feature."""
        return self.model_dump(exclude_none=True)


class TableRoles(Declaration):
    """All roles that a workspace's contracts play; None for a role that no contract plays."""

    consent: ConsentTable | None = None
    withdrawal: WithdrawalTable | None = None
    application: ApplicationTable | None = None
    loan: LoanTable | None = None
    membership: MembershipTable | None = None
    facts: Facts | None = None

    @property
    def stated(self) -> dict[TableRole, RoleTable]:
        """The declared roles: role → its table."""
        return {role: table for role in TableRole if (table := getattr(self, role))}


NO_ROLES = TableRoles()


def read(path: Path) -> TableRoles:
    """Read the roles; a workspace without the file has none.

    Raises:
        ContractError: the file is not valid, or one table has two roles.
    """
    if not path.exists():
        return NO_ROLES
    roles = yaml_reader.read(TableRoles, path, f"{FILE} is")
    tables = [each.table for each in roles.stated.values()]
    if twice := sorted({table for table in tables if tables.count(table) > 1}):
        raise ContractError(f"{FILE} is not valid: {', '.join(twice)} has several roles; each role needs its own table")
    return roles
