"""All pages are read, each row once, whatever way the pages follow, and never in a circle."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.errors import Rejected, Unavailable
from connectors.http.client import HttpClient
from connectors.http.paging import PageKind, Paging, read_pages
from connectors.http.reach import Reach
from connectors.json_path import parse_path
from tests.fixtures.faulty_gateway import Answer, FaultyGateway, Request


@dataclass
class Pages:
    """Answers these pages by the parameter `page`, whatever is asked beyond them is empty."""

    pages: list[Any]
    headers: dict[int, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request.path)
        query = parse_qs(urlsplit(request.path).query)
        number = int(query.get("page", ["1"])[0])
        document = self.pages[number - 1] if number <= len(self.pages) else []
        headers = {"Content-Type": "application/json"} | self.headers.get(number, {})
        return Answer(200, json.dumps(document).encode(), headers)


def read(pages: Pages, paging: Paging, path: str = "list", key: str = "id") -> list[Any]:
    return [row for page in each(pages, paging, path, key) for row in page]


def each(pages: Pages, paging: Paging, path: str = "list", key: str = "id") -> Iterator[Sequence[Any]]:
    with FaultyGateway(pages).running() as gateway:
        client = HttpClient(gateway.url + "api", reach=Reach.LOOPBACK, wait=lambda _seconds: None)
        yield from read_pages(client, path, rows_of, lambda row: str(row.get(key, "")), paging)
        client.close()


def rows_of(document: Any) -> Sequence[Any]:
    rows: Sequence[Any] = document if isinstance(document, list) else document["rows"]
    return rows


def rows(*numbers: int) -> list[dict[str, int]]:
    return [{"id": number} for number in numbers]


BY_PAGE = Paging(PageKind.PAGE, size=2, size_parameter="size")


def test_pages_are_read_to_the_one_that_is_short() -> None:
    pages = Pages([rows(1, 2), rows(3, 4), rows(5)])
    assert read(pages, BY_PAGE) == rows(1, 2, 3, 4, 5)
    assert pages.asked == ["/api/list?size=2&page=1", "/api/list?size=2&page=2", "/api/list?size=2&page=3"]


def test_a_full_last_page_is_followed_by_an_empty_one() -> None:
    pages = Pages([rows(1, 2), rows(3, 4)])
    assert read(pages, BY_PAGE) == rows(1, 2, 3, 4)
    assert len(pages.asked) == 3


def test_a_system_that_gives_fewer_rows_than_asked_for_loses_none() -> None:
    pages = Pages([rows(1, 2), rows(3, 4), rows(5)])
    assert read(pages, Paging(PageKind.PAGE, size=500, size_parameter="size")) == rows(1, 2, 3, 4, 5)


def test_an_empty_list_is_one_request() -> None:
    pages = Pages([[]])
    assert read(pages, BY_PAGE) == []
    assert len(pages.asked) == 1


def test_a_row_that_moved_to_the_next_page_meanwhile_comes_once() -> None:
    assert read(Pages([rows(1, 2), rows(2, 3), rows(4)]), BY_PAGE) == rows(1, 2, 3, 4)


def test_a_row_that_changed_while_it_moved_comes_again_as_it_is_now() -> None:
    newer = {"id": 2, "state": "paid"}
    assert read(Pages([rows(1, 2), [newer, *rows(3)], []]), BY_PAGE) == [*rows(1, 2), newer, *rows(3)]


def test_rows_that_nothing_tells_apart_all_come() -> None:
    same = [{"n": 1}, {"n": 1}]
    assert read(Pages([same, [{"n": 1}]]), BY_PAGE) == [*same, {"n": 1}]


@pytest.mark.parametrize("key", ["id", "none"])
def test_the_same_page_again_is_no_end_but_an_error(key: str) -> None:
    with pytest.raises(Unavailable, match="the same page twice"):
        read(Pages([rows(1, 2), rows(3, 4), rows(1, 2)]), BY_PAGE, key=key)


def test_pages_without_end_are_given_up() -> None:
    pages = Pages([rows(2 * n, 2 * n + 1) for n in range(50)])
    with pytest.raises(Rejected, match="more than 10 pages"):
        read(pages, Paging(PageKind.PAGE, size=2, most_pages=10))
    assert len(pages.asked) == 10


def test_pages_come_one_by_one_so_that_none_is_read_for_nothing() -> None:
    pages = Pages([rows(1, 2), rows(3, 4), rows(5)])
    reading = each(pages, BY_PAGE)
    next(reading)
    assert len(pages.asked) == 1


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/api/list?page=2&x=1", "/api/list?page=2&x=1", "list?page=2&x=1", "?page=2&x=1"]
)
def test_a_link_leads_on_however_it_is_written(target: str) -> None:
    pages = Pages([rows(1, 2), rows(3)])
    with FaultyGateway(pages).running() as gateway:
        pages.headers[1] = {"Link": f'<{target.replace("{port}", str(gateway.port))}>; rel="next"'}
        client = HttpClient(gateway.url + "api", reach=Reach.LOOPBACK)
        found = read_pages(client, "list", rows_of, lambda row: str(row["id"]), Paging(PageKind.LINK))
        assert [row for page in found for row in page] == rows(1, 2, 3)
        client.close()
    assert pages.asked[1] == "/api/list?page=2&x=1"


def test_a_link_to_another_system_is_not_followed() -> None:
    pages = Pages([rows(1)], {1: {"Link": '<https://evil.example/list?page=2>; rel="next"'}})
    with pytest.raises(Rejected, match="another system"):
        read(pages, Paging(PageKind.LINK))


def test_a_link_in_a_circle_is_found_out() -> None:
    pages = Pages([rows(1)], {1: {"Link": '</api/list>; rel="next"'}})
    with pytest.raises(Unavailable, match="twice"):
        read(pages, Paging(PageKind.LINK))


def cursor(path: str = "$.next") -> Paging:
    return Paging(PageKind.CURSOR, parameter="page", cursor=parse_path(path))


@pytest.mark.parametrize("end", [None, "", False])
def test_a_cursor_leads_on_until_there_is_none(end: Any) -> None:
    pages = Pages([{"rows": rows(1), "next": 2}, {"rows": [], "next": "3"}, {"rows": rows(2), "next": end}])
    assert read(pages, cursor()) == rows(1, 2)


def test_an_answer_without_the_cursor_is_the_last() -> None:
    assert read(Pages([{"rows": rows(1)}]), cursor()) == rows(1)


def test_a_cursor_that_stands_still_is_found_out() -> None:
    pages = Pages([{"rows": [], "next": 2}, {"rows": [], "next": 2}])
    with pytest.raises(Unavailable, match="names the page as the next"):
        read(pages, cursor())


def test_a_cursor_that_is_none_is_refused() -> None:
    with pytest.raises(Rejected, match="cursor"):
        read(Pages([{"rows": [], "next": {"page": 2}}]), cursor())


def test_without_pages_one_answer_holds_everything() -> None:
    pages = Pages([rows(1, 2, 3), rows(4)])
    assert read(pages, Paging()) == rows(1, 2, 3)
    assert pages.asked == ["/api/list"]
