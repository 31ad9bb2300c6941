"""What every system that bills customers must do, run over every vendor of the registry."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.contracts.orders import Address, Order, OrderItem, OrderState
from connectors.contracts.sales_invoices import BilledCustomer, SalesInvoice, SalesInvoiceLine, SalesInvoices
from connectors.database.models.sales import SalesInvoiceRow
from connectors.database.session import Database
from connectors.errors import Unavailable
from connectors.registry import vendors_of
from connectors.vendors.house_sales import HouseSalesInvoices
from connectors.vendors.memory_sales import MemorySalesInvoices
from tests.contract.with_a_server import tested_with_a_server
from tests.fixtures.days import TODAY
from tests.fixtures.filled_orders import add_orders

INVOICE = SalesInvoice(
    number="FV-2026-0872",
    order_number="ORD-2026-0117",
    issued_on=date(2026, 11, 4),
    customer_name="Guðrún Jónsdóttir",
    address=Address("Laugavegur 45", "Reykjavík", "101", "IS"),
    currency="EUR",
    lines=(
        SalesInvoiceLine("White glazed bowl", Decimal(2), Decimal("26.7769"), Decimal(21), Decimal("53.55")),
        SalesInvoiceLine("Delivery", Decimal(1), Decimal("4.0496"), Decimal(21), Decimal("4.05")),
    ),
    net_total=Decimal("57.60"),
    tax_total=Decimal("12.10"),
    gross_total=Decimal("69.70"),
)
CORRECTED = replace(INVOICE, number="FV-2026-0875", issued_on=date(2026, 11, 6), address=None)
SAME_DAY = replace(INVOICE, number="FV-2026-0871", lines=())
OTHERS = replace(INVOICE, number="FV-2026-0870", order_number="ORD-2026-0118")

OWED = replace(OTHERS, order_number="ORD-2026-0120", customer=BilledCustomer("gudrun@example.com", "is", "IS"))
DISPUTED = replace(
    OWED,
    number="FV-2026-0860",
    due_on=date(2026, 11, 19),
    is_disputed=True,
    has_payment_plan=True,
    is_with_person=True,
    promised_on=date(2026, 12, 1),
)
PARTLY_PAID = replace(OWED, number="FV-2026-0861", due_on=date(2026, 11, 10), paid=Decimal("9.99"))
PAID = replace(OWED, number="FV-2026-0862", due_on=date(2026, 11, 10), paid=Decimal("69.70"))


def _fill_house(database: Database, invoices: Sequence[SalesInvoice]) -> SalesInvoices:
    bowl = OrderItem("BOWL", "Bowl", Decimal(1))
    add_orders(
        database,
        [
            Order(number, "emma@example.com", "Emma", TODAY, OrderState.SHIPPED, (bowl,), Decimal(60), "EUR")
            for number in sorted({invoice.order_number for invoice in invoices})
        ],
    )
    with database.write() as session:
        session.add_all(_row(invoice) for invoice in invoices)
    return HouseSalesInvoices(database)


def _row(invoice: SalesInvoice) -> SalesInvoiceRow:
    return SalesInvoiceRow(
        number=invoice.number,
        order_number=invoice.order_number,
        issued_on=invoice.issued_on,
        customer_name=invoice.customer_name,
        address=asdict(invoice.address) if invoice.address else {},
        currency=invoice.currency,
        lines=[{name: str(value) for name, value in asdict(line).items()} for line in invoice.lines],
        net_total=invoice.net_total,
        tax_total=invoice.tax_total,
        gross_total=invoice.gross_total,
        due_on=invoice.due_on,
        paid=invoice.paid,
        is_disputed=invoice.is_disputed,
        has_payment_plan=invoice.has_payment_plan,
        is_with_person=invoice.is_with_person,
        promised_on=invoice.promised_on,
        customer_email=invoice.customer.email if invoice.customer else None,
        customer_language=invoice.customer.language if invoice.customer else None,
        customer_country=invoice.customer.country if invoice.customer else None,
    )


FILLED: dict[str, Callable[[Database, Sequence[SalesInvoice]], SalesInvoices]] = {
    "house": _fill_house,
    "memory": lambda _database, invoices: MemorySalesInvoices(invoices),
}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("sales_invoices")) - tested_with_a_server("sales_invoices") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def invoices(request: pytest.FixtureRequest, database: Database) -> SalesInvoices:
    return FILLED[request.param](database, [CORRECTED, INVOICE, SAME_DAY, OTHERS, DISPUTED, PARTLY_PAID, PAID])


@pytest.mark.parametrize("written", ["ORD-2026-0117", " ord–2026–0117"])
def test_the_invoices_of_an_order_come_back_as_they_were_printed_oldest_first(
    invoices: SalesInvoices, written: str
) -> None:
    assert list(invoices.invoices_of(written)) == [SAME_DAY, INVOICE, CORRECTED]


def test_an_order_that_was_not_billed_has_no_invoice(invoices: SalesInvoices) -> None:
    assert list(invoices.invoices_of("ORD-2026-0119")) == []


def test_what_is_owed_after_its_last_day_comes_back_longest_overdue_first_whatever_speaks_against_it(
    invoices: SalesInvoices,
) -> None:
    assert list(invoices.overdue_invoices(date(2026, 11, 20))) == [PARTLY_PAID, DISPUTED]
    assert PARTLY_PAID.open_amount == Decimal("59.71")


def test_on_its_last_day_an_invoice_is_not_overdue(invoices: SalesInvoices) -> None:
    assert list(invoices.overdue_invoices(date(2026, 11, 19))) == [PARTLY_PAID]


def test_our_own_invoices_are_unavailable_while_the_database_has_no_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HouseSalesInvoices(database).invoices_of("ORD-1")
    database.close()
