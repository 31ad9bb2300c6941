"""The suite of every purchasing system over a real Tryton, and what is Tryton's own."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import (
    BilledLine,
    PurchaseOrderLine,
    PurchaseOrderState,
    Purchasing,
    ReceivedGoods,
    UnitConversion,
)
from connectors.errors import Rejected
from connectors.vendors.tryton.purchasing import TrytonPurchasing
from connectors.vendors.tryton.session import TrytonSession
from tests.contract.test_purchasing import (  # noqa: F401 - the suite of the contract
    ADVICE,
    INVOICE,
    ORDER,
    REQUEST,
    STOOLS,
    _order_of,
    test_a_credit_note_lowers_what_was_billed,
    test_a_document_for_an_unknown_line_leaves_nothing_behind,
    test_a_posted_invoice_is_billed_on_the_order,
    test_a_request_takes_the_place_of_the_one_before,
    test_a_request_that_was_ordered_is_not_put_again,
    test_a_request_that_was_withdrawn_is_gone_and_may_be_withdrawn_again,
    test_a_third_of_a_unit_is_posted_twice_without_being_another_document,
    test_an_order_of_requests_that_changed_meanwhile_is_rejected,
    test_another_document_under_a_used_key_is_rejected,
    test_nothing_is_found_when_nothing_is_asked_for,
    test_posted_documents_are_those_of_the_supplier_and_know_their_key,
    test_posting_again_with_the_same_key_changes_nothing,
    test_sending_again_with_the_same_key_orders_nothing_twice,
    test_what_nobody_ordered_is_not_awaited,
)
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_server import TrytonServer

pytestmark = pytest.mark.integration

# What Tryton has no place for is left out: agreed charges, owners, price bases, goods refused at the door.
NOT_RECEIVED = replace(STOOLS, received=Decimal(0), accepted=Decimal(0), item_group="Goods")
SCREWS = PurchaseOrderLine(
    "2", "SCREW", Decimal(5000), "H87", Decimal("0.0125"), tax_percent=Decimal(19), item_group="Goods"
)
HELD = replace(
    ORDER,
    charges=(),
    owner=None,
    site="MAIN",
    lines=(NOT_RECEIVED, SCREWS, replace(ADVICE, tax_percent=Decimal(19), item_group="Goods")),
)


@pytest.fixture
def books(tryton: TrytonServer) -> TrytonBooks:
    return TrytonBooks(tryton.session())


def order_stools(session: TrytonSession) -> None:
    """The order of the suite, and what its requests ask for."""
    books = TrytonBooks(session)
    books.order(ORDER)
    for code in ("MUG", "VASE"):
        books.product(code)
    books.party(REQUEST.supplier)


@pytest.fixture
def purchasing(tryton: TrytonServer) -> Purchasing:
    tryton.begin("stools-ordered", order_stools)
    return TrytonPurchasing(tryton.session())


def test_an_order_comes_back_with_all_that_tryton_keeps_of_it(purchasing: Purchasing) -> None:
    assert purchasing.find_orders(["PO-7", "PO-9"]) == {"PO-7": HELD}


def test_what_came_is_received_and_what_did_not_stays_on_order(purchasing: Purchasing, books: TrytonBooks) -> None:
    day = date(2026, 11, 5)
    books.receive("PO-7", "STOOL", 30, day)
    books.receive("PO-7", "STOOL", 4, date(2026, 11, 9))
    stools = purchasing.find_orders(["PO-7"])["PO-7"].lines[0]
    assert (stools.received, stools.accepted) == (Decimal(34), Decimal(34))
    came = ReceivedGoods("STOOL", "MAIN", "H87", ORDER.ordered_on, day, Decimal(30))
    assert list(purchasing.receipts(["STOOL", "SCREW"], day, day)) == [came]
    assert [one.quantity for one in purchasing.receipts(["STOOL"], day, date(2026, 11, 30))] == [30, 4]
    assert list(purchasing.receipts([], day, day)) == []


def test_orders_are_drafts_until_they_are_confirmed_and_closed_when_nothing_is_left(
    purchasing: Purchasing, books: TrytonBooks
) -> None:
    books.order(replace(ORDER, number="PO-8", state=PurchaseOrderState.DRAFT))
    books.order(replace(ORDER, number="PO-9", lines=(ADVICE,)), "order")
    found = purchasing.find_orders(["PO-7", "PO-8", "PO-9"])
    assert [found[number].state.value for number in sorted(found)] == ["open", "draft", "open"]
    assert [order.number for order in purchasing.open_orders(["waldkontor gmbh", "Nobody"])] == ["PO-7", "PO-9"]
    assert [order.number for order in purchasing.current_orders(date(2026, 1, 1))] == ["PO-7", "PO-9"]
    assert list(purchasing.open_orders([])) == []


def test_goods_on_their_way_are_found_with_the_earliest_first(purchasing: Purchasing, books: TrytonBooks) -> None:
    books.order(replace(ORDER, number="PO-8", expected_on=date(2026, 12, 1)))
    books.receive("PO-8", "STOOL", 39, date(2026, 11, 5))
    assert [order.number for order in purchasing.awaited_orders(["STOOL"])] == ["PO-8", "PO-7"]
    books.receive("PO-8", "STOOL", 1, date(2026, 11, 6))
    assert [order.number for order in purchasing.awaited_orders(["STOOL", "VASE"])] == ["PO-7"]


def test_units_convert_as_tryton_keeps_them_and_a_piece_is_one(purchasing: Purchasing) -> None:
    conversions = purchasing.unit_conversions(["STOOL"])
    assert UnitConversion("C62", "H87", Decimal(1)) in conversions
    assert UnitConversion("GRM", "KGM", Decimal("0.001")) in conversions
    assert all(conversion.item is None for conversion in conversions)


def test_a_party_that_was_put_out_of_use_is_blocked(purchasing: Purchasing, books: TrytonBooks) -> None:
    assert purchasing.blocked_suppliers([ORDER.supplier]) == {}
    books.session.write("model.party.party.write", [books.party(ORDER.supplier)], {"active": False})
    assert set(purchasing.blocked_suppliers([ORDER.supplier, "Nobody"])) == {ORDER.supplier}


def test_a_supplier_is_the_same_however_his_name_is_written(purchasing: Purchasing) -> None:
    posted = purchasing.post_document(replace(INVOICE, supplier="WALDKONTOR GMBH"))
    assert [document.id for document in purchasing.posted_documents(["waldkontor gmbh"])] == [posted]
    assert purchasing.post_document(replace(INVOICE, supplier="WALDKONTOR GMBH")) == posted


def test_a_cent_of_rounding_goes_into_the_tax_and_more_is_refused(purchasing: Purchasing) -> None:
    with pytest.raises(Rejected, match=r"547\.4 of 'RE-1', which says 600"):
        purchasing.post_document(replace(INVOICE, total=Decimal(600)))
    assert list(purchasing.posted_documents([ORDER.supplier])) == []
    purchasing.post_document(replace(INVOICE, total=Decimal("547.42")))
    assert [document.total for document in purchasing.posted_documents([ORDER.supplier])] == [Decimal("547.42")]


def test_a_price_beyond_four_decimals_moves_no_net_amount_into_the_tax(
    purchasing: Purchasing, books: TrytonBooks
) -> None:
    screws = BilledLine("2", Decimal(700), Decimal("100.00"))
    invoice = replace(INVOICE, total=Decimal("119.00"), lines=(screws,))
    with pytest.raises(Rejected, match=r"700 at 0\.1429 are 100\.03, and line 2 bills 100"):
        purchasing.post_document(invoice)
    assert books.session.search("account.invoice", [], ["id"]) == []
    exact = replace(invoice, lines=(replace(screws, amount=Decimal("100.03")),), total=Decimal("119.04"))
    assert purchasing.post_document(exact) == purchasing.post_document(exact)


def test_what_tryton_wants_a_person_to_confirm_is_refused_and_leaves_no_draft(
    purchasing: Purchasing, books: TrytonBooks
) -> None:
    purchasing.post_document(INVOICE)
    with pytest.raises(Rejected, match="asks a person to confirm"):
        purchasing.post_document(replace(INVOICE, idempotency_key="sha256:9"))
    assert len(books.session.search("account.invoice", [], ["id"])) == 1


@pytest.mark.parametrize("method", ["order", "fulfillment"])
def test_the_drafts_that_tryton_made_itself_give_way_and_are_made_again_of_the_rest(
    purchasing: Purchasing, books: TrytonBooks, method: str
) -> None:
    books.order(replace(ORDER, number="PO-8", lines=(STOOLS,)), method)
    books.receive("PO-8", "STOOL", 30, date(2026, 11, 5))
    purchasing.post_document(replace(INVOICE, order_number="PO-8"))
    assert purchasing.find_orders(["PO-8"])["PO-8"].lines[0].billed == 10
    drafts = books.session.search("account.invoice", [["state", "=", "draft"]], ["lines.quantity"])
    assert [line["quantity"] for draft in drafts for line in draft["lines."]] == [30 if method == "order" else 20]


def test_an_invoice_over_a_service_bills_its_amount(purchasing: Purchasing) -> None:
    lines = (BilledLine("3", Decimal(0), Decimal("450.00")),)
    purchasing.post_document(replace(INVOICE, total=Decimal("535.50"), lines=lines))
    assert purchasing.find_orders(["PO-7"])["PO-7"].lines[2].billed_amount == Decimal("450.00")


def test_a_credit_note_is_one_when_it_is_read_back(purchasing: Purchasing) -> None:
    purchasing.post_document(INVOICE)
    note = replace(INVOICE, idempotency_key="k", type=DocumentType.CREDIT_NOTE, number="GS-1")
    purchasing.post_document(note)
    posted = purchasing.posted_documents([ORDER.supplier])
    assert [(one.type.value, one.total) for one in posted] == [
        ("invoice", Decimal("547.40")),
        ("credit_note", Decimal("547.40")),
    ]


def test_requests_become_an_order_and_are_open_no_longer(purchasing: Purchasing) -> None:
    vases = replace(REQUEST, item="VASE", idempotency_key="stock-reorder:VASE@PRG:1")
    in_brno = replace(REQUEST, site="BRQ", idempotency_key="stock-reorder:MUG@BRQ:1")
    for request in (REQUEST, in_brno, vases):
        purchasing.put_request(request)
    order = _order_of(REQUEST, vases)
    number = purchasing.send_order(order, "purchase-sending:1")
    sent = purchasing.find_orders([number])[number]
    assert (sent.supplier, sent.site, sent.ordered_on) == (order.supplier, order.site, order.ordered_on)
    assert sent.expected_on == order.expected_on
    assert {(line.item, line.quantity, line.request_key) for line in sent.lines} == {
        (line.item, line.quantity, line.request_key) for line in order.lines
    }
    # Tryton keeps prices to four decimals and for one unit.
    assert {line.unit_price for line in sent.lines} == {Decimal("299.9167")}
    assert list(purchasing.open_requests()) == [in_brno]


def test_documents_without_an_order_are_named(purchasing: Purchasing, books: TrytonBooks) -> None:
    purchasing.post_document(INVOICE)
    assert list(purchasing.documents_without_order(date(2026, 1, 1))) == []
    supplier = books.party(ORDER.supplier)
    payable, expense = (books.find("account.account", code=code) for code in ("2.1.1", "2.2.1"))
    line = {"type": "line", "description": "Rent", "quantity": 1, "unit_price": Decimal(9), "account": expense}
    invoice = books.add(
        "account.invoice",
        type="in",
        party=supplier,
        invoice_address=books.find("party.address", party=supplier),
        account=payable,
        journal=books.find("account.journal", type="expense"),
        reference="RENT-1",
        invoice_date=date(2026, 11, 1),
        lines=[["create", [line]]],
    )
    books.session.write("model.account.invoice.post", [invoice])
    assert [found.number for found in purchasing.documents_without_order(date(2026, 1, 1))] == ["RENT-1"]
    assert list(purchasing.documents_without_order(date(2999, 1, 1))) == []
