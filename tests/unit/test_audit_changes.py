"""What the audit log keeps of a change: differing fields only, no secret, no address, nothing endless."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from connectors.database.audit_changes import HIDDEN, LONGEST_TEXT, changes_between


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ({"cron": "6", "zone": "UTC"}, {"cron": "7", "zone": "UTC"}, ({"cron": "6"}, {"cron": "7"})),
        ({"a": 1}, {"a": 1}, ({}, {})),
        ({"a": 1}, {"a": 1, "b": 2}, ({}, {"b": 2})),
        ({"a": 1, "b": None}, {"a": 1}, ({"b": None}, {})),
        (None, {"a": 1}, (None, {"a": 1})),
        ({"a": 1}, None, ({"a": 1}, None)),
        (None, None, (None, None)),
    ],
)  # fmt: skip
def test_only_the_fields_that_differ_are_kept(before: Any, after: Any, kept: Any) -> None:
    assert changes_between(before, after) == kept


def test_figures_times_and_sets_are_kept_as_text_that_json_can_hold() -> None:
    _, after = changes_between(
        None,
        {
            "amount": Decimal("12.50"),
            "at": datetime(2026, 11, 22, tzinfo=UTC),
            "colour": Colour.RED,
            "days": {"sat", "mon"},
            "nested": {"list": (1, 2)},
            "object": Exception("x"),
        },
    )
    assert after == {
        "amount": "12.50",
        "at": "2026-11-22T00:00:00+00:00",
        "colour": "red",
        "days": ["mon", "sat"],
        "nested": {"list": [1, 2]},
        "object": "x",
    }


@pytest.mark.parametrize(
    "name",
    ["password", "smtp_password", "secret_key", "token", "password_hash", "Authorization", "api_key", "signing_key"],
)
def test_a_changed_secret_is_told_as_changed_and_never_shown(name: str) -> None:
    assert changes_between({name: "old one"}, {name: "new one"}) == ({name: HIDDEN}, {name: HIDDEN})
    assert changes_between(None, {"settings": {name: "deep"}}) == (None, {"settings": {name: HIDDEN}})


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("email", "emma.novak@example.com", "e•••@example.com"),
        ("reason", "asked by emma@example.com, twice", "asked by e•••@example.com, twice"),
        ("phone", "+420 601 234 567", "+•••"),
        ("url", "https://user:pass@host/x", "https://•••@host/x"),
        ("header", "Bearer abcdefgh", "•••"),
        ("note", "two_" + "a" * 43, "•••"),
        ("is_enabled", False, False),
        ("key", "INV-1", "INV-1"),
    ],
)
def test_personal_data_keeps_only_what_one_recognises_it_by(name: str, value: Any, kept: Any) -> None:
    assert changes_between(None, {name: value})[1] == {name: kept}


def test_nothing_endless_is_kept() -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"deeper": deep}
    _, after = changes_between(None, {"text": "x" * 10_000, "list": list(range(1000)), "deep": deep})
    assert after is not None
    assert len(after["text"]) == LONGEST_TEXT
    assert len(after["list"]) == 50
    assert len(str(after["deep"])) < 2000
