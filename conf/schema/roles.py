"""Roles: which data of persons somebody may see, plain, masked or not at all, and for which purposes."""

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from conf.schema import yaml_reader
from conf.schema.column import Column, Identifier, Text
from conf.schema.contract import Purpose
from conf.schema.declaration import Declaration, is_mapping
from conf.schema.errors import ContractError, Forbidden
from conf.schema.languages import SHOWN
from conf.schema.people import Office, People
from conf.schema.person_names import one_form

_UNDECLARED = (
    "there is no conf/roles.yaml, so everybody sees personal data masked; write one with a role that sees class C2 "
    "plain (roles: title, purposes, classes, identifiers) and who holds it (members: {NAME: [ROLE]}), as the project's "
    "does"
)


class Sight(StrEnum):
    """How a value is shown to a person."""

    PLAIN = "plain"
    MASKED = "masked"
    HIDDEN = "hidden"


class Role(Declaration):
    """What a person may see when they look at data of persons; jobs are limited only by purpose.

    Attributes:
        name: key of the role in the YAML.
        offices: offices of `conf/people.yaml`; a person in one of them has the role.
        purposes: purposes for which the role may look at data.
        classes: class of JR/T 0197 → how its columns are shown.
        identifiers: kind of direct identifier → how it is shown, for each kind that the workspace's contracts have; by
            default, numbers of other kinds (`subject`) are shown like resident IDs. Other kinds are hidden.
    """

    name: str
    title: Text
    offices: tuple[Office, ...] = ()
    purposes: tuple[Purpose, ...]
    classes: dict[Literal["C1", "C2"], Sight]
    identifiers: dict[Identifier, Sight] = Field(default={})

    @field_validator("identifiers", mode="before")
    @classmethod
    def _of_other_kinds(cls, stated: Any) -> Any:
        if is_mapping(stated) and "resident_id" in stated:
            return {"subject": stated["resident_id"]} | stated
        return stated

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := [name for name in ("C1", "C2") if name not in self.classes]:
            raise ValueError(f"role {self.name} doesn't say how classes {', '.join(missing)} are shown")
        return self

    def sight(self, column: Column) -> Sight:
        """How a column is shown."""
        if column.identifier:
            return self.identifiers.get(column.identifier, Sight.HIDDEN)
        return self.classes["C1" if column.sensitivity == "C1" else "C2"]  # class C3 is never stored

    @property
    def in_the_clear(self) -> list[str]:
        """Identifiers and classes above C1 that the role sees plain."""
        shown = {**self.identifiers, "C2": self.classes["C2"]}
        return sorted(name for name, sight in shown.items() if sight is Sight.PLAIN)

    def require(self, purpose: Purpose) -> None:
        """Make sure that the role may look at data for a purpose.

        Raises:
            Forbidden: it may not.
        """
        if purpose not in self.purposes:
            allowed = ", ".join(self.purposes) or "nothing"
            raise Forbidden(f"role {self.name} may not look at persons' data for {purpose}; it may for {allowed}")


class Roles(Declaration):
    """All roles of a workspace and their members.

    Attributes:
        members: operator → roles; the first role counts if none is named. In a workspace with people, the members
            follow from their offices.
        others: role of everybody who isn't listed; it must not see class C2 plain. If None, they see nothing.
    """

    roles: dict[str, Role]
    members: dict[str, tuple[str, ...]] = Field(default={})
    others: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, stated: Any) -> Any:
        if is_mapping(stated) and is_mapping(roles := stated.get("roles")):
            named = {name: {"name": name} | role for name, role in roles.items() if is_mapping(role)}
            return stated | {"roles": roles | named}
        return stated

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        others = {self.others} if self.others else set[str]()
        assigned = {name for names in self.members.values() for name in names} | others
        if unknown := assigned - self.roles.keys():
            raise ValueError(f"members or others hold roles that aren't defined: {', '.join(sorted(unknown))}")
        if self.others and (plain := self.roles[self.others].in_the_clear):
            raise ValueError(f"others hold {self.others}, which sees {', '.join(plain)} plain; list who may see that")
        return self

    def require_kinds(self, kinds: Collection[Identifier]) -> None:
        """Make sure that every role says how each kind of identifier is shown that contracts have.

        Raises:
            ContractError: some don't; all of them are named.
        """
        missing = {
            role.name: [kind for kind in get_args(Identifier) if kind in kinds and kind not in role.identifiers]
            for role in self.roles.values()
        }
        if silent := [f"role {name} of {', '.join(left)}" for name, left in missing.items() if left]:
            raise ContractError(
                f"roles conf/roles.yaml don't say how identifiers are shown that contracts have: {'; '.join(silent)}; "
                "say for each plain, masked or hidden (identifiers: {phone: masked})"
            )

    @property
    def _are_default(self) -> bool:
        """Whether the workspace declares no roles."""
        return self.roles == MASKED_ONLY.roles

    def why_withheld(self, role: Role) -> str | None:
        """Why a role doesn't see class C2 plain, and what to do; None if it does."""
        if role.classes["C2"] is Sight.PLAIN:
            return None
        if self._are_default:
            return _UNDECLARED
        return f"role {role.name} sees class C2 {role.classes['C2']}, as conf/roles.yaml says; another may see it plain"

    def role_of(self, operator: str, name: str | None = None) -> Role:
        """The role in which an operator acts.

        Args:
            name: name of the role that the operator claims; by default their first role.

        Raises:
            Forbidden: the operator doesn't have this role, or has none.
        """
        members = {one_form(member): roles for member, roles in self.members.items()}
        names = members.get(one_form(operator)) or ((self.others,) if self.others else ())
        if not names or (name and name not in names):
            where = _UNDECLARED if self._are_default else "offices in conf/people.yaml, or members in conf/roles.yaml"
            raise Forbidden(
                f"{operator} doesn't hold the role {name or 'of anybody'}; holds {', '.join(names) or 'none'} ({where})"
            )
        return self.roles[name or names[0]]

    def with_members(self, people: People, day: date) -> "Roles":
        """The roles with a workspace's people who may act on a day as members; unchanged if it has no people.

        Raises:
            ContractError: the roles list members too, so there would be two lists.
        """
        if not people.people:
            return self
        if self.members:
            raise ContractError(
                "members are listed in conf/roles.yaml and people in conf/people.yaml; keep one list: take members out "
                "of conf/roles.yaml, and say there which offices hold a role (offices: [reviewer])"
            )
        roles_of = {
            person: tuple(role.name for role in self.roles.values() if {*role.offices} & {*person.roles})
            for person in people.current(day)
        }
        members = {name: names for person, names in roles_of.items() if names for name in (person.id, *person.logins)}
        return self.model_copy(update={"members": members})


def read(path: Path, languages: Sequence[str] = SHOWN) -> Roles:
    """Read the roles; in a workspace without the file everybody sees personal data masked only.

    Raises:
        ContractError: the file is not valid.
    """
    if not path.exists():
        return MASKED_ONLY
    return yaml_reader.read(Roles, path, f"roles conf/{path.name} are", languages)


MASKED_ONLY = Roles(
    roles={
        "masked": Role(
            name="masked",
            title=Text(en="Anybody", zh="任何人"),
            purposes=tuple(purpose for purpose in Purpose if purpose is not Purpose.FAIRNESS_TESTING),
            classes={"C1": Sight.PLAIN, "C2": Sight.MASKED},
            identifiers=dict.fromkeys(get_args(Identifier), Sight.MASKED),
        )
    },
    others="masked",
)
