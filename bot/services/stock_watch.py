"""Customers who want to hear when a product is back; the notices themselves are written by a job."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.store import lock_conversation
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation
from connectors.database.models.service import StockWatch
from connectors.database.session import Database, wait_in_line


class StockWatches:
    """One open watch per contact and product, however often it is asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def watch(self, conversation_id: str, sku: str) -> None:
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            # The same person may ask on two channels at once.
            wait_in_line(session, f"stock_watch:{conversation.contact_id}")
            if not _is_watched(session, conversation, sku):
                session.add(StockWatch(contact_id=conversation.contact_id, sku=sku))
                _record(session, conversation, "product.watch", sku)

    def stop(self, conversation_id: str, skus: Collection[str] = ()) -> tuple[str, ...]:
        """End the watches of this contact for these products, or all; the answer are the SKUs that were watched."""
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            ended = [watch for watch in _open_watches(session, conversation) if not skus or watch.sku in skus]
            for watch in ended:
                session.delete(watch)
                _record(session, conversation, "product.unwatch", watch.sku)
            return tuple(watch.sku for watch in ended)

    def is_watched(self, conversation_id: str, sku: str) -> bool:
        with self._database.read() as session:
            return _is_watched(session, session.get_one(Conversation, conversation_id), sku)


def _open_watches(session: Session, conversation: Conversation) -> list[StockWatch]:
    query = select(StockWatch).where(StockWatch.contact_id == conversation.contact_id, StockWatch.told_at.is_(None))
    return list(session.scalars(query.order_by(StockWatch.id)))


def _is_watched(session: Session, conversation: Conversation, sku: str) -> bool:
    return any(watch.sku == sku for watch in _open_watches(session, conversation))


def _record(session: Session, conversation: Conversation, action: str, sku: str) -> None:
    actor = f"contact:{conversation.contact_id}"
    record_audit(session, actor, action, "product", sku, conversation=conversation.id, channel=conversation.channel)
