"""What the contracts are called, which protocol each of them is, and which of their methods only read."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contracts.catalogue import Catalogue
from connectors.contracts.contacts import Contacts
from connectors.contracts.documents import DocumentSource
from connectors.contracts.inventory import Inventory
from connectors.contracts.leads import Leads
from connectors.contracts.mail import Mailer
from connectors.contracts.mailbox import Mailbox
from connectors.contracts.orders import Orders
from connectors.contracts.payables import Payables
from connectors.contracts.people import People
from connectors.contracts.purchasing import Purchasing
from connectors.contracts.returns import Returns
from connectors.contracts.sales_invoices import SalesInvoices
from connectors.contracts.tickets import Tickets

ORDERS, PURCHASING, DOCUMENTS = "orders", "purchasing", "documents"
NOTICES, OVERRIDES = "notices", "overrides"
PEOPLE = "people"
CONTACTS, TICKETS = "contacts", "tickets"
MAIL, MAILBOX = "mail", "mailbox"
INVENTORY = "inventory"
PAYABLES = "payables"
CATALOGUE, RETURNS, SALES_INVOICES, LEADS = "catalogue", "returns", "sales_invoices", "leads"

# Served by each of its connections under the name of that one, while of the others one serves.
READ_BY_NAME = frozenset({DOCUMENTS, MAILBOX})

# What any connector may be asked, whatever its contract: neither changes anything.
READ_OF_ALL = frozenset({"check", "preview"})


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract that connections serve. What is not in `reads` changes the other system."""

    protocol: type
    reads: frozenset[str]


def _contract(protocol: type, *reads: str) -> Contract:
    return Contract(protocol, READ_OF_ALL | frozenset(reads))


CONTRACTS: Mapping[str, Contract] = {
    ORDERS: _contract(Orders, "find_order", "orders_of", "undelivered_orders"),
    CATALOGUE: _contract(Catalogue, "list_products", "find_product"),
    RETURNS: _contract(Returns, "returns_of", "find_return", "refunded_since"),
    SALES_INVOICES: _contract(SalesInvoices, "invoices_of", "overdue_invoices"),
    LEADS: _contract(Leads),
    PURCHASING: _contract(
        Purchasing,
        "find_orders",
        "open_orders",
        "current_orders",
        "documents_without_order",
        "unit_conversions",
        "blocked_suppliers",
        "awaited_orders",
        "receipts",
        "posted_documents",
        "open_requests",
        "sent_orders",
    ),
    PAYABLES: _contract(Payables, "unpaid_documents", "proposals"),
    INVENTORY: _contract(
        Inventory, "list_rules", "find_rules", "list_stock", "find_stock", "find_demand", "find_terms", "kits"
    ),
    PEOPLE: _contract(
        People,
        "find_employees",
        "employees",
        "contracts",
        "time_entries",
        "punches",
        "absences",
        "one_off_items",
        "payslips",
    ),
    CONTACTS: _contract(Contacts, "find_contact", "contacts_of", "list_contacts"),
    TICKETS: _contract(Tickets, "find_ticket", "tickets_of", "changed_since", "messages_of"),
    DOCUMENTS: _contract(DocumentSource, "list_documents"),
    MAIL: _contract(Mailer),
    MAILBOX: _contract(Mailbox, "list_folders", "read_mails", "find_mails", "wait"),
}
