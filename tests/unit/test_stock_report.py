"""The stock report: cover by site and class, and recorded demand replayed as it was and with the rule."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from automations.reorder import stock_report
from automations.reorder.stock_figures import (
    CoverBand,
    LeftOut,
    ReplayedItem,
    StockChoice,
    StockReport,
    Way,
    sum_cover,
)
from automations.reorder.stock_report import report_stock
from automations.rules.reorder.replay import Shortage
from automations.rules.reorder.stock_cover import AbcClass
from connectors.contracts.inventory import (
    DemandKind,
    DemandRecord,
    KitPart,
    ReorderPolicy,
    ReorderRule,
    StockLevel,
    SupplierTerms,
)
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState, UnitConversion
from connectors.vendors.memory_inventory import MemoryInventory
from connectors.vendors.memory_purchasing import MemoryPurchasing

TODAY = date(2026, 11, 22)
FIRST_DAY = date(2026, 5, 25)
MUGS = StockLevel("MUG", "PRG", "H87", Decimal(5), Decimal(0), Decimal(2), "EUR")
RULE = ReorderRule("MUG", "PRG", ReorderPolicy.ORDER_POINT, {"minimum": Decimal(10), "maximum": Decimal(20)})
TERMS = SupplierTerms("MUG", "Atelier", "EUR", Decimal(2), lead_time_days=2)


@dataclass
class Shop:
    """One mug is wanted a day; `days` of it are on record."""

    inventory: MemoryInventory = field(default_factory=MemoryInventory)
    purchasing: MemoryPurchasing = field(default_factory=MemoryPurchasing)

    def keeps(self, level: StockLevel = MUGS, days: int = 182, each: int = 1, has_rule: bool = True) -> "Shop":
        self.inventory.stock.append(level)
        if has_rule:
            self.inventory.rules.append(replace(RULE, item=level.item, site=level.site))
        if not any(terms.item == level.item for terms in self.inventory.terms):
            self.inventory.terms.append(replace(TERMS, item=level.item))
        self.inventory.demand += [
            DemandRecord(level.item, level.site, TODAY - timedelta(days=number), Decimal(each))
            for number in range(days)
        ]
        return self

    def receives(self, quantity: int, on: date, ordered_on: date, site: str = "PRG", uom: str = "H87") -> "Shop":
        number = f"PO-{ordered_on}-{on}-{site}-{uom}"
        line = PurchaseOrderLine("1", "MUG", Decimal(quantity), uom, Decimal(2))
        order = PurchaseOrder(number, "Atelier", "EUR", ordered_on, PurchaseOrderState.OPEN, (line,), site=site)
        self.purchasing.add(order)
        self.purchasing.receive(number, "1", Decimal(quantity), received_on=on)
        return self

    def reports(self, choice: StockChoice | None = None) -> StockReport:
        return report_stock(self.inventory, self.purchasing, choice or StockChoice(), TODAY)

    def replays(self, choice: StockChoice | None = None) -> ReplayedItem:
        [one] = self.reports(choice).replayed
        return one


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_cover_is_stock_over_what_left_in_ninety_days(shop: Shop) -> None:
    shop.keeps(replace(MUGS, on_hand=Decimal(45)))
    shop.inventory.demand.append(DemandRecord("MUG", "PRG", TODAY, Decimal(90), DemandKind.LOSS))
    [mug] = shop.reports().items
    # 45 on hand; 90 were sold and 90 broke in 90 days.
    assert (mug.cover.days_of_cover, mug.band) == (Decimal("22.5"), CoverBand.TO_30)
    assert mug.cover.money_tied_up == 90


@pytest.mark.parametrize(
    ("on_hand", "days", "band"),
    [
        (0, 90, CoverBand.NONE),
        (-3, 90, CoverBand.NONE),
        (30, 90, CoverBand.TO_30),
        (31, 90, CoverBand.TO_90),
        (91, 90, CoverBand.TO_180),
        (180, 90, CoverBand.TO_180),
        (181, 90, CoverBand.OVER_180),
        (5, 0, CoverBand.UNUSED),
    ],
)
def test_stock_is_told_by_how_long_it_lasts(shop: Shop, on_hand: int, days: int, band: CoverBand) -> None:
    [mug] = shop.keeps(replace(MUGS, on_hand=Decimal(on_hand)), days).reports().items
    assert mug.band is band


def test_sites_and_currencies_are_kept_apart(shop: Shop) -> None:
    shop.keeps().keeps(replace(MUGS, site="BRN", currency="CZK", unit_cost=Decimal(50)))
    report = shop.reports()
    assert report.sites == ["BRN", "PRG"]
    assert [(one.key.site, one.currency, one.cover.abc_class) for one in report.items] == [
        ("BRN", "CZK", AbcClass.A),
        ("PRG", "EUR", AbcClass.A),
    ]
    chosen = shop.reports(StockChoice(site="BRN"))
    assert ([one.key.site for one in chosen.items], chosen.sites) == (["BRN"], ["BRN", "PRG"])
    assert [one.item.key.site for one in chosen.replayed] == ["BRN"]


def test_a_class_is_chosen_from_all_that_a_site_has(shop: Shop) -> None:
    shop.keeps(replace(MUGS, item="BOWL"), each=9).keeps()
    assert [one.key.item for one in shop.reports(StockChoice(abc_class=AbcClass.B)).items] == ["MUG"]
    total = sum_cover(shop.reports().items)
    # 20 EUR lie there; 10 a day were used, at 2 EUR each.
    assert (total.items, total.without_stock) == (2, 0)
    assert [total.money_tied_up, total.days_of_cover] == [Decimal(20), Decimal(1)]


def test_what_was_done_is_replayed_from_the_receipts(shop: Shop) -> None:
    # 182 were wanted, 100 came on the tenth day, 5 are left: it began with 87, which lasted until then.
    one = shop.keeps().receives(100, FIRST_DAY + timedelta(days=9), FIRST_DAY).replays()
    was = one.ways[Way.AS_IT_WAS]
    assert [was.units_demanded, was.units_short] == [Decimal(182), Decimal(0)]
    assert (was.days_short, was.orders_placed) == (0, 1)


def test_the_rule_keeps_less_and_nobody_waits(shop: Shop) -> None:
    shop.keeps().receives(177, FIRST_DAY + timedelta(days=9), FIRST_DAY)
    one = shop.replays()
    was, then = one.ways[Way.AS_IT_WAS], one.ways[Way.WITH_RULE]
    # It began with 10, so nobody waited; afterwards 177 lay there at once, where the rule keeps 20 at most.
    assert (was.days_short, then.days_short) == (0, 0)
    assert was.average_stock > 80
    assert then.average_stock < 20
    assert then.orders_placed > 10


def test_a_year_without_receipts_shows_who_had_to_wait(shop: Shop) -> None:
    shop.keeps(replace(MUGS, on_hand=Decimal(0), reserved=Decimal(30)))
    was = shop.replays().ways[Way.AS_IT_WAS]
    # 152 were there on the first morning; the last 30 wait.
    assert (was.units_short, was.days_short) == (Decimal(30), 30)
    weekly = shop.reports().weekly
    assert weekly.empty[Way.AS_IT_WAS][-4:] == [7, 7, 7, 7]
    assert weekly.value[Way.AS_IT_WAS, "EUR"][0] == 145 * 2
    assert len(weekly.value[Way.AS_IT_WAS, "EUR"]) == 26


def test_goods_ordered_before_arrive_in_both(shop: Shop) -> None:
    shop.keeps().receives(150, FIRST_DAY + timedelta(days=20), FIRST_DAY - timedelta(days=1))
    one = shop.replays()
    # 150 of the 182 come without its doing; without them it orders every ten days.
    assert one.ways[Way.WITH_RULE].orders_placed < 5
    assert one.ways[Way.AS_IT_WAS].orders_placed == 1


def test_lost_sales_are_lost(shop: Shop) -> None:
    shop.keeps(replace(MUGS, on_hand=Decimal(0))).receives(100, TODAY - timedelta(days=9), FIRST_DAY)
    waits = shop.replays().ways[Way.AS_IT_WAS]
    lost = shop.replays(StockChoice(shortage=Shortage.LOST_SALES)).ways[Way.AS_IT_WAS]
    # 82 on the first morning serve 82 days; then 90 days of nobody served, whose mugs would lie there with lost sales.
    assert (waits.days_short, lost.days_short) == (90, 90)
    assert lost.average_stock > waits.average_stock


def test_cases_are_counted_in_mugs_and_a_delivery_without_site_goes_to_the_first(shop: Shop) -> None:
    shop.purchasing = MemoryPurchasing(conversions=[UnitConversion("XCS", "H87", Decimal(12), "MUG")])
    shop.keeps().receives(5, FIRST_DAY + timedelta(days=9), FIRST_DAY, site="", uom="XCS")
    # 5 + 182 - 60 = 127 on the first morning, 126 in its evening.
    shop.keeps(replace(MUGS, site="ZLN"))
    weekly = shop.reports(StockChoice(site="PRG")).weekly
    assert weekly.value[Way.AS_IT_WAS, "EUR"][0] == (127 - 7) * 2


def test_kits_take_their_components_along(shop: Shop) -> None:
    shop.inventory.parts["SET"] = (KitPart("MUG", Decimal(6)),)
    shop.inventory.demand.append(DemandRecord("SET", "PRG", TODAY, Decimal(2)))
    assert shop.keeps(days=100).replays().ways[Way.AS_IT_WAS].units_demanded == 112


def test_what_cannot_be_replayed_is_counted_with_the_reason(shop: Shop) -> None:
    shop.keeps(replace(MUGS, item="BOWL"), has_rule=False)
    shop.keeps(replace(MUGS, item="CUP"))
    shop.inventory.terms[-1] = replace(TERMS, item="CUP", is_blocked=True)
    shop.keeps(replace(MUGS, item="JUG"))
    shop.inventory.rules[-1] = replace(RULE, item="JUG", policy="by the moon")
    shop.keeps().receives(1, FIRST_DAY, FIRST_DAY, uom="box")
    shop.keeps(replace(MUGS, item="LID", on_hand=Decimal("NaN")))
    report = shop.reports()
    assert report.replayed == []
    assert dict(report.left_out) == {LeftOut.NO_RULE: 1, LeftOut.NO_SUPPLIER: 1, LeftOut.INVALID: 2}
    assert ([one.key.item for one in report.items], report.unreadable) == (["BOWL", "CUP", "JUG", "MUG"], 1)


def test_of_many_items_those_that_matter_most_are_replayed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_report, "MOST_REPLAYED", 1)
    shop.keeps(replace(MUGS, item="BOWL")).keeps(each=3)
    report = shop.reports()
    assert ([one.item.key.item for one in report.replayed], len(report.items)) == (["MUG"], 2)
    assert dict(report.left_out) == {LeftOut.TOO_MANY: 1}


def test_a_company_without_stock_has_an_empty_report(shop: Shop) -> None:
    report = shop.reports()
    assert (report.items, report.replayed, report.sites, dict(report.left_out)) == ([], [], [], {})
