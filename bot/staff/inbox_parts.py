"""The parts of the inbox page, rendered alike for the first page, for answers to actions, and for live updates."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bot.conversations.live import Live
from bot.front_desk import MAX_TEXT_LENGTH
from bot.pages.rendering import Pages
from bot.staff.guard import Visitor
from bot.staff.inbox_view import TABS, Lists, OpenConversation, read_conversation, read_lists
from connectors.database.base import utc_now
from connectors.database.session import Database


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent is in the inbox: the tab of the lower list, and the open conversation if there is one."""

    tab: str = TABS[0]
    conversation_id: str | None = None
    is_complete: bool = False

    @property
    def query(self) -> str:
        return f"?tab={self.tab}" + ("&complete=true" if self.is_complete else "")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the page, put in the place of the element with its id. A changed `key` means that it must be sent."""

    html: str
    key: str


@dataclass(frozen=True, slots=True)
class InboxState:
    """What an agent sees at one moment."""

    lists: Lists
    open: OpenConversation | None


class InboxParts:
    """Reads the inbox of one agent and renders its parts; its methods block and belong into a thread."""

    def __init__(self, database: Database, pages: Pages, live: Live) -> None:
        self._database = database
        self._pages = pages
        self._live = live

    def read(self, visitor: Visitor, place: Place) -> InboxState:
        with self._database.read() as session:
            lists = read_lists(session, visitor.user.id, place.tab)
            if place.conversation_id is None:
                return InboxState(lists, None)
            found = read_conversation(session, place.conversation_id, visitor.user.id, place.is_complete)
            return InboxState(lists, found)

    def values(self, visitor: Visitor, place: Place, state: InboxState) -> dict[str, object]:
        """What the templates of the inbox are given."""
        typing = {row.id for row in (*state.lists.waiting, *state.lists.mine, *state.lists.others)}
        return {
            "visitor": visitor,
            "place": place,
            "lists": state.lists,
            "open": state.open,
            "now": utc_now(),
            "typing": {one for one in typing if self._live.is_customer_typing(one)},
            "customer_types": state.open is not None and self._live.is_customer_typing(state.open.id),
            "bot_types": state.open is not None and self._live.typing(state.open.id) == "bot",
            "focus": "",
            "client_message_id": secrets.token_hex(12),
            "max_text_length": MAX_TEXT_LENGTH,
        }

    def render(self, visitor: Visitor, place: Place, language: str, focus: str = "") -> Mapping[str, Part]:
        """All parts by the id of their element."""
        state = self.read(visitor, place)
        values = {**self.values(visitor, place, state), "focus": focus}
        names = {"inbox-list": "inbox/list.html", "inbox-title": "inbox/title.html"}
        if state.open is not None:
            names |= {
                "conversation-head": "inbox/head.html",
                "summary": "inbox/summary.html",
                "log": "inbox/log.html",
                "typing": "inbox/typing.html",
                "customer-facts": "inbox/facts.html",
                "composer": "inbox/composer.html",
            }
        parts = {name: self._pages.text(language, template, **values) for name, template in names.items()}
        keys = dict(parts)
        if state.open is not None:
            # Its text differs at each rendering; it is replaced only when the agent may do something else than before.
            keys["composer"] = state.open.mode
        return {name: Part(html, keys[name]) for name, html in parts.items()}


def as_partials(parts: Mapping[str, Part]) -> str:
    """Parts as htmx swaps them in: each morphs its element, so that focus, scrolling and typed text survive."""
    return "\n".join(_as_partial(name, part.html) for name, part in parts.items())


def _as_partial(name: str, html: str) -> str:
    if name == "inbox-title":
        return html
    return f'<hx-partial hx-target="#{name}" hx-swap="innerMorph">{html}</hx-partial>'
