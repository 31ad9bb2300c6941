"""Paths into documents are the singular queries of RFC 9535."""

from typing import Any

import pytest

from connectors.errors import Rejected
from connectors.json_path import MISSING, parse_path

DOCUMENT = {
    "store": {"o'clock": 7, "full name": "Emma", "book": [{"price": 1}, {"price": 2}], "none": None, "j": {"k": 3}},
    "é": "accent",
    "ship-to": "Praha",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DOCUMENT), ("", DOCUMENT), ("$.store.j.k", 3), ("store.j.k", 3), ("$['store']['full name']", "Emma"),
        ('$["store"]["o\'clock"]', 7), ("$.store.book[0].price", 1), ("$.store.book[-1].price", 2), ("$.é", "accent"),
        ("ship-to", "Praha"), ("$.store.none", None), ("$.store.book[2].price", MISSING), ("$.store[0]", MISSING),
        ("$.store.book.price", MISSING), ("$.store.book[-3]", MISSING), ("$.nowhere.else", MISSING),
        ("$.store.none.deeper", MISSING), (" $.store.j.k ", 3),
    ],
)  # fmt: skip
def test_a_path_finds_what_stands_there(path: str, value: Any) -> None:
    assert parse_path(path).find(DOCUMENT) == value


@pytest.mark.parametrize(
    "path", ["$..price", "$.store.book[*]", "$.a b", "$.book[?@.price]", "$[0:2]", "$.", "a..b", "$['a", "$[a]", "$x"]
)
def test_what_could_find_several_things_is_no_path(path: str) -> None:
    with pytest.raises(Rejected, match="is no path"):
        parse_path(path)


def test_a_path_into_a_list_starts_with_its_index() -> None:
    assert parse_path("[1]").find(["a", "b"]) == "b"
    assert parse_path("[1]").find({"1": "b"}) is MISSING
