"""One turn: the customer's oldest pending message goes to the bot, and its answers are stored, all or nothing."""

import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.conversations import store
from bot.conversations.language import (
    FIRST_CONFIDENCE,
    SWITCH_CONFIDENCE,
    detect_language,
    is_only_names,
    load_detector,
)
from bot.conversations.live import STAFF, Live
from bot.conversations.message_files import has_kept_files
from bot.conversations.ownership import hand_over
from bot.conversations.understood import record_understanding
from bot.handoff.after_turn import Handoffs
from bot.rasa.client import Assistant, BotMessage, Reply
from bot.texts import Texts
from connectors.database.base import utc_now
from connectors.database.failures import explain_failures
from connectors.database.models.conversation import Author, Conversation, Message, Owner
from connectors.database.session import Database
from connectors.errors import AuthFailed, RateLimited, Unavailable

MAX_PARALLEL_TURNS = 16
MAX_TURN_FAILURES = 3
SWEEP_SECONDS = 1.0
# How long a bot that is away is left alone: short enough for a customer who waits, long enough for a start.
PAUSE = timedelta(seconds=3)
# The customer's first words come after the welcome.
FIRST_MESSAGE_SEQ = 2
# What the bot is asked when nothing is left of a message but slashes.
NOTHING_SAID = "?"

# Rasa strips white space of every script before it looks for a slash.
_COMMAND_PREFIX = re.compile(r"^[/\s\u200b-\u200f\u2060\ufeff]+")

log = structlog.get_logger()


def neutralise(text: str) -> str:
    """Take Rasa's command prefix away: a text that begins with a slash would bypass understanding."""
    return _COMMAND_PREFIX.sub("", text) or NOTHING_SAID


def sender_of(conversation: Conversation) -> str:
    """How Rasa knows this stretch of the conversation; a new bot session starts with an empty tracker."""
    return f"{conversation.id}.{conversation.bot_session}"


def conversation_of(sender: str) -> str:
    return sender.partition(".")[0]


@dataclass(slots=True)
class _Turn:
    """A turn under way; `lease` is renewed while it goes on."""

    conversation_id: str
    lease: datetime
    sender: str = ""


class Turns:
    """Runs turns in threads, one at a time per conversation; whatever fails for now is tried again."""

    def __init__(
        self,
        database: Database,
        assistant: Assistant,
        texts: Texts,
        live: Live,
        handoffs: Handoffs,
        pause: timedelta = PAUSE,
    ) -> None:
        self._database = database
        self._handoffs = handoffs
        self._pause = pause
        self._assistant = assistant
        self._texts = texts
        self._live = live
        self._threads = ThreadPoolExecutor(MAX_PARALLEL_TURNS, thread_name_prefix="turn")
        self._stopped = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep_forever, name="turn-sweeper", daemon=True)

    def start(self) -> None:
        load_detector()
        self._sweeper.start()

    def stop(self) -> None:
        """Let the turns under way end; whatever still waits is served after the next start."""
        self._stopped.set()
        if self._sweeper.is_alive():
            self._sweeper.join()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def submit(self, conversation_id: str, lease: datetime) -> None:
        """Run the next turn of a conversation whose lease the caller has taken."""
        if not self._stopped.is_set():
            self._threads.submit(self._run, _Turn(conversation_id, lease))

    def sweep(self) -> int:
        """Start the turns that nobody runs: after an outage, a crash or a restart. Returns how many."""
        with self._database.read() as session:
            waiting = store.waiting_conversations(session, utc_now())
        for conversation_id in waiting:
            with self._database.write() as session:
                lease = store.claim_turn(session, conversation_id)
            if lease is not None:
                self.submit(conversation_id, lease)
        return len(waiting)

    def _sweep_forever(self) -> None:
        while not self._stopped.wait(SWEEP_SECONDS):
            try:
                self.sweep()
            except SQLAlchemyError as error:
                # The loop outlives a locked or absent database; customers' messages are kept there.
                log.error("cannot look for waiting messages", reason=str(error))

    def _run(self, turn: _Turn) -> None:
        goes_on = False
        try:
            with explain_failures():
                goes_on = self._serve(turn)
        except (Unavailable, RateLimited, AuthFailed) as error:
            log.warning("turn postponed, message kept", conversation=turn.conversation_id, reason=error.reason)
            self._give_up(turn, is_failure=False)
        except Exception:
            # The turn is the edge: whatever broke is recorded, counted, and after three times given to a person.
            log.exception("turn failed", conversation=turn.conversation_id)
            self._give_up(turn, is_failure=True)
        finally:
            if not goes_on:
                self._live.set_typing(turn.conversation_id, None)
        if goes_on:
            # Behind the turns that wait already: whoever writes much does not keep others waiting.
            self.submit(turn.conversation_id, turn.lease)

    def _serve(self, turn: _Turn) -> bool:
        """Serve the oldest message that is pending; True when there are more."""
        asked = self._begin(turn)
        if asked is None:
            return False
        self._live.set_typing(turn.conversation_id, Author.BOT)
        started = time.perf_counter()
        replies = [self._answer(turn, message) for message in asked]
        log.debug("turn", conversation=turn.conversation_id, seconds=round(time.perf_counter() - started, 4))
        return self._finish(turn, asked, replies)

    def _answer(self, turn: _Turn, message: Message) -> Reply:
        """Files without a word are no question; what is said of them is decided when they are stored."""
        if not message.text and message.payload is None:
            return Reply(())
        return self._assistant.reply(_question(turn.sender, message))

    def _begin(self, turn: _Turn) -> Sequence[Message] | None:
        """The message that the bot has to answer, if any; None when another process took the turn meanwhile."""
        with self._database.write() as session:
            conversation = store.held_conversation(session, turn.conversation_id, turn.lease)
            if conversation is None:
                return None
            oldest = store.pending_messages(session, conversation)[:1]
            self._follow_language(conversation, oldest)
            lease = store.renew_lease(conversation)
        turn.lease, turn.sender = lease, sender_of(conversation)
        return oldest

    def _follow_language(self, conversation: Conversation, pending: Sequence[Message]) -> None:
        if conversation.is_language_chosen:
            return
        for message in pending:
            is_first = message.seq <= FIRST_MESSAGE_SEQ
            confidence = FIRST_CONFIDENCE if is_first else SWITCH_CONFIDENCE
            says_nothing = message.payload or (not is_first and is_only_names(message.text))
            detected = None if says_nothing else detect_language(message.text, confidence, conversation.language)
            if detected and detected != conversation.language and self._texts.supports(detected):
                conversation.language = detected
                store.touch(conversation)

    def _finish(self, turn: _Turn, asked: Sequence[Message], replies: Sequence[Reply]) -> bool:
        with self._database.write() as session:
            conversation = store.held_conversation(session, turn.conversation_id, turn.lease)
            if conversation is None:
                log.warning("turn took too long, its answer is dropped", conversation=turn.conversation_id)
                return False
            was_away = conversation.bot_away_since is not None
            # When a person took over while the bot was thinking, what it wanted to say is not said.
            if sender_of(conversation) == turn.sender and conversation.owner in {Owner.BOT, Owner.QUEUE}:
                self._store(session, conversation, asked, replies)
                is_more = bool(store.pending_messages(session, conversation))
                conversation.has_pending = is_more and conversation.owner == Owner.BOT
            goes_on = conversation.has_pending and not self._stopped.is_set()
            # The next message may wait for a thread, so its lease counts from here.
            conversation.turn_lease_until = lease = store.renew_lease(conversation) if goes_on else None
        turn.lease = lease or turn.lease
        if conversation.owner == Owner.BOT and not was_away:
            self._live.publish_talk(turn.conversation_id)
        else:
            self._live.publish(turn.conversation_id, STAFF)
        return goes_on

    def _store(
        self, session: Session, conversation: Conversation, asked: Sequence[Message], replies: Sequence[Reply]
    ) -> None:
        conversation.turn_failures = 0
        conversation.bot_away_since = None
        for message, reply in zip(asked, replies, strict=True):
            record_understanding(session, conversation, message, reply.understood)
            for said in reply.messages:
                store.add_message(session, conversation, Author.BOT, said)
            if not message.text and has_kept_files(session, conversation.id, message.seq):
                self._tell_of_files(session, conversation)
        if asked:
            conversation.answered_seq = asked[-1].seq
        self._handoffs.consider(session, conversation, replies)

    def _tell_of_files(self, session: Session, conversation: Conversation) -> None:
        """That files were kept and who can look at them; once, however many come one after the other."""
        told = self._texts.render("attachment_kept", conversation.language)
        if store.last_said(session, conversation) != told.text:
            store.add_message(session, conversation, Author.BOT, told)

    def _give_up(self, turn: _Turn, is_failure: bool) -> None:
        """Leave the message to the next sweep, or to a person when the bot broke on it too often."""
        try:
            with self._database.write() as session:
                conversation = store.held_conversation(session, turn.conversation_id, turn.lease)
                if conversation is None:
                    return
                # Until the pause is over nobody takes the turn, neither the sweep nor another message.
                conversation.turn_lease_until = None if is_failure else utc_now() + self._pause
                if is_failure:
                    self._count_failure(session, conversation)
                else:
                    self._tell_away(session, conversation)
        except SQLAlchemyError as error:
            # The lease runs out by itself, and the sweep takes the message up then.
            log.error("cannot release a turn", conversation=turn.conversation_id, reason=str(error))
        self._live.publish(turn.conversation_id, STAFF)

    def _tell_away(self, session: Session, conversation: Conversation) -> None:
        """Say once that the bot cannot answer now; the inbox shows who waits for it."""
        if conversation.owner == Owner.BOT and conversation.bot_away_since is None:
            conversation.bot_away_since = utc_now()
            told = self._texts.render("bot_away", conversation.language)
            store.add_message(session, conversation, Author.SYSTEM, told)

    def _count_failure(self, session: Session, conversation: Conversation) -> None:
        conversation.turn_failures += 1
        if conversation.turn_failures >= MAX_TURN_FAILURES and conversation.owner == Owner.BOT:
            apology = self._texts.render("turn_failed", conversation.language)
            store.add_message(session, conversation, Author.BOT, apology)
            hand_over(session, conversation, "turn_failed")
            store.silence_bot(conversation)


def _question(sender: str, message: Message) -> BotMessage:
    return BotMessage(sender, message.payload or neutralise(message.text), message.seq)
