"""Commands of the chat with the bot, such as /human: carried out at once, also while the assistant is away."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.channels.setup import TELEGRAM
from bot.conversations.live import STAFF
from bot.conversations.ownership import hand_over
from bot.conversations.store import add_message, find_button, lock_conversation, return_to_bot, silence_bot
from bot.front_desk import FrontDesk
from bot.handoff.after_turn import DescribeWaiting
from bot.services.channel_links import ChannelLinks, LinkOutcome
from bot.services.notice_wishes import switch_notices
from bot.texts import Button, Rendered
from connectors.database.models.conversation import Author, Conversation, InboundUpdate, Owner

# In the order of the menu; their descriptions are the responses telegram_command_<name>.
COMMANDS = ("start", "language", "human", "stop")
# What our own buttons mean; the assistant never sees these.
JOIN, KEEP_APART = "telegram.join:", "telegram.keep_apart"
JOINED_WORDS = {
    LinkOutcome.JOINED: "telegram_linked",
    LinkOutcome.ANOTHER_PERSON: "telegram_link_refused",
    LinkOutcome.NEEDS_PROOF: "telegram_link_unproved",
}
_CODE = re.compile(r"[A-Za-z0-9_-]{24}")
_LANGUAGE = re.compile(r'/change_language\{"language":"([a-z]{2})"\}')

Deed = Callable[[Session, Conversation], None]


@dataclass(frozen=True, slots=True)
class Command:
    """`argument` is the rest of the line; with `is_first` the welcome was just said."""

    name: str
    argument: str = ""
    is_private: bool = True
    is_first: bool = False


def read_command(text: str) -> tuple[str, str] | None:
    """Name and argument, when a text is one of our commands."""
    first, _, argument = text.strip().partition(" ")
    name = first.partition("@")[0].lower()
    return (name[1:], argument.strip()) if name.startswith("/") and name[1:] in COMMANDS else None


def is_for_another_bot(text: str, bot_name: str | None) -> bool:
    """In a group a command may name the bot that it is for."""
    first = text.strip().partition(" ")[0]
    addressee = first.partition("@")[2]
    is_named = first.startswith("/") and bool(addressee) and bot_name is not None
    return is_named and addressee.lower() != (bot_name or "").lower()


class Commands:
    """Each update is carried out once, in one transaction with what is said about it. All methods block."""

    def __init__(self, desk: FrontDesk, links: ChannelLinks, describe_waiting: DescribeWaiting) -> None:
        self._desk = desk
        self._texts = desk.texts
        self._links = links
        self._describe_waiting = describe_waiting

    def carry_out(self, update_id: int, conversation_id: str, command: Command) -> None:
        deeds: dict[str, Deed] = {
            "start": lambda session, chat: self._start(session, chat, command),
            "language": lambda session, chat: self._language(session, chat, command.argument),
            "human": self._human,
            "stop": self._stop,
        }
        self._once(update_id, conversation_id, deeds[command.name])

    def press(self, update_id: int, conversation_id: str, button_id: str) -> bool:
        """Carry out a button of ours; False when it is the assistant's."""
        with self._desk.database.read() as session:
            chat = session.get_one(Conversation, conversation_id)
            payload = (find_button(session, chat, button_id) or {}).get("payload", "")
        deed = self._deed_of(payload, chat)
        if deed is not None:
            self._once(update_id, conversation_id, deed)
        return deed is not None

    def menu(self, language: str) -> list[tuple[str, str]]:
        """Names and descriptions as Telegram's clients list them."""
        return [(name, self._texts.render(f"telegram_command_{name}", language).text) for name in COMMANDS]

    def _deed_of(self, payload: str, chat: Conversation) -> Deed | None:
        if payload.startswith(JOIN):
            return lambda session, chat: self._join(session, chat, payload.removeprefix(JOIN))
        if payload == KEEP_APART:
            return lambda session, chat: self._say(session, chat, "telegram_link_declined")
        wanted = _LANGUAGE.fullmatch(payload)
        # While the assistant has the conversation it changes the language itself, and goes on where it was.
        if wanted and chat.owner != Owner.BOT and self._texts.supports(wanted[1]):
            return lambda session, chat: self._speak(session, chat, wanted[1])
        return None

    def _once(self, update_id: int, conversation_id: str, deed: Deed) -> None:
        update = (TELEGRAM, str(update_id))
        with self._desk.database.write() as session:
            if session.get(InboundUpdate, update) is not None:
                return
            session.add(InboundUpdate(channel=update[0], external_id=update[1]))
            session.flush()
            deed(session, lock_conversation(session, conversation_id))
        self._desk.live.publish(conversation_id, STAFF)

    def _start(self, session: Session, chat: Conversation, command: Command) -> None:
        """Greet, or follow the link by which the person came."""
        if _CODE.fullmatch(command.argument):
            self._follow(session, chat, command)
        elif chat.owner in {Owner.QUEUE, Owner.HUMAN}:
            self._human(session, chat)
        elif not command.is_first:
            self._say(session, chat, "welcome")

    def _follow(self, session: Session, chat: Conversation, command: Command) -> None:
        if not command.is_private:
            self._say(session, chat, "telegram_link_private")
            return
        followed = self._links.follow(session, chat, command.argument)
        match followed.outcome:
            case LinkOutcome.ORDER:
                said = self._links.order_words(chat.language, followed.order_number)
                add_message(session, chat, Author.SYSTEM, said)
            case LinkOutcome.ASK:
                add_message(session, chat, Author.SYSTEM, self._question(chat, followed.key))
            case LinkOutcome.JOINED:
                self._say(session, chat, "telegram_linked")
            case _:
                self._say(session, chat, "telegram_link_expired")

    def _question(self, chat: Conversation, key: str) -> Rendered:
        def title(response: str) -> str:
            return self._texts.render(response, chat.language).text

        answers = (Button(title("telegram_link_yes"), f"{JOIN}{key}"), Button(title("telegram_link_no"), KEEP_APART))
        return Rendered(title("telegram_link_ask"), answers)

    def _join(self, session: Session, chat: Conversation, key: str) -> None:
        self._say(session, chat, JOINED_WORDS.get(self._links.join(session, chat, key), "telegram_link_expired"))

    def _language(self, session: Session, chat: Conversation, argument: str) -> None:
        """Speak the language that is named, or offer all."""
        code = argument.lower()
        wanted = code if self._texts.supports(code) else self._texts.language_asked_for(argument)
        if wanted is not None:
            self._speak(session, chat, wanted)
            return
        choices = tuple(
            Button(language.name, f'/change_language{{"language":"{code}"}}')
            for code, language in self._texts.languages.items()
        )
        asked = self._texts.render("language_ask", chat.language)
        add_message(session, chat, Author.SYSTEM, Rendered(asked.text, choices))

    def _speak(self, session: Session, chat: Conversation, language: str) -> None:
        chat.language, chat.is_language_chosen = language, True
        self._say(session, chat, "language_changed")

    def _human(self, session: Session, chat: Conversation) -> None:
        """Into the queue, whatever the bot was about to say; who waits hears their place again."""
        if chat.owner == Owner.HUMAN:
            self._say(session, chat, "telegram_human_here")
            return
        if chat.owner == Owner.CLOSED:
            return_to_bot(chat)
        place = hand_over(session, chat, "asked_for_a_person")
        silence_bot(chat)
        waiting = self._describe_waiting(place)
        said = self._texts.render("hand_over", chat.language, {"waiting": waiting})
        add_message(session, chat, Author.BOT, said)

    def _stop(self, session: Session, chat: Conversation) -> None:
        switch_notices(session, chat.contact, is_wanted=False)
        self._say(session, chat, "notices_off")

    def _say(self, session: Session, chat: Conversation, key: str) -> None:
        add_message(session, chat, Author.SYSTEM, self._texts.render(key, chat.language))
