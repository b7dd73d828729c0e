"""The partners' servers, for sources that are read from a server instead of from files, as the environment selects.

`FIELDSTONE_SOURCE_BANK=postgres` reads the bank from its database, `FIELDSTONE_SOURCE_FARM=api` the agriculture
platform over HTTPS. A server of the sandbox stands in for the partner, unless the environment names the partner's own.
"""

import os
from dataclasses import dataclass

from conf.schema.workspace import Workspace
from pipeline.machine import postgresql
from sandbox.stack.servers import Servers


@dataclass(frozen=True)
class Stand:
    """A server that stands in for a partner.

    Attributes:
        name: name of its process.
        module: module that it runs.
        folder: folder beside the landing zone, with the variables for its clients.
        address: environment variable with the server's address.
    """

    name: str
    module: str
    folder: str
    address: str


STANDS = {
    "database": Stand("bank-database", "sandbox.partners.postgres", "postgres", "FIELDSTONE_BANK_URL"),
    "api": Stand("partner-api", "sandbox.partners.platform_api", "partner", "FIELDSTONE_PARTNER_URL"),
}


def needed(place: Workspace) -> list[Stand]:
    """The servers that a workspace's sources need and for which the environment has no address.

    Raises:
        FieldstoneError: one of them can't be started on this machine.
    """
    kinds = {source.connection.kind for source in place.sources.values()}
    stands = [stand for kind, stand in STANDS.items() if kind in kinds and stand.address not in os.environ]
    if STANDS["database"] in stands:
        postgresql.require()
    return stands


def start(servers: Servers, place: Workspace, stands: list[Stand]) -> None:
    """Start servers with the county of a workspace, and add the variables that jobs need to the environment."""
    for stand in stands:
        folder = place.settings.landing.with_name(stand.folder)
        os.environ.update(servers.start_partner(place, stand.name, stand.module, folder))
