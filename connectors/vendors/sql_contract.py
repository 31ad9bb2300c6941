"""What everything that is read by SQL has in common."""

from collections.abc import Sequence
from typing import ClassVar, NoReturn

from connectors.errors import Rejected
from connectors.vendor import PreviewRow
from connectors.vendors.sql_queries import Query
from connectors.vendors.sql_source import SqlSource


class SqlContract:
    """A contract over the queries of an admin."""

    QUERIES: ClassVar[tuple[Query, ...]] = ()

    def __init__(self, source: SqlSource) -> None:
        self.source = source

    def check(self) -> str:
        """Whether every query runs and gives the columns of its records."""
        return self.source.check()

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        """The first rows as the database has them, and what is made of them."""
        return self.source.preview(limit)

    def refuse_write(self, what: str) -> NoReturn:
        raise Rejected(f"This connection only reads: {what} in the system itself.")
