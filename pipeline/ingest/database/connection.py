"""A PostgreSQL database for ingest: connecting, describing and streaming, with the ADBC driver.

The address, with its password, is read from the environment when a connection is opened, also on the workers. It is in
no query plan and in no error text.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlencode

import pyarrow as pa
from adbc_driver_postgresql import StatementOptions, dbapi

from conf.schema.errors import PartnerError, SetupError
from conf.schema.source import Database

# a dead peer is noticed within a minute; libpq uses the last of two equal parameters, so these override the address
_PARAMETERS = {
    "application_name": "fieldstone",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# one statement, because each round trip takes time; the text forms below depend on these settings
_SESSION = """SELECT set_config('default_transaction_read_only', 'on', false), set_config('TimeZone', 'UTC', false),
set_config('DateStyle', 'ISO, YMD', false), set_config('extra_float_digits', '1', false),
set_config('client_encoding', 'UTF8', false), set_config('statement_timeout', '0', false)"""
# a range is read in the order of storage; in the order of an index it takes a third longer
_AS_IT_LIES = "SELECT set_config('enable_indexscan', 'off', false)"

_COLUMNS = """SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL),
       t.typcategory = 'E'
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attnum"""
_ROLE = """SELECT current_user, current_setting('server_encoding'),
       coalesce(has_table_privilege(to_regclass($1), 'INSERT, UPDATE, DELETE, TRUNCATE'), false)"""


def quoted(name: str) -> str:
    """A name as SQL, with any characters; `schema.table` needs two calls."""
    return '"' + name.replace('"', '""') + '"'


def qualified(table: str) -> str:
    """`schema.table` as SQL."""
    return ".".join(quoted(part) for part in table.split("."))


@dataclass(frozen=True)
class Reader:
    """Reads from a database with read access only. It contains no secret, so it may be sent to workers.

    Attributes:
        database: the declared connection.
    """

    database: Database

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """Rows of a query in batches of some 2 MB, by one COPY.

        A worker may read several batches in advance, so their size limits its memory.

        Raises:
            PartnerError, SetupError: the database can't be reached, refuses, or breaks off.
        """
        with self._cursor() as cursor:
            cursor.execute(_AS_IT_LIES)
            cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: "2000000"})
            cursor.execute(query)
            yield from cursor.fetch_record_batch()

    def describe(self, table: str) -> dict[str, str]:
        """Columns of a table or view that the role may read, with their types as PostgreSQL names them.

        Raises:
            PartnerError, SetupError: there are none, or the role may do more than read.
        """
        with self._cursor() as cursor:
            role, encoding, may_write = _rows(cursor, _ROLE, qualified(table))[0]
            columns = _rows(cursor, _COLUMNS, qualified(table))
        if may_write:
            raise SetupError(
                f"the role {role} may write {table}; connect with a role that may only read (GRANT SELECT, no more)"
            )
        if not columns:
            raise PartnerError(
                f"there is no table {table} with a column that the role {role} may read; check its name "
                "(upper and lower case count), or ask the partner for GRANT USAGE and GRANT SELECT"
            )
        if encoding == "SQL_ASCII":
            raise PartnerError(
                "the database has the encoding SQL_ASCII, so its text can't be decoded; ask the partner for one in UTF8"
            )
        return {name: "text" if is_enum else kind for name, kind, is_enum in columns}

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[dbapi.Cursor]:
        """A cursor whose queries all see the same rows.

        Raises:
            PartnerError, SetupError: as for `stream`.
        """
        with self._cursor(autocommit=False) as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield cursor

    @contextlib.contextmanager
    def _cursor(self, autocommit: bool = True) -> Iterator[dbapi.Cursor]:
        url = self._url()
        try:
            with dbapi.connect(url, autocommit=True) as connection:
                with connection.cursor() as cursor:
                    cursor.execute(_SESSION)
                connection.adbc_connection.set_autocommit(autocommit)
                with connection.cursor() as cursor:
                    yield cursor
        except (dbapi.Error, pa.ArrowException, OSError) as error:
            raise PartnerError(
                f"the database of {self.database.url_env} failed: {_message(error, url)}; "
                "nothing of this batch was stored. Run it again once the cause is gone",
                transient=True,
            ) from None  # its text may contain the password

    def _url(self) -> str:
        name = self.database.url_env
        url = os.environ.get(name, "")
        if not re.match(r"postgres(ql)?://", url):
            raise SetupError(
                f"{name} is {'no such address' if url else 'not set'}; put the database's address into the environment "
                f"(of the workers too): {name}=postgresql://user:password@host:5432/database"
            )
        query = urlencode(_PARAMETERS | {"sslmode": self.database.sslmode})
        return f"{url}{'&' if '?' in url else '?'}{query}"


def _rows(cursor: dbapi.Cursor, query: str, *values: str) -> list[tuple]:
    cursor.execute(query, values)
    return cursor.fetchall()


def _message(error: Exception, url: str) -> str:
    """The message of the server or of libpq, on one line, without secrets and without values of rows."""
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith("22"):
        return f"a value can't be read (SQLSTATE {state})"
    message = str(error).split("[libpq] ")[-1].split("ERROR:  ")[-1].split("FATAL:  ")[-1].strip().splitlines()[0]
    for secret in _secrets(url):
        message = message.replace(secret, "***")
    return message.removesuffix(".")


def _secrets(url: str) -> list[str]:
    """The address, and its password both encoded and decoded, the longest first."""
    authority = url.split("://", 1)[1].rsplit("@", 1)[0]
    password = authority.split(":", 1)[1] if ":" in authority and "@" in url else ""
    return sorted(filter(None, {url, authority, password, unquote(password)}), key=len, reverse=True)
