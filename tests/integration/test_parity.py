"""What the console does, the command line and the API do: every row of the table in docs/operations.md exists."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from typer.main import get_command

from bot.commands import app as command_line
from bot.console import routes as console
from connectors.settings import PROJECT_ROOT
from tests.integration.api_house import api_routes

pytestmark = pytest.mark.integration

PAGE = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (/\S*) \| `([a-z -]+)` \| ([A-Z]+) (/\S+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE.partition("## Console, command line and API")[2])
# Parts of the console that show or prepare what other rows do, and what only people do.
ONLY_IN_CONSOLE = re.compile(
    r"^(|/(now|items|jobs/\{name\}/schedules/new|views/\{view_id\}/default|models/live|approvals/bulk"
    r"|alerts/(history|limits|channels/new)|audit/\{entry_id\}|(runs|items|exceptions|audit|runs/\{run_id\}/items)\.csv"
    r"|runs/\{run_id\}/(progress|items/\{item_id\}|log.*)|.*backfill.*))$"
)


def commands() -> Iterator[str]:
    def walk(command: Any, words: tuple[str, ...]) -> Iterator[str]:
        for name, one in getattr(command, "commands", {}).items():
            yield from walk(one, (*words, name))
        if words and not hasattr(command, "commands"):
            yield " ".join(words)

    yield from walk(get_command(command_line), ())


def console_paths() -> set[str]:
    routes = (route for part in console.PARTS for route in part.router.routes)
    paths = {route.path for route in routes if isinstance(route, APIRoute)}
    return {re.sub(r":path\}", "}", path) for path in paths}


def test_the_table_is_read() -> None:
    assert len(ROWS) > 30


@pytest.mark.parametrize(("page", "command", "method", "path"), ROWS)
def test_a_row_names_a_page_a_command_and_a_route_that_exist(page: str, command: str, method: str, path: str) -> None:
    assert page in console_paths()
    assert command in set(commands())
    assert (method, path) in api_routes()


def test_every_page_of_the_console_has_its_row_or_is_for_people_alone() -> None:
    told = {page for page, *_rest in ROWS}
    assert {path for path in console_paths() - told if not ONLY_IN_CONSOLE.match(path)} == set()
