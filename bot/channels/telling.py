"""What a channel itself says to a customer, beside all turns: once for each cause, however often it comes up."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from bot.conversations import store
from bot.conversations.live import STAFF
from bot.front_desk import FrontDesk
from connectors.database.models.conversation import Author, InboundUpdate


class Teller:
    """Blocks. A cause is a short text that names what happened on the channel."""

    def __init__(self, desk: FrontDesk, channel: str) -> None:
        self._desk = desk
        self._channel = channel

    def tell_once(self, conversation_id: str, cause: str, key: str, **arguments: Any) -> bool:
        """Say a response; the same cause again says nothing and answers False."""
        try:
            with self._desk.database.write() as session:
                session.add(InboundUpdate(channel=self._channel, external_id=cause))
                session.flush()
                conversation = store.lock_conversation(session, conversation_id)
                rendered = self._desk.texts.render(key, conversation.language, arguments)
                store.add_message(session, conversation, Author.SYSTEM, rendered)
        except IntegrityError:
            return False
        self._desk.live.publish(conversation_id, STAFF)
        return True
