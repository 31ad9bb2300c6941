"""Everything that customers can do with an order, put together."""

from collections.abc import Sequence
from datetime import date, datetime

from rasa_sdk import Action

from bot.actions.address_changes import address_change_actions
from bot.actions.invoices import invoice_actions
from bot.actions.order_changes import order_change_actions
from bot.actions.orders import order_actions
from bot.actions.returns import return_actions
from bot.services.invoice_copies import InvoiceCopies, InvoicePrinter
from bot.services.invoice_links import InvoiceLinks
from bot.services.order_changes import OrderChanges
from bot.services.order_lookup import OrderLookup
from bot.services.order_words import OrderWords
from bot.services.returns import ReturnDesk
from bot.services.tickets import Tickets
from bot.texts import Texts
from connectors.contracts.mail import Mailer
from connectors.database.base import utc_now
from connectors.database.session import Database
from connectors.registry import Connectors
from connectors.settings import Settings


def order_task_actions(
    settings: Settings,
    database: Database,
    texts: Texts,
    connectors: Connectors,
    lookup: OrderLookup,
    mailer: Mailer,
) -> Sequence[Action]:
    def today() -> date:
        return datetime.now(settings.zone).date()

    words = OrderWords(database, texts, connectors, today)
    changes = OrderChanges(database, connectors.orders)
    printer, links = InvoicePrinter.of(settings, texts), invoice_links(settings)
    copies = InvoiceCopies(database, connectors.sales_invoices, links, printer, mailer)
    return [
        *address_change_actions(lookup, words, changes),
        *invoice_actions(lookup, copies, settings.zone),
        *order_actions(lookup, words, Tickets(database), texts, today),
        *order_change_actions(lookup, words, changes),
        *return_actions(lookup, words, ReturnDesk(database, connectors.returns), today),
    ]


def invoice_links(settings: Settings) -> InvoiceLinks:
    """Links that every process of this installation understands."""
    return InvoiceLinks(settings.secret, settings.public_base_url, utc_now)
