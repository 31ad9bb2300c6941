"""Databases for integration tests: every test that asks for `database_url` runs on SQLite and on PostgreSQL.

And the demonstration shop as Rasa sees it: `office`, `rasa`, `sender`; and the chat as a web page sees it: `http`,
`chat`. And the operations console with the demonstration company: `house`, its logged-in `admin`; and an empty
`database` on both. A module with one of its own shadows these.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from bot.application import create_application
from bot.office import Office
from bot.private_api import create_private_api
from connectors.database.session import Database
from connectors.demo.seed import seed_demo
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.days import TODAY
from tests.fixtures.fresh_databases import fresh_postgres, give_tables
from tests.fixtures.rasa_calls import SECRET
from tests.fixtures.tryton_server import tryton, tryton_server  # noqa: F401 - one server for all modules
from tests.fixtures.web_office import Chat, build_web_office, start_chat
from tests.integration.console_house import Browser, ConsoleHouse


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'twinoffice.sqlite'}"
    else:
        with fresh_postgres() as url:
            yield url


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A fresh PostgreSQL database with our tables, for what exists there only."""
    with fresh_postgres() as url:
        yield url


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = build_web_office(tmp_path, ScriptedAssistant())
    seed_demo(office.database, tmp_path, TODAY)
    yield office
    office.turns.stop()
    office.database.close()


@pytest.fixture
def rasa(office: Office) -> Iterator[TestClient]:
    """Rasa, as the private listener sees it."""
    api = create_private_api(office.database, office.texts, office.actions, SECRET)
    with capture_logs(), TestClient(api, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def sender(office: Office) -> str:
    return f"{office.desk.open('web', 'customer', 'en', '192.0.2.1')}.1"


@pytest.fixture
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant()


@pytest.fixture
def chat_office(tmp_path: Path, assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch) -> Office:
    """For customers on the web: without demonstration data, and impatient with a locked database."""
    monkeypatch.setattr("connectors.database.session.SQLITE_BUSY_TIMEOUT_MS", 100)
    return build_web_office(tmp_path, assistant)


@pytest.fixture
def app(chat_office: Office) -> FastAPI:
    return create_application(chat_office, has_engine=False)


@pytest.fixture
def http(app: FastAPI) -> Iterator[TestClient]:
    with capture_logs(), TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def chat(http: TestClient) -> Chat:
    return start_chat(http)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ConsoleHouse]:
    house = ConsoleHouse(tmp_path)
    yield house
    house.close()


@pytest.fixture
def admin(house: ConsoleHouse) -> Browser:
    return Browser(house, house.admin)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    give_tables(opened)
    yield opened
    opened.close()
