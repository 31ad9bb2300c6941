"""All pages are read, each row once, whatever way the pages follow, and never in a circle."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.errors import NotFound, Rejected, Unavailable
from connectors.http.client import HttpClient
from connectors.http.paging import PageKind, Paging, read_pages
from connectors.http.reach import Reach
from connectors.json_path import parse_path
from tests.fixtures.faulty_gateway import Answer, FaultyGateway, Request, System


@dataclass
class Pages:
    """Answers these pages by the parameter `page`; whatever is asked beyond them is empty, with the status `beyond`."""

    pages: list[Any]
    headers: dict[int, dict[str, str]] = field(default_factory=dict)
    beyond: int = 200
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request.path)
        query = parse_qs(urlsplit(request.path).query)
        number = int(query.get("page", ["1"])[0])
        document = self.pages[number - 1] if number <= len(self.pages) else []
        headers = {"Content-Type": "application/json"} | self.headers.get(number, {})
        return Answer(200 if number <= len(self.pages) else self.beyond, json.dumps(document).encode(), headers)


def by_offset(answers: Mapping[str, Any]) -> System:
    """Answers by the parameter `page`, which carries how many rows are skipped."""
    return lambda request: Answer.of(answers.get(parse_qs(urlsplit(request.path).query)["page"][0], []))


def read(pages: System, paging: Paging, path: str = "list", key: str = "id") -> list[Any]:
    return [row for page in each(pages, paging, path, key) for row in page]


def each(pages: System, paging: Paging, path: str = "list", key: str = "id") -> Iterator[Sequence[Any]]:
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
BY_TOTAL = Paging(PageKind.PAGE, size=2, total=parse_path("$.sum.rows"))


def test_pages_are_read_to_the_one_that_is_empty() -> None:
    pages = Pages([rows(1, 2), rows(3)])
    assert read(pages, BY_PAGE) == rows(1, 2, 3)
    assert pages.asked == ["/api/list?size=2&page=1", "/api/list?size=2&page=2", "/api/list?size=2&page=3"]


@pytest.mark.parametrize("kind", [PageKind.PAGE, PageKind.OFFSET])
def test_pages_that_the_system_shortened_by_a_filter_are_no_end(kind: PageKind) -> None:
    offsets = {"0": rows(1, 2, 3), "1": rows(1, 2, 3), "2": rows(4), "3": rows(4), "4": rows(5, 6)}
    pages = Pages([rows(1, 2, 3), rows(4), rows(5, 6)])
    found = read(pages if kind is PageKind.PAGE else by_offset(offsets), Paging(kind, size=3))
    assert found == rows(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(("status", "error"), [(404, NotFound), (400, Rejected)])
def test_a_page_that_is_refused_may_be_missing_and_is_no_end(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="where it says how many rows there are"):
        read(Pages([rows(1, 2), rows(3)], beyond=status), BY_PAGE)


def test_a_list_that_is_not_found_at_all_is_told_without_a_word_on_pages() -> None:
    with pytest.raises(NotFound) as caught:
        read(Pages([], beyond=404), BY_PAGE)
    assert "how many" not in caught.value.reason


@pytest.mark.parametrize("total", [3, "3", 0])
def test_a_system_that_says_how_many_rows_there_are_is_not_asked_for_more(total: Any) -> None:
    pages = Pages([{"rows": each, "sum": {"rows": total}} for each in (rows(1, 2), rows(3), rows(3))])
    assert read(pages, BY_TOTAL) == (rows(1, 2, 3) if total else rows(1, 2))
    assert len(pages.asked) == (2 if total else 1)


def test_a_total_that_pages_fall_short_of_is_followed_to_the_empty_page() -> None:
    pages = Pages([{"rows": each, "sum": {"rows": 9}} for each in (rows(1, 2), rows(3), [])])
    assert read(pages, BY_TOTAL) == rows(1, 2, 3)


@pytest.mark.parametrize("total", [None, "many", True, 2.5, [3], -1])
def test_a_total_that_is_no_number_is_refused(total: Any) -> None:
    with pytest.raises(Rejected, match="how many rows there are"):
        read(Pages([{"rows": rows(1, 2), "sum": {"rows": total}}]), BY_TOTAL)


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


@pytest.mark.parametrize("kind", [PageKind.LINK, PageKind.NEXT])
@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/api/list?page=2&x=1", "/api/list?page=2&x=1", "list?page=2&x=1", "?page=2&x=1"]
)
def test_a_link_leads_on_however_and_wherever_it_is_written(target: str, kind: PageKind) -> None:
    first: dict[str, Any] = {"rows": rows(1, 2), "@odata.nextLink": None}
    pages = Pages([first, {"rows": rows(3)}])
    with FaultyGateway(pages).running() as gateway:
        link = target.replace("{port}", str(gateway.port))
        if kind is PageKind.LINK:
            pages.headers[1] = {"Link": f'<{link}>; rel="next"'}
        else:
            first["@odata.nextLink"] = link
        client = HttpClient(gateway.url + "api", reach=Reach.LOOPBACK)
        paging = Paging(kind, cursor=parse_path("$['@odata.nextLink']"))
        found = read_pages(client, "list", rows_of, lambda row: str(row["id"]), paging)
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


@pytest.mark.parametrize("target", ["http://[", "http://127.0.0.1:99999/x", "http://[::1", "//[/x"])
@pytest.mark.parametrize("kind", [PageKind.LINK, PageKind.NEXT])
def test_a_link_that_is_none_is_refused(target: str, kind: PageKind) -> None:
    pages = Pages([{"rows": rows(1), "next": target}], {1: {"Link": f'<{target}>; rel="next"'}})
    with pytest.raises(Rejected):
        read(pages, Paging(kind, cursor=parse_path("$.next")))


@pytest.mark.parametrize("target", [2, {"href": "list?page=2"}, True])
def test_a_next_page_that_is_no_address_is_refused(target: Any) -> None:
    with pytest.raises(Rejected, match="no address"):
        read(Pages([{"rows": rows(1), "next": target}]), Paging(PageKind.NEXT, cursor=parse_path("$.next")))


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
