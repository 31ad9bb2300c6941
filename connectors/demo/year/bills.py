"""The made-up suppliers' invoices, with the mistakes that real suppliers make."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random

from connectors.contracts.documents import DocumentType, Invoice, InvoiceCharge, InvoiceLine, TaxSubtotal
from connectors.demo.year.purchases import MadeOrder
from connectors.demo.year.shape import YearShape
from connectors.money import ZERO, round_money

SHARE_BILLED_EARLY = 0.03
MAXIMUM_DAYS_TO_BILL = 6
DOMESTIC, REVERSE_CHARGE = "S", "AE"  # UN/ECE 5305


class Mistake(StrEnum):
    """What is wrong with an invoice on purpose."""

    NONE = "none"
    PRICE = "price"
    QUANTITY = "quantity"
    NO_REFERENCE = "no_reference"
    FREIGHT = "freight"
    TAX = "tax"
    ARITHMETIC = "arithmetic"
    TWICE = "twice"


# How often each happens, among a hundred mistakes.
MISTAKES: Mapping[Mistake, int] = {
    Mistake.PRICE: 30,
    Mistake.QUANTITY: 22,
    Mistake.NO_REFERENCE: 16,
    Mistake.FREIGHT: 12,
    Mistake.TWICE: 10,
    Mistake.TAX: 6,
    Mistake.ARITHMETIC: 4,
}


@dataclass(frozen=True, slots=True)
class MadeInvoice:
    """A document as the supplier sends it, for which order, and what is wrong with it."""

    invoice: Invoice
    order: MadeOrder
    mistake: Mistake


def make_invoices(shape: YearShape, orders: Iterable[MadeOrder]) -> Iterator[MadeInvoice]:
    """One for each order that is there, or was billed early; none is dated after the last day."""
    counts: dict[str, int] = {}
    for made in orders:
        random = shape.chance("bill", made.order.number)
        issued_on = _issue_day(made, random)
        if issued_on is None or issued_on > shape.last_day:
            continue
        counts[made.order.supplier] = counts.get(made.order.supplier, 0) + 1
        mistake = Mistake.NONE
        if random.random() < made.supplier.carelessness:
            mistake = random.choices(list(MISTAKES), list(MISTAKES.values()))[0]
        number = f"{issued_on.year}{counts[made.order.supplier]:05d}"
        invoice = _invoice(made, number, issued_on, mistake, random)
        yield MadeInvoice(invoice, made, mistake)
        if mistake is Mistake.TWICE and issued_on < shape.last_day:
            # The same document again, typed anew: another separator in its number.
            again = replace(invoice, number=f"{number[:4]}/{number[4:]}", issue_date=issued_on + timedelta(days=1))
            yield MadeInvoice(again, made, mistake)


def _issue_day(made: MadeOrder, random: Random) -> date | None:
    if random.random() < SHARE_BILLED_EARLY:
        return made.order.ordered_on + timedelta(days=1)
    last = made.last_delivery
    return None if last is None else last + timedelta(days=random.randint(0, MAXIMUM_DAYS_TO_BILL))


def _invoice(made: MadeOrder, number: str, issued_on: date, mistake: Mistake, random: Random) -> Invoice:
    order = made.order
    lines = [_line(position, made, mistake) for position in range(len(order.lines))]
    charges: tuple[InvoiceCharge, ...] = ()
    percent = order.lines[0].tax_percent or ZERO
    if mistake is Mistake.FREIGHT:
        charges = (InvoiceCharge("freight", Decimal(random.randint(8, 40)), percent, is_allowance=False),)
    line_total, charge_total = sum((line.net for line in lines), ZERO), sum((each.amount for each in charges), ZERO)
    net = line_total + charge_total
    tax = round_money(net * percent / 100) + (Decimal(5) if mistake is Mistake.TAX and percent else ZERO)
    gross = net + tax + (Decimal(10) if mistake is Mistake.ARITHMETIC else ZERO)
    return Invoice(
        number=number,
        type=DocumentType.INVOICE,
        supplier=order.supplier,
        currency=order.currency,
        issue_date=issued_on,
        lines=tuple(lines),
        type_code="380",
        supplier_tax_id=f"{made.supplier.country}{sum(map(ord, order.supplier)) * 7919 % 10**8:08d}",
        buyer="Lumen & Oak s.r.o.",
        order_reference=None if mistake is Mistake.NO_REFERENCE else order.number,
        charges=charges,
        taxes=(TaxSubtotal(DOMESTIC if percent else REVERSE_CHARGE, percent, net, tax),),
        line_total=line_total,
        net_total=net,
        tax_total=tax,
        gross_total=gross,
        payable=gross,
        charge_total=charge_total if charges else None,
    )


def _line(position: int, made: MadeOrder, mistake: Mistake) -> InvoiceLine:
    """The first line carries a mistake in price or quantity."""
    ordered = made.order.lines[position]
    is_wrong = position == 0
    quantity = ordered.quantity + (1 if is_wrong and mistake is Mistake.QUANTITY else 0)
    price = ordered.unit_price
    if is_wrong and mistake is Mistake.PRICE:
        price = round_money(price * Decimal("1.06")) + Decimal("0.01")
    return InvoiceLine(
        number=str(position + 1),
        description=ordered.description,
        quantity=quantity,
        uom=ordered.uom,
        unit_price=price,
        net=round_money(quantity * price),
        item=ordered.item,
        order_line=None if mistake is Mistake.NO_REFERENCE else ordered.line,
        tax_percent=ordered.tax_percent,
    )


def counted_mistakes(invoices: Sequence[MadeInvoice]) -> Mapping[Mistake, int]:
    return {mistake: sum(made.mistake is mistake for made in invoices) for mistake in Mistake}
