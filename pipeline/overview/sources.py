"""The present state of sources: tables, connection, last delivery, and whether the source is out."""

from datetime import datetime

from conf.schema.source import Source
from lake import state, stops
from pipeline.context import Context
from pipeline.results.everybody import SourceState
from pipeline.sources import outages


def states(context: Context) -> list[SourceState]:
    """The state of every declared source; if there is no state folder, none is created and no data are read."""
    sources = context.workspace.sources.values()
    if not state.is_there(context.workspace.settings.home):
        return [_state(context, source, None, None) for source in sources]
    out = outages.out(context) | dict.fromkeys(stops.closed(context.lake), "has left")
    return [_state(context, source, outages.last_received(context, source), out.get(source.name)) for source in sources]


def _state(context: Context, source: Source, last_received: datetime | None, out: str | None) -> SourceState:
    tables = tuple(contract.table for contract in context.workspace.tables_of(source.name))
    where = _where(context, source)
    return SourceState(source.name, source.connection.kind, where, tables, source.gates, last_received, out)


def _where(context: Context, source: Source) -> str:
    """Text on a source's connection; for a value in the environment, only the name of the variable."""
    connection = source.connection
    if connection.kind == "database":
        return connection.url_env
    if connection.kind == "api":
        return connection.base_url
    return connection.root or str(context.workspace.settings.landing / source.name)
