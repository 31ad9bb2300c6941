"""Asking a database: it is opened for reading only, bounded in time and rows, and rows become records."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine, text

from connectors.errors import Rejected
from connectors.records import FieldError
from connectors.vendor import PreviewRow
from connectors.vendors.sql_failures import explain_query
from connectors.vendors.sql_queries import Query, prepare_queries

_PIECE_ROWS = 1000
_MAY_WRITE = """
SELECT EXISTS (
    SELECT 1 FROM pg_class AS tables JOIN pg_namespace AS spaces ON spaces.oid = tables.relnamespace
    WHERE tables.relkind IN ('r', 'p') AND spaces.nspname NOT IN ('pg_catalog', 'information_schema')
    AND has_table_privilege(tables.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
)
"""
_BEGIN_READING = {
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}


class SqlSource:
    """The queries of one contract at one database. Nothing is ever committed.

    Raises (any method):
        Unavailable, AuthFailed: the database is away, or refuses the user.
        Rejected: a query is wrong, gives too many rows, or a row that its contract cannot be made of.
    """

    def __init__(
        self, engine: Engine, queries: Sequence[Query], written: Mapping[str, str], max_rows: int, secret: str = ""
    ) -> None:
        self._engine = engine
        self._queries = {query.name: query for query in queries}
        self._statements = prepare_queries(queries, written)
        self._max_rows = max_rows
        self._secret = secret
        # Whoever forgets this object forgets its connections with it.
        weakref.finalize(self, engine.dispose)

    def has(self, name: str) -> bool:
        return name in self._statements

    def rows(self, name: str, **parameters: Any) -> Iterator[Mapping[str, Any]]:
        """The rows of a query by the names of their columns, read piece by piece."""
        with explain_query(name, self._secret), self._engine.connect() as connection:
            if words := _BEGIN_READING.get(connection.dialect.name):
                connection.exec_driver_sql(words)
            reading = connection.execution_options(stream_results=True, yield_per=_PIECE_ROWS)
            with reading.execute(self._statements[name], parameters) as result:
                self._require_columns(name, frozenset(result.keys()))
                for count, row in enumerate(result, start=1):
                    if count > self._max_rows:
                        raise Rejected(
                            f"The query {name} gives more than {self._max_rows} rows; narrow it, or allow more of them."
                        )
                    yield row._asdict()

    def records(self, name: str, **parameters: Any) -> Iterator[Any]:
        """The records that a query gives."""
        for row in self.rows(name, **parameters):
            yield self.read(name, row)

    def read(self, name: str, row: Mapping[str, Any], **given: Any) -> Any:
        """The record of one row; `given` are fields that come from elsewhere."""
        try:
            return self._queries[name].reader.read(row, **given)
        except FieldError as error:
            raise Rejected(
                f"The query {name} gives a row whose column {error.field} does not fit: {error.problem}"
            ) from error

    def check(self) -> str:
        """Run every query up to its first row, and say what answered."""
        for name in self._statements:
            for row in self.rows(name, **self._queries[name].sample):
                self.read_any(name, row)
                break
        warning = " Its user may also write there; one that may only SELECT is safer." if self._may_write() else ""
        return f"{self._describe()} answered; {len(self._statements)} queries fit.{warning}"

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        """The first rows of the query that lists: as the database has them, and what they become."""
        found: list[PreviewRow] = []
        for name, query in self._queries.items():
            if not (query.is_listed and name in self._statements):
                continue
            for row in self.rows(name, **_all_of(query.sample, limit)):
                found.append(self._shown(name, row))
                if len(found) == limit:
                    return found
        return found

    def read_any(self, name: str, row: Mapping[str, Any]) -> Any:
        """The record of one row, without what would come from elsewhere."""
        return self.read(name, row, **dict.fromkeys(self._queries[name].given, ()))

    def _shown(self, name: str, row: Mapping[str, Any]) -> PreviewRow:
        try:
            return PreviewRow(dict(row), asdict(self.read_any(name, row)))
        except Rejected as error:
            return PreviewRow(dict(row), problem=error.reason)

    def _require_columns(self, name: str, given: frozenset[str]) -> None:
        if missing := sorted(self._queries[name].columns - given):
            raise Rejected(f"The query {name} gives no column {', '.join(missing)}; name them with AS.")

    def _may_write(self) -> bool:
        """Known of PostgreSQL only."""
        with explain_query("check", self._secret), self._engine.connect() as connection:
            return connection.dialect.name == "postgresql" and bool(connection.scalar(text(_MAY_WRITE)))

    def _describe(self) -> str:
        with explain_query("version", self._secret), self._engine.connect() as connection:
            version = ".".join(str(part) for part in (connection.dialect.server_version_info or ())[:2])
            return f"{connection.dialect.name} {version}".strip()


def in_pieces(values: Sequence[str], size: int = 500) -> Iterator[tuple[str, ...]]:
    """Values for IN, so many at a time as every database takes."""
    for start in range(0, len(values), size):
        yield tuple(values[start : start + size])


def _all_of(sample: Mapping[str, Any], limit: int) -> Mapping[str, Any]:
    return {**sample, "limit": limit} if "limit" in sample else sample
