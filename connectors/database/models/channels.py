"""Tables of how channels are set up by admins."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, utc_now


class ChannelSetup(Base):
    """How one channel (web, telegram) is set up: a document that `bot/channels/setup.py` reads, and sealed secrets.

    `version` grows with each change, so that two admins do not overwrite each other.
    """

    __tablename__ = "channel_setups"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[str | None] = mapped_column(String(320))
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)
