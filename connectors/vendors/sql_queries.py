"""The queries that an admin writes for a contract: how they are written down, and what each must take and give."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Date, TextClause, bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from connectors.database.base import UtcDateTime
from connectors.errors import Rejected
from connectors.records import RecordReader

_HEAD = re.compile(r"^[ \t]*--[ \t]*name:[ \t]*(\S+)[ \t]*$", re.MULTILINE)
# Literals, quoted names and comments: what stands in them is no part of the statement's own words.
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_READS = re.compile(r"\s*\(*\s*(select|with|values)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a contract. `sample` are its parameters, each with a value to try it with; tuples are for IN.

    `key` are columns that its rows have beside those of their record, `given` fields that come from another query.
    `is_listed`: its rows are shown as a preview.
    """

    name: str
    reader: RecordReader[Any]
    sample: Mapping[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    is_required: bool = True
    is_listed: bool = False

    @property
    def columns(self) -> frozenset[str]:
        return self.reader.required | frozenset(self.key)


def parse_queries(written: str) -> Mapping[str, str]:
    """The statements by name; before each stands a line `-- name: find_order`.

    Raises:
        Rejected: a text without such a line, a name twice, or a statement that is none, several, or does not read.
    """
    pieces = _HEAD.split(written)
    if pieces[0].strip():
        raise Rejected("Before each query stands a line of its own with its name, for example: -- name: find_order")
    names, statements = pieces[1::2], pieces[2::2]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Rejected(f"The query {twice[0]} stands there twice; keep one of them.")
    return {name: _one_reading(name, written) for name, written in zip(names, statements, strict=True)}


def _one_reading(name: str, written: str) -> str:
    statement = written.strip().rstrip(";").rstrip()
    bare = _QUOTED.sub(" ", statement)
    if ";" in bare:
        raise Rejected(f"The query {name} holds several statements; write one, without a semicolon in between.")
    if _READS.match(bare) is None:
        raise Rejected(f"The query {name} must begin with SELECT, WITH or VALUES: this connection only reads.")
    return statement


def prepare_queries(queries: Sequence[Query], written: Mapping[str, str]) -> Mapping[str, TextClause]:
    """The statements of a contract with their parameters, those that may be missing left out.

    Raises:
        Rejected: a query is missing, or takes a parameter too many or too few.
    """
    missing = [query.name for query in queries if query.is_required and query.name not in written]
    if missing:
        raise Rejected(f"These queries are missing: {', '.join(missing)}. docs/connectors.md says what each must give.")
    return {query.name: _prepare(query, written[query.name]) for query in queries if query.name in written}


def _prepare(query: Query, written: str) -> TextClause:
    try:
        statement = text(written)
        taken = set(statement.compile().params)
    except SQLAlchemyError as error:
        raise Rejected(f"The query {query.name} cannot be read: {error}") from error
    if unknown := sorted(taken - set(query.sample)):
        known = ", ".join(f":{name}" for name in query.sample) or "none"
        raise Rejected(f"The query {query.name} takes no parameter :{unknown[0]}; it may take {known}.")
    if unused := sorted(set(query.sample) - taken):
        raise Rejected(f"The query {query.name} must use :{unused[0]}; without it, it would answer for everybody.")
    return statement.bindparams(*(_parameter(name, value) for name, value in query.sample.items()))


def _parameter(name: str, sample: Any) -> BindParameter[Any]:
    """Words have no type of their own: the database compares them with whatever stands beside them."""
    if isinstance(sample, datetime):
        return bindparam(name, type_=UtcDateTime())
    if isinstance(sample, date):
        return bindparam(name, type_=Date())
    return bindparam(name, expanding=isinstance(sample, tuple))
