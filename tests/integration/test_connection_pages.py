"""An admin connects a system on its page, by the API and at a terminal: the same rows, the same refusals."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.commands import app
from bot.console.connections import served_by_choice
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.work import Connection
from connectors.errors import Unavailable
from connectors.registry import VENDORS
from connectors.vendor import Vendor
from tests.integration.api_house import ApiHouse, Program
from tests.integration.connection_house import PASSWORD, URL, TrialSystem
from tests.integration.console_house import Browser, text_of

pytestmark = pytest.mark.integration

PAGES = "/console/connections"
FORM = {
    "vendor": "trial",
    "name": "erp Prague",
    "s.url": URL,
    "s.password": PASSWORD,
    "s.fields.number": "no",
    "contract.orders": "true",
}


@pytest.fixture(autouse=True)
def system(monkeypatch: pytest.MonkeyPatch) -> TrialSystem:
    system = TrialSystem()
    monkeypatch.setitem(cast(dict[str, Vendor], VENDORS), "trial", system.vendor())
    return system


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path)
    for module in ("connections", "connection_drafts"):
        monkeypatch.setattr(f"bot.commands.{module}.office_or_fail", lambda: house.office)
    yield house
    house.close()


@pytest.fixture
def browser(house: ApiHouse) -> Browser:
    return Browser(house, house.admin)


@pytest.fixture
def program(house: ApiHouse) -> Program:
    return house.program(TokenRole.ADMIN)


def row(house: ApiHouse, name: str = "erp Prague") -> Connection | None:
    with house.database.read() as session:
        return session.scalar(select(Connection).where(Connection.name == name))


def call(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["connection", *words], input=typed)


def answers(*words: str, typed: str | None = None) -> Any:
    result = call(*words, "--json", typed=typed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_admin_connects_a_system_on_its_page(house: ApiHouse, browser: Browser) -> None:
    assert "vendor=trial" in browser.opens(f"{PAGES}/new")
    assert 'name="s.password"' in browser.opens(f"{PAGES}/new", vendor="trial")
    answer = browser.posts(PAGES, **FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGES}/erp%20Prague?done=saved")
    page = browser.opens(answer.headers["location"])
    assert "The connection works and is saved." in text_of(page)
    assert PASSWORD not in page
    saved = row(house)
    assert saved is not None
    assert (saved.contracts, saved.settings) == (["orders"], {"url": URL, "fields": {"number": "no"}})
    assert f"{URL} answers." in text_of(page)


def test_what_was_left_out_shows_the_default_that_counts(house: ApiHouse, browser: Browser) -> None:
    with house.database.write() as session:
        session.add(Connection(name="drop", vendor="folder", contracts=["documents"], settings={"path": "/srv/drop"}))
    page = browser.opens(f"{PAGES}/drop")
    assert 'name="s.files" value="*"' in page
    assert 'name="s.header_row" value="1"' in page


def test_what_does_not_work_is_told_and_stays_in_the_form(
    house: ApiHouse, browser: Browser, system: TrialSystem
) -> None:
    system.error = Unavailable("The machine is off; switch it on.")
    answer = browser.posts(PAGES, **FORM)
    assert answer.status_code == 422
    assert "The machine is off; switch it on." in answer.text
    assert f'value="{URL}"' in answer.text
    assert PASSWORD not in answer.text
    assert row(house) is None


def test_every_wrong_field_is_named_beside_it(house: ApiHouse, browser: Browser) -> None:
    answer = browser.posts(PAGES, vendor="trial", name="a/b", networks="office", **{"s.url": "erp"})
    page = text_of(answer.text)
    assert answer.status_code == 422
    for sentence in (
        "without slashes",
        "https://erp.example.com",
        "This is needed.",
        "10.1.0.0/16",
        "at least one use",
    ):
        assert sentence in page
    assert row(house, "a/b") is None


def test_a_form_is_tried_and_its_mapping_seen_without_saving(house: ApiHouse, browser: Browser) -> None:
    browser.client.headers["HX-Request"] = "true"
    tried = browser.posts(f"{PAGES}/try", **FORM)
    assert f"{URL} answers." in tried.text
    assert "<html" not in tried.text
    seen = browser.posts(f"{PAGES}/preview", **FORM)
    assert "S-1" in seen.text
    assert "10.50" in seen.text
    wrong = browser.posts(f"{PAGES}/try", **{**FORM, "s.url": "erp"})
    assert "https://erp.example.com" in wrong.text
    assert row(house) is None


def test_a_saved_connection_is_tried_with_the_secret_that_is_kept(browser: Browser) -> None:
    browser.posts(PAGES, **FORM)
    browser.client.headers["HX-Request"] = "true"
    kept = {**FORM, "s.password": "", "version": "1"}
    assert f"{URL} answers." in browser.posts(f"{PAGES}/try", **kept).text
    elsewhere = browser.posts(f"{PAGES}/try", **{**kept, "s.url": "https://collector.example.net"})
    assert "enter this again" in text_of(elsewhere.text)


def test_an_admin_changes_pauses_resumes_and_removes_it(house: ApiHouse, browser: Browser) -> None:
    browser.posts(PAGES, **FORM)
    path = f"{PAGES}/erp%20Prague"
    changed = browser.posts(f"{path}/change", **{**FORM, "s.password": "", "version": "1", "is_read_only": "true"})
    assert changed.status_code == 303
    assert "Read-only" in text_of(browser.opens(PAGES))
    assert browser.posts(f"{path}/change", **{**FORM, "version": "1"}).status_code == 409
    assert browser.posts(f"{path}/pause").status_code == 303
    assert "Paused" in text_of(browser.opens(PAGES))
    assert browser.posts(f"{path}/resume").status_code == 303
    assert "Remove the connection" in text_of(browser.opens(f"{path}/remove"))
    assert browser.posts(f"{path}/remove").status_code == 303
    assert row(house) is None
    assert browser.posts(f"{path}/remove").status_code == 404
    kinds = ("create", "change", "pause", "resume", "remove")
    assert [len(house.entries(f"connection.{kind}")) for kind in kinds] == [1] * 5


def test_a_paused_system_that_does_not_work_stays_paused(
    house: ApiHouse, browser: Browser, system: TrialSystem
) -> None:
    browser.posts(PAGES, **FORM)
    browser.posts(f"{PAGES}/erp%20Prague/pause")
    system.error = Unavailable("The machine is off.")
    assert "The machine is off." in browser.posts(f"{PAGES}/erp%20Prague/resume").text
    saved = row(house)
    assert saved is not None
    assert saved.is_paused


def test_an_admin_chooses_which_of_two_serves(house: ApiHouse, browser: Browser) -> None:
    browser.posts(PAGES, **FORM)
    assert 'name="choice.orders"' in browser.opens(PAGES)
    assert browser.posts(f"{PAGES}/choices", **{"choice.orders": "erp Prague"}).status_code == 303
    (chosen,) = [one for one in house.office.connectors.list_connections() if one.chosen_for]
    assert (chosen.name, chosen.chosen_for) == ("erp Prague", ("orders",))
    assert browser.posts(f"{PAGES}/choices", **{"choice.orders": "supplier-invoices"}).status_code == 404
    offered = {one.contract: one.serves for one in served_by_choice(house.office.connectors.list_connections())}
    both = {f"choice.{contract}": name for contract, name in offered.items()}
    assert browser.posts(f"{PAGES}/choices", **both).status_code == 303
    assert len(house.entries("connection.choose")) == 1


def test_only_admins_connect_systems_and_nothing_happens_without_the_token_of_the_form(
    house: ApiHouse, browser: Browser
) -> None:
    agent = Browser(house, house.agent)
    for path in ("", "/try", "/preview", "/choices", "/purchasing/pause", "/purchasing/change", "/purchasing/remove"):
        assert agent.posts(f"{PAGES}{path}", **FORM).status_code == 403
        assert browser.client.post(f"{PAGES}{path}", data=FORM).status_code == 403
    for path in ("/new", "/purchasing", "/purchasing/remove"):
        assert agent.client.get(f"{PAGES}{path}").status_code == 403
    assert house.entries("connection.pause") == []


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_the_pages_speak_every_language(house: ApiHouse, browser: Browser, language: str) -> None:
    browser.posts(PAGES, **FORM)
    reader = Browser(house, house.admin, language)
    for path in ("", "/new", "/new?vendor=trial", "/erp%20Prague", "/erp%20Prague/remove", "/purchasing"):
        assert f'lang="{language}"' in reader.opens(PAGES + path)


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_every_vendor_has_a_form_in_words(browser: Browser, vendor: str) -> None:
    page = browser.opens(f"{PAGES}/new", vendor=vendor)
    for setting in VENDORS[vendor].settings:
        assert f"s.{setting.name}" in page


def test_a_program_connects_changes_and_removes_a_system(program: Program) -> None:
    assert "trial" in [vendor["name"] for vendor in program.gets("/connections/vendors")["vendors"]]
    wanted = {"contracts": ["orders"], "settings": {"url": URL, "password": PASSWORD, "fields": {"number": "no"}}}
    made = program.does("/connections", {"name": "erp", "vendor": "trial", **wanted}, status=201)
    assert (made["health"], made["contracts"], made["is_paused"]) == ("good", ["orders"], False)
    kept = {"contracts": ["orders", "leads"], "settings": {"url": URL}, "is_read_only": True, "networks": []}
    assert program.does("/connections/erp", {**kept, "version": 1}, method="PUT")["is_read_only"]
    # Left out, what protects a connection would end; and who saw an older one does not know what it is.
    for missing in ("is_read_only", "networks", "version"):
        body = {name: value for name, value in {**kept, "version": 2}.items() if name != missing}
        assert missing in program.is_refused(422, "bad_request", "PUT", "/connections/erp", json=body)
    program.is_refused(409, "connection_changed", "PUT", "/connections/erp", json={**kept, "version": 1})
    assert program.does("/connections/erp/choose", {"contract": "leads"})["chosen_for"] == ["leads"]
    assert program.does("/connections/erp/pause")["is_paused"]
    assert not program.does("/connections/erp/resume")["is_paused"]
    assert program.gets("/connections/erp/health")["stretches"][0]["health"] == "good"
    assert program.does("/connections/erp/preview")["rows"][0]["source"]["no"] == "S-1"
    program.does("/connections/erp", method="DELETE", status=204)
    program.is_refused(404, "unknown_connection", "DELETE", "/connections/erp")


def test_a_program_hears_what_is_wrong_and_nothing_is_saved(
    house: ApiHouse, program: Program, system: TrialSystem
) -> None:
    body: dict[str, Any] = {"name": "erp", "vendor": "trial", "contracts": ["orders"], "settings": {"url": "erp"}}
    sentence = program.is_refused(422, "bad_connection", "POST", "/connections", json=body)
    assert "s.url: address" in sentence
    system.error = Unavailable("The machine is off.")
    body["settings"] = {"url": URL, "password": PASSWORD}
    assert program.is_refused(422, "connection_fails", "POST", "/connections", json=body) == "The machine is off."
    assert row(house, "erp") is None
    viewer, operator = house.program(TokenRole.VIEWER), house.program(TokenRole.OPERATOR)
    operator.is_refused(403, "role", "POST", "/connections", json=body)
    viewer.is_refused(403, "role", "POST", "/connections/purchasing/preview")
    assert PASSWORD not in json.dumps(program.gets("/connections"))


def test_at_a_terminal_a_secret_comes_from_standard_input(house: ApiHouse) -> None:
    words = ("--vendor", "trial", "--contract", "orders", "--set", f"url={URL}", "--secret", "password")
    made = answers("add", "erp", *words, "--network", "10.1.0.0/16", typed=f"{PASSWORD}\n")
    assert (made["sentence"], made["networks"]) == (f"{URL} answers.", ["10.1.0.0/16"])
    assert answers("change", "erp", "--read-only")["is_read_only"]
    assert answers("preview", "erp", "--set", "fields=number = no")[0]["mapped"] == {"number": "S-1"}
    assert answers("pause", "erp")["is_paused"]
    assert not answers("resume", "erp")["is_paused"]
    assert answers("history", "erp")[0]["health"] == "good"
    assert "erp" in [one["name"] for one in answers("list")]
    assert "trial" in [one["name"] for one in answers("vendors")]
    assert answers("choose", "orders", "erp")["chosen_for"] == ["orders"]
    assert answers("test", "erp")["is_good"]
    answers("remove", "erp", "--yes")
    assert row(house, "erp") is None


@pytest.mark.usefixtures("house")
def test_a_terminal_hears_what_is_wrong(system: TrialSystem) -> None:
    bad = call("add", "erp", "--vendor", "trial", "--set", "url=erp", "--contract", "orders")
    assert bad.exit_code == 2
    assert "url: Write a web address" in " ".join(bad.stderr.split())
    assert call("add", "erp", "--vendor", "sap").exit_code == 2
    system.error = Unavailable("The machine is off.")
    words = ("--vendor", "trial", "--contract", "orders", "--set", f"url={URL}", "--secret", "password")
    down = call("add", "erp", *words, typed=f"{PASSWORD}\n")
    assert (down.exit_code, "The machine is off." in down.stderr) == (1, True)
    for command in ("change", "pause", "resume", "preview", "history", "test"):
        assert "nothing" in call(command, "nothing").stderr
