"""Reading all pages of a list: by number, offset, cursor or Link header, and never in a circle."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urljoin

from requests.utils import parse_header_links

from connectors.errors import Rejected, Unavailable
from connectors.http.answer import HttpAnswer
from connectors.http.client import HttpClient
from connectors.json_path import MISSING, JsonPath

MOST_PAGES = 5000


class PageKind(StrEnum):
    """NONE: one answer holds everything. LINK: the header Link names the next page (RFC 8288)."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Paging:
    """`parameter` carries the page, offset or cursor, `size_parameter` the wish for `size` rows; empty = not sent.

    `first_page` is the number of the first page. `cursor` is where an answer names the next cursor.
    """

    kind: PageKind = PageKind.NONE
    size: int = 100
    parameter: str = "page"
    size_parameter: str = ""
    first_page: int = 1
    cursor: JsonPath | None = None
    most_pages: int = MOST_PAGES


@dataclass(slots=True)
class _Position:
    """Where a reading is: pages and rows so far, and what it asks next."""

    path: str
    params: Mapping[str, Any]
    page: int
    pages: int = 0
    rows: int = 0
    first_rows: int = 0


def read_pages(
    client: HttpClient,
    path: str,
    rows_of: Callable[[Any], Sequence[Any]],
    key_of: Callable[[Any], str],
    paging: Paging,
    params: Mapping[str, Any] | None = None,
) -> Iterator[Sequence[Any]]:
    """The rows page by page, each row once although pages shift while they are read.

    `key_of` tells rows apart; the empty text says that it cannot.

    Raises:
        Unavailable: a page came twice, so that others may be missing.
        Rejected: there is no end to it, or what `rows_of` and `key_of` raise.
    """
    position = _Position(path, _first_params(paging, params or {}), paging.first_page)
    seen_pages: set[int] = set()
    before: dict[str, Any] = {}
    while True:
        answer = client.get(position.path, position.params)
        document = answer.json()
        rows = rows_of(document)
        keys = [key_of(row) for row in rows]
        _require_new(answer.host, keys if any(keys) else [repr(row) for row in rows], seen_pages)
        yield [row for key, row in zip(keys, rows, strict=True) if not key or before.get(key) != row]
        before = dict(zip(keys, rows, strict=True))
        _count(position, len(rows), answer.host, paging.most_pages)
        if not _advance(position, paging, answer, document, len(rows)):
            return


def _first_params(paging: Paging, params: Mapping[str, Any]) -> Mapping[str, Any]:
    first = dict(params)
    if paging.size_parameter and paging.kind is not PageKind.NONE:
        first[paging.size_parameter] = paging.size
    if paging.kind is PageKind.PAGE:
        first[paging.parameter] = paging.first_page
    elif paging.kind is PageKind.OFFSET:
        first[paging.parameter] = 0
    return first


def _require_new(host: str, keys: Sequence[str], seen_pages: set[int]) -> None:
    """Only what the pages were is kept, not the rows: memory does not grow with them."""
    if not keys:
        return
    mark = hash(tuple(keys))
    if mark in seen_pages:
        raise Unavailable(
            f"{host} gave the same page twice, so others may be missing; "
            "if that happens again, correct the paging of the connection."
        )
    seen_pages.add(mark)


def _count(position: _Position, rows: int, host: str, most_pages: int) -> None:
    position.pages += 1
    position.rows += rows
    position.first_rows = position.first_rows or rows
    if position.pages >= most_pages:
        raise Rejected(f"{host} has more than {most_pages} pages; correct the paging or ask for larger pages.")


def _advance(position: _Position, paging: Paging, answer: HttpAnswer, document: Any, rows: int) -> bool:
    """Turn to the next page; False when there is none."""
    if paging.kind is PageKind.CURSOR:
        return _follow_cursor(position, paging, answer.host, document)
    if paging.kind is PageKind.LINK:
        return _follow_link(position, answer)
    # The first page tells how many rows the system gives at most: it may be fewer than were asked for.
    is_short = position.pages > 1 and rows < position.first_rows
    if paging.kind is PageKind.NONE or not rows or is_short:
        return False
    position.page += 1
    value = position.page if paging.kind is PageKind.PAGE else position.rows
    position.params = {**position.params, paging.parameter: value}
    return True


def _follow_cursor(position: _Position, paging: Paging, host: str, document: Any) -> bool:
    cursor = MISSING if paging.cursor is None else paging.cursor.find(document)
    if cursor is MISSING or cursor is None or cursor == "" or cursor is False:
        return False
    if not isinstance(cursor, str | int):
        raise Rejected(f"What {host} gives as cursor is none; correct its path in the connection.")
    if position.params.get(paging.parameter) == cursor:
        raise Unavailable(f"{host} names the page as the next that it is on; ask its administrator.")
    position.params = {**position.params, paging.parameter: cursor}
    return True


def _follow_link(position: _Position, answer: HttpAnswer) -> bool:
    links = parse_header_links(answer.headers.get("Link", ""))
    target = next((link["url"] for link in links if link.get("rel") == "next" and link.get("url")), None)
    if target is None:
        return False
    # The link carries all parameters itself.
    position.path, position.params = urljoin(answer.url, target), {}
    return True
