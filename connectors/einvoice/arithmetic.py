"""The sums of an invoice against each other, by the calculation rules of EN 16931."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from connectors.contracts.documents import Invoice, InvoiceCharge, TaxSubtotal
from connectors.money import ZERO, round_money

# Currencies that are billed in whole units: ISO 4217 without decimals, and the forint, which has no coin below one.
WHOLE_UNIT_CURRENCIES = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "HUF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
_DIGITS = 60


@dataclass(frozen=True, slots=True)
class ArithmeticFinding:
    """One broken rule: what the file states, what follows from its other figures, and stated - expected."""

    rule: str
    stated: Decimal
    expected: Decimal
    difference: Decimal


def check_arithmetic(invoice: Invoice) -> tuple[ArithmeticFinding, ...]:
    """The rules BR-CO-10 to BR-CO-17 of EN 16931-1 that the figures of an invoice break, in the order of the rules.

    BR-CO-10  BT-106 = sum of the line amounts (BT-131)
    BR-CO-11  BT-107 = sum of the document's allowances (BT-92)
    BR-CO-12  BT-108 = sum of the document's charges (BT-99)
    BR-CO-13  BT-109 = BT-106 - BT-107 + BT-108, like the official Schematron: a wrong BT-106 breaks BR-CO-10 alone
    BR-CO-14  BT-110 = sum of the tax rows (BT-117)
    BR-CO-15  BT-112 = BT-109 + BT-110
    BR-CO-16  BT-115 = BT-112 - BT-113 + BT-114
    BR-CO-17  BT-117 = BT-116 x BT-119 / 100, for each tax row

    Both sides are rounded half up to 2 decimals before they are compared. In currencies billed in whole units the
    tax of a row may also be rounded to a whole unit. A total that is not stated is not checked; where another rule
    needs it, it is replaced by what it should be. Quantity x price is in none of these rules: official examples
    have lines whose amount is something else.
    """
    with localcontext(prec=_DIGITS):
        return (*_check_totals(invoice), *_check_tax_rows(invoice))


def _check_totals(invoice: Invoice) -> Iterator[ArithmeticFinding]:
    # A booking aid without lines tells only their sum, if that.
    lines = _sum(line.net for line in invoice.lines) if invoice.lines else invoice.line_total
    allowances = -_sum(charge.amount for charge in invoice.charges if _is_allowance(charge))
    charges = _sum(charge.amount for charge in invoice.charges if not _is_allowance(charge))
    taxes = _sum(row.tax for row in invoice.taxes)
    changes = _stated_or(invoice.charge_total, charges) - _stated_or(invoice.allowance_total, allowances)
    net = None if lines is None else _stated_or(invoice.line_total, lines) + changes
    gross = _stated_or(invoice.net_total, net or ZERO) + _stated_or(invoice.tax_total, taxes)
    payable = _stated_or(invoice.gross_total, gross) - (invoice.prepaid or ZERO) + (invoice.rounding or ZERO)
    if lines is not None:
        yield from _compare("BR-CO-10", invoice.line_total, lines)
    yield from _compare("BR-CO-11", invoice.allowance_total, allowances)
    yield from _compare("BR-CO-12", invoice.charge_total, charges)
    if net is not None:
        yield from _compare("BR-CO-13", invoice.net_total, net)
    if invoice.taxes:
        yield from _compare("BR-CO-14", invoice.tax_total, taxes)
    yield from _compare("BR-CO-15", invoice.gross_total, gross)
    # The profile MINIMUM has no place for what was paid before.
    if lines is not None or invoice.prepaid is not None:
        yield from _compare("BR-CO-16", invoice.payable, payable)


def _check_tax_rows(invoice: Invoice) -> Iterator[ArithmeticFinding]:
    for row in invoice.taxes:
        expected = _expected_tax(row)
        if invoice.currency in WHOLE_UNIT_CURRENCIES and row.tax == round_money(expected, decimals=0):
            continue
        yield from _compare("BR-CO-17", row.tax, expected)


def _expected_tax(row: TaxSubtotal) -> Decimal:
    return row.taxable * (row.percent or ZERO) / 100


def _compare(rule: str, stated: Decimal | None, expected: Decimal) -> Iterator[ArithmeticFinding]:
    if stated is None:
        return
    stated, expected = round_money(stated), round_money(expected)
    if stated != expected:
        yield ArithmeticFinding(rule, stated, expected, stated - expected)


def _is_allowance(charge: InvoiceCharge) -> bool:
    return charge.amount < 0 if charge.is_allowance is None else charge.is_allowance


def _stated_or(stated: Decimal | None, computed: Decimal) -> Decimal:
    return computed if stated is None else stated


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
