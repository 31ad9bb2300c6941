"""Reading all pages of a list: by number, offset, cursor or link, and never in a circle."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urljoin

from requests.utils import parse_header_links

from connectors.errors import NotFound, Rejected, Unavailable
from connectors.http.answer import HttpAnswer
from connectors.http.client import HttpClient
from connectors.json_path import MISSING, JsonPath

MOST_PAGES = 5000


class PageKind(StrEnum):
    """NONE: one answer holds everything. LINK: the header Link names the next page (RFC 8288); NEXT: the body does."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    LINK = "link"
    NEXT = "next"


# Pages that we turn ourselves; the others are named by the system.
_COUNTED = frozenset({PageKind.PAGE, PageKind.OFFSET})


@dataclass(frozen=True, slots=True)
class Paging:
    """`parameter` carries the page, offset or cursor, `size_parameter` the wish for `size` rows; empty = not sent.

    `first_page` is the number of the first page. `cursor` is where an answer names the next cursor or address, `total`
    where it says how many rows there are; without it, pages by number or offset end with an empty one: a page may be
    short because the system left rows out of it.
    """

    kind: PageKind = PageKind.NONE
    size: int = 100
    parameter: str = "page"
    size_parameter: str = ""
    first_page: int = 1
    cursor: JsonPath | None = None
    total: JsonPath | None = None
    most_pages: int = MOST_PAGES

    def first_params(self, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """What the first page is asked for with, besides `params`."""
        first = dict(params or {})
        if self.size_parameter and self.kind is not PageKind.NONE:
            first[self.size_parameter] = self.size
        if self.kind in _COUNTED:
            first[self.parameter] = self.first_page if self.kind is PageKind.PAGE else 0
        return first


@dataclass(slots=True)
class _Position:
    """Where a reading is: pages and rows so far, and what it asks next."""

    path: str
    params: Mapping[str, Any]
    page: int
    pages: int = 0
    rows: int = 0


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
    position = _Position(path, paging.first_params(params), paging.first_page)
    seen_pages: set[int] = set()
    before: dict[str, Any] = {}
    while True:
        answer = _ask(client, position, paging)
        document = answer.json()
        rows = rows_of(document)
        keys = [key_of(row) for row in rows]
        _require_new(answer.host, keys if any(keys) else [repr(row) for row in rows], seen_pages)
        yield [row for key, row in zip(keys, rows, strict=True) if not key or before.get(key) != row]
        before = dict(zip(keys, rows, strict=True))
        _count(position, len(rows), answer.host, paging.most_pages)
        if not _advance(position, paging, answer, document, len(rows)):
            return


def _ask(client: HttpClient, position: _Position, paging: Paging) -> HttpAnswer:
    try:
        return client.get(position.path, position.params)
    except (NotFound, Rejected) as error:
        if not position.pages or paging.kind not in _COUNTED:
            raise
        # Some systems answer so beyond the last page, but nothing tells that from a page that is missing.
        hint = "If that was its last page, fill in where it says how many rows there are."
        raise type(error)(f"{error.reason} {hint}") from error


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
    if position.pages >= most_pages:
        raise Rejected(f"{host} has more than {most_pages} pages; correct the paging or ask for larger pages.")


def _advance(position: _Position, paging: Paging, answer: HttpAnswer, document: Any, rows: int) -> bool:
    """Turn to the next page; False when there is none."""
    if paging.kind is PageKind.CURSOR:
        return _follow_cursor(position, paging, answer.host, document)
    if paging.kind in (PageKind.LINK, PageKind.NEXT):
        target = _linked(answer) if paging.kind is PageKind.LINK else _named(paging, answer.host, document)
        return _follow_link(position, answer, target)
    if paging.kind is PageKind.NONE or not rows or _has_all(position, paging, answer.host, document):
        return False
    position.page += 1
    value = position.page if paging.kind is PageKind.PAGE else position.rows
    position.params = {**position.params, paging.parameter: value}
    return True


def _has_all(position: _Position, paging: Paging, host: str, document: Any) -> bool:
    """Whether as many rows came as there are; False where the system does not say how many."""
    if paging.total is None:
        return False
    total = str(paging.total.find(document))
    if not (total.isascii() and total.isdigit()):
        raise Rejected(f"{host} gives no number at {paging.total.written}, where it says how many rows there are.")
    return position.rows >= int(total)


def _named(paging: Paging, host: str, document: Any) -> str | None:
    """The address of the next page as it stands in the answer."""
    target = _following(paging, document)
    if target is not None and not isinstance(target, str):
        raise Rejected(f"What {host} gives as the next page is no address; correct its path in the connection.")
    return target


def _following(paging: Paging, document: Any) -> Any:
    """The next cursor or address; None where the answer says that there is none."""
    found = MISSING if paging.cursor is None else paging.cursor.find(document)
    return None if found is MISSING or found is False or found == "" else found


def _follow_cursor(position: _Position, paging: Paging, host: str, document: Any) -> bool:
    cursor = _following(paging, document)
    if cursor is None:
        return False
    if not isinstance(cursor, str | int):
        raise Rejected(f"What {host} gives as cursor is none; correct its path in the connection.")
    if position.params.get(paging.parameter) == cursor:
        raise Unavailable(f"{host} names the page as the next that it is on; ask its administrator.")
    position.params = {**position.params, paging.parameter: cursor}
    return True


def _linked(answer: HttpAnswer) -> str | None:
    links = parse_header_links(answer.headers.get("Link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next" and link.get("url")), None)


def _follow_link(position: _Position, answer: HttpAnswer, target: str | None) -> bool:
    if target is None:
        return False
    try:
        # The link carries all parameters itself.
        position.path, position.params = urljoin(answer.url, target), {}
    except ValueError as error:
        raise Rejected(f"What {answer.host} names as the next page is no address; ask its administrator.") from error
    return True
