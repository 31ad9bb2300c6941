"""The parts of the inbox page, rendered alike for the first page, for answers to actions, and for live updates."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.conversations.live import Live
from bot.front_desk import MAX_TEXT_LENGTH
from bot.pages.rendering import Pages
from bot.staff.guard import Visitor
from bot.staff.inbox_lists import Lists, read_lists
from bot.staff.inbox_log import DRAWN, KNOWN_REASONS, Line
from bot.staff.inbox_view import OpenConversation, read_conversation
from bot.staff.labels import all_labels
from bot.staff.place import VIEWS, Place
from bot.staff.snoozing import snooze_choices
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author
from connectors.database.models.inbox import Availability, Label
from connectors.database.session import Database

KEY_LENGTH = 10
MAX_NOTE_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the page, put in the place of the element with its id. A changed `key` means that it must be sent."""

    html: str
    key: str


@dataclass(frozen=True, slots=True)
class InboxState:
    """What an agent sees at one moment. `answered_seq` is the last message of ours; it goes back with an answer."""

    now: datetime
    lists: Lists
    open: OpenConversation | None
    is_taking: bool
    labels: Sequence[Label]

    @property
    def answered_seq(self) -> int:
        lines = self.open.lines if self.open else ()
        ours = (line.seq for line in reversed(lines) if isinstance(line, Line) and line.author != Author.CUSTOMER)
        return next(ours, 0)


class InboxParts:
    """Reads the inbox of one agent and renders its parts; its methods block and belong into a thread."""

    def __init__(self, database: Database, pages: Pages, live: Live, zone: tzinfo) -> None:
        self._database = database
        self._pages = pages
        self._live = live
        self._zone = zone

    def read(self, visitor: Visitor, place: Place) -> InboxState:
        now = utc_now()
        with self._database.read() as session:
            lists = read_lists(session, visitor.user.id, place, now)
            own = session.get(Availability, visitor.user.id)
            found = None
            if place.conversation_id is not None:
                found = read_conversation(session, place.conversation_id, visitor.user.id, place.is_complete)
            return InboxState(now, lists, found, own is not None and own.is_taking, all_labels(session))

    def values(self, visitor: Visitor, place: Place, state: InboxState) -> dict[str, object]:
        """What the templates of the inbox are given."""
        return {
            "visitor": visitor,
            "place": place,
            "views": VIEWS,
            "lists": state.lists,
            "is_taking": state.is_taking,
            "labels": state.labels,
            "open": state.open,
            "now": state.now,
            "typing": {row.id for row in state.lists.rows if self._live.is_customer_typing(row.id)},
            "focus": "",
            "client_message_id": secrets.token_hex(12),
            "max_text_length": MAX_TEXT_LENGTH,
            "max_note_length": MAX_NOTE_LENGTH,
            "answered_seq": state.answered_seq,
            "drawn": DRAWN,
            "known_reasons": KNOWN_REASONS,
            **self._of_open(visitor, state),
        }

    def _of_open(self, visitor: Visitor, state: InboxState) -> dict[str, object]:
        """Who is at the open conversation now."""
        conversation_id = state.open.id if state.open is not None else ""
        return {
            "customer_types": self._live.is_customer_typing(conversation_id),
            "bot_types": self._live.typing(conversation_id) == "bot",
            "colleague_types": (
                self._live.typing(conversation_id) == "agent" and state.open is not None and state.open.mode == "taken"
            ),
            "lookers": self._live.lookers(conversation_id, visitor.user.id),
            "is_customer_here": self._live.is_watched(conversation_id),
            "snooze_choices": snooze_choices(state.now, self._zone),
            "snooze_from": state.now.astimezone(self._zone),
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
                "composer-note": "inbox/composer_note.html",
            }
        parts = {name: self._pages.text(language, template, **values) for name, template in names.items()}
        keys = dict(parts)
        if state.open is not None:
            # Its text differs at each rendering; it is replaced only when the agent may do something else than before.
            keys["composer"] = state.open.mode
        return {name: Part(html, short_key(keys[name])) for name, html in parts.items()}


def short_key(text: str) -> str:
    """Enough of a digest to see that a part is another one."""
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def as_partials(parts: Mapping[str, Part]) -> str:
    """Parts as htmx swaps them in: each morphs its element, so that focus, scrolling and typed text survive."""
    return "\n".join(_as_partial(name, part.html) for name, part in parts.items())


def _as_partial(name: str, html: str) -> str:
    if name == "inbox-title":
        return html
    return f'<hx-partial hx-target="#{name}" hx-swap="innerMorph">{html}</hx-partial>'
