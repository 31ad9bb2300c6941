"""The whole application with the demonstration company and programs that hold API tokens, for tests."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from bot.application import create_application
from bot.learning.retraining import Retraining
from bot.operations_api import routes
from bot.operations_api.tokens import create_token
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import ApiToken, TokenRole
from connectors.database.models.people import AuditEntry
from tests.fixtures.trainer import ScriptedTrainer
from tests.integration.console_house import ConsoleHouse

API = "/api/v1"
OWNER = "ops@example.com"
DRY_RUN = {"job": "invoice-matching", "is_dry_run": True, "parameters": {"connection": "supplier-invoices"}}


class NoTrainer(ScriptedTrainer):
    """The trainer of an installation that cannot train."""

    def __init__(self) -> None:
        super().__init__(lambda _text: "nlu_fallback")
        self.is_there = False


class ApiHouse(ConsoleHouse):
    """The console's house; its programs are asked through the application that the product runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        # No request of a test may begin a real training.
        retraining = Retraining(self.database, self.office.settings, self.office.shelf, NoTrainer())
        self.office = replace(self.office, retraining=retraining)
        self.api = create_application(self.office, has_engine=False)

    def token(self, role: TokenRole, now: datetime | None = None, lifetime_days: int | None = None) -> tuple[str, str]:
        """A new token: its id and itself."""
        with self.database.write() as session:
            token, plain = create_token(session, f"test {role}", role, OWNER, now or utc_now(), lifetime_days)
        return token.id, plain

    def program(self, role: TokenRole = TokenRole.ADMIN) -> "Program":
        return Program(self, self.token(role)[1])

    def kept(self, token_id: str) -> ApiToken:
        with self.database.read() as session:
            return session.get_one(ApiToken, token_id)

    def entries(self, action: str) -> list[AuditEntry]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


class Program:
    """Something that asks the API with a token, or with none."""

    def __init__(self, house: ApiHouse, token: str | None) -> None:
        self.house = house
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.client = TestClient(house.api, headers=headers, raise_server_exceptions=False)

    def asks(self, method: str, path: str, **options: Any) -> Response:
        return self.client.request(method, API + path, **options)

    def gets(self, path: str, **query: Any) -> Any:
        answer = self.asks("GET", path, params=query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def does(self, path: str, body: Any = None, method: str = "POST", status: int = 200, **headers: str) -> Any:
        answer = self.asks(method, path, json=body, headers=headers)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def is_refused(self, status: int, code: str, method: str, path: str, **options: Any) -> str:
        """Whether the refusal has the one form of all; returns its sentence."""
        answer = self.asks(method, path, **options)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        (problem,) = answer.json().values()
        assert set(problem) == {"code", "message"}
        assert problem["code"] == code
        return str(problem["message"])

    def runs_job(self, is_dry_run: bool = True) -> dict[str, Any]:
        if not self.house.engine.is_healthy:
            self.house.engine.start()
        run: dict[str, Any] = self.does("/runs", DRY_RUN | {"is_dry_run": is_dry_run}, status=201)
        self.house.engine.wait(run["id"], 60)
        return run


def api_routes() -> list[tuple[str, str]]:
    """Method and path of every route of the API, also of those that were added since this was written."""
    found = []
    for route in (route for part in routes.PARTS for route in part.router.routes):
        # What is no plain route could hide others.
        assert isinstance(route, APIRoute), route
        found += [(method, route.path) for method in route.methods or ()]
    return sorted(found)


def filled(path: str) -> str:
    """A path whose parameters name nothing that exists."""
    parts = ["1" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)
