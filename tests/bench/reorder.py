"""Reorder of 5,000 and of 50,000 products at two sites, as a dry run of the real job, beside raw SQL for its rows."""

import sqlite3
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from connectors.contracts.names import INVENTORY, PURCHASING
from connectors.database.base import utc_now
from connectors.database.migrate import migrate
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.demo.year.company_year import CompanyYear, ProductAtSite
from connectors.demo.year.goods import Goods, make_goods
from connectors.demo.year.shape import SITES, YearShape, draw_count
from connectors.demo.year.stock_rows import write_stock
from connectors.demo.year.warehouse import SiteYear, SoldLine, order_levels
from tests.bench.dry_run import time_dry_run

SCALES = (42, 417)
WEEKS = 52
PIECE = 1000
RAW_SQL = """
    SELECT l.item, l.site, l.on_hand, r.policy, t.supplier, t.list_price, d."on", d.quantity
    FROM stock_levels l JOIN reorder_rules r ON r.item = l.item AND r.site = l.site
    LEFT JOIN supplier_terms t ON t.item = l.item
    LEFT JOIN demand d ON d.item = l.item AND d.site = l.site
"""


def measure() -> dict[str, Any]:
    small, large = (measure_one(scale) for scale in SCALES)
    growth = large["seconds"] / small["seconds"] / (large["products"] / small["products"])
    return {"small": small, "large": large, "growth_over_linear": round(growth, 2)}


def measure_one(scale: int) -> dict[str, Any]:
    shape = YearShape(scale, utc_now().date())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder / 'bench.sqlite'}")
        migrate(database)
        write_products(database, shape)
        seconds, run = time_dry_run(database, folder, "stock-reorder", {})
        raw_seconds, rows = read_raw(folder / "bench.sqlite")
        database.close()
    return {
        "products": shape.products,
        "sites": len(SITES),
        "demand_rows": rows,
        "seconds": round(seconds, 2),
        "products_per_second": round(shape.products / seconds),
        "raw_sql_seconds": round(raw_seconds, 2),
        "ratio": round(seconds / raw_seconds, 1),
        "outcomes": run.summary.get("outcomes"),
    }


def write_products(database: Database, shape: YearShape) -> None:
    with database.write() as session:
        for contract in (INVENTORY, PURCHASING):
            session.add(Connection(name=contract, contracts=[contract], vendor="house", settings={}))
    products = make_goods(shape)
    for start in range(0, len(products), PIECE):
        goods = products[start : start + PIECE]
        stock = [ProductAtSite(each, site, a_year(shape, each, site)) for each in goods for site in SITES]
        with database.write() as session:
            write_stock(session, CompanyYear(shape, goods, stock, (), ()))


def a_year(shape: YearShape, goods: Goods, site: str) -> SiteYear:
    """The demand of each week on one day, which is what the rules see; living it day by day would take minutes."""
    random = shape.chance("bench", goods.sku, site)
    order_point, order_up_to = order_levels(goods)
    sold = []
    for week in range(WEEKS):
        day: date = shape.first_day + timedelta(days=7 * week + 1)
        if quantity := draw_count(random, goods.rate(day, shape.first_day) * 7):
            sold.append(SoldLine(day, quantity, day))
    return SiteYear(sold, on_hand=random.randint(0, order_up_to), order_point=order_point, order_up_to=order_up_to)


def read_raw(path: Path) -> tuple[float, int]:
    connection = sqlite3.connect(path)
    started = time.perf_counter()
    rows = sum(1 for _ in connection.execute(RAW_SQL))
    seconds = time.perf_counter() - started
    connection.close()
    return seconds, rows
