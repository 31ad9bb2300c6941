"""When a customer hears something without having asked, and when nothing is said."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from automations.rules.notices import notice_about_product, notice_about_refund
from connectors.contracts.catalogue import Product
from connectors.contracts.notices import ProductWatch
from connectors.contracts.returns import ReturnCase, ReturnState

TODAY = date(2026, 11, 21)
LAMP = Product("LAMP", {"en": "Lamp", "cs": "Lampa"}, {}, Decimal(40), "EUR", stock=Decimal(0))


def test_a_product_is_back_when_there_is_stock() -> None:
    watch = ProductWatch(7, "c", "LAMP")
    assert notice_about_product(watch, LAMP) is None
    notice = notice_about_product(watch, replace(LAMP, stock=Decimal(1)))
    assert notice is not None
    assert notice.contact_id == "c"
    assert notice.arguments["name"] == {"en": "Lamp", "cs": "Lampa"}


def test_a_refund_is_told_with_its_amount() -> None:
    case = ReturnCase(
        "RET-000001",
        "ORD-2026-0001",
        ("LAMP",),
        "broken",
        True,
        Decimal("39.90"),
        "EUR",
        ReturnState.REFUNDED,
        TODAY,
        TODAY,
    )
    assert notice_about_refund(case).arguments["amount"] == {"amount": "39.90", "currency": "EUR"}


amounts = st.decimals(Decimal("-1e12"), Decimal("1e12"), places=2)


@given(amounts, amounts, st.integers(1, 10**9))
def test_a_watch_is_told_of_stock_and_only_once_whatever_the_price(stock: Decimal, price: Decimal, watch: int) -> None:
    product = replace(LAMP, stock=stock, price=price)
    notice = notice_about_product(ProductWatch(watch, "c", "LAMP"), product)
    assert (notice is not None) == (stock > 0)
    if notice is not None:
        again = notice_about_product(ProductWatch(watch, "c", "LAMP"), replace(product, price=price + 1))
        assert again is not None
        assert again.idempotency_key == notice.idempotency_key
        assert Decimal(json.loads(json.dumps(notice.arguments))["price"]["amount"]) == price
