"""Ratings: how customers liked it, one for each stretch of a conversation."""

from sqlalchemy import Select, select

from bot.conversations.store import lock_conversation
from connectors.database.audit import record_audit
from connectors.database.models.service import Rating
from connectors.database.session import Database

# Up to here somebody should hear what went wrong.
LOW = 2


class Ratings:
    def __init__(self, database: Database) -> None:
        self._database = database

    def rate(self, conversation_id: str, stretch: int, score: int, comment: str | None) -> None:
        """Keep a rating of a stretch (a bot session); a second one takes the place of the first."""
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            rating = session.scalar(_of(conversation_id, stretch))
            if rating is None:
                rating = Rating(conversation_id=conversation_id, bot_session=stretch, score=score)
                session.add(rating)
            rating.score = score
            rating.comment = comment or rating.comment
            actor = f"contact:{conversation.contact_id}"
            record_audit(session, actor, "conversation.rate", "conversation", conversation_id, score=score)

    def is_rated(self, conversation_id: str, stretch: int) -> bool:
        with self._database.read() as session:
            return session.scalar(_of(conversation_id, stretch)) is not None


def _of(conversation_id: str, stretch: int) -> Select[Rating]:
    return select(Rating).where(Rating.conversation_id == conversation_id, Rating.bot_session == stretch)
