"""Purchase requests in a real Tryton beside those of colleagues, and calls that Tryton finishes after we gave up."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors.contracts.purchasing import Purchasing
from connectors.errors import Rejected, Unavailable
from connectors.vendors.tryton.purchasing import TrytonPurchasing
from tests.contract.test_purchasing import INVOICE, ORDER, REQUEST, _order_of
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_deaths import LateSession
from tests.fixtures.tryton_server import TrytonServer

pytestmark = pytest.mark.integration

LATER = replace(REQUEST, idempotency_key="stock-reorder:MUG@PRG:2", quantity=Decimal(60))


@pytest.fixture
def books(tryton: TrytonServer) -> TrytonBooks:
    books = TrytonBooks(tryton.session())
    books.product("MUG")
    books.party(REQUEST.supplier)
    return books


@pytest.fixture
def purchasing(tryton: TrytonServer, books: TrytonBooks) -> Purchasing:  # noqa: ARG001 - what is asked for is there
    return TrytonPurchasing(tryton.session())


def colleague_asks(books: TrytonBooks, description: str = "For the fair") -> None:
    books.requisition("MUG", REQUEST.supplier, 3, REQUEST.expected_on, REQUEST.site, REQUEST.currency, description)


def quantities(purchasing: Purchasing) -> list[Decimal]:
    return [request.quantity for request in purchasing.open_requests()]


def test_what_a_colleague_asks_for_is_ordered_together_with_ours(purchasing: Purchasing, books: TrytonBooks) -> None:
    colleague_asks(books)
    purchasing.put_request(REQUEST)
    requests = purchasing.open_requests()
    order = _order_of(*requests)
    number = purchasing.send_order(order, "purchase-sending:1")
    assert purchasing.send_order(order, "purchase-sending:1") == number
    assert sum(line.quantity for line in purchasing.find_orders([number])[number].lines) == 51
    assert quantities(purchasing) == []


def test_what_only_a_colleague_asks_for_is_ordered_once(purchasing: Purchasing, books: TrytonBooks) -> None:
    colleague_asks(books)
    order = _order_of(*purchasing.open_requests())
    number = purchasing.send_order(order, "purchase-sending:1")
    assert purchasing.send_order(order, "purchase-sending:1") == number
    assert len(books.session.search("purchase.purchase", [], ["id"])) == 1
    with pytest.raises(Rejected):
        purchasing.send_order(order, "purchase-sending:2")


def test_what_a_colleague_asks_for_is_neither_replaced_nor_withdrawn(
    purchasing: Purchasing, books: TrytonBooks
) -> None:
    colleague_asks(books)
    purchasing.put_request(REQUEST)
    purchasing.put_request(LATER)
    assert sorted(quantities(purchasing)) == [3, 60]
    purchasing.withdraw_request(REQUEST.item, REQUEST.site)
    assert quantities(purchasing) == [3]


def test_what_tryton_made_of_its_order_point_gives_way_to_ours(purchasing: Purchasing, books: TrytonBooks) -> None:
    books.order_point("MUG", REQUEST.supplier, 10, 40, REQUEST.site)
    books.supply()
    assert quantities(purchasing) == [40]
    purchasing.put_request(REQUEST)
    assert list(purchasing.open_requests()) == [REQUEST]


@pytest.mark.parametrize(
    "description", ["Twinoffice chairs", "Twinoffice stock-reorder:MUG@PRG:1 | soon | 3 per 1 | x"]
)
def test_a_requisition_that_only_looks_like_ours_is_its_writer_s(
    purchasing: Purchasing, books: TrytonBooks, description: str
) -> None:
    colleague_asks(books, description)
    (request,) = purchasing.open_requests()
    assert request.idempotency_key.startswith("tryton:")
    purchasing.put_request(LATER)
    assert sorted(quantities(purchasing)) == [3, 60]


def test_units_are_known_when_they_are_new_and_when_they_are_put_out_of_use(
    tryton: TrytonServer, purchasing: Purchasing, books: TrytonBooks
) -> None:
    purchasing.put_request(REQUEST)
    assert [one.uom for one in purchasing.open_requests()] == ["H87"]
    (piece,) = books.session.search("product.uom", [["symbol", "=", "u"]], ["category"])
    books.add("product.uom", name="Box", symbol="box", factor=12.0, rate=round(1 / 12, 12), category=piece["category"])
    books.product("CRATE", unit="box")
    books.requisition("CRATE", REQUEST.supplier, 3, REQUEST.expected_on, REQUEST.site, REQUEST.currency, "Boxes")
    assert [one.uom for one in purchasing.open_requests()] == ["box", "H87"]
    books.session.write("model.product.uom.write", [piece["id"]], {"active": False})
    assert [one.uom for one in TrytonPurchasing(tryton.session()).open_requests()] == ["box", "H87"]


@pytest.mark.parametrize("arrives", ["before the second is made", "after the second was made"])
def test_a_requisition_that_tryton_writes_after_we_gave_up_is_asked_for_once(
    tryton: TrytonServer, books: TrytonBooks, arrives: str
) -> None:
    slow: Any = LateSession(tryton.session(), "model.purchase.requisition.create", is_last=arrives.startswith("after"))
    purchasing = TrytonPurchasing(slow)
    with pytest.raises(Unavailable):
        purchasing.put_request(REQUEST)
    purchasing.put_request(REQUEST)
    slow.catch_up()
    purchasing.put_request(REQUEST)
    assert list(purchasing.open_requests()) == [REQUEST]
    alive = books.session.search("purchase.requisition", [["state", "!=", "cancelled"]], ["state"])
    assert [one["state"] for one in alive] == ["processing"]


@pytest.mark.parametrize("arrives", ["before the second is made", "after the second was posted"])
def test_an_invoice_that_tryton_drafts_after_we_gave_up_is_posted_once(
    tryton: TrytonServer, books: TrytonBooks, arrives: str
) -> None:
    books.order(ORDER)
    slow: Any = LateSession(tryton.session(), "model.account.invoice.create", is_last=arrives.startswith("after"))
    purchasing = TrytonPurchasing(slow)
    with pytest.raises(Unavailable):
        purchasing.post_document(INVOICE)
    posted = purchasing.post_document(INVOICE)
    slow.catch_up()
    assert purchasing.post_document(INVOICE) == posted
    invoices = books.session.search("account.invoice", [], ["state"])
    assert [(str(one["id"]), one["state"]) for one in invoices] == [(posted, "posted")]
