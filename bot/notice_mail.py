"""Notices that go by mail: taken out of the outbox one by one, each handed to the mail server once."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from jinja2 import TemplateError
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from automations.rules.deliveries import next_pause
from bot.notice_words import MailWords
from connectors.contracts.mail import Mailer
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.service import Notice, NoticeState
from connectors.database.session import Database
from connectors.errors import ConnectorError, NotFound, RateLimited, Rejected

BATCH = 50
# Longer than any mail server takes. Who has not settled a mail by then has died.
SENDING_TAKES_AT_MOST = timedelta(minutes=5)
NOT_CONFIRMED = "the process died while it was being sent; look whether it arrived"
CANNOT_BE_WORDED = "a text or a value is missing"
LONGEST_REASON = 200

log = structlog.get_logger()


class NoticeMailer:
    """Any number of processes may send.

    A mail is `sending` while the server has it. If the process dies then, nobody knows whether it left: it is never
    sent again by itself, and the data-quality job names it. What the server refuses for now is tried again, with the
    same Message-ID.
    """

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        words: MailWords,
        now: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._words = words
        self._now = now
        self._chance = chance

    def send_due(self) -> int:
        """Send the mails whose time has come, oldest first; returns how many were taken."""
        self._note_unconfirmed()
        taken = 0
        while taken < BATCH and (notice := self._take()) is not None:
            self._send(notice)
            taken += 1
        return taken

    def _note_unconfirmed(self) -> None:
        is_stuck = (Notice.state == NoticeState.SENDING, Notice.next_try_at < self._now())
        with self._database.read() as session:
            if session.scalar(select(Notice.id).where(*is_stuck).limit(1)) is None:
                return
        with self._database.write() as session:
            lost = (
                update(Notice)
                .where(*is_stuck)
                .values(state=NoticeState.UNCONFIRMED.value, reason=NOT_CONFIRMED, settled_at=self._now())
            )
            for number, kind, key in session.execute(lost.returning(Notice.id, Notice.kind, Notice.idempotency_key)):
                log.error("notice mail not confirmed", key=key)
                _record(session, number, kind, NoticeState.UNCONFIRMED)

    def _take(self) -> Notice | None:
        """The next mail, marked as being sent before anything is sent."""
        now = self._now()
        is_due = (
            Notice.state == NoticeState.PENDING,
            Notice.email.is_not(None),
            or_(Notice.next_try_at.is_(None), Notice.next_try_at <= now),
        )
        query = select(Notice).where(*is_due).order_by(Notice.id).limit(1)
        with self._database.read() as session:
            if session.scalar(query) is None:
                return None
        with self._database.write() as session:
            notice = session.scalar(query.with_for_update(skip_locked=True))
            if notice is not None:
                notice.state = NoticeState.SENDING.value
                notice.attempts += 1
                notice.next_try_at = now + SENDING_TAKES_AT_MOST
            return notice

    def _send(self, notice: Notice) -> None:
        try:
            mail = self._words.write(notice)
        except (KeyError, ValueError, TypeError, ArithmeticError, TemplateError) as error:
            # A notice of another version of the product must not keep the others from their readers.
            log.error("notice cannot be worded", notice=notice.id, kind=notice.kind, error=repr(error))
            self._settle(notice, NoticeState.GIVEN_UP, CANNOT_BE_WORDED)
            return
        try:
            self._mailer.send(mail)
        except RateLimited as error:
            self._try_later(notice, error, timedelta(seconds=error.retry_after))
        except (Rejected, NotFound) as error:
            self._settle(notice, NoticeState.GIVEN_UP, error.reason)
        except ConnectorError as error:
            self._try_later(notice, error)
        else:
            self._settle(notice, NoticeState.SENT)

    def _try_later(self, notice: Notice, error: ConnectorError, asked: timedelta | None = None) -> None:
        pause = next_pause(notice.attempts, self._chance(), asked)
        # The reason may name the address.
        log.warning("notice mail not taken", notice=notice.id, attempt=notice.attempts, error=type(error).__name__)
        if pause is None:
            self._settle(notice, NoticeState.GIVEN_UP, error.reason)
            return
        with self._database.write() as session:
            row = session.get_one(Notice, notice.id)
            row.state, row.next_try_at = NoticeState.PENDING.value, self._now() + pause

    def _settle(self, notice: Notice, state: NoticeState, reason: str | None = None) -> None:
        with self._database.write() as session:
            row = session.get_one(Notice, notice.id)
            row.state, row.settled_at = state.value, self._now()
            row.reason = reason[:LONGEST_REASON] if reason else None
            _record(session, row.id, row.kind, state)


def _record(session: Session, notice_id: int, kind: str, state: NoticeState) -> None:
    record_audit(session, "notices", "notice.mail", "notice", str(notice_id), after={"state": state.value}, kind=kind)
