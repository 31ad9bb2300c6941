"""What every purchasing system must do, run over every vendor of the registry."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import (
    BilledLine,
    DocumentToPost,
    PlannedCharge,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    PurchaseRequest,
    Purchasing,
    UnitConversion,
)
from connectors.database.base import Base
from connectors.database.models.purchasing import (
    PlannedChargeRow,
    PurchaseOrderLineRow,
    PurchaseOrderRow,
    Receipt,
    SupplierBlock,
    SupplierDocument,
    UnitConversionRow,
)
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected
from connectors.registry import vendors_of
from connectors.vendors.house_purchasing import HousePurchasing
from connectors.vendors.memory_purchasing import MemoryPurchasing
from tests.contract.with_a_server import tested_with_a_server

STOOLS = PurchaseOrderLine(
    line="1",
    item="STOOL",
    quantity=Decimal(40),
    uom="H87",
    unit_price=Decimal("46.00"),
    tax_percent=Decimal(19),
    description="Oak stool",
    received=Decimal("30.5"),
    accepted=Decimal(30),
    item_group="FURNITURE",
)
SCREWS = PurchaseOrderLine("2", "SCREW", Decimal(5000), "H87", Decimal("1.25"), price_per=Decimal(100))
ADVICE = PurchaseOrderLine("3", "ADVICE", Decimal(0), "", Decimal(0), amount=Decimal("900.00"))
ORDER = PurchaseOrder(
    number="PO-7",
    supplier="Waldkontor GmbH",
    currency="EUR",
    ordered_on=date(2026, 11, 2),
    state=PurchaseOrderState.OPEN,
    lines=(STOOLS, SCREWS, ADVICE),
    charges=(PlannedCharge("freight", Decimal("45.00")),),
    owner="petra@example.com",
    expected_on=date(2026, 12, 4),
    supplier_reference="AB-2026-88",
)
CLOSED = replace(
    ORDER, number="PO-8", supplier="Sklo s.r.o.", state=PurchaseOrderState.CLOSED, charges=(), lines=(SCREWS,)
)
INVOICE = DocumentToPost(
    idempotency_key="sha256:1",
    supplier="Waldkontor GmbH",
    type=DocumentType.INVOICE,
    number="RE-1",
    issue_date=date(2026, 11, 10),
    currency="EUR",
    total=Decimal("547.40"),
    order_number="PO-7",
    lines=(BilledLine("1", Decimal(10), Decimal("460.00")),),
)


def _fill_house(database: Database, orders: Sequence[PurchaseOrder]) -> Purchasing:
    with database.write() as session:
        for order in orders:
            rows = [_line_row(line) for line in order.lines]
            session.add(
                PurchaseOrderRow(
                    number=order.number,
                    supplier=order.supplier,
                    currency=order.currency,
                    ordered_on=order.ordered_on,
                    state=order.state.value,
                    owner=order.owner,
                    expected_on=order.expected_on,
                    supplier_reference=order.supplier_reference,
                    lines=rows,
                )
            )
            session.flush()
            for charge in order.charges:
                session.add(PlannedChargeRow(order_number=order.number, kind=charge.kind, amount=charge.amount))
            for row, line in zip(rows, order.lines, strict=True):
                session.add_all(_receipts(row, line))
    return HousePurchasing(database)


def _line_row(line: PurchaseOrderLine) -> PurchaseOrderLineRow:
    names = ("line", "item", "description", "quantity", "uom", "unit_price", "price_per", "tax_percent", "amount")
    return PurchaseOrderLineRow(item_group=line.item_group, **{name: getattr(line, name) for name in names})


def _receipts(row: PurchaseOrderLineRow, line: PurchaseOrderLine) -> list[Receipt]:
    """In two deliveries, so that something has to be added up."""
    first = min(line.received, Decimal("0.1"))
    parts = [(first, Decimal(0)), (line.received - first, line.accepted)]
    return [
        Receipt(line_id=row.id, quantity=quantity, accepted=accepted, received_on=date(2026, 11, 5))
        for quantity, accepted in parts
        if quantity
    ]


CONVERSIONS = (
    UnitConversion("XCS", "H87", Decimal(12), "STOOL"),
    UnitConversion("XCS", "H87", Decimal(6), "VASE"),
    UnitConversion("KGM", "GRM", Decimal(1000)),
)
BLOCKED = {"Waldkontor GmbH": "Its bank account is being checked."}


def _fill_house_with_settings(database: Database, orders: Sequence[PurchaseOrder]) -> Purchasing:
    purchasing = _fill_house(database, orders)
    with database.write() as session:
        for each in CONVERSIONS:
            session.add(
                UnitConversionRow(from_uom=each.from_uom, to_uom=each.to_uom, factor=each.factor, item=each.item)
            )
        session.add_all(SupplierBlock(supplier=name, reason=reason) for name, reason in BLOCKED.items())
    return purchasing


FILLED: dict[str, Callable[[Database, Sequence[PurchaseOrder]], Purchasing]] = {
    "house": _fill_house_with_settings,
    "memory": lambda _database, orders: MemoryPurchasing(orders, conversions=CONVERSIONS, blocked=BLOCKED),
}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("purchasing")) - tested_with_a_server("purchasing") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def purchasing(request: pytest.FixtureRequest, database: Database) -> Purchasing:
    return FILLED[request.param](database, (ORDER, CLOSED))


def _billed(purchasing: Purchasing, line: int = 0) -> tuple[Decimal, Decimal]:
    found = purchasing.find_orders(["PO-7"])["PO-7"].lines[line]
    return found.billed, found.billed_amount


def test_orders_come_back_with_receipts_added_up(purchasing: Purchasing) -> None:
    assert purchasing.find_orders(["PO-7", "PO-8", "PO-9"]) == {"PO-7": ORDER, "PO-8": CLOSED}


def test_the_open_orders_of_suppliers_come_by_number_and_complete(database: Database) -> None:
    draft = replace(ORDER, number="PO-6", state=PurchaseOrderState.DRAFT)
    earlier = replace(ORDER, number="PO-5", charges=())
    for fill in FILLED.values():
        Base.metadata.drop_all(database.engine)
        Base.metadata.create_all(database.engine)
        purchasing = fill(database, (ORDER, CLOSED, draft, earlier))
        assert list(purchasing.open_orders(["Waldkontor GmbH", "Sklo s.r.o.", "Nobody"])) == [earlier, ORDER]
        assert list(purchasing.open_orders([])) == []


def test_current_orders_are_open_or_have_received_something_lately(database: Database) -> None:
    delivered = replace(CLOSED, number="PO-9", lines=(STOOLS,))
    for fill in FILLED.values():
        current = fill(database, (ORDER, CLOSED, delivered)).current_orders(date(2026, 1, 1))
        assert [order.number for order in current] == [ORDER.number, delivered.number]


def test_what_was_received_long_ago_on_a_closed_order_is_current_no_more(database: Database) -> None:
    house = _fill_house(database, (ORDER, replace(CLOSED, lines=(STOOLS,))))
    assert [order.number for order in house.current_orders(date(2026, 12, 31))] == [ORDER.number]


def test_documents_without_an_order_are_named_while_they_stand(database: Database) -> None:
    rows: dict[str, dict[str, Any]] = {"A-1": {}, "A-2": {"order_number": "PO-7"}, "A-3": {"is_cancelled": True}}
    with database.write() as session:
        session.add_all(
            SupplierDocument(
                idempotency_key=number,
                supplier="Acme",
                type=DocumentType.INVOICE,
                number=number,
                currency="EUR",
                total=Decimal(9),
                **values,
            )
            for number, values in rows.items()
        )
    found = HousePurchasing(database).documents_without_order(date(2026, 1, 1))
    assert [document.number for document in found] == ["A-1"]
    assert list(HousePurchasing(database).documents_without_order(date(2999, 1, 1))) == []
    memory = MemoryPurchasing(without_order=[*found, replace(found[0], is_cancelled=True)])
    assert list(memory.documents_without_order(date(2026, 1, 1))) == list(found)


def test_conversions_are_those_of_the_items_and_those_of_all(purchasing: Purchasing) -> None:
    own, _other, general = CONVERSIONS
    assert set(purchasing.unit_conversions(["STOOL", "LAMP"])) == {own, general}
    assert list(purchasing.unit_conversions([])) == [general]


def test_a_blocked_supplier_comes_with_the_reason(purchasing: Purchasing) -> None:
    assert purchasing.blocked_suppliers(["Waldkontor GmbH", "Sklo s.r.o."]) == BLOCKED


def test_a_conversion_by_nothing_is_none(database: Database) -> None:
    with database.write() as session:
        session.add(UnitConversionRow(from_uom="XCS", to_uom="H87", factor=Decimal(0)))
    assert list(HousePurchasing(database).unit_conversions(["STOOL"])) == []


def test_nothing_is_found_when_nothing_is_asked_for(purchasing: Purchasing) -> None:
    assert purchasing.find_orders([]) == {}
    assert list(purchasing.posted_documents([])) == []


def test_what_nobody_ordered_is_not_awaited(purchasing: Purchasing) -> None:
    assert list(purchasing.awaited_orders(["VASE"])) == []
    assert list(purchasing.awaited_orders([])) == []


def test_a_posted_invoice_is_billed_on_the_order(purchasing: Purchasing) -> None:
    purchasing.post_document(INVOICE)
    assert _billed(purchasing) == (Decimal(10), Decimal("460.00"))
    assert _billed(purchasing, line=1) == (Decimal(0), Decimal(0))


def test_a_credit_note_lowers_what_was_billed(purchasing: Purchasing) -> None:
    purchasing.post_document(INVOICE)
    credit = (BilledLine("1", Decimal(2), Decimal("92.00")),)
    note = replace(INVOICE, idempotency_key="sha256:2", type=DocumentType.CREDIT_NOTE, number="GS-1", lines=credit)
    note = replace(note, total=Decimal("109.48"))
    purchasing.post_document(note)
    assert _billed(purchasing) == (Decimal(8), Decimal("368.00"))


def test_posting_again_with_the_same_key_changes_nothing(purchasing: Purchasing) -> None:
    first = purchasing.post_document(INVOICE)
    assert purchasing.post_document(INVOICE) == first
    assert _billed(purchasing) == (Decimal(10), Decimal("460.00"))
    assert len(purchasing.posted_documents([ORDER.supplier])) == 1


def test_a_third_of_a_unit_is_posted_twice_without_being_another_document(purchasing: Purchasing) -> None:
    lines = (BilledLine("1", Decimal(1) / 3, Decimal("15.33")),)
    third = replace(INVOICE, total=Decimal("18.24"), lines=lines)
    assert purchasing.post_document(third) == purchasing.post_document(third)


def test_another_document_under_a_used_key_is_rejected(purchasing: Purchasing) -> None:
    purchasing.post_document(INVOICE)
    with pytest.raises(Rejected, match="sha256:1"):
        purchasing.post_document(replace(INVOICE, total=Decimal("547.41")))
    with pytest.raises(Rejected, match="sha256:1"):
        purchasing.post_document(replace(INVOICE, lines=()))
    assert _billed(purchasing) == (Decimal(10), Decimal("460.00"))


@pytest.mark.parametrize(("order", "line"), [("PO-7", "9"), ("PO-404", "1")])
def test_a_document_for_an_unknown_line_leaves_nothing_behind(purchasing: Purchasing, order: str, line: str) -> None:
    lines = (*INVOICE.lines, BilledLine(line, Decimal(1), Decimal(1)))
    with pytest.raises(NotFound, match=order):
        purchasing.post_document(replace(INVOICE, order_number=order, lines=lines))
    assert _billed(purchasing) == (Decimal(0), Decimal(0))
    assert list(purchasing.posted_documents([ORDER.supplier])) == []


def test_posted_documents_are_those_of_the_supplier_and_know_their_key(purchasing: Purchasing) -> None:
    posted_id = purchasing.post_document(INVOICE)
    (posted,) = purchasing.posted_documents(["Waldkontor GmbH", "Nobody"])
    assert posted.id == posted_id
    assert (posted.number, posted.issue_date, posted.total) == ("RE-1", date(2026, 11, 10), Decimal("547.40"))
    assert posted.idempotency_key == "sha256:1"
    assert list(purchasing.posted_documents(["Sklo s.r.o."])) == []


REQUEST = PurchaseRequest(
    idempotency_key="stock-reorder:MUG@PRG:1",
    item="MUG",
    site="PRG",
    supplier="Tisza Kerámia Kft.",
    quantity=Decimal(48),
    uom="H87",
    price=Decimal("1799.50"),
    currency="HUF",
    order_on=date(2026, 11, 22),
    expected_on=date(2026, 12, 4),
    price_per=Decimal(6),
    explanation="run-1/MUG@PRG",
)
IN_BRNO = replace(REQUEST, idempotency_key="stock-reorder:MUG@BRQ:1", site="BRQ")


def _order_of(*requests: PurchaseRequest) -> PurchaseOrder:
    lines = tuple(
        PurchaseOrderLine(
            str(number),
            request.item,
            request.quantity,
            request.uom,
            request.price,
            price_per=request.price_per,
            request_key=request.idempotency_key,
        )
        for number, request in enumerate(requests, 1)
    )
    first = requests[0]
    return PurchaseOrder(
        "",
        first.supplier,
        first.currency,
        first.order_on,
        PurchaseOrderState.OPEN,
        lines,
        expected_on=first.expected_on,
        site=first.site,
    )


def test_a_request_takes_the_place_of_the_one_before(purchasing: Purchasing) -> None:
    more = replace(REQUEST, idempotency_key="stock-reorder:MUG@PRG:2", quantity=Decimal(60))
    for request in (REQUEST, IN_BRNO, more, more):
        purchasing.put_request(request)
    assert list(purchasing.open_requests()) == [IN_BRNO, more]
    vases = replace(REQUEST, item="VASE", idempotency_key="stock-reorder:VASE@PRG:1")
    purchasing.put_request(vases)
    assert list(purchasing.open_requests(["MUG"])) == [IN_BRNO, more]
    assert list(purchasing.open_requests(["VASE"])) == [vases]
    assert list(purchasing.open_requests([])) == []
    assert more.amount == Decimal("17995.00")


def test_a_request_that_was_withdrawn_is_gone_and_may_be_withdrawn_again(purchasing: Purchasing) -> None:
    purchasing.put_request(REQUEST)
    purchasing.put_request(IN_BRNO)
    for _ in range(2):
        purchasing.withdraw_request("MUG", "PRG")
    assert list(purchasing.open_requests()) == [IN_BRNO]


def test_requests_become_an_order_and_are_open_no_longer(purchasing: Purchasing) -> None:
    vases = replace(REQUEST, item="VASE", idempotency_key="stock-reorder:VASE@PRG:1")
    for request in (REQUEST, IN_BRNO, vases):
        purchasing.put_request(request)
    order = _order_of(REQUEST, vases)
    number = purchasing.send_order(order, "purchase-sending:1")
    assert purchasing.find_orders([number]) == {number: replace(order, number=number)}
    assert list(purchasing.open_requests()) == [IN_BRNO]
    assert [found.number for found in purchasing.awaited_orders(["MUG"])] == [number]


def test_sending_again_with_the_same_key_orders_nothing_twice(purchasing: Purchasing) -> None:
    purchasing.put_request(REQUEST)
    order = _order_of(REQUEST)
    number = purchasing.send_order(order, "purchase-sending:1")
    assert purchasing.send_order(order, "purchase-sending:1") == number
    assert purchasing.sent_orders(["purchase-sending:1", "purchase-sending:2"]) == {"purchase-sending:1": number}
    purchasing.put_request(IN_BRNO)
    other = purchasing.send_order(_order_of(IN_BRNO), "purchase-sending:2")
    assert other != number
    with pytest.raises(Rejected, match="purchase-sending:2"):
        purchasing.send_order(order, "purchase-sending:2")


def test_a_request_that_was_ordered_is_not_put_again(purchasing: Purchasing) -> None:
    """A run that was killed after putting it comes back when the order has long been sent."""
    purchasing.put_request(REQUEST)
    purchasing.send_order(_order_of(REQUEST), "purchase-sending:1")
    purchasing.put_request(REQUEST)
    assert list(purchasing.open_requests()) == []


@pytest.mark.parametrize("meanwhile", ["replaced", "withdrawn"])
def test_an_order_of_requests_that_changed_meanwhile_is_rejected(purchasing: Purchasing, meanwhile: str) -> None:
    purchasing.put_request(IN_BRNO)
    purchasing.put_request(REQUEST)
    if meanwhile == "replaced":
        purchasing.put_request(replace(REQUEST, idempotency_key="stock-reorder:MUG@PRG:2"))
    else:
        purchasing.withdraw_request("MUG", "PRG")
    with pytest.raises(Rejected, match="changed meanwhile"):
        purchasing.send_order(_order_of(REQUEST), "purchase-sending:1")
    assert purchasing.sent_orders(["purchase-sending:1"]) == {}
    assert IN_BRNO in purchasing.open_requests()
