"""Catalogue, returns, sales invoices and leads kept in our own database."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.contracts.catalogue import Product
from connectors.contracts.leads import Lead
from connectors.contracts.orders import Address
from connectors.contracts.returns import ReturnCase, ReturnRequest, ReturnState, require_returnable
from connectors.contracts.sales_invoices import BilledCustomer, SalesInvoice, SalesInvoiceLine
from connectors.database.base import new_id, utc_now
from connectors.database.failures import explain_failures
from connectors.database.models.sales import LeadRow, ProductRow, ReturnRow, SalesInvoiceRow, SalesOrder
from connectors.database.session import Database, wait_in_line
from connectors.errors import NotFound
from connectors.order_number import normalise_order_number


class HouseCatalogue:
    """Products in the table `products`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_products(self) -> Sequence[Product]:
        query = select(ProductRow).where(ProductRow.is_on_sale.is_(True)).order_by(ProductRow.sku)
        with explain_failures(), self._database.read() as session:
            return tuple(_read_product(row) for row in session.scalars(query))

    def find_product(self, sku: str) -> Product:
        with explain_failures(), self._database.read() as session:
            row = session.get(ProductRow, sku)
            if row is None or not row.is_on_sale:
                raise NotFound(f"Nothing on sale has the SKU {sku!r}.")
            return _read_product(row)

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(ProductRow))
        return f"Our own database holds {count} products."


class HouseReturns:
    """Returns in the table `returns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request_return(self, request: ReturnRequest) -> ReturnCase:
        number = normalise_order_number(request.order_number)
        with explain_failures(), self._database.write() as session:
            # Held, so that two requests for one order see each other.
            if session.get(SalesOrder, number, with_for_update=True) is None:
                raise NotFound(f"There is no order {request.order_number!r}.")
            known = session.scalar(select(ReturnRow).where(ReturnRow.idempotency_key == request.idempotency_key))
            if known is not None:
                return _read_return(known)
            require_returnable(request, _returns_of(session, number))
            row = ReturnRow(
                number=new_id()[:20],  # until the row has an id
                idempotency_key=request.idempotency_key,
                order_number=number,
                skus=list(request.skus),
                reason=request.reason,
                is_faulty=request.is_faulty,
                amount=request.amount,
                currency=request.currency,
                state=ReturnState.REQUESTED,
                requested_on=utc_now().date(),
            )
            session.add(row)
            session.flush()
            row.number = f"RET-{row.id:06d}"
            return _read_return(row)

    def returns_of(self, order_number: str) -> Sequence[ReturnCase]:
        with explain_failures(), self._database.read() as session:
            return _returns_of(session, normalise_order_number(order_number))

    def find_return(self, number: str) -> ReturnCase:
        with explain_failures(), self._database.read() as session:
            row = session.scalar(select(ReturnRow).where(ReturnRow.number == number))
        if row is None:
            raise NotFound(f"There is no return {number!r}.")
        return _read_return(row)

    def refunded_since(self, day: date) -> Sequence[ReturnCase]:
        query = select(ReturnRow).where(ReturnRow.refunded_on >= day).order_by(ReturnRow.refunded_on, ReturnRow.id)
        with explain_failures(), self._database.read() as session:
            return tuple(_read_return(row) for row in session.scalars(query))

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(ReturnRow))
        return f"Our own database holds {count} returns."


class HouseSalesInvoices:
    """Invoices in the table `sales_invoices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def invoices_of(self, order_number: str) -> Sequence[SalesInvoice]:
        query = (
            select(SalesInvoiceRow)
            .where(SalesInvoiceRow.order_number == normalise_order_number(order_number))
            .order_by(SalesInvoiceRow.issued_on, SalesInvoiceRow.number)
        )
        with explain_failures(), self._database.read() as session:
            return tuple(_read_invoice(row) for row in session.scalars(query))

    def overdue_invoices(self, day: date) -> Sequence[SalesInvoice]:
        row = SalesInvoiceRow
        query = select(row).where(row.settled_on.is_(None), row.due_on < day).order_by(row.due_on, row.number)
        with explain_failures(), self._database.read() as session:
            found = [_read_invoice(each) for each in session.scalars(query)]
        # Compared here and not in SQL, because SQLite keeps decimals as text.
        return tuple(invoice for invoice in found if invoice.open_amount > 0)

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(SalesInvoiceRow))
        return f"Our own database holds {count} sales invoices."


class HouseLeads:
    """Leads in the table `leads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_lead(self, lead: Lead) -> str:
        with explain_failures(), self._database.write() as session:
            wait_in_line(session, f"lead:{lead.idempotency_key}")
            known = session.scalar(select(LeadRow.number).where(LeadRow.idempotency_key == lead.idempotency_key))
            if known is not None:
                return known
            row = LeadRow(
                number=new_id()[:20],  # until the row has an id
                idempotency_key=lead.idempotency_key,
                name=lead.name,
                email=lead.email,
                company=lead.company,
                description=lead.description,
                sku=lead.sku,
                quantity=lead.quantity,
                language=lead.language,
            )
            session.add(row)
            session.flush()
            row.number = f"LEAD-{row.id:06d}"
            return row.number

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(LeadRow))
        return f"Our own database holds {count} leads."


def _returns_of(session: Session, order_number: str) -> tuple[ReturnCase, ...]:
    query = select(ReturnRow).where(ReturnRow.order_number == order_number).order_by(ReturnRow.id.desc())
    return tuple(_read_return(row) for row in session.scalars(query))


def _read_product(row: ProductRow) -> Product:
    return Product(
        sku=row.sku,
        names=row.names,
        descriptions=row.descriptions,
        price=row.price,
        currency=row.currency,
        stock=row.stock,
        category=row.category,
        expected_on=row.expected_on,
        alternatives=tuple(row.alternatives),
    )


def _read_return(row: ReturnRow) -> ReturnCase:
    return ReturnCase(
        number=row.number,
        order_number=row.order_number,
        skus=tuple(row.skus),
        reason=row.reason,
        is_faulty=row.is_faulty,
        amount=row.amount,
        currency=row.currency,
        state=ReturnState(row.state),
        requested_on=row.requested_on,
        refunded_on=row.refunded_on,
    )


def _read_invoice(row: SalesInvoiceRow) -> SalesInvoice:
    return SalesInvoice(
        number=row.number,
        order_number=row.order_number,
        issued_on=row.issued_on,
        customer_name=row.customer_name,
        address=Address(**row.address) if row.address else None,
        currency=row.currency,
        lines=tuple(_read_line(line) for line in row.lines),
        net_total=row.net_total,
        tax_total=row.tax_total,
        gross_total=row.gross_total,
        due_on=row.due_on,
        paid=row.paid,
        is_disputed=row.is_disputed,
        has_payment_plan=row.has_payment_plan,
        is_with_person=row.is_with_person,
        promised_on=row.promised_on,
        customer=_read_billed(row),
    )


def _read_billed(row: SalesInvoiceRow) -> BilledCustomer | None:
    if row.customer_email is None:
        return None
    return BilledCustomer(row.customer_email, row.customer_language, row.customer_country)


def _read_line(line: dict[str, str]) -> SalesInvoiceLine:
    return SalesInvoiceLine(
        description=line["description"],
        quantity=Decimal(line["quantity"]),
        unit_price=Decimal(line["unit_price"]),
        tax_percent=Decimal(line["tax_percent"]),
        net=Decimal(line["net"]),
    )
