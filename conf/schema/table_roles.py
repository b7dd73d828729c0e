"""Which contract plays which role for the platform, and which of its columns carry what: `conf/tables.yaml`.

The platform knows consents, applications or households by roles alone. What it needs of a role's table it calls by the
names of the fields here; a workspace says what its own columns are called.
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
_Column = str


class TableRole(StrEnum):
    """What a table is for the platform."""

    CONSENT = "consent"
    WITHDRAWAL = "withdrawal"
    APPLICATION = "application"
    LOAN = "loan"
    MEMBERSHIP = "membership"


class RoleTable(Declaration):
    """A contract that plays a role; each further field names the column that carries what the field is called.

    Attributes:
        table: the contract's.
        TYPES: of the columns, by field.
        MAY_BE_NULL: fields whose columns needn't be required.
        IS_OF_SUBJECT: the contract has to say whose data a row is.
    """

    TYPES: ClassVar[Mapping[str, str]] = {}
    MAY_BE_NULL: ClassVar[Collection[str]] = ()
    IS_OF_SUBJECT: ClassVar[bool] = False
    table: str = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [*self.carries.values()]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the column {', '.join(twice)} carries several things; each needs a column of its own")
        return self

    @property
    def carries(self) -> dict[str, str]:
        """What the platform calls a column → what the contract calls it."""
        return self.model_dump(exclude={"table"}, exclude_none=True)


class ConsentTable(RoleTable):
    """Consents given, one in a row.

    Attributes:
        consent_no: the consent's number.
        scopes, purposes: what it covers and allows, separated by `;`.
        recipient: who may use the data.
        granted_at, expires_at: from when, until when.
        text_version, text_sha256: the text that was shown; only where a workspace has consent texts.
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
        consent_no: the number of the consent that ends.
        withdrawn_at: since when.
    """

    IS_OF_SUBJECT = True
    TYPES: ClassVar[Mapping[str, str]] = {"consent_no": "string", "withdrawn_at": "timestamp"}
    consent_no: _Column
    withdrawn_at: _Column


class ApplicationTable(RoleTable):
    """Applications for a loan.

    Attributes:
        application_no: the application's number, which the spine calls `application_id`.
    """

    TYPES: ClassVar[Mapping[str, str]] = {"application_no": "string"}
    application_no: _Column


class LoanTable(RoleTable):
    """Loans that the bank has made."""


class MembershipTable(RoleTable):
    """Who belonged to which household, and when; of a person and household the first day tells memberships apart.

    Attributes:
        household_no: the household's number; records of a table with a column of that name are its household's.
        valid_from_date, valid_to_date: from which day, and before which day (null: it goes on).
    """

    IS_OF_SUBJECT = True
    TYPES: ClassVar[Mapping[str, str]] = {"household_no": "string", "valid_from_date": "date", "valid_to_date": "date"}
    MAY_BE_NULL = ("valid_to_date",)
    household_no: _Column
    valid_from_date: _Column
    valid_to_date: _Column


class Facts(Declaration):
    """Features that decisions read as facts, beside the scores: all of them where limits are set.

    Attributes:
        existing_exposure_cny: what the applicant owes on running loans; null is nothing.
        existing_debt_service_cny_month: what these take each month; null is nothing.
        history_months: how long the account has a history; null is none.
    """

    existing_exposure_cny: str | None = None
    existing_debt_service_cny_month: str | None = None
    history_months: str | None = None

    @property
    def stated(self) -> dict[str, str]:
        """The facts that are said, with their features."""
        return self.model_dump(exclude_none=True)


class TableRoles(Declaration):
    """All roles that a workspace's contracts play; one that isn't stated is played by none."""

    consent: ConsentTable | None = None
    withdrawal: WithdrawalTable | None = None
    application: ApplicationTable | None = None
    loan: LoanTable | None = None
    membership: MembershipTable | None = None
    facts: Facts | None = None

    @property
    def stated(self) -> dict[TableRole, RoleTable]:
        """The tables that play a role."""
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
        raise ContractError(f"{FILE} is not valid: {', '.join(twice)} has several roles; give each a table of its own")
    return roles
