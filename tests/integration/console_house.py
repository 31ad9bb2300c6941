"""A small installation with the demonstration company, an engine and the console, for tests."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from automations.engine.durable import Engine, EngineOptions
from automations.engine.runs import OpenException, list_items, list_open_exceptions, list_runs
from bot.console import routes
from bot.office import Office, build_office
from bot.pages.rendering import STATIC_FOLDER, CachedStatic, create_pages
from bot.staff import accounts, login_pages
from bot.staff.guard import COOKIE, LoginRequiredError, RoleRequiredError
from connectors.database.models.people import AuditEntry, Role, User, UserSession
from connectors.database.models.work import Run, RunItem, Schedule
from connectors.demo.seed import seed_demo
from connectors.settings import PROJECT_ROOT, Settings
from tests.fixtures.fresh_databases import give_tables

DATA_FOLDER = PROJECT_ROOT / "data"
PASSWORD = "a long enough password"
JOB = "/console/jobs/invoice-matching"
TODAY = date(2026, 11, 21)
WAIT_SECONDS = 60


class ConsoleHouse:
    """The parts that the console works with, and short ways to look into them."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.folder = folder
        settings = Settings(data_dir=folder, database_url=database_url, secret_key="x" * 40, demo=True, _env_file=None)
        office = build_office(settings)
        self.database = office.database
        options = EngineOptions(queue_poll_seconds=0.05, sweep_seconds=0.1)
        self.engine = Engine(self.database, office.connectors, folder, options=options)
        self.office: Office = replace(office, engine=self.engine)
        give_tables(self.database)
        seed_demo(self.database, folder, TODAY)
        with self.database.write() as session:
            self.admin = accounts.add_user(session, "ops@example.com", "Ops", Role.ADMIN, PASSWORD, "test")
            self.agent = accounts.add_user(session, "jana@example.com", "Jana", Role.AGENT, PASSWORD, "test")
        self.app = self._create_application(settings)

    def _create_application(self, settings: Settings) -> FastAPI:
        app = FastAPI()
        app.state.office, app.state.database, app.state.settings = self.office, self.database, settings
        app.state.pages = create_pages(DATA_FOLDER, self.office.texts)
        app.include_router(routes.router)
        app.mount("/static", CachedStatic(directory=STATIC_FOLDER))
        app.add_exception_handler(LoginRequiredError, login_pages.require_login)
        app.add_exception_handler(RoleRequiredError, login_pages.refuse_role)
        return app

    @property
    def inbox(self) -> set[str]:
        return {file.name for file in (self.folder / "inbox" / "invoices").iterdir() if file.is_file()}

    def runs(self) -> list[Run]:
        with self.database.read() as session:
            return list(list_runs(session).runs)

    def items(self, run: Run) -> dict[str, RunItem]:
        with self.database.read() as session:
            return {item.title: item for item in list_items(session, run.id, limit=100).items}

    def exceptions(self) -> list[OpenException]:
        with self.database.read() as session:
            return list(list_open_exceptions(session, limit=100).exceptions)

    def schedule(self) -> Schedule:
        with self.database.read() as session:
            return session.scalars(select(Schedule).where(Schedule.job == "invoice-matching")).one()

    def audited(self, action: str) -> list[AuditEntry]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))

    def close(self) -> None:
        self.engine.stop()
        self.database.close()


class Browser:
    """Somebody logged in at the console, without JavaScript."""

    def __init__(self, house: ConsoleHouse, user: User, language: str = "en") -> None:
        self.house = house
        self.client = TestClient(house.app, headers={"Accept-Language": language}, follow_redirects=False)
        with house.database.write() as session:
            self.client.cookies.set(COOKIE, accounts.open_session(session, user))
            session.flush()
            query = select(UserSession.csrf_token).where(UserSession.user_id == user.id)
            self.csrf_token = session.scalars(query).first() or ""

    def opens(self, path: str, **query: str) -> str:
        answer = self.client.get(path, params=query) if query else self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        page: str = answer.text
        return page

    def posts(self, path: str, **fields: str) -> Response:
        return self.client.post(path, data={"csrf_token": self.csrf_token, **fields})

    def runs_job(self, mode: str = "dry", **fields: str) -> Run:
        """Start a run from the job's page and wait for its end; the engine starts with the first one."""
        if not self.house.engine.is_healthy:
            self.house.engine.start()
        confirmed = {"confirmed": "yes"} if mode == "real" else {}
        parameters = {"p.connection": "supplier-invoices", "p.level": "3-way", "p.price_tolerance_percent": "2"}
        answer = self.posts(f"{JOB}/runs", mode=mode, **confirmed, **parameters, **fields)
        assert answer.status_code == 303, answer.text
        return self.house.engine.wait(answer.headers["location"].rpartition("/")[2], WAIT_SECONDS)


def text_of(html: str) -> str:
    """What a person reads of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
