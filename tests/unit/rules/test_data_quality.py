"""What counts as a fault of our data, and what does not."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.data_quality import (
    OWNERS,
    Fault,
    Finding,
    find_incomplete_products,
    find_lost_mails,
    find_missing_accounts,
    find_negative_stock,
    find_old_orders,
    find_orphan_receipts,
    find_unordered_documents,
)
from connectors.contracts.catalogue import Product
from connectors.contracts.documents import DocumentType
from connectors.contracts.inventory import StockLevel, SupplierTerms
from connectors.contracts.notices import UnsettledMail
from connectors.contracts.people import Employee
from connectors.contracts.purchasing import PostedDocument, PurchaseOrder, PurchaseOrderLine, PurchaseOrderState

TODAY = date(2026, 11, 22)
LINE = PurchaseOrderLine("1", "LAMP", Decimal(10), "H87", Decimal("4.00"))
ORDER = PurchaseOrder("PO-1", "Acme", "EUR", TODAY - timedelta(days=90), PurchaseOrderState.OPEN, (LINE,))
EMPLOYEE = Employee(
    "E1", "Jana", "jana@example.com", "CZ", "cs", "Europe/Prague", "CZ", iban="CZ6508000000192000145399"
)
LAMP = Product("LAMP", {"en": "Lamp"}, {}, Decimal(40), "EUR", Decimal(3))
TERMS = SupplierTerms("LAMP", "Acme", "EUR", Decimal(20))
STOCK = StockLevel("LAMP", "PRG", "H87", Decimal(0), Decimal(0), Decimal("2.50"), "EUR")
POSTED = PostedDocument("7", "Acme", DocumentType.INVOICE, "A-1", TODAY, "EUR", Decimal("99.00"))


def faults(findings: list[Finding]) -> list[Fault]:
    return [finding.fault for finding in findings]


def received(quantity: str, state: PurchaseOrderState = PurchaseOrderState.OPEN) -> PurchaseOrder:
    return replace(ORDER, state=state, lines=(replace(LINE, received=Decimal(quantity)),))


@pytest.mark.parametrize("iban", [None, "", "  "])
def test_an_employee_without_an_account_is_a_fault_unless_they_have_left(iban: str | None) -> None:
    assert find_missing_accounts([EMPLOYEE]) == []
    without = replace(EMPLOYEE, iban=iban)
    assert faults(find_missing_accounts([without])) == [Fault.EMPLOYEE_WITHOUT_BANK_ACCOUNT]
    assert find_missing_accounts([replace(without, is_active=False)]) == []


def test_what_came_on_top_of_an_order_is_a_fault_with_its_value() -> None:
    assert find_orphan_receipts([received("10")]) == []
    (finding,) = find_orphan_receipts([received("12.5", PurchaseOrderState.CLOSED)])
    # 2.5 too many at 4.00
    assert (finding.fault, finding.amount) == (Fault.RECEIVED_MORE_THAN_ORDERED, Decimal("10.00"))
    assert (finding.found, finding.expected, finding.owner) == ("12.5", "10", "receiving")


@pytest.mark.parametrize("state", [PurchaseOrderState.CANCELLED, PurchaseOrderState.DRAFT])
def test_what_came_for_an_order_that_does_not_count_is_a_fault(state: PurchaseOrderState) -> None:
    (finding,) = find_orphan_receipts([received("1", state)])
    assert (finding.fault, finding.amount) == (Fault.RECEIVED_WITHOUT_OPEN_ORDER, Decimal("4.00"))
    assert find_orphan_receipts([received("0", state)]) == []


def test_negative_stock_is_a_fault_and_none_is_not() -> None:
    assert find_negative_stock([STOCK]) == []
    (finding,) = find_negative_stock([replace(STOCK, on_hand=Decimal(-4))])
    assert (finding.key, finding.amount) == ("STOCK_NEGATIVE:LAMP@PRG", Decimal("10.00"))


@pytest.mark.parametrize("figure", ["NaN", "Infinity"])
def test_a_figure_that_is_no_number_is_a_fault_of_its_own_and_stops_no_other(figure: str) -> None:
    broken = Decimal(figure)
    stock = find_negative_stock([replace(STOCK, on_hand=broken), replace(STOCK, item="MUG", on_hand=Decimal(-1))])
    assert faults(stock) == [Fault.FIGURE_UNREADABLE, Fault.STOCK_NEGATIVE]
    orders = find_orphan_receipts([replace(ORDER, lines=(replace(LINE, received=broken),)), received("11")])
    assert faults(orders) == [Fault.FIGURE_UNREADABLE, Fault.RECEIVED_MORE_THAN_ORDERED]
    products = find_incomplete_products([replace(LAMP, price=broken)], {"LAMP": [TERMS]})
    assert faults(products) == [Fault.PRODUCT_WITHOUT_PRICE]


def test_what_is_worth_more_than_any_amount_is_told_without_its_value() -> None:
    (finding,) = find_negative_stock([replace(STOCK, on_hand=Decimal("-1E20"), unit_cost=Decimal("1E9"))])
    assert (finding.fault, finding.amount) == (Fault.STOCK_NEGATIVE, None)


def test_a_product_needs_a_price_and_a_supplier_unless_it_is_made() -> None:
    assert find_incomplete_products([LAMP], {"LAMP": [TERMS]}) == []
    assert faults(find_incomplete_products([LAMP], {})) == [Fault.PRODUCT_WITHOUT_SUPPLIER]
    blocked = {"LAMP": [replace(TERMS, is_blocked=True)]}
    assert faults(find_incomplete_products([LAMP], blocked)) == [Fault.PRODUCT_WITHOUT_SUPPLIER]
    assert find_incomplete_products([LAMP], {}, kits=["LAMP"]) == []
    free = replace(LAMP, price=Decimal(0))
    assert faults(find_incomplete_products([free], None)) == [Fault.PRODUCT_WITHOUT_PRICE]


def test_an_order_is_open_for_too_long_after_the_limit_and_not_at_it() -> None:
    assert find_old_orders([ORDER], TODAY, 90) == []
    assert faults(find_old_orders([ORDER], TODAY, 89)) == [Fault.ORDER_OPEN_TOO_LONG]
    assert find_old_orders([replace(ORDER, state=PurchaseOrderState.CLOSED)], TODAY, 1) == []


def test_a_posted_document_without_order_is_a_fault_unless_it_was_cancelled() -> None:
    assert faults(find_unordered_documents([POSTED])) == [Fault.POSTED_WITHOUT_ORDER]
    assert find_unordered_documents([replace(POSTED, is_cancelled=True)]) == []


def test_a_mail_that_was_lost_is_told_apart_from_one_that_was_refused() -> None:
    states = ("unconfirmed", "given_up")
    found = find_lost_mails([UnsettledMail(state, state, "why") for state in states])
    assert faults(found) == [Fault.MAIL_NOT_CONFIRMED, Fault.MAIL_GIVEN_UP]


def test_every_fault_has_an_owner() -> None:
    assert set(OWNERS) == set(Fault)


quantities = st.decimals(-(10**9), 10**9, places=3)


@given(st.lists(st.tuples(quantities, quantities), max_size=5))
def test_each_line_is_one_finding_or_none_and_its_value_is_never_negative(
    lines: list[tuple[Decimal, Decimal]],
) -> None:
    order = replace(
        ORDER,
        lines=tuple(
            replace(LINE, line=str(number), quantity=ordered, received=came)
            for number, (ordered, came) in enumerate(lines)
        ),
    )
    findings = find_orphan_receipts([order])
    assert len({finding.key for finding in findings}) == len(findings)
    assert {finding.where for finding in findings} == {
        str(number) for number, (ordered, came) in enumerate(lines) if came > ordered
    }
    assert all(finding.amount is not None and finding.amount >= 0 for finding in findings)


@given(st.lists(quantities, max_size=6))
def test_the_stock_of_a_shelf_is_a_finding_exactly_while_it_is_negative(on_hand: list[Decimal]) -> None:
    levels = [replace(STOCK, site=str(number), on_hand=quantity) for number, quantity in enumerate(on_hand)]
    assert {finding.where for finding in find_negative_stock(levels)} == {
        level.site for level in levels if level.on_hand < 0
    }
