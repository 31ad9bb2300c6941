"""Stock, demand, order points and suppliers' prices out of a real Tryton."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connectors.contracts.inventory import (
    DemandKind,
    DemandRecord,
    ItemSite,
    ReorderPolicy,
    ReorderRule,
    StockLevel,
    SupplierBreak,
    SupplierTerms,
    all_rules,
)
from connectors.database.base import utc_now
from connectors.vendors.tryton.inventory import TrytonInventory
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_server import TrytonServer, asked_of

pytestmark = pytest.mark.integration

TODAY = datetime(2026, 11, 22, 9, tzinfo=UTC)
SUPPLIER = "Tisza Kerámia Kft."
MUGS = ItemSite("MUG", "PRG")
RULE = ReorderRule("MUG", "PRG", ReorderPolicy.ORDER_POINT.value, {"minimum": Decimal(10), "maximum": Decimal("40")})


@pytest.fixture
def books(tryton: TrytonServer) -> TrytonBooks:
    return TrytonBooks(tryton.session())


@pytest.fixture
def inventory(tryton: TrytonServer, books: TrytonBooks) -> TrytonInventory:
    """Mugs in Prague with a rule, some lost; two of them promised to a customer who gets them from the main site."""
    books.order_point("MUG", SUPPLIER, 10, 40, "PRG")
    books.stock("MUG", 12, date(2026, 10, 1), "PRG")
    books.count("MUG", 11, date(2026, 11, 2), "PRG")
    books.stock("MUG", 5, date(2026, 10, 1))
    return TrytonInventory(tryton.session(), lambda: TODAY)


def test_an_order_point_is_a_rule(inventory: TrytonInventory, books: TrytonBooks) -> None:
    books.order_point("VASE", SUPPLIER, 1, 2, "BRQ")
    vases = ReorderRule("VASE", "BRQ", RULE.policy, {"minimum": Decimal(1), "maximum": Decimal(2)})
    assert list(inventory.list_rules()) == [RULE, vases]
    assert [list(piece) for piece in all_rules(inventory, size=1)] == [[RULE], [vases]]
    assert [list(piece) for piece in all_rules(inventory, "BRQ")] == [[vases]]
    assert inventory.find_rules([MUGS, ItemSite("MUG", "BRQ")]) == {MUGS: RULE}
    assert inventory.find_rules([]) == {}


def test_stock_is_what_lies_at_each_site_today(inventory: TrytonInventory) -> None:
    level = StockLevel("MUG", "PRG", "H87", Decimal(11), Decimal(0), Decimal(46), "EUR")
    assert inventory.find_stock([MUGS, ItemSite("MUG", "Ostrava")]) == {MUGS: level}
    assert {one.site: one.on_hand for one in inventory.list_stock()} == {"BRQ": 0, "MAIN": 5, "PRG": 11, "SOUTH": 0}
    assert [one.key for one in inventory.list_stock(ItemSite("MUG", "BRQ"), 2)] == [ItemSite("MUG", "MAIN"), MUGS]
    assert [one.site for one in inventory.list_stock(site="PRG")] == ["PRG"]
    assert inventory.find_stock([]) == {}


def test_a_list_is_read_once_however_many_pieces_it_is_asked_for_in(
    tryton: TrytonServer, books: TrytonBooks, inventory: TrytonInventory
) -> None:
    books.order_point("VASE", SUPPLIER, 1, 2, "BRQ")
    asked = asked_of(session := tryton.session())
    swept = TrytonInventory(session, lambda: TODAY)
    rules = [rule.key for piece in all_rules(swept, size=1) for rule in piece]
    assert rules == [rule.key for rule in inventory.list_rules()]
    assert asked.count("model.stock.order_point.search_read") == 1
    asked.clear()
    levels = [level for piece in pieces(swept, 3) for level in piece]
    assert levels == list(inventory.list_stock())
    # Three pieces of both products: the codes once, and stock of three goods or fewer at each of four warehouses.
    assert asked.count("model.product.product.search_read") == 1 + 3 * 4
    assert asked.count("model.stock.location.search_read") == 1
    assert asked.count("model.company.company.search_read") == 1


def pieces(inventory: TrytonInventory, size: int) -> Iterator[Sequence[StockLevel]]:
    piece = inventory.list_stock(None, size)
    while piece:
        yield piece
        piece = inventory.list_stock(piece[-1].key, size)


@pytest.mark.usefixtures("inventory")
def test_what_is_promised_to_customers_is_reserved_until_it_leaves(tryton: TrytonServer, books: TrytonBooks) -> None:
    inventory = TrytonInventory(tryton.session(), utc_now)  # goods leave on the day of Tryton's own clock
    sale = books.sale("ORD-2026-0001", "Emma", "emma@example.com", date(2026, 11, 20), {"MUG": 2})
    shipment = books.confirm(sale)
    main = ItemSite("MUG", "MAIN")
    assert inventory.find_stock([main])[main].reserved == 2
    books.ship(shipment, "assign_force", "pick", "pack", "do")
    level = inventory.find_stock([main])[main]
    assert (level.on_hand, level.reserved) == (Decimal(3), Decimal(0))


def test_demand_is_what_left_and_a_loss_is_one(inventory: TrytonInventory, books: TrytonBooks) -> None:
    sale = books.sale("ORD-2026-0001", "Emma", "emma@example.com", date(2026, 11, 20), {"MUG": 2})
    books.ship(books.confirm(sale), "assign_force", "pick", "pack", "do")
    main = ItemSite("MUG", "MAIN")
    found = inventory.find_demand([MUGS, main], date(2026, 11, 2), date(2999, 1, 1))
    assert list(found[MUGS]) == [DemandRecord("MUG", "PRG", date(2026, 11, 2), Decimal(1), DemandKind.LOSS)]
    assert [(one.quantity, one.kind) for one in found[main]] == [(Decimal(2), DemandKind.CUSTOMER)]
    assert inventory.find_demand([MUGS], date(2026, 11, 3), date(2026, 11, 4)) == {}


def test_prices_of_suppliers_come_with_their_breaks(inventory: TrytonInventory) -> None:
    terms = SupplierTerms(
        "MUG",
        SUPPLIER,
        "EUR",
        Decimal(46),
        breaks=(SupplierBreak(Decimal(100), Decimal("41.5")),),
        purchase_uom="H87",
        lead_time_days=5,
    )
    assert inventory.find_terms(["MUG", "VASE"]) == {"MUG": [terms]}
    assert inventory.find_terms([]) == {}
    assert inventory.kits() == {}


def test_a_check_says_what_was_found(inventory: TrytonInventory) -> None:
    assert inventory.check() == "Tryton holds 1 goods in 4 warehouses, with 1 order points."
