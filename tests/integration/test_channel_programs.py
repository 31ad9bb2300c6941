"""Programs and web sites: channels over the operations API, and which origins the chat API answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.database.models.api_tokens import TokenRole
from tests.integration.api_house import API, ApiHouse

pytestmark = pytest.mark.integration

CHANNELS = "/channels"
SHOP = "https://shop.example"
STRANGER = "https://stranger.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path)
    yield house
    house.close()


def test_the_chat_is_read_and_set_up_over_the_api(house: ApiHouse) -> None:
    program = house.program()
    found = program.gets(f"{CHANNELS}/web")
    setup = found["setup"] | {"has_rating": False, "texts": {"en": {"heading": "Ask us"}}}
    now = program.does(f"{CHANNELS}/web", {"version": found["version"], "setup": setup}, "PUT")
    assert now["version"] == found["version"] + 1
    assert now["setup"]["has_rating"] is False
    czech = next(one for one in now["languages"] if one["language"] == "cs")
    assert (czech["written"], czech["wanted"], czech["missing"]) == (0, 1, ["text:heading"])
    stale = {"version": found["version"], "setup": setup}
    program.is_refused(409, "changed_meanwhile", "PUT", f"{CHANNELS}/web", json=stale)
    unreadable = setup | {"theme": {"accent": "#ffffff", "on_accent": "#eeeeee"}}
    body: dict[str, Any] = {"version": now["version"], "setup": unreadable}
    program.is_refused(422, "bad_request", "PUT", f"{CHANNELS}/web", json=body)
    (entry,) = house.entries("channel.change")
    assert entry.actor.startswith("token:")


def test_hours_are_read_and_set_over_the_api(house: ApiHouse) -> None:
    program = house.program()
    found = program.gets(f"{CHANNELS}/hours")
    week = [{"weekday": 6, "opens": "22:00", "closes": "02:00"}]
    now = program.does(f"{CHANNELS}/hours", {"edition": found["edition"], "week": week}, "PUT")
    assert now["week"] == week
    stale = {"edition": found["edition"], "week": []}
    program.is_refused(409, "changed_meanwhile", "PUT", f"{CHANNELS}/hours", json=stale)
    body = {"edition": now["edition"], "week": [*week, {"weekday": 0, "opens": "01:00", "closes": "03:00"}]}
    program.is_refused(422, "bad_hours_overlap", "PUT", f"{CHANNELS}/hours", json=body)
    body["week"] = [{"weekday": 0, "opens": "25:00", "closes": "03:00"}]
    program.is_refused(422, "bad_request", "PUT", f"{CHANNELS}/hours", json=body)


def test_telegram_tells_no_token_and_refuses_a_wrong_one(house: ApiHouse) -> None:
    program = house.program()
    found = program.gets(f"{CHANNELS}/telegram")
    assert (found["source"], found["bot_name"]) == ("none", "")
    body = {"version": found["version"], "is_on": True, "mode": "polling", "bot_token": "what is this"}
    program.is_refused(422, "bad_token", "PUT", f"{CHANNELS}/telegram", json=body)
    test = program.does(f"{CHANNELS}/telegram/test")
    assert (test["is_good"], test["code"]) == (False, "no_token")
    assert set(program.gets(CHANNELS)) == {"web", "telegram", "hours"}


def test_only_admins_change_channels(house: ApiHouse) -> None:
    viewer = house.program(TokenRole.VIEWER)
    found = viewer.gets(f"{CHANNELS}/web")
    operator = house.program(TokenRole.OPERATOR)
    body = {"version": found["version"], "setup": found["setup"]}
    for program in (viewer, operator):
        program.is_refused(403, "role", "PUT", f"{CHANNELS}/web", json=body)
        program.is_refused(403, "role", "POST", f"{CHANNELS}/telegram/test")


def allow(house: ApiHouse, *origins: str) -> None:
    setup, version = house.office.setups.read_web()
    house.office.setups.change_web(setup.with_changes({"allowed_origins": origins}), version, "ops")


def answered_origin(house: ApiHouse, origin: str, path: str = "/api/chat/config") -> str | None:
    client = house.program().client
    return client.get(path, headers={"Origin": origin}).headers.get("Access-Control-Allow-Origin")


def asks_first(house: ApiHouse, origin: str) -> int:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return int(house.program().client.options("/api/chat/messages", headers=headers).status_code)


def test_a_site_may_embed_the_chat_from_the_moment_it_is_entered_until_it_is_removed(house: ApiHouse) -> None:
    assert answered_origin(house, SHOP) is None
    assert asks_first(house, SHOP) == 400
    allow(house, SHOP)
    assert answered_origin(house, SHOP) == SHOP
    assert asks_first(house, SHOP) == 200
    assert answered_origin(house, STRANGER) is None
    allow(house)
    assert answered_origin(house, SHOP) is None


@pytest.mark.parametrize(
    "origin", ["null", "https://shop.example.evil.example", "https://SHOP.example", "http://shop.example"]
)
def test_an_origin_that_only_looks_alike_is_a_stranger(house: ApiHouse, origin: str) -> None:
    allow(house, SHOP)
    assert answered_origin(house, origin) is None


def test_other_sites_get_nothing_but_the_chat(house: ApiHouse) -> None:
    allow(house, SHOP)
    for path in (f"{API}/jobs", "/console", "/staff", "/login"):
        assert answered_origin(house, SHOP, path) is None


def test_answers_of_the_chat_differ_by_origin_for_those_who_keep_copies(house: ApiHouse) -> None:
    assert "Origin" in house.program().client.get("/api/chat/config").headers["Vary"]
