"""Writing many rows at once, a piece at a time, so that memory does not grow with the year."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import insert, inspect
from sqlalchemy.orm import Session

from connectors.database.base import Base

Row = Mapping[str, Any]
PIECE = 5_000


def write_numbered(session: Session, table: type[Base], rows: Iterable[Row]) -> list[int]:
    """The ids that the database gave them, in their order. For a table that is numbered."""
    statement = insert(table).returning(inspect(table).primary_key[0], sort_by_parameter_order=True)
    iterator: Iterator[Row] = iter(rows)
    ids: list[int] = []
    while piece := list(islice(iterator, PIECE)):
        ids += session.scalars(statement, [dict(row) for row in piece])
    return ids


def write_rows(session: Session, table: type[Base], rows: Iterable[Row]) -> int:
    """Returns how many there were; all have the same columns."""
    iterator: Iterator[Row] = iter(rows)
    count = 0
    while piece := list(islice(iterator, PIECE)):
        session.execute(insert(table), [dict(row) for row in piece])
        count += len(piece)
    return count
