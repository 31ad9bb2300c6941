"""The demo's stock at two sites: reorder rules of every policy, supplier terms, and a year of weekly demand."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from math import cos, pi
from zlib import crc32

from sqlalchemy import insert
from sqlalchemy.orm import Session

from connectors.database.models.inventory import (
    DemandRow,
    KitPartRow,
    ReorderRuleRow,
    StockLevelRow,
    SupplierTermsRow,
)
from connectors.demo.records import Record, load_records

WEEKS = 52
# Christmas is when home goods are bought.
HIGH_SEASON = date(2026, 12, 10).timetuple().tm_yday
_DECIMALS = ("list_price", "moq", "multiple", "stock_units_per_purchase_unit", "reliability")


def add_inventory(session: Session, today: date) -> None:
    """Of the catalogue's stock each site has its share; the same day always makes the same company."""
    inventory = load_records("inventory.json")
    catalogue: Mapping[str, Record] = {record["sku"]: record for record in load_records("catalogue.json")}
    for product in inventory["products"]:
        session.add_all(_terms(product["item"], terms) for terms in product["terms"])
        for site, share in inventory["sites"].items():
            stock = Decimal(catalogue[product["item"]]["stock"])
            _add_item(session, product, site, (stock * Decimal(share)).to_integral_value())
            rows = _demand(product, site, float(share), today)
            session.execute(insert(DemandRow), rows)
    for kit, parts in inventory["kits"].items():
        session.add_all(KitPartRow(kit=kit, component=item, quantity=Decimal(count)) for item, count in parts)


def _add_item(session: Session, product: Record, site: str, on_hand: Decimal) -> None:
    session.add(
        StockLevelRow(
            item=product["item"],
            site=site,
            uom="H87",
            on_hand=on_hand,
            reserved=Decimal(0),
            unit_cost=Decimal(product["cost"]),
            currency="EUR",
        )
    )
    session.add(
        ReorderRuleRow(
            item=product["item"],
            site=site,
            policy=product["policy"],
            figures=product["figures"],
            forecast=product.get("forecast", ""),
        )
    )


def _terms(item: str, terms: Record) -> SupplierTermsRow:
    decimals = {name: Decimal(terms[name]) for name in _DECIMALS if name in terms}
    others = {name: value for name, value in terms.items() if name not in _DECIMALS}
    return SupplierTermsRow(item=item, **others, **decimals)


def _demand(product: Record, site: str, share: float, today: date) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for week in range(WEEKS, 0, -1):
        day = today - timedelta(days=7 * week - 3)
        luck = crc32(f"{product['item']} {site} {week}".encode()) % 1000 / 1000
        quantity = round(product["weekly"] * share * _shape(product["shape"], day, week, luck))
        if quantity:
            rows.append(
                {
                    "item": product["item"],
                    "site": site,
                    "on": day,
                    "quantity": Decimal(quantity),
                    "kind": "loss" if luck > 0.995 else "customer",
                }
            )
    return rows


def _shape(shape: str, day: date, weeks_ago: int, luck: float) -> float:
    """How many times the mean is sold in a week; `luck` is from 0 to 1."""
    noise = 0.8 + 0.4 * luck
    if shape == "seasonal":
        return noise * (1 + 0.6 * cos(2 * pi * (day.timetuple().tm_yday - HIGH_SEASON) / 365))
    if shape == "trending":
        return noise * (1.4 - 0.8 * weeks_ago / WEEKS)
    if shape == "intermittent":
        return 4 * noise if luck < 0.25 else 0.0
    return noise
