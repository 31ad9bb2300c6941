"""Notices that go by mail: worded one by one, and put into the queue of mails."""

from collections.abc import Callable
from datetime import datetime

import structlog
from jinja2 import TemplateError
from sqlalchemy import select

from bot.mail_queue import MailQueue
from bot.notice_words import MailWords
from connectors.contracts.mail import Mail
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.service import Notice, NoticeState
from connectors.database.session import Database

BATCH = 50
CANNOT_BE_WORDED = "a text or a value is missing"

log = structlog.get_logger()


class NoticeMailer:
    """Any number of processes may do this; a notice leaves its outbox when its mail stands in the queue."""

    def __init__(
        self, database: Database, queue: MailQueue, words: MailWords, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._queue = queue
        self._words = words
        self._now = now

    def queue_due(self) -> int:
        """Put the mails of notices that wait into the queue, oldest first; returns how many notices were settled."""
        settled = 0
        while settled < BATCH and self._settle_next():
            settled += 1
        return settled

    def _settle_next(self) -> bool:
        is_due = (Notice.state == NoticeState.PENDING.value, Notice.email.is_not(None))
        query = select(Notice).where(*is_due).order_by(Notice.id).limit(1)
        with self._database.read() as session:
            if session.scalar(query) is None:
                return False
        with self._database.write() as session:
            notice = session.scalar(query.with_for_update(skip_locked=True))
            if notice is None:
                return False
            mail = self._write(notice)
            if mail is None:
                notice.state, notice.reason = NoticeState.GIVEN_UP.value, CANNOT_BE_WORDED
            else:
                notice.state = NoticeState.SENT.value
                self._queue.put(session, mail)
            notice.settled_at = self._now()
            facts = {"state": notice.state}
            record_audit(session, "notices", "notice.mail", "notice", str(notice.id), after=facts, kind=notice.kind)
            return True

    def _write(self, notice: Notice) -> Mail | None:
        try:
            return self._words.write(notice)
        except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, TemplateError) as error:
            # A notice of another version of the product must not keep the others from their readers.
            log.error("notice cannot be worded", notice=notice.id, kind=notice.kind, error=repr(error))
            return None
