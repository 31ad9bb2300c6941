"""Tables of the operations console: figures by job and day, and the filters that people keep."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, new_id, utc_now


class JobDay(Base):
    """What the real runs of a job came to that ended on one day (UTC): runs, items by state, seconds they took.

    Kept so that charts over weeks read some thirty rows a job and no table of items.
    """

    __tablename__ = "job_days"
    __table_args__ = (Index("ix_job_days_day", "day"),)

    job: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    runs: Mapped[int] = mapped_column(default=0)
    failed_runs: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    exception: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)


class SavedView(Base):
    """A filter of a list under a name. `query` is the filter as it stands in the page's address."""

    __tablename__ = "saved_views"
    __table_args__ = (Index("ix_saved_views_page", "page", "user_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    page: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))
    is_shared: Mapped[bool] = mapped_column(default=False)
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
