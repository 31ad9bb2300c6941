"""What every stock-keeping system must do, run over every vendor of the registry."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from connectors.contracts.inventory import (
    DemandKind,
    DemandRecord,
    Inventory,
    ItemSite,
    KitPart,
    ReorderPolicy,
    ReorderRule,
    StockLevel,
    SupplierBreak,
    SupplierTerms,
    all_rules,
)
from connectors.database.models.inventory import (
    DemandRow,
    KitPartRow,
    ReorderRuleRow,
    StockLevelRow,
    SupplierTermsRow,
)
from connectors.database.session import Database
from connectors.registry import vendors_of
from connectors.vendors.house_inventory import HouseInventory
from connectors.vendors.memory_inventory import MemoryInventory
from tests.contract.with_a_server import tested_with_a_server
from tests.fixtures.rest_shop import inventory_lists, rest_connector
from tests.fixtures.sql_books import sql_connector

MUGS = StockLevel("MUG", "PRG", "H87", Decimal("12.5"), Decimal(2), Decimal("4.1667"), "EUR")
MUGS_IN_BRNO = replace(MUGS, site="BRQ", on_hand=Decimal(-1))
VASES = replace(MUGS, item="VASE", on_hand=Decimal(0))
MUG_RULE = ReorderRule(
    "MUG",
    "PRG",
    ReorderPolicy.ORDER_POINT,
    {"minimum": Decimal(10), "maximum": Decimal("40.5")},
    service_level=Decimal("0.97"),
    horizon_days=14,
    snoozed_until=date(2026, 12, 1),
    trigger="at_or_below",
)
PLAIN_RULE = ReorderRule("MUG", "BRQ", ReorderPolicy.DDMRP)
VASE_RULE = replace(PLAIN_RULE, item="VASE", site="PRG", forecast="moving_average")
MUG_TERMS = SupplierTerms(
    "MUG",
    "Tisza Kerámia Kft.",
    "HUF",
    Decimal(1850),
    breaks=(SupplierBreak(Decimal(10), Decimal("1799.50")),),
    moq=Decimal(24),
    multiple=Decimal(12),
    stock_units_per_purchase_unit=Decimal(6),
    purchase_uom="CS",
    lead_time_days=9,
    holiday_country="HU",
    reliability=Decimal("0.92"),
    is_blocked=True,
)
OTHER_TERMS = SupplierTerms("MUG", "Atelier", "EUR", Decimal("5.10"))
DEMAND = [
    DemandRecord("MUG", "PRG", date(2026, 10, 1), Decimal(3)),
    DemandRecord("MUG", "PRG", date(2026, 11, 2), Decimal("1.5"), DemandKind.LOSS),
    DemandRecord("MUG", "PRG", date(2026, 11, 20), Decimal(4)),
    DemandRecord("MUG", "BRQ", date(2026, 11, 3), Decimal(9)),
]
PARTS: dict[str, tuple[KitPart, ...]] = {"TEA-SET": (KitPart("MUG", Decimal(4)), KitPart("TRAY", Decimal("1")))}
FILLING = MemoryInventory(
    [VASES, MUGS, MUGS_IN_BRNO],
    [VASE_RULE, MUG_RULE, PLAIN_RULE],
    list(reversed(DEMAND)),
    [MUG_TERMS, OTHER_TERMS],
    PARTS,
)


def _fill_house(database: Database, filling: MemoryInventory) -> Inventory:
    with database.write() as session:
        for level in filling.stock:
            session.add(StockLevelRow(**_fields(level)))
        for rule in filling.rules:
            figures = {name: str(figure) for name, figure in rule.figures.items()}
            session.add(ReorderRuleRow(**_fields(rule) | {"figures": figures}))
        for record in filling.demand:
            session.add(
                DemandRow(
                    item=record.item, site=record.site, on=record.on, quantity=record.quantity, kind=record.kind.value
                )
            )
        for terms in filling.terms:
            breaks = [[str(one.from_units), str(one.price)] for one in terms.breaks]
            session.add(SupplierTermsRow(**_fields(terms) | {"breaks": breaks}))
        for kit, parts in filling.parts.items():
            session.add_all(KitPartRow(kit=kit, component=part.component, quantity=part.quantity) for part in parts)
    return HouseInventory(database)


def _fields(record: StockLevel | ReorderRule | SupplierTerms) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _fill_sql(database: Database, filling: MemoryInventory) -> Inventory:
    _fill_house(database, filling)
    connector: Inventory = sql_connector("inventory", database)
    return connector


def _fill_rest(filling: MemoryInventory) -> Inventory:
    connector: Inventory = rest_connector("inventory", inventory_lists(filling))
    return connector


FILLED: dict[str, Callable[[Database, MemoryInventory], Inventory]] = {
    "house": _fill_house,
    "memory": lambda _database, filling: filling,
    "rest": lambda _database, filling: _fill_rest(filling),
    "sql": _fill_sql,
}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("inventory")) - tested_with_a_server("inventory") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def inventory(request: pytest.FixtureRequest, database: Database) -> Inventory:
    return FILLED[request.param](database, FILLING)


def test_rules_are_walked_through_by_item_and_site(inventory: Inventory) -> None:
    assert list(inventory.list_rules()) == [PLAIN_RULE, MUG_RULE, VASE_RULE]
    assert [list(piece) for piece in all_rules(inventory, size=2)] == [[PLAIN_RULE, MUG_RULE], [VASE_RULE]]
    assert [list(piece) for piece in all_rules(inventory, "PRG", 1)] == [[MUG_RULE], [VASE_RULE]]
    assert list(inventory.list_rules(VASE_RULE.key)) == []


def test_stock_is_walked_through_by_item_and_site(inventory: Inventory) -> None:
    assert list(inventory.list_stock()) == [MUGS_IN_BRNO, MUGS, VASES]
    assert list(inventory.list_stock(MUGS_IN_BRNO.key, 1)) == [MUGS]
    assert list(inventory.list_stock(site="BRQ")) == [MUGS_IN_BRNO]


def test_only_what_was_asked_for_is_found(inventory: Inventory) -> None:
    unknown = ItemSite("MUG", "Ostrava")
    assert inventory.find_rules([MUG_RULE.key, unknown]) == {MUG_RULE.key: MUG_RULE}
    assert inventory.find_stock([MUGS.key, unknown]) == {MUGS.key: MUGS}
    assert inventory.find_terms(["MUG", "VASE"]) == {"MUG": [OTHER_TERMS, MUG_TERMS]}
    assert {kit: tuple(parts) for kit, parts in inventory.kits().items()} == PARTS
    assert (inventory.find_rules([]), inventory.find_stock([]), inventory.find_terms([])) == ({}, {}, {})


def test_demand_comes_back_by_day_with_both_ends_included(inventory: Inventory) -> None:
    asked = [MUGS.key, VASES.key]
    found = inventory.find_demand(asked, date(2026, 10, 1), date(2026, 11, 20))
    assert {key: list(records) for key, records in found.items()} == {MUGS.key: DEMAND[:3]}
    assert inventory.find_demand(asked, date(2026, 10, 2), date(2026, 11, 19)) == {MUGS.key: [DEMAND[1]]}
    assert inventory.find_demand(asked, date(2027, 1, 1), date(2027, 1, 2)) == {}


def test_a_figure_that_is_no_number_reaches_the_rule_as_nan(database: Database) -> None:
    inventory = _fill_house(database, FILLING)
    with database.write() as session:
        session.get_one(ReorderRuleRow, ("MUG", "PRG")).figures = {"minimum": "ten"}
    assert inventory.find_rules([MUG_RULE.key])[MUG_RULE.key].figures["minimum"].is_nan()


def test_thousands_of_items_cost_our_own_database_a_few_queries(database: Database) -> None:
    levels = [replace(MUGS, item=f"ITEM-{number:05}") for number in range(3500)]
    inventory = _fill_house(database, MemoryInventory(stock=levels))
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    keys = [level.key for level in levels]
    assert len(inventory.find_stock(keys)) == 3500
    inventory.find_demand(keys, date(2026, 1, 1), date(2026, 12, 31))
    inventory.find_terms(key.item for key in keys)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 12
