"""When a customer hears something without having asked, and when nothing is said."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

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
