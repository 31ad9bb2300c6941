"""What becomes of mails that arrive: reports of mails that came back, and customers' answers to tickets."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.ticket_answers import ABOUT_TICKET
from connectors.contracts.mailbox import DeliveryReport, Mailbox, ReceivedMail
from connectors.contracts.tickets import TicketAuthor
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.alerts import AlertDelivery, DeliveryState
from connectors.database.models.mail import MailState, OutgoingMail, TicketMail
from connectors.database.session import Database
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected
from connectors.mailbox_position import keep_position, read_position
from connectors.vendors.house_tickets import HouseTickets
from connectors.vendors.mail_message import own_key

ACTOR = "mail"
MAX_TEXT_LENGTH = 20_000
LONGEST_MESSAGE_ID = 300
LONGEST_REASON = 500
_QUOTED = re.compile(r"^\s*>")

log = structlog.get_logger()


class MailIntake:
    """Reads each mail of a folder once. What is for nobody of us stays there, for people."""

    def __init__(self, database: Database, sender: str, now: Callable[[], datetime] = utc_now) -> None:
        """`sender` is whom our mails are from: answers to them name its domain."""
        self._database = database
        self._sender = sender
        self._now = now
        self._tickets = HouseTickets(database)

    def read_new(self, connection: str, mailbox: Mailbox, folder: str) -> int:
        """Deal with what arrived since the last time; returns how many mails that were."""
        reader = f"{connection}:answers"
        with self._database.read() as session:
            position = read_position(session, reader, folder)
        count = 0
        for mail in mailbox.read_mails(folder, position):
            self._take(mail)
            with self._database.write() as session:
                keep_position(session, reader, folder, mail.id, self._now())
            count += 1
        return count

    def position(self, connection: str, folder: str) -> str | None:
        """The last mail of a folder that was dealt with."""
        with self._database.read() as session:
            return read_position(session, f"{connection}:answers", folder)

    def _take(self, mail: ReceivedMail) -> None:
        """Twice does no more than once: a process may die before the position is kept."""
        for report in mail.reports:
            self._note_report(report)
        if mail.is_automatic or mail.refusal is not None:
            return
        with self._database.read() as session:
            number = self._find_ticket(session, mail)
        if number is not None:
            self._add_to_ticket(number, mail)

    def _note_report(self, report: DeliveryReport) -> None:
        """A mail that came back is no longer sent; one that is only late still may arrive."""
        key = own_key(report.original_id or "", self._sender)
        if key is None:
            return
        if report.action != "failed":
            log.info("mail delayed" if report.action == "delayed" else "mail reported", status=report.status)
            return
        reason = f"it came back: {report.status} {report.explanation}".strip()[:LONGEST_REASON]
        with self._database.write() as session:
            mail = session.scalar(select(OutgoingMail).where(OutgoingMail.message_name == key).with_for_update())
            if mail is not None and mail.state != MailState.BOUNCED.value:
                mail.state, mail.reason = MailState.BOUNCED.value, reason
                mail.settled_at, mail.sealed = self._now(), ""
                record_audit(session, ACTOR, "mail.bounce", "mail", str(mail.id), about=mail.about)
                log.warning("mail came back", about=mail.about, status=report.status)
            delivery = session.get(AlertDelivery, key, with_for_update=True)
            if delivery is not None:
                delivery.state, delivery.last_error = DeliveryState.GIVEN_UP.value, reason

    def _find_ticket(self, session: Session, mail: ReceivedMail) -> str | None:
        """The ticket to which this customer answers: a mail of ours to them, or one of theirs, is in its thread."""
        numbers = dict.fromkeys(self._tickets_in_thread(session, mail.answers)) if mail.sender else ()
        return next((number for number in numbers if self._is_of(number, mail.sender)), None)

    def _tickets_in_thread(self, session: Session, answered: Sequence[str]) -> Iterator[str]:
        """Latest first. Anybody can write any Message-ID, so one that belongs to somebody else proves nothing."""
        for message_id in reversed(answered):
            earlier = session.get(TicketMail, message_id[:LONGEST_MESSAGE_ID])
            if earlier is not None:
                yield earlier.ticket_number
            if key := own_key(message_id, self._sender):
                ours = session.scalar(select(OutgoingMail).where(OutgoingMail.message_name == key))
                if ours is not None and ours.about.startswith(ABOUT_TICKET):
                    yield ours.about.removeprefix(ABOUT_TICKET)

    def _is_of(self, number: str, sender: str) -> bool:
        try:
            return self._tickets.find_ticket(number).email == normalise_email(sender)
        except NotFound:
            return False

    def _add_to_ticket(self, number: str, mail: ReceivedMail) -> None:
        try:
            self._tickets.add_message(number, TicketAuthor.CUSTOMER, _say(mail), f"mail:{_identify(mail)}")
        except Rejected:
            log.info("an answer without any text", ticket=number)
            return
        name = mail.message_id[:LONGEST_MESSAGE_ID]
        with self._database.write() as session:
            if name and session.get(TicketMail, name) is None:
                session.add(TicketMail(message_id=name, ticket_number=number, at=self._now()))
            record_audit(session, ACTOR, "ticket.mail", "ticket", number)


def _identify(mail: ReceivedMail) -> str:
    """The same for the same mail, also when its mailbox has numbered it anew."""
    facts = mail.message_id or f"{mail.sender}\n{mail.sent_at}\n{mail.subject}\n{mail.text}"
    return hashlib.sha256(facts.encode()).hexdigest()


def _say(mail: ReceivedMail) -> str:
    """What is new in an answer, and which files came with it; they stay in the mailbox."""
    files = "\n".join(f"[{file.name}]" for file in mail.attachments)
    return f"{_without_quotation(mail.text)[:MAX_TEXT_LENGTH]}\n\n{files}".strip()


def _without_quotation(text: str) -> str:
    """Without the quotation at the end and the line that introduces it; all of it where that would leave nothing."""
    lines = text.split("\n")
    kept = len(lines)
    while kept and (not lines[kept - 1].strip() or _QUOTED.match(lines[kept - 1])):
        kept -= 1
    if kept < len(lines) and any(_QUOTED.match(line) for line in lines[kept:]):
        kept = _without_introduction(lines, kept)
    shortened = "\n".join(lines[:kept]).strip()
    return shortened or text.strip()


def _without_introduction(lines: Sequence[str], end: int) -> int:
    """'On Monday, Emma wrote:' in any language ends with a colon; it may be broken into two lines."""
    if not lines[end - 1].rstrip().endswith(":"):
        return end
    end -= 1
    return end - 1 if end and lines[end - 1].strip() and not lines[end - 1].rstrip().endswith((".", "!", "?")) else end
