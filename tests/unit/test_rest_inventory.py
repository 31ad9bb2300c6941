"""Stock, rules, demand and terms of a REST interface: each list is tried, and read once for a whole run."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.contracts.inventory import (
    DemandRecord,
    ItemSite,
    ReorderRule,
    StockLevel,
    SupplierTerms,
    all_rules,
)
from connectors.database.base import utc_now
from connectors.database.session import Database
from connectors.errors import Rejected
from connectors.http.client import HttpClient
from connectors.http.reach import Allowed, Reach
from connectors.vendor import Setup
from connectors.vendors import rest
from connectors.vendors.memory_inventory import MemoryInventory
from connectors.vendors.rest_inventory import READING_HOLDS, RestInventory
from tests.fixtures.faulty_gateway import FaultyGateway
from tests.fixtures.patience import Patience
from tests.fixtures.rest_shop import PAGING, SETTINGS, RestShop, inventory_lists

DAY = utc_now().date() - timedelta(days=2)
KEYS = [ItemSite(f"ITEM-{n}", "MAIN") for n in range(6)]
ONE = Decimal(1)
FILLING = MemoryInventory(
    stock=[StockLevel(*key, "C62", ONE, Decimal(0), ONE, "EUR") for key in KEYS],
    rules=[ReorderRule(*key, "order_point", {"minimum": ONE, "maximum": ONE}) for key in KEYS],
    demand=[DemandRecord(*key, DAY, ONE) for key in KEYS],
    terms=[SupplierTerms(key.item, "Oak & Co", "EUR", ONE) for key in KEYS],
)


@dataclass
class House:
    """A shop with an inventory, and a clock."""

    shop: RestShop
    gateway: FaultyGateway
    patience: Patience = field(default_factory=Patience)

    def connect(self, **settings: Any) -> RestInventory:
        written = SETTINGS | PAGING["page"] | {"base_url": self.gateway.url} | settings
        setup = Setup("shop", Database("sqlite://"), written)
        made = rest.connect("inventory", setup, self.client, self.patience.now)
        assert isinstance(made, RestInventory)
        return made

    @staticmethod
    def client(address: str, _authenticate: Any) -> HttpClient:
        return HttpClient(address, reach=Allowed(Reach.LOOPBACK))

    def asked(self, name: str) -> int:
        """How often the first page of a list was asked for."""
        paths = [urlsplit(request.path) for request in self.gateway.requests]
        return sum(path.path == f"/{name}" and path.query.endswith("page=1") for path in paths)


@pytest.fixture
def house() -> Iterator[House]:
    shop = RestShop(lists=inventory_lists(FILLING))
    with FaultyGateway(shop).running() as gateway:
        yield House(shop, gateway)


def run(inventory: RestInventory) -> int:
    """Works through everything two items at a time, as the reorder job does."""
    found = 0
    for rules in all_rules(inventory, size=2):
        keys = [rule.key for rule in rules]
        items = {key.item for key in keys}
        found += len(inventory.find_stock(keys)) + len(inventory.find_terms(items)) + len(inventory.find_rules(keys))
        found += len(inventory.find_demand(keys, DAY - timedelta(days=7), DAY))
    return found


def test_a_run_reads_each_list_once_however_many_pieces_it_has(house: House) -> None:
    assert run(house.connect()) == 4 * len(KEYS)
    assert [house.asked(name) for name in ("rules", "stock", "demand", "terms")] == [1, 1, 1, 1]


def test_the_next_run_sees_what_the_system_has_by_then(house: House) -> None:
    inventory = house.connect()
    run(inventory)
    house.shop.lists = inventory_lists(replace(FILLING, stock=[replace(FILLING.stock[0], on_hand=Decimal(9))]))
    run(inventory)
    assert [house.asked(name) for name in ("rules", "stock", "demand", "terms")] == [2, 2, 2, 2]
    assert inventory.find_stock(KEYS[:1])[KEYS[0]].on_hand == 9


def test_a_reading_does_not_hold_for_ever(house: House) -> None:
    inventory = house.connect()
    inventory.find_stock(KEYS)
    house.patience.passes(READING_HOLDS.total_seconds())
    inventory.find_stock(KEYS)
    assert house.asked("stock") == 2


def test_other_days_of_demand_are_read_for_themselves(house: House) -> None:
    inventory = house.connect()
    assert inventory.find_demand(KEYS, DAY, DAY).keys() == set(KEYS)
    assert inventory.find_demand(KEYS, DAY + timedelta(days=1), DAY + timedelta(days=9)) == {}
    assert house.asked("demand") == 2


def test_those_who_ask_at_the_same_time_share_a_reading(house: House) -> None:
    inventory = house.connect()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: len(inventory.find_stock(KEYS)), range(8)))
    assert found == [len(KEYS)] * 8
    assert house.asked("stock") == 1


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("stock", {"on_hand": "$.nowhere"}),
        ("rules", {"policy": "$.nowhere"}),
        ("demand", {"quantity": "$.sku"}),
        ("terms", {"item_price": "$.nowhere"}),
        ("kits", {"rows": "$.nowhere"}),
    ],
)
def test_a_trial_reads_every_list_that_is_filled_in(house: House, name: str, wrong: dict[str, str]) -> None:
    house.shop.lists["terms"][0]["steps"] = [["1", "2"]]
    assert "6 of stock, 6 of rules, 6 of demand, 6 of terms, 0 of kits" in house.connect().check()
    mapping = SETTINGS[f"{name}_mapping"] | wrong
    with pytest.raises(Rejected, match=name):
        house.connect(**{f"{name}_mapping": mapping}).check()


def test_a_preview_shows_rows_of_every_list(house: House) -> None:
    rows = house.connect().preview(5)
    assert [sorted(row.mapped)[0] for row in rows] == ["currency", "figures", "item", "currency"]
    assert [row.problem for row in rows] == [""] * 4
    assert [row.mapped["item"] for row in rows] == ["ITEM-0"] * 4


def test_a_list_that_is_not_filled_in_is_left_out_of_trial_and_preview(house: House) -> None:
    inventory = house.connect(**{f"{name}_path": "" for name in ("rules", "demand", "terms", "kits")})
    assert inventory.check().endswith("6 of stock.")
    assert len(inventory.preview(3)) == 3
