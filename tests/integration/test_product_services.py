"""Goods as customers ask for them: found, dated, replaced, watched and offered, on every system and both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.services.product_search import Mention, ProductSearch
from bot.services.quotes import QuoteDraft, Quotes
from bot.services.stock_watch import StockWatches
from connectors.contracts.catalogue import Product
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.database.models.conversation import Contact
from connectors.database.models.people import AuditEntry
from connectors.database.models.sales import LeadRow, ProductRow
from connectors.database.models.service import StockWatch
from connectors.demo.seed import seed_demo
from connectors.errors import NotFound, Unavailable
from connectors.registry import Connectors
from connectors.vendors.memory_purchasing import MemoryPurchasing
from connectors.vendors.memory_sales import MemoryCatalogue, MemoryLeads
from tests.fixtures.days import TODAY
from tests.fixtures.front_office import FrontOffice, open_front_office
from tests.fixtures.shop_catalogue import demo_products

pytestmark = pytest.mark.integration

SOY, VASE = "CANDLE-SOY", "VASE-TALL"
IN_TEN_DAYS = TODAY + timedelta(days=10)


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


@pytest.fixture(params=["memory", "house"])
def connectors(request: pytest.FixtureRequest, office: FrontOffice, tmp_path: Path) -> Connectors:
    if request.param == "house":
        seed_demo(office.database, tmp_path, TODAY)
        return Connectors(office.database)
    return Connectors.in_memory(catalogue=MemoryCatalogue(demo_products(TODAY)), leads=MemoryLeads())


@pytest.fixture
def search(office: FrontOffice, connectors: Connectors) -> ProductSearch:
    return search_in(office, connectors)


def search_in(office: FrontOffice, connectors: Connectors) -> ProductSearch:
    return ProductSearch(office.database, connectors.catalogue, connectors.purchasing, lambda: TODAY)


def found(search: ProductSearch, sku: str) -> Product:
    product = search.find_product(sku)
    assert product is not None
    return product


def audit(office: FrontOffice, action: str) -> list[AuditEntry]:
    with office.database.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


def test_a_product_is_found_by_what_was_typed(search: ProductSearch) -> None:
    findings = search.find("máte sójovou svíčku?", "cs")
    assert [product.sku for product in findings.products] == [SOY]


def test_two_products_that_are_named_are_both_meant(search: ProductSearch) -> None:
    mentions = [Mention(("MUG-BLUE",), ("mug",)), Mention(("OAK-TRAY",), ("tray",))]
    findings = search.find("a mug and a tray", "en", mentions)
    assert {product.sku for product in findings.products} == {"MUG-BLUE", "OAK-TRAY"}
    assert findings.are_all_meant


def test_what_is_no_longer_on_sale_is_not_found(search: ProductSearch) -> None:
    assert search.find("", "en", [Mention(("TEAPOT-OLD",))]).products == ()
    assert search.find_product("TEAPOT-OLD") is None


def test_the_date_of_new_goods_is_that_of_the_catalogue(search: ProductSearch) -> None:
    assert search.expected_on(found(search, SOY)) == TODAY + timedelta(days=13)
    assert search.expected_on(found(search, VASE)) is None


def test_alternatives_are_in_stock_and_the_recommended_ones_come_first(search: ProductSearch) -> None:
    alternatives = search.alternatives(found(search, SOY))
    assert [product.sku for product in alternatives[:2]] == ["CANDLE-PILLAR", "CANDLE-BEES"]
    assert all(product.stock > 0 and product.sku != SOY for product in alternatives)


def awaited(sku: str, expected_on: date | None) -> PurchaseOrder:
    line = PurchaseOrderLine("1", sku, Decimal(60), "H87", Decimal(10))
    state = PurchaseOrderState.OPEN
    return PurchaseOrder("PO-1", "SUP-1", "EUR", TODAY, state, (line,), expected_on=expected_on)


@pytest.mark.parametrize(
    ("in_catalogue", "promised", "expected"),
    [
        (None, IN_TEN_DAYS, IN_TEN_DAYS),
        (TODAY, IN_TEN_DAYS, TODAY),
        (TODAY - timedelta(days=3), IN_TEN_DAYS, IN_TEN_DAYS),
        (None, TODAY - timedelta(days=1), None),
        (None, None, None),
    ],
)
def test_the_suppliers_promise_dates_what_the_catalogue_does_not_and_no_date_is_past(
    office: FrontOffice, in_catalogue: date | None, promised: date | None, expected: date | None
) -> None:
    purchasing = MemoryPurchasing([awaited(VASE, promised)])
    search = search_in(office, Connectors.in_memory(purchasing=purchasing, catalogue=MemoryCatalogue()))
    vase = next(product for product in demo_products(TODAY) if product.sku == VASE)
    assert search.expected_on(replace(vase, expected_on=in_catalogue)) == expected


def test_the_open_purchase_order_of_the_house_dates_a_product(office: FrontOffice, tmp_path: Path) -> None:
    seed_demo(office.database, tmp_path, TODAY)
    with office.database.write() as session:
        session.get_one(ProductRow, SOY).expected_on = None
    search = search_in(office, Connectors(office.database))
    (order,) = Connectors(office.database).purchasing().awaited_orders([SOY])
    assert order.expected_on is not None
    assert search.expected_on(found(search, SOY)) == order.expected_on


class SilentPurchasing(MemoryPurchasing):
    def awaited_orders(self, items: object) -> list[PurchaseOrder]:
        raise Unavailable("the ERP does not answer")


def test_a_silent_purchasing_system_costs_the_date_and_nothing_else(office: FrontOffice) -> None:
    catalogue = MemoryCatalogue(demo_products(TODAY))
    search = search_in(office, Connectors.in_memory(purchasing=SilentPurchasing(), catalogue=catalogue))
    with capture_logs() as logs:
        assert search.expected_on(found(search, VASE)) is None
    assert [entry["reason"] for entry in logs] == ["the ERP does not answer"]


def test_without_a_catalogue_the_search_says_so(office: FrontOffice) -> None:
    search = search_in(office, Connectors.in_memory())
    with pytest.raises(NotFound):
        search.find("a lamp", "en")


def test_demand_is_kept_for_the_back_office(office: FrontOffice, search: ProductSearch) -> None:
    conversation_id = office.open("cs")
    search.note_demand(conversation_id, "koberce " * 20, "unknown")
    (entry,) = audit(office, "product.asked")
    assert entry.actor == f"contact:{office.conversation(conversation_id).contact_id}"
    assert entry.object_id.startswith("koberce")
    assert len(entry.object_id) <= 60
    assert entry.detail == {"language": "cs", "availability": "unknown", "conversation": conversation_id}


def watched(office: FrontOffice) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(StockWatch.sku).order_by(StockWatch.id)))


def test_a_product_is_watched_once_per_person(office: FrontOffice) -> None:
    watches = StockWatches(office.database)
    mine, other = office.open(), office.open()
    for _ in range(2):
        watches.watch(mine, SOY)
    watches.watch(mine, VASE)
    watches.watch(other, SOY)
    assert watched(office) == [SOY, VASE, SOY]
    assert watches.is_watched(mine, VASE)
    assert not watches.is_watched(other, VASE)
    assert [entry.object_id for entry in audit(office, "product.watch")] == [SOY, VASE, SOY]


def test_who_was_told_may_watch_again(office: FrontOffice) -> None:
    watches = StockWatches(office.database)
    mine = office.open()
    watches.watch(mine, SOY)
    with office.database.write() as session:
        watch = session.scalars(select(StockWatch)).one()
        watch.told_at = watch.created_at
    assert not watches.is_watched(mine, SOY)
    watches.watch(mine, SOY)
    assert watched(office) == [SOY, SOY]


def test_a_watch_ends_for_a_product_or_for_all_and_for_nobody_else(office: FrontOffice) -> None:
    watches = StockWatches(office.database)
    mine, other = office.open(), office.open()
    for sku in (SOY, VASE):
        watches.watch(mine, sku)
        watches.watch(other, sku)
    assert watches.stop(mine, [SOY]) == (SOY,)
    assert watches.stop(mine, [SOY]) == ()
    assert watches.stop(mine) == (VASE,)
    assert watched(office) == [SOY, VASE]
    assert watches.is_watched(other, SOY)
    assert [entry.object_id for entry in audit(office, "product.unwatch")] == [SOY, VASE]


DRAFT = QuoteDraft("Hand-painted mug, blue", "MUG-BLUE", Decimal(40), "Café Rosa", "Ann@Example.com")


def test_a_wish_for_an_offer_becomes_one_lead_however_often_it_is_sent(
    office: FrontOffice, connectors: Connectors
) -> None:
    quotes = Quotes(office.database, connectors.leads)
    conversation_id = office.open("hu")
    numbers = {quotes.request(conversation_id, "turn-1", DRAFT) for _ in range(2)}
    assert numbers == {"LEAD-000001"}
    assert quotes.request(conversation_id, "turn-2", DRAFT) == "LEAD-000002"
    entries = audit(office, "quote.request")
    assert {entry.object_id for entry in entries} == {"LEAD-000001", "LEAD-000002"}
    assert entries[0].detail["sku"] == "MUG-BLUE"
    with office.database.read() as session:
        contact = session.get_one(Contact, office.conversation(conversation_id).contact_id)
    assert contact.email == "ann@example.com"


def test_the_lead_says_who_wants_what_in_which_language(office: FrontOffice, tmp_path: Path) -> None:
    seed_demo(office.database, tmp_path, TODAY)
    Quotes(office.database, Connectors(office.database).leads).request(office.open("hu"), "turn-1", DRAFT)
    with office.database.read() as session:
        lead = session.scalars(select(LeadRow)).one()
    assert (lead.name, lead.company, lead.email) == ("Café Rosa", "Café Rosa", "ann@example.com")
    assert (lead.sku, lead.quantity, lead.language) == ("MUG-BLUE", Decimal(40), "hu")


def test_a_customer_who_is_known_by_name_is_named_in_the_lead(office: FrontOffice) -> None:
    leads = MemoryLeads()
    conversation_id = office.open()
    with office.database.write() as session:
        session.get_one(Contact, office.conversation(conversation_id).contact_id).display_name = "Emma Novak"
    Quotes(office.database, lambda: leads).request(conversation_id, "turn-1", replace(DRAFT, company="", sku=None))
    assert [(lead.name, lead.sku) for lead in leads.leads.values()] == [("Emma Novak", None)]


def test_without_a_system_for_leads_nothing_is_recorded(office: FrontOffice) -> None:
    quotes = Quotes(office.database, Connectors.in_memory().leads)
    with pytest.raises(NotFound):
        quotes.request(office.open(), "turn-1", DRAFT)
    assert audit(office, "quote.request") == []
