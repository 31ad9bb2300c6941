"""A small installation with staff pages, for tests: customers write, agents use a browser with htmx."""

from pathlib import Path
from uuid import uuid4

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from bot.channels.rate_limit import RateLimit
from bot.channels.setup import ChannelSetups
from bot.conversations import ownership, store
from bot.conversations.live import Live
from bot.conversations.turn import Turns
from bot.front_desk import FrontDesk
from bot.handoff.after_turn import Handoffs
from bot.handoff.rules import HandoffRules
from bot.pages.rendering import STATIC_FOLDER, CachedStatic, create_pages
from bot.rasa.client import BotMessage, Reply
from bot.services.attachments import Attachments
from bot.services.business_hours import BusinessHours
from bot.services.customers import Customers
from bot.staff import accounts, inbox, login_pages, setup_pages
from bot.staff.guard import COOKIE, REQUESTS_PER_MINUTE, LoginRequiredError, RoleRequiredError, Visitor
from bot.texts import Rendered, Texts
from connectors.contracts.orders import Orders
from connectors.database.models.conversation import Author, Conversation, Message
from connectors.database.models.people import Role, User, UserSession
from connectors.database.models.service import OrderProof
from connectors.database.session import Database
from connectors.registry import Connectors
from connectors.secrets import secrets_of
from connectors.settings import PROJECT_ROOT, Settings
from tests.fixtures.fresh_databases import give_tables

DATA_FOLDER = PROJECT_ROOT / "data"
PASSWORD = "a long enough password"
HTMX = {"HX-Request": "true"}


def never_by_itself(texts: Texts) -> Handoffs:
    """An assistant that brings in a person only when it is asked to."""
    return Handoffs(HandoffRules((), frozenset(), frozenset(), 1), texts, lambda _place: ())


class SilentAssistant:
    """A bot that has nothing to say."""

    def reply(self, message: BotMessage) -> Reply:
        return Reply(())


class House:
    """The parts of a small installation, and short ways to let things happen in it."""

    def __init__(self, folder: Path, orders: Orders) -> None:
        self.database = Database(f"sqlite:///{folder / 'inbox.sqlite'}")
        give_tables(self.database)
        self.texts, self.live = Texts(DATA_FOLDER), Live()
        self.pages = create_pages(DATA_FOLDER, self.texts)
        turns = Turns(self.database, SilentAssistant(), self.texts, self.live, never_by_itself(self.texts))
        self.app = FastAPI()
        state = self.app.state
        state.database, state.texts, state.live, state.pages = self.database, self.texts, self.live, self.pages
        state.desk = FrontDesk(self.database, self.texts, turns, self.live)
        state.connectors = Connectors.in_memory(orders)
        state.customers = Customers(self.database, state.connectors)
        state.settings = Settings(data_dir=folder, _env_file=None)
        state.staff_limit = RateLimit(REQUESTS_PER_MINUTE)
        state.hours = BusinessHours(self.database, self.texts, state.settings)
        setups = ChannelSetups(self.database, secrets_of(state.settings))
        self.attachments = state.attachments = Attachments(self.database, folder / "attachments", setups)
        self.app.include_router(login_pages.router)
        self.app.include_router(setup_pages.router)
        self.app.include_router(inbox.router)
        self.app.mount("/static", CachedStatic(directory=STATIC_FOLDER))
        self.app.add_exception_handler(LoginRequiredError, login_pages.require_login)
        self.app.add_exception_handler(RoleRequiredError, login_pages.refuse_role)
        with self.database.write() as session:
            self.jana = accounts.add_user(session, "jana@example.com", "Jana", Role.AGENT, PASSWORD, "test")
            self.tomas = accounts.add_user(session, "tomas@example.com", "Tomáš", Role.ADMIN, PASSWORD, "test")

    def customer_writes(self, text: str, name: str = "Eva", channel: str = "web", waits: bool = True) -> str:
        with self.database.write() as session:
            conversation = store.open_conversation(session, channel, uuid4().hex, "en", None, name)
            store.add_message(session, conversation, Author.BOT, self.texts.render("welcome", "en"))
            store.add_message(session, conversation, Author.CUSTOMER, Rendered(text))
            if waits:
                ownership.hand_over(session, conversation, "asked_for_a_person")
            return conversation.id

    def gives_email(self, conversation_id: str, email: str, proved_order: str | None = None) -> None:
        with self.database.write() as session:
            contact = session.get_one(Conversation, conversation_id).contact
            contact.email = email
            if proved_order:
                session.add(OrderProof(conversation_id=conversation_id, order_number=proved_order, method="email"))

    def conversation(self, conversation_id: str) -> Conversation:
        with self.database.read() as session:
            return session.get_one(Conversation, conversation_id)

    def said(self, conversation_id: str, author: Author) -> list[str]:
        query = select(Message.text).where(Message.conversation_id == conversation_id, Message.author == author)
        with self.database.read() as session:
            return list(session.scalars(query.order_by(Message.seq)).all())

    def visitor(self, user: User) -> Visitor:
        return Visitor(user, "csrf")


class Agent:
    """A member of staff at a browser with htmx."""

    def __init__(self, house: House, user: User) -> None:
        self.client = TestClient(house.app, headers={"Accept-Language": "en"}, follow_redirects=False)
        with house.database.write() as session:
            self.client.cookies.set(COOKIE, accounts.open_session(session, user))
            session.flush()
            query = select(UserSession.csrf_token).where(UserSession.user_id == user.id)
            self.csrf_token = session.scalars(query).one()

    def sees(self, conversation_id: str | None = None, view: str = "now", **query: str) -> str:
        path = f"/staff/conversations/{conversation_id}" if conversation_id else "/staff"
        page: str = self.client.get(path, params={"view": view, **query}).text
        return page

    def does(self, action: str, conversation_id: str, **fields: str | list[str]) -> Response:
        data = {"csrf_token": self.csrf_token, **fields}
        return self.client.post(f"/staff/conversations/{conversation_id}/{action}", data=data, headers=HTMX)

    def answers(
        self, conversation_id: str, text: str, client_message_id: str = "one", **fields: str | list[str]
    ) -> Response:
        return self.does("messages", conversation_id, text=text, client_message_id=client_message_id, **fields)

    def sends(self, path: str, **fields: str) -> Response:
        """A form of one of the pages beside the inbox."""
        return self.client.post(f"/staff/{path}", data={"csrf_token": self.csrf_token, **fields})

    def uploads(self, conversation_id: str, name: str, content: bytes) -> Response:
        headers = {"X-CSRF-Token": self.csrf_token, "Content-Type": "application/octet-stream"}
        path = f"/staff/conversations/{conversation_id}/attachments"
        return self.client.post(path, params={"name": name}, content=content, headers=headers)
