"""Parts of declarations that are optional in general, but required for what the caller does.

Each function returns the part, or raises an error that says what is missing and where to declare it.
"""

from typing import Literal, TypeVar

from conf.schema.contract import Contract
from conf.schema.declaration import Declaration
from conf.schema.errors import ContractError
from conf.schema.inspection_rules import Inspection
from conf.schema.policy import Policy
from conf.schema.source import Asset, Source
from conf.schema.subject import Subject
from conf.schema.workspace import Workspace

Kind = TypeVar("Kind", bound=Declaration)


def policy(workspace: Workspace) -> Policy:
    """The policy of a workspace that makes decisions.

    Raises:
        ContractError: it has none.
    """
    if workspace.policy is None:
        raise ContractError(
            "this workspace can't decide, because it has no conf/policy.yaml; write one, as docs/how-to/workspace.md "
            "shows"
        )
    return workspace.policy


def inspection(workspace: Workspace) -> Inspection:
    """The rules of a workspace that scores and inspects its partners.

    Raises:
        ContractError: it has none.
    """
    if workspace.inspection is None:
        raise ContractError("this workspace can't inspect partners, because it has no conf/inspection.yaml; write one")
    return workspace.inspection


def subject(contract: Contract) -> Subject:
    """The declaration of the subject of a contract's rows.

    Raises:
        ContractError: the contract declares no subject.
    """
    if contract.subject is None:
        raise ContractError(f"contract {contract.table} doesn't say whose data a row is; state its subject")
    return contract.subject


def published(contract: Contract) -> str:
    """The column with the moment when a row was published.

    Raises:
        ContractError: the contract names none.
    """
    if contract.published is None:
        raise ContractError(f"contract {contract.table} doesn't say when a row was published; state published")
    return contract.published


def connection(source: Source, kind: type[Kind]) -> Kind:
    """A source's connection, if it is of a kind.

    Raises:
        ContractError: it is of another kind.
    """
    if not isinstance(source.connection, kind):
        raise ContractError(
            f"source {source.name} is reached by {source.connection.kind}, but {kind.__name__} is needed; see "
            "connection in its file"
        )
    return source.connection


def setting(asset: Asset, name: Literal["table", "watermark", "endpoint", "path"]) -> str:
    """A setting of an asset that the kind of its connection requires.

    Raises:
        ContractError: the asset doesn't state it.
    """
    if (stated := getattr(asset, name)) is None:
        raise ContractError(f"an asset needs {name} for the connection of its source; state it in the source's file")
    return stated
