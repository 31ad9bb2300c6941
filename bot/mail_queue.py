"""The queue of our mails: kept before they are sent, tried until they are taken, and known when they come back."""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from automations.rules.deliveries import next_pause
from connectors.contracts.mail import Attachment, Mail, Mailer, UnconfirmedError
from connectors.database.audit import record_audit
from connectors.database.base import new_id, utc_now
from connectors.database.models.mail import MailState, OutgoingMail
from connectors.database.session import Database
from connectors.errors import ConnectorError, NotFound, RateLimited, Rejected
from connectors.secrets import Secrets, SecretUnreadableError

ACTOR = "mail"
BATCH = 50
# Longer than any mail server takes. Who has not settled a mail by then has died.
SENDING_TAKES_AT_MOST = timedelta(minutes=5)
NOT_CONFIRMED = "the process died while it was being sent; look whether it arrived"
TOO_LATE = "it could not be sent while it was of use"
LONGEST_REASON = 500
LONGEST_KEY, LONGEST_ABOUT, LONGEST_ADDRESS = 150, 150, 320

log = structlog.get_logger()


class MailQueue:
    """A mailer that takes every mail, and hands it on to `carrier`; any number of processes may send.

    A mail is `sending` while the mail server has it. If the process dies then, or the server does not say that it has
    taken it, nobody knows whether it left: it is never sent again by itself, and the data-quality job names it. What is
    not taken for now is tried again, with growing pauses and the same Message-ID, and given up in the end.
    """

    def __init__(
        self,
        database: Database,
        carrier: Mailer,
        secrets: Secrets,
        now: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._secrets = secrets
        self._now = now
        self._chance = chance

    def send(self, mail: Mail) -> None:
        """Keep a mail and try it at once; that no server takes it now is no failure. The same key again does nothing.

        Raises:
            Rejected: it will never be taken, for example because the address is wrong.
        """
        with self._database.write() as session:
            row = self.put(session, mail)
            if row is None:
                return
            self._begin(row)
        refused = self._hand_over(row)
        if refused is not None:
            raise refused

    def check(self) -> str:
        return self._carrier.check()

    def put(self, session: Session, mail: Mail) -> OutgoingMail | None:
        """Keep a mail in the transaction of what it tells of, to be sent soon; None if its key is known."""
        name = f"mail-{new_id()}"
        key = (mail.key or name)[:LONGEST_KEY]
        if session.scalar(select(OutgoingMail.id).where(OutgoingMail.key == key)) is not None:
            return None
        now = self._now()
        row = OutgoingMail(
            key=key,
            message_name=name,
            about=(mail.about or key)[:LONGEST_ABOUT],
            recipient=mail.to.strip()[:LONGEST_ADDRESS],
            sealed=self._secrets.seal(_pack(replace(mail, key=name))),
            state=MailState.PENDING.value,
            attempts=0,
            next_try_at=now,
            useless_after=now + mail.useful_for if mail.useful_for is not None else None,
            created_at=now,
        )
        session.add(row)
        session.flush()
        return row

    def send_due(self) -> int:
        """Send the mails whose time has come, oldest first; returns how many were tried."""
        self._note_unconfirmed()
        tried = 0
        while tried < BATCH and (row := self._take()) is not None:
            self._hand_over(row)
            tried += 1
        return tried

    def _begin(self, row: OutgoingMail) -> None:
        row.state = MailState.SENDING.value
        row.attempts += 1
        row.next_try_at = self._now() + SENDING_TAKES_AT_MOST

    def _note_unconfirmed(self) -> None:
        is_stuck = (OutgoingMail.state == MailState.SENDING.value, OutgoingMail.next_try_at < self._now())
        with self._database.read() as session:
            if session.scalar(select(OutgoingMail.id).where(*is_stuck).limit(1)) is None:
                return
        lost = (
            update(OutgoingMail)
            .where(*is_stuck)
            .values(state=MailState.UNCONFIRMED.value, reason=NOT_CONFIRMED, settled_at=self._now(), sealed="")
        )
        with self._database.write() as session:
            for mail_id, about in session.execute(lost.returning(OutgoingMail.id, OutgoingMail.about)).all():
                _tell_settled(session, mail_id, about, MailState.UNCONFIRMED)
                log.error("mail not confirmed", about=about)

    def _take(self) -> OutgoingMail | None:
        """The next mail, marked as being sent before anything is sent."""
        is_due = (OutgoingMail.state == MailState.PENDING.value, OutgoingMail.next_try_at <= self._now())
        query = select(OutgoingMail).where(*is_due).order_by(OutgoingMail.next_try_at, OutgoingMail.id).limit(1)
        with self._database.read() as session:
            if session.scalar(query) is None:
                return None
        with self._database.write() as session:
            row = session.scalar(query.with_for_update(skip_locked=True))
            if row is not None:
                self._begin(row)
            return row

    def _hand_over(self, row: OutgoingMail) -> Rejected | NotFound | None:
        """Returns why it will never be taken; None if it was, or may be."""
        if row.useless_after is not None and row.useless_after <= self._now():
            self._settle(row, MailState.GIVEN_UP, TOO_LATE)
            return None
        try:
            self._carrier.send(_unpack(self._secrets.open(row.sealed)))
        except RateLimited as error:
            self._try_later(row, error.reason, error, timedelta(seconds=error.retry_after))
        except UnconfirmedError as error:
            self._settle(row, MailState.UNCONFIRMED, error.reason)
            log.error("mail not confirmed", about=row.about)
        except (Rejected, NotFound) as error:
            self._settle(row, MailState.GIVEN_UP, error.reason)
            return error
        except ConnectorError as error:
            self._try_later(row, error.reason, error)
        except SecretUnreadableError as error:
            self._try_later(row, str(error), error)
        else:
            self._settle(row, MailState.SENT)
        return None

    def _try_later(self, row: OutgoingMail, reason: str, error: Exception, asked: timedelta | None = None) -> None:
        pause = next_pause(row.attempts, self._chance(), asked)
        # The reason may name the address.
        log.warning("mail not taken", about=row.about, attempt=row.attempts, error=type(error).__name__)
        if pause is None:
            self._settle(row, MailState.GIVEN_UP, reason)
            return
        with self._database.write() as session:
            kept = session.get_one(OutgoingMail, row.id)
            kept.state, kept.next_try_at = MailState.PENDING.value, self._now() + pause
            kept.reason = reason[:LONGEST_REASON]

    def _settle(self, row: OutgoingMail, state: MailState, reason: str | None = None) -> None:
        """What was sent need not be kept: it may hold what nobody else should read."""
        with self._database.write() as session:
            kept = session.get_one(OutgoingMail, row.id)
            kept.state, kept.settled_at, kept.sealed = state.value, self._now(), ""
            kept.reason = reason[:LONGEST_REASON] if reason else None
            _tell_settled(session, kept.id, kept.about, state)


def _tell_settled(session: Session, mail_id: int, about: str, state: MailState) -> None:
    """Without address and text, and without the reason, which may name the address."""
    record_audit(session, ACTOR, "mail.settle", "mail", str(mail_id), after={"state": state.value}, about=about)


def _pack(mail: Mail) -> str:
    """As JSON; how long it is of use and what it is about stand beside it."""
    document: dict[str, Any] = {
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "key": mail.key,
        "is_right_to_left": mail.is_right_to_left,
        "thread": mail.thread,
        "attachments": [
            [file.name, file.media_type, base64.b64encode(file.content).decode()] for file in mail.attachments
        ],
    }
    return json.dumps(document)


def _unpack(packed: str) -> Mail:
    document: dict[str, Any] = json.loads(packed)
    files = tuple(Attachment(name, kind, base64.b64decode(content)) for name, kind, content in document["attachments"])
    return Mail(**{**document, "attachments": files})
