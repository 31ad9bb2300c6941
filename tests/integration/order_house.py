"""A shop with one order to talk about, and the assistant's actions behind the private listener."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.office import Office
from bot.private_api import create_private_api
from connectors.contracts.orders import Order
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Connection
from connectors.demo.seed import seed_demo
from connectors.errors import ConnectorError
from connectors.vendors.house_orders import HouseOrders
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.days import TODAY
from tests.fixtures.order_book import TWO_ITEMS, PlacedOrder, place_order
from tests.fixtures.played_talk import PlayedTalk, Task
from tests.fixtures.rasa_calls import ALLOWED, SECRET, text_of_response
from tests.fixtures.web_office import build_web_office


@dataclass
class OrderHouse:
    office: Office
    rasa: TestClient

    def place(self, items: Mapping[str, int] = TWO_ITEMS, **columns: Any) -> PlacedOrder:
        return place_order(self.office.database, items=items, **columns)

    def order(self, number: str) -> Order:
        return self.office.connectors.orders().find_order(number)

    def talk(self, task: Task, language: str = "en") -> PlayedTalk:
        conversation_id = self.office.desk.open("web", uuid4().hex, language, "192.0.2.1")
        actions = frozenset(action.name() for action in self.office.actions)
        return PlayedTalk(self.rasa, f"{conversation_id}.1", task, ALLOWED, actions)

    def text(self, said: Mapping[str, Any], sender: str) -> str:
        """What the customer reads of something said."""
        return text_of_response(self.rasa, dict(said), sender)

    def audit(self, action: str) -> list[AuditEntry]:
        with self.office.database.read() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))

    def disconnect(self, contract: str) -> None:
        """Nobody has connected a system of this kind."""
        with self.office.database.write() as session:
            for row in session.scalars(select(Connection)):
                if contract in row.contracts:
                    session.delete(row)

    def break_changes(self, monkeypatch: pytest.MonkeyPatch, error: ConnectorError) -> None:
        """The sales system shows orders, and fails whenever one is to be changed."""

        def fail(*_: object) -> Order:
            raise error

        for method in ("cancel_order", "change_address", "change_quantity"):
            monkeypatch.setattr(HouseOrders, method, fail)


@contextmanager
def open_order_house(folder: Path) -> Iterator[OrderHouse]:
    office = build_web_office(folder, ScriptedAssistant())
    seed_demo(office.database, folder, TODAY)
    api = create_private_api(office.database, office.texts, office.actions, SECRET)
    with capture_logs(), TestClient(api, raise_server_exceptions=False) as client:
        yield OrderHouse(office, client)
    office.turns.stop()
    office.database.close()
