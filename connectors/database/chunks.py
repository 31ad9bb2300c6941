"""Long lists of values in pieces that every database takes in one statement."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

# SQLite takes 32,766 bound values in one statement, PostgreSQL 65,535; 1,000 keeps the plan in its cache.
VALUES_PER_QUERY = 1_000

T = TypeVar("T")


def in_chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), VALUES_PER_QUERY):
        yield values[start : start + VALUES_PER_QUERY]
