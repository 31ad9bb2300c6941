"""What holds for every invoice, whatever its figures."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from automations.rules.matching.match import MatchStatus, match_invoice
from automations.rules.matching.policy import NO_DEVIATION, MatchingPolicy, MatchLevel, Sides
from automations.rules.matching.totals import line_amount
from connectors.contracts.documents import Invoice, InvoiceLine
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine
from tests.unit.rules.invoices import billed_line, invoice, match, order, order_line, reasons

quantities = st.decimals("0.001", 10_000, places=3)
prices = st.decimals(0, 10_000, places=4)
limits = st.decimals(0, 100, places=2)
tolerance_names = st.sampled_from(
    [f"{kind}_tolerance_{part}" for kind in ("price", "quantity", "tax") for part in ("pct", "abs")]
    + ["line_value_tolerance_abs", "total_tolerance_abs"]
)


@st.composite
def order_lines(draw: st.DrawFn, line: str = "1") -> PurchaseOrderLine:
    quantity = draw(quantities)
    billed = draw(st.decimals(0, quantity, places=3).filter(lambda part: part < quantity))
    return order_line(
        line,
        item=draw(st.sampled_from(["X", "Y"])),
        quantity=quantity,
        unit_price=draw(prices),
        price_per=draw(st.sampled_from([1, 10, 100, 7])),
        billed=billed,
        tax_percent=draw(st.sampled_from([None, Decimal(0), Decimal(12), Decimal("21.5")])),
    )


@st.composite
def orders(draw: st.DrawFn) -> PurchaseOrder:
    count = draw(st.integers(1, 4))
    return order(*(draw(order_lines(str(number))) for number in range(1, count + 1)))


def bill_all_that_is_open(ordered: PurchaseOrder) -> Invoice:
    lines = []
    for line in ordered.lines:
        left = line.quantity - line.billed
        lines.append(
            InvoiceLine(
                number=line.line,
                description="",
                quantity=left,
                uom=line.uom,
                unit_price=line.unit_price,
                price_per=line.price_per,
                net=line_amount(left, line.unit_price, line.price_per) or Decimal(0),
                order_line=line.line,
                tax_percent=line.tax_percent,
            )
        )
    return invoice(*lines)


@given(ordered=orders(), level=st.sampled_from(MatchLevel), sides=st.sampled_from(Sides))
def test_an_invoice_identical_to_the_open_order_always_matches(
    ordered: PurchaseOrder, level: MatchLevel, sides: Sides
) -> None:
    policy = MatchingPolicy(level=level, price_sides=sides, quantity_sides=sides, line_value=NO_DEVIATION)

    result = match_invoice(bill_all_that_is_open(ordered), ordered, policy)

    assert (result.status, result.holds) == (MatchStatus.MATCHED, ())


@given(
    quantity=quantities,
    price=prices,
    received=quantities,
    settings=st.dictionaries(tolerance_names, limits),
    name=tolerance_names,
    more=limits,
    sides=st.sampled_from(["over", "both"]),
)
def test_raising_a_tolerance_never_adds_a_hold(
    quantity: Decimal,
    price: Decimal,
    received: Decimal,
    settings: dict[str, Decimal],
    name: str,
    more: Decimal,
    sides: str,
) -> None:
    document = invoice(billed_line(str(quantity), str(price)), tax_total=Decimal(1), gross_total=Decimal(60))
    ordered = order(order_line(received=received))
    fixed: dict[str, Any] = {"price_sides": sides, "quantity_sides": sides}
    settings.setdefault(name, Decimal(0))
    raised = settings | {name: settings[name] + more}

    assert reasons(match(document, ordered, fixed | raised)) <= reasons(match(document, ordered, fixed | settings))


@given(price=prices, dearer=limits, percent=limits, absolute=limits)
def test_a_dearer_price_never_removes_the_price_hold(
    price: Decimal, dearer: Decimal, percent: Decimal, absolute: Decimal
) -> None:
    settings = {"price_tolerance_pct": percent, "price_tolerance_abs": absolute}
    before = match(invoice(billed_line(10, str(price))), order(), settings)
    after = match(invoice(billed_line(10, str(price + dearer))), order(), settings)

    assume("PRICE_OVER" in reasons(before))
    assert "PRICE_OVER" in reasons(after)


@given(ordered=orders())
def test_the_order_of_the_billed_lines_changes_nothing(ordered: PurchaseOrder) -> None:
    document = bill_all_that_is_open(ordered)
    backwards = replace(document, lines=tuple(reversed(document.lines)))
    policy = MatchingPolicy(level=MatchLevel.TWO_WAY, quantity_sides=Sides.BOTH)

    one, other = match_invoice(document, ordered, policy), match_invoice(backwards, ordered, policy)

    assert set(one.billed_lines) == set(other.billed_lines)
    assert (one.reasons, one.expected_tax) == (other.reasons, other.expected_tax)


@given(first=quantities, second=quantities, price=prices)
def test_two_lines_bill_what_one_line_of_their_sum_bills(first: Decimal, second: Decimal, price: Decimal) -> None:
    apart = match(invoice(billed_line(str(first), str(price)), billed_line(str(second), str(price))), order())
    together = match(invoice(billed_line(str(first + second), str(price))), order())

    assert apart.billed_after == together.billed_after
    assert reasons(apart) == reasons(together)
