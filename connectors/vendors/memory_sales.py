"""Catalogue, returns, sales invoices and leads in memory, for tests and trials."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from threading import Lock

from connectors.contracts.catalogue import Product
from connectors.contracts.leads import Lead
from connectors.contracts.returns import ReturnCase, ReturnRequest, ReturnState, require_returnable
from connectors.contracts.sales_invoices import SalesInvoice
from connectors.errors import NotFound
from connectors.order_number import normalise_order_number


class MemoryCatalogue:
    """Products that live as long as this object."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self._products = {product.sku: product for product in products}

    def add(self, product: Product) -> None:
        self._products[product.sku] = product

    def list_products(self) -> Sequence[Product]:
        return tuple(product for _sku, product in sorted(self._products.items()))

    def find_product(self, sku: str) -> Product:
        try:
            return self._products[sku]
        except KeyError:
            raise NotFound(f"Nothing on sale has the SKU {sku!r}.") from None

    def check(self) -> str:
        return f"The memory holds {len(self._products)} products."


class MemoryReturns:
    """Returns that live as long as this object; `orders` are the order numbers that exist, None for any."""

    def __init__(self, today: date, orders: Iterable[str] | None = None) -> None:
        self._today = today
        self._orders = None if orders is None else set(map(normalise_order_number, orders))
        self._cases: dict[str, ReturnCase] = {}
        self._lock = Lock()

    def request_return(self, request: ReturnRequest) -> ReturnCase:
        number = normalise_order_number(request.order_number)
        with self._lock:
            if request.idempotency_key in self._cases:
                return self._cases[request.idempotency_key]
            if self._orders is not None and number not in self._orders:
                raise NotFound(f"There is no order {request.order_number!r}.")
            require_returnable(request, self.returns_of(number))
            case = ReturnCase(
                number=f"RET-{len(self._cases) + 1:06d}",
                order_number=number,
                skus=request.skus,
                reason=request.reason,
                is_faulty=request.is_faulty,
                amount=request.amount,
                currency=request.currency,
                state=ReturnState.REQUESTED,
                requested_on=self._today,
            )
            self._cases[request.idempotency_key] = case
            return case

    def settle(self, number: str, state: ReturnState, refunded_on: date | None = None) -> None:
        """Let people decide about a return, or the money be paid."""
        for key, case in self._cases.items():
            if case.number == number:
                self._cases[key] = replace(case, state=state, refunded_on=refunded_on)

    def returns_of(self, order_number: str) -> Sequence[ReturnCase]:
        wanted = normalise_order_number(order_number)
        found = [case for case in self._cases.values() if case.order_number == wanted]
        return tuple(reversed(found))

    def find_return(self, number: str) -> ReturnCase:
        for case in self._cases.values():
            if case.number == number:
                return case
        raise NotFound(f"There is no return {number!r}.")

    def refunded_since(self, day: date) -> Sequence[ReturnCase]:
        found = [case for case in self._cases.values() if case.refunded_on is not None and case.refunded_on >= day]
        return tuple(sorted(found, key=lambda case: (case.refunded_on or day, case.number)))

    def check(self) -> str:
        return f"The memory holds {len(self._cases)} returns."


class MemorySalesInvoices:
    """Invoices that live as long as this object."""

    def __init__(self, invoices: Iterable[SalesInvoice] = ()) -> None:
        self._invoices = list(invoices)

    def invoices_of(self, order_number: str) -> Sequence[SalesInvoice]:
        wanted = normalise_order_number(order_number)
        found = [invoice for invoice in self._invoices if normalise_order_number(invoice.order_number) == wanted]
        return tuple(sorted(found, key=lambda invoice: (invoice.issued_on, invoice.number)))

    def overdue_invoices(self, day: date) -> Sequence[SalesInvoice]:
        found = [
            (invoice.due_on, invoice.number, invoice)
            for invoice in self._invoices
            if invoice.due_on is not None and invoice.due_on < day and invoice.open_amount > 0
        ]
        return tuple(invoice for _due_on, _number, invoice in sorted(found, key=lambda row: row[:2]))

    def check(self) -> str:
        return f"The memory holds {len(self._invoices)} sales invoices."


class MemoryLeads:
    """Leads that live as long as this object; `leads` by number."""

    def __init__(self) -> None:
        self.leads: dict[str, Lead] = {}
        self._lock = Lock()

    def create_lead(self, lead: Lead) -> str:
        with self._lock:
            for number, known in self.leads.items():
                if known.idempotency_key == lead.idempotency_key:
                    return number
            number = f"LEAD-{len(self.leads) + 1:06d}"
            self.leads[number] = lead
            return number

    def check(self) -> str:
        return f"The memory holds {len(self.leads)} leads."
