"""What is wrong with our own data: each check is a function from typed records to findings."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from automations.rules.payroll.payslips import SlipReason
from automations.rules.payroll.slip_checks import check_account
from connectors.contracts.catalogue import Product
from connectors.contracts.inventory import StockLevel, SupplierTerms
from connectors.contracts.notices import UnsettledMail
from connectors.contracts.people import Employee
from connectors.contracts.purchasing import PostedDocument, PurchaseOrder, PurchaseOrderState
from connectors.money import LARGEST_AMOUNT, ZERO, round_money

ONE = Decimal(1)


class Fault(StrEnum):
    EMPLOYEE_WITHOUT_BANK_ACCOUNT = "EMPLOYEE_WITHOUT_BANK_ACCOUNT"
    EMPLOYEE_BAD_IBAN = "EMPLOYEE_BAD_IBAN"
    RECEIVED_MORE_THAN_ORDERED = "RECEIVED_MORE_THAN_ORDERED"
    RECEIVED_WITHOUT_OPEN_ORDER = "RECEIVED_WITHOUT_OPEN_ORDER"
    STOCK_NEGATIVE = "STOCK_NEGATIVE"
    FIGURE_UNREADABLE = "FIGURE_UNREADABLE"
    PRODUCT_WITHOUT_PRICE = "PRODUCT_WITHOUT_PRICE"
    PRODUCT_WITHOUT_SUPPLIER = "PRODUCT_WITHOUT_SUPPLIER"
    ORDER_OPEN_TOO_LONG = "ORDER_OPEN_TOO_LONG"
    POSTED_WITHOUT_ORDER = "POSTED_WITHOUT_ORDER"
    MAIL_NOT_CONFIRMED = "MAIL_NOT_CONFIRMED"
    MAIL_GIVEN_UP = "MAIL_GIVEN_UP"


# Who can put it right.
OWNERS: Mapping[Fault, str] = {
    Fault.EMPLOYEE_WITHOUT_BANK_ACCOUNT: "human_resources",
    Fault.EMPLOYEE_BAD_IBAN: "human_resources",
    Fault.RECEIVED_MORE_THAN_ORDERED: "receiving",
    Fault.RECEIVED_WITHOUT_OPEN_ORDER: "receiving",
    Fault.STOCK_NEGATIVE: "receiving",
    Fault.FIGURE_UNREADABLE: "receiving",
    Fault.PRODUCT_WITHOUT_PRICE: "master_data",
    Fault.PRODUCT_WITHOUT_SUPPLIER: "procurement",
    Fault.ORDER_OPEN_TOO_LONG: "procurement",
    Fault.POSTED_WITHOUT_ORDER: "accounts_payable",
    Fault.MAIL_NOT_CONFIRMED: "technical",
    Fault.MAIL_GIVEN_UP: "technical",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with one subject; it has the same `key` for as long as it is wrong.

    `found` and `expected` are the figures that were compared, `where` the place within the subject.
    """

    fault: Fault
    subject: str
    title: str
    found: str | None = None
    expected: str | None = None
    where: str | None = None
    amount: Decimal | None = None
    currency: str | None = None

    @property
    def key(self) -> str:
        return f"{self.fault}:{self.subject}"

    @property
    def owner(self) -> str:
        return OWNERS[self.fault]


def find_missing_accounts(
    employees: Iterable[Employee], countries_of_provider: Container[str] = frozenset()
) -> list[Finding]:
    """Active employees to whom nothing can be transferred; in some countries the payroll provider knows the account."""
    return [
        Finding(_ACCOUNT_FAULTS[reason], employee.id, employee.name)
        for employee in employees
        if employee.is_active and employee.country not in countries_of_provider
        if (reason := check_account(employee)) is not None
    ]


_ACCOUNT_FAULTS = {
    SlipReason.NO_BANK_ACCOUNT: Fault.EMPLOYEE_WITHOUT_BANK_ACCOUNT,
    SlipReason.BAD_IBAN: Fault.EMPLOYEE_BAD_IBAN,
}


def find_orphan_receipts(orders: Iterable[PurchaseOrder]) -> list[Finding]:
    """Goods that came on top of what was ordered, or on an order that was cancelled or never approved."""
    findings = []
    for order in orders:
        is_real = order.state in (PurchaseOrderState.OPEN, PurchaseOrderState.CLOSED)
        for line in order.lines:
            if not (line.received.is_finite() and line.quantity.is_finite()):
                findings.append(
                    _unreadable(f"{order.number}/{line.line}", f"{order.number} · {line.item}", line.received)
                )
                continue
            ordered = line.quantity if is_real else ZERO
            # A line for a service has an amount and no quantity to compare with.
            if line.received <= ordered or (line.amount is not None and is_real):
                continue
            fault = Fault.RECEIVED_MORE_THAN_ORDERED if is_real else Fault.RECEIVED_WITHOUT_OPEN_ORDER
            findings.append(
                Finding(
                    fault,
                    f"{order.number}/{line.line}",
                    f"{order.number} · {line.item}",
                    found=f"{line.received:f}",
                    expected=f"{ordered:f}",
                    where=line.line,
                    amount=_value(line.received - ordered, line.unit_price, line.price_per),
                    currency=order.currency,
                )
            )
    return findings


def find_negative_stock(levels: Iterable[StockLevel]) -> list[Finding]:
    """Less than nothing on a shelf, and what is no quantity at all."""
    findings = []
    for level in levels:
        subject = f"{level.item}@{level.site}"
        title = f"{level.item} · {level.site}" if level.site else level.item
        if not level.on_hand.is_finite():
            findings.append(_unreadable(subject, title, level.on_hand))
        elif level.on_hand < 0:
            findings.append(
                Finding(
                    Fault.STOCK_NEGATIVE,
                    subject,
                    title,
                    found=f"{level.on_hand:f}",
                    expected="0",
                    where=level.site or None,
                    amount=_value(-level.on_hand, level.unit_cost),
                    currency=level.currency,
                )
            )
    return findings


def find_incomplete_products(
    products: Iterable[Product], terms: Mapping[str, Sequence[SupplierTerms]] | None, kits: Iterable[str] = ()
) -> list[Finding]:
    """Products without a price, and without a supplier who is not blocked; `terms` None: nobody knows suppliers.

    A kit is made and not bought, so it needs no supplier.
    """
    made = frozenset(kits)
    findings = []
    for product in products:
        title = f"{product.name_in('en')} · {product.sku}"
        if not (product.price.is_finite() and product.price > 0):
            findings.append(
                Finding(Fault.PRODUCT_WITHOUT_PRICE, product.sku, title, found=f"{product.price:f}", expected="> 0")
            )
        if terms is not None and product.sku not in made and not _has_supplier(terms.get(product.sku, ())):
            findings.append(Finding(Fault.PRODUCT_WITHOUT_SUPPLIER, product.sku, title))
    return findings


def find_old_orders(orders: Iterable[PurchaseOrder], today: date, open_days: int) -> list[Finding]:
    """Orders that are open for longer than `open_days` days; at the limit an order is not old yet."""
    return [
        Finding(
            Fault.ORDER_OPEN_TOO_LONG,
            order.number,
            f"{order.number} · {order.supplier}",
            found=str((today - order.ordered_on).days),
            expected=str(open_days),
        )
        for order in orders
        if order.state is PurchaseOrderState.OPEN and (today - order.ordered_on).days > open_days
    ]


def find_unordered_documents(documents: Iterable[PostedDocument]) -> list[Finding]:
    return [
        Finding(
            Fault.POSTED_WITHOUT_ORDER,
            document.id,
            f"{document.supplier} · {document.number}",
            amount=abs(document.total),
            currency=document.currency,
        )
        for document in documents
        if not document.is_cancelled
    ]


def find_lost_mails(mails: Iterable[UnsettledMail]) -> list[Finding]:
    """Mails of which nobody knows whether they left, and those that were refused for good."""
    return [
        Finding(
            Fault.MAIL_NOT_CONFIRMED if mail.state == "unconfirmed" else Fault.MAIL_GIVEN_UP,
            mail.idempotency_key,
            mail.idempotency_key,
            found=mail.reason or None,
        )
        for mail in mails
    ]


def _unreadable(subject: str, title: str, figure: Decimal) -> Finding:
    return Finding(Fault.FIGURE_UNREADABLE, subject, title, found=str(figure))


def _value(quantity: Decimal, price: Decimal, price_per: Decimal = ONE) -> Decimal | None:
    """What it is worth, as far as anybody can tell."""
    value = quantity * price / (price_per or ONE)
    return round_money(value) if value.is_finite() and abs(value) < LARGEST_AMOUNT else None


def _has_supplier(terms: Sequence[SupplierTerms]) -> bool:
    return any(not each.is_blocked for each in terms)
