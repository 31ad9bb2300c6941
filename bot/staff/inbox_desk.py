"""One request of an agent to the inbox: makes a change, and answers with the parts of the page that it touches."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversations.live import STAFF, Live
from bot.conversations.ownership import OwnershipError
from bot.front_desk import MAX_TEXT_LENGTH
from bot.pages.rendering import Pages
from bot.staff.guard import StaffVisitor, Visitor
from bot.staff.inbox_parts import InboxParts, as_partials
from bot.staff.place import At, Place
from bot.texts import Texts
from connectors.database.models.conversation import Conversation
from connectors.database.models.people import User
from connectors.database.session import Database
from connectors.settings import Settings

NOT_FOUND, CONFLICT, UNPROCESSABLE = 404, 409, 422

# Returns the page text that says what was done, or "".
Change = Callable[[Session], str]


@dataclass(frozen=True, slots=True)
class Desk:
    """A request, who makes it, and where in the inbox they are."""

    request: Request
    visitor: Visitor
    place: Place

    @property
    def database(self) -> Database:
        database: Database = self.request.app.state.database
        return database

    @property
    def live(self) -> Live:
        live: Live = self.request.app.state.live
        return live

    @property
    def texts(self) -> Texts:
        texts: Texts = self.request.app.state.texts
        return texts

    @property
    def pages(self) -> Pages:
        pages: Pages = self.request.app.state.pages
        return pages

    @property
    def zone(self) -> tzinfo:
        settings: Settings = self.request.app.state.settings
        return settings.zone

    @property
    def language(self) -> str:
        return self.pages.language_of(self.request)

    @property
    def parts(self) -> InboxParts:
        return InboxParts(self.database, self.pages, self.live, self.zone)

    @property
    def conversation_id(self) -> str:
        assert self.place.conversation_id is not None  # noqa: S101 - the routes that ask have it in their path
        return self.place.conversation_id

    def act(self, change: Change, focus: str = "") -> Response:
        """Make a change in one transaction, tell everybody who watches, and answer with the page's new parts."""
        try:
            with self.database.write() as session:
                if session.get(Conversation, self.conversation_id) is None:
                    return self.page()
                done = change(session)
        except OwnershipError as error:
            return self.answer(error.code, CONFLICT, "heading")
        self.live.set_typing(self.conversation_id, None)
        self.live.publish(self.conversation_id, STAFF)
        return self.answer(done, focus=focus)

    def answer(self, notice: str, status_code: int = 200, focus: str = "", **values: Any) -> Response:
        """For htmx the parts of the page with a notice; a browser without it is sent back to the page."""
        if "HX-Request" not in self.request.headers:
            target = f"/staff/conversations/{self.conversation_id}{self.place.query}"
            return RedirectResponse(target, status_code=303)
        parts = dict(self.parts.render(self.visitor, self.place, self.language, focus))
        if not focus:
            # The agent may be writing the next answer already.
            parts.pop("composer", None)
        notices = self.pages.text(
            self.language,
            "inbox/notice.html",
            code=notice,
            is_error=status_code >= 400,
            limit=MAX_TEXT_LENGTH,
            client_message_id="" if status_code >= 400 else secrets.token_hex(12),
            **{"name": self._agent_name(), **values},
        )
        return HTMLResponse(as_partials(parts) + notices, status_code, headers={"Cache-Control": "no-store"})

    def page(self) -> Response:
        """The whole page."""
        parts = self.parts
        state = parts.read(self.visitor, self.place)
        is_missing = self.place.conversation_id is not None and state.open is None
        return self.pages.page(
            self.request,
            "inbox/page.html",
            NOT_FOUND if is_missing else 200,
            **parts.values(self.visitor, self.place, state),
            section="inbox",
            is_missing=is_missing,
        )

    def _agent_name(self) -> str:
        query = select(User.name).join(Conversation, Conversation.agent_id == User.id)
        with self.database.read() as session:
            return session.scalar(query.where(Conversation.id == self.conversation_id)) or ""


def _desk(request: Request, visitor: StaffVisitor, place: At) -> Desk:
    return Desk(request, visitor, place)


AtInbox = Annotated[Desk, Depends(_desk)]
