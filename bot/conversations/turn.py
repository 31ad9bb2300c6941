"""One turn: the customer's pending messages go to the bot, and its answers are stored, all or nothing."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.conversations import store
from bot.conversations.language import detect_language, load_detector
from bot.conversations.live import STAFF, Live
from bot.conversations.ownership import hand_over
from bot.rasa.client import Assistant, BotMessage
from bot.texts import Rendered, Texts
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation, Message, Owner
from connectors.database.session import Database
from connectors.errors import AuthFailed, RateLimited, Unavailable

MAX_PARALLEL_TURNS = 16
MAX_TURN_FAILURES = 3
SWEEP_SECONDS = 1.0
# What the bot is asked when nothing is left of a message but slashes.
NOTHING_SAID = "?"

log = structlog.get_logger()


def neutralise(text: str) -> str:
    """Take Rasa's command prefix away: a text that begins with a slash would bypass understanding."""
    return text.lstrip("/ \t\r\n\u200b\u200c\u200d\u200e\u200f\ufeff") or NOTHING_SAID


def sender_of(conversation: Conversation) -> str:
    """How Rasa knows this stretch of the conversation; a new bot session starts with an empty tracker."""
    return f"{conversation.id}.{conversation.bot_session}"


def conversation_of(sender: str) -> str:
    return sender.partition(".")[0]


class Turns:
    """Runs turns in threads, one at a time per conversation; whatever fails for now is tried again."""

    def __init__(self, database: Database, assistant: Assistant, texts: Texts, live: Live) -> None:
        self._database = database
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
        self._stopped.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def submit(self, conversation_id: str) -> None:
        """Run the next turn of a conversation whose lease the caller has taken."""
        if not self._stopped.is_set():
            self._threads.submit(self._run, conversation_id)

    def sweep(self) -> int:
        """Start the turns that nobody runs: after an outage, a crash or a restart. Returns how many."""
        with self._database.read() as session:
            waiting = store.waiting_conversations(session, utc_now())
        for conversation_id in waiting:
            with self._database.write() as session:
                is_ours = store.claim_turn(session, conversation_id)
            if is_ours:
                self.submit(conversation_id)
        return len(waiting)

    def _sweep_forever(self) -> None:
        while not self._stopped.wait(SWEEP_SECONDS):
            try:
                self.sweep()
            except SQLAlchemyError as error:
                # The loop outlives a locked or absent database; customers' messages are kept there.
                log.error("cannot look for waiting messages", reason=str(error))

    def _run(self, conversation_id: str) -> None:
        try:
            while self._serve(conversation_id):
                continue
        except (Unavailable, RateLimited, AuthFailed) as error:
            log.warning("bot unavailable, message kept", conversation=conversation_id, reason=error.reason)
            self._postpone(conversation_id)
        except Exception:
            # The turn is the edge: whatever broke is recorded, counted, and after three times given to a person.
            log.exception("turn failed", conversation=conversation_id)
            self._record_failure(conversation_id)
        finally:
            self._live.set_typing(conversation_id, None)

    def _serve(self, conversation_id: str) -> bool:
        """Serve all messages that are pending now; True when more came in the meantime."""
        with self._database.write() as session:
            conversation = store.lock_conversation(session, conversation_id)
            pending = store.pending_messages(session, conversation)
            self._follow_language(conversation, pending)
            sender = sender_of(conversation)
        self._live.set_typing(conversation_id, Author.BOT)
        started = time.perf_counter()
        replies = [reply for message in pending for reply in self._assistant.reply(_question(sender, message))]
        log.debug("turn", conversation=conversation_id, seconds=round(time.perf_counter() - started, 4))
        return self._finish(conversation_id, sender, pending, replies)

    def _follow_language(self, conversation: Conversation, pending: Sequence[Message]) -> None:
        for message in pending:
            detected = None if message.payload else detect_language(message.text)
            if detected and detected != conversation.language and self._texts.supports(detected):
                conversation.language = detected
                store.touch(conversation)

    def _finish(
        self, conversation_id: str, sender: str, pending: Sequence[Message], replies: Sequence[Rendered]
    ) -> bool:
        with self._database.write() as session:
            conversation = store.lock_conversation(session, conversation_id)
            conversation.turn_failures = 0
            if sender_of(conversation) != sender or conversation.owner in {Owner.HUMAN, Owner.CLOSED}:
                # A person took over while the bot was thinking: what it wanted to say is not said.
                conversation.turn_lease_until = None
                return False
            for reply in replies:
                store.add_message(session, conversation, Author.BOT, reply)
            if pending:
                conversation.answered_seq = pending[-1].seq
            newer = store.pending_messages(session, conversation)
            conversation.has_pending = bool(newer) and conversation.owner == Owner.BOT
            if not conversation.has_pending:
                conversation.turn_lease_until = None
            more = conversation.has_pending
        self._live.publish(conversation_id, STAFF)
        return more

    def _postpone(self, conversation_id: str) -> None:
        with self._database.write() as session:
            store.lock_conversation(session, conversation_id).turn_lease_until = None

    def _record_failure(self, conversation_id: str) -> None:
        with self._database.write() as session:
            conversation = store.lock_conversation(session, conversation_id)
            conversation.turn_failures += 1
            conversation.turn_lease_until = None
            if conversation.turn_failures >= MAX_TURN_FAILURES and conversation.owner == Owner.BOT:
                store.add_message(
                    session, conversation, Author.BOT, self._texts.render("turn_failed", conversation.language)
                )
                hand_over(session, conversation, "turn_failed")
                store.silence_bot(conversation)
        self._live.publish(conversation_id, STAFF)


def _question(sender: str, message: Message) -> BotMessage:
    return BotMessage(sender, message.payload or neutralise(message.text), message.seq)
