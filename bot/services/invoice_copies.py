"""Copies of invoices for customers: by a link, or as a mail to the address of the order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from sqlalchemy import select

from bot.conversations.store import lock_conversation
from bot.services.effects import Effect, Outcome, attempt
from bot.services.invoice_links import InvoiceLink, InvoiceLinks, InvoiceReference
from bot.services.invoice_pdf import Seller, print_invoice
from bot.texts import Texts
from connectors.contracts.mail import Attachment, Mail, Mailer
from connectors.contracts.orders import Order
from connectors.contracts.sales_invoices import SalesInvoice, SalesInvoices
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation
from connectors.database.models.people import AuditEntry
from connectors.database.session import Database
from connectors.settings import Settings

PDF = "application/pdf"
# Whoever proved an order must not be able to fill its owner's mailbox.
MAILS_PER_HOUR = 3
MAILED = "invoice.mail"


@dataclass(frozen=True, slots=True)
class InvoicePrinter:
    """What an invoice is printed with."""

    texts: Texts
    seller: Seller

    @classmethod
    def of(cls, settings: Settings, texts: Texts) -> Self:
        return cls(texts, Seller(settings.seller_lines))

    def print(self, invoice: SalesInvoice, language: str) -> bytes:
        return print_invoice(invoice, self.seller, self.texts.languages[language])


class InvoiceCopies:
    """The caller has made sure that the order was proved."""

    def __init__(
        self,
        database: Database,
        invoices: Callable[[], SalesInvoices],
        links: InvoiceLinks,
        printer: InvoicePrinter,
        mailer: Mailer,
    ) -> None:
        self._database = database
        self._invoices = invoices
        self._links = links
        self._printer = printer
        self._mailer = mailer

    def invoices_of(self, number: str) -> Effect[Sequence[SalesInvoice]]:
        """The invoices of an order, oldest first; none before it was billed."""
        return attempt("invoice.read", lambda: self._invoices().invoices_of(number))

    def link(self, conversation_id: str, invoice: SalesInvoice) -> InvoiceLink:
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            actor, number = f"contact:{conversation.contact_id}", invoice.number
            record_audit(session, actor, "invoice.link", "invoice", number, conversation=conversation_id)
            language = conversation.language
        return self._links.make(InvoiceReference(invoice.order_number, invoice.number, language))

    def mail(self, conversation_id: str, turn_key: str, order: Order, invoices: Sequence[SalesInvoice]) -> Outcome:
        """Send the invoices to the address of the order; REFUSED when that was done too often within an hour.

        The same turn again sends nothing and answers the same.
        """
        with self._database.read() as session:
            conversation = session.get_one(Conversation, conversation_id)
            actor, language = f"contact:{conversation.contact_id}", conversation.language
            recent = select(AuditEntry).where(
                AuditEntry.object_type == "order",
                AuditEntry.object_id == order.number,
                AuditEntry.action == MAILED,
                AuditEntry.at > utc_now() - timedelta(hours=1),
            )
            earlier = [entry.detail.get("turn") for entry in session.scalars(recent)]
        if turn_key in earlier:
            return Outcome.DONE
        if len(earlier) >= MAILS_PER_HOUR:
            return Outcome.REFUSED
        # Between two transactions: a mail server that hangs must not hold up everybody who writes.
        mail = self._write(order, invoices, language)
        if attempt(MAILED, lambda: self._mailer.send(mail)).outcome != Outcome.DONE:
            return Outcome.UNAVAILABLE
        with self._database.write() as session:
            record_audit(session, actor, MAILED, "order", order.number, conversation=conversation_id, turn=turn_key)
        return Outcome.DONE

    def _write(self, order: Order, invoices: Sequence[SalesInvoice], language: str) -> Mail:
        about = {"number": order.number, "name": order.customer_name}
        texts = self._printer.texts
        return Mail(
            to=order.email,
            about=f"invoice-copy:{order.number}",
            subject=texts.render("invoice_mail_subject", language, about).text,
            text=texts.render("invoice_mail_text", language, about).text,
            attachments=tuple(
                Attachment(file_name(invoice), PDF, self._printer.print(invoice, language)) for invoice in invoices
            ),
        )


def file_name(invoice: SalesInvoice) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in invoice.number) + ".pdf"
