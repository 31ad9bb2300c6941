"""One-time codes by e-mail: they prove that an address belongs to whoever is writing, and tell nobody whom we know."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from bot.conversations.store import lock_conversation
from bot.services.proof_attempts import ProofLimits, Subject, count_try, hide, is_limited, subjects_of
from bot.services.verification import CODE, verify_conversation
from bot.texts import Texts
from connectors.contracts.mail import Mail, Mailer
from connectors.contracts.orders import Order, Orders
from connectors.database.audit import record_audit
from connectors.database.base import new_id, utc_now
from connectors.database.models.conversation import Contact, Conversation, Ticket
from connectors.database.models.service import OneTimeCode
from connectors.database.session import Database
from connectors.email_address import normalise_email
from connectors.errors import ConnectorError, NotFound

CODE_DIGITS = 6
VALID = timedelta(minutes=10)
MAX_TRIES = 5

log = structlog.get_logger()


class SendOutcome(StrEnum):
    """`SENT`: a code is on its way if we know the address; whether we do is told to nobody."""

    SENT = "sent"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


class TryOutcome(StrEnum):
    """`OVER`: there is no code any more that could be right; only a new one helps."""

    PROVED = "proved"
    WRONG = "wrong"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class CodeSettings:
    """`secret` keys the hashes, `limits` are sends within an hour."""

    secret: str
    limits: ProofLimits


class OneTimeCodes:
    """Sends codes and checks them.

    Whether an address is known makes no difference that a customer could see or measure: the same look-ups, the same
    rows, the same answers, and the mail itself goes out behind the answer, in a thread of `background`.
    """

    def __init__(
        self,
        database: Database,
        texts: Texts,
        mailer: Mailer,
        orders: Callable[[], Orders],
        settings: CodeSettings,
        background: Executor,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._texts = texts
        self._mailer = mailer
        self._orders = orders
        self._settings = settings
        self._background = background
        self._now = now

    def send(self, conversation_id: str, address: str) -> SendOutcome:
        """Send a code to an address that has an order, a ticket or a contact with us; it replaces the one before."""
        email = normalise_email(address)
        try:
            self._mailer.check()
            order = self._newest_order(email)
        except ConnectorError as error:
            log.warning("a code cannot be sent", reason=error.reason)
            return SendOutcome.UNAVAILABLE
        code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            subjects = [*subjects_of(conversation, "code:"), Subject("code:email", hide(email))]
            if is_limited(session, subjects, self._settings.limits):
                _record(session, conversation, "code.send", SendOutcome.TOO_MANY)
                return SendOutcome.TOO_MANY
            count_try(session, subjects)
            is_known = _is_known(session, email) or order is not None
            self._keep(session, conversation_id, email, code if is_known else None)
            _record(session, conversation, "code.send", SendOutcome.SENT, is_known=is_known)
        if is_known:
            self._background.submit(self._deliver, self._mail(email, code, conversation.language))
        return SendOutcome.SENT

    def prove(self, conversation_id: str, code: str) -> TryOutcome:
        """Try the code that was sent in this conversation; a right one verifies the conversation and is used up."""
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            sent = session.scalar(
                select(OneTimeCode).where(
                    OneTimeCode.conversation_id == conversation_id,
                    OneTimeCode.used_at.is_(None),
                    OneTimeCode.tries < MAX_TRIES,
                    OneTimeCode.expires_at > self._now(),
                )
            )
            outcome = self._try(sent, code)
            _record(session, conversation, "code.prove", outcome)
            if sent is not None and outcome == TryOutcome.PROVED:
                sent.used_at = self._now()
                verify_conversation(session, conversation, sent.email, CODE)
        if sent is not None and outcome == TryOutcome.PROVED:
            self._learn_name(conversation_id, sent.email)
        return outcome

    def _try(self, sent: OneTimeCode | None, code: str) -> TryOutcome:
        if sent is None:
            return TryOutcome.OVER
        sent.tries += 1
        if hmac.compare_digest(sent.code_hash, self._hash(sent.id, code)):
            return TryOutcome.PROVED
        return TryOutcome.WRONG if sent.tries < MAX_TRIES else TryOutcome.OVER

    def _keep(self, session: Session, conversation_id: str, email: str, code: str | None) -> None:
        """Without a code nothing will be right, but tries are counted and time passes as for any other."""
        stale = self._now() - timedelta(days=1)
        session.execute(
            delete(OneTimeCode)
            .where(or_(OneTimeCode.conversation_id == conversation_id, OneTimeCode.expires_at < stale))
            .execution_options(synchronize_session=False)
        )
        code_id = new_id()
        session.add(
            OneTimeCode(
                id=code_id,
                conversation_id=conversation_id,
                email=email,
                code_hash=self._hash(code_id, code or secrets.token_hex()),
                expires_at=self._now() + VALID,
            )
        )

    def _hash(self, code_id: str, code: str) -> str:
        return hmac.new(self._settings.secret.encode(), f"code:{code_id}:{code}".encode(), hashlib.sha256).hexdigest()

    def _newest_order(self, email: str) -> Order | None:
        try:
            return next(iter(self._orders().orders_of(email)), None)
        except NotFound:
            return None  # no sales system is connected: tickets and contacts decide

    def _learn_name(self, conversation_id: str, email: str) -> None:
        """The name under which the newest order was placed."""
        try:
            order = self._newest_order(email)
        except ConnectorError as error:
            log.warning("the name of a customer is not known", reason=error.reason)
            return
        if order is not None:
            with self._database.write() as session:
                lock_conversation(session, conversation_id).contact.display_name = order.customer_name

    def _mail(self, email: str, code: str, language: str) -> Mail:
        minutes = int(VALID.total_seconds() // 60)
        subject = self._texts.render("mail_code_subject", language).text
        text = self._texts.render("mail_code_text", language, {"code": code, "minutes": minutes}).text
        return Mail(email, subject, text, about="code", useful_for=VALID)

    def _deliver(self, mail: Mail) -> None:
        try:
            self._mailer.send(mail)
        except ConnectorError as error:
            # The reason may name the address. Who waits in vain may ask for another code.
            log.warning("a code was not taken by the mail server", error=type(error).__name__)


def _record(session: Session, conversation: Conversation, action: str, outcome: StrEnum, **detail: Any) -> None:
    """No code and no address: who may read the log may not learn either from it."""
    actor, said = f"contact:{conversation.contact_id}", outcome.value
    channel = conversation.channel
    record_audit(session, actor, action, "conversation", conversation.id, outcome=said, channel=channel, **detail)


def _is_known(session: Session, email: str) -> bool:
    has_ticket, has_contact = exists().where(Ticket.email == email), exists().where(Contact.email == email)
    return bool(session.scalar(select(or_(has_ticket, has_contact))))
