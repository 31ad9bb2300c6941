"""Stock, demand, reorder rules and supplier terms kept in our own database."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from connectors.contracts.inventory import (
    DemandKind,
    DemandRecord,
    ItemSite,
    KitPart,
    ReorderRule,
    StockLevel,
    SupplierBreak,
    SupplierTerms,
)
from connectors.database.chunks import in_chunks
from connectors.database.failures import explain_failures
from connectors.database.models.inventory import (
    DemandRow,
    KitPartRow,
    ReorderRuleRow,
    StockLevelRow,
    SupplierTermsRow,
)
from connectors.database.session import Database

NOT_A_NUMBER = Decimal("NaN")

_STOCK, _RULE, _DEMAND, _TERMS = StockLevelRow, ReorderRuleRow, DemandRow, SupplierTermsRow
_STOCK_COLUMNS = (
    _STOCK.item,
    _STOCK.site,
    _STOCK.uom,
    _STOCK.on_hand,
    _STOCK.reserved,
    _STOCK.unit_cost,
    _STOCK.currency,
)
_RULE_COLUMNS = (
    _RULE.item,
    _RULE.site,
    _RULE.policy,
    _RULE.figures,
    _RULE.forecast,
    _RULE.service_level,
    _RULE.horizon_days,
    _RULE.snoozed_until,
    _RULE.trigger,
)
_TERMS_COLUMNS = (
    _TERMS.item,
    _TERMS.supplier,
    _TERMS.currency,
    _TERMS.list_price,
    _TERMS.breaks,
    _TERMS.moq,
    _TERMS.multiple,
    _TERMS.stock_units_per_purchase_unit,
    _TERMS.purchase_uom,
    _TERMS.lead_time_days,
    _TERMS.holiday_country,
    _TERMS.reliability,
    _TERMS.is_blocked,
)


class HouseInventory:
    """Inventory in our own tables: one query for each thousand items, whatever is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_rules(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[ReorderRule]:
        with explain_failures(), self._database.read() as session:
            return [_read_rule(row) for row in session.execute(_page(_RULE, _RULE_COLUMNS, after, limit, site))]

    def find_rules(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, ReorderRule]:
        wanted = set(keys)
        with explain_failures(), self._database.read() as session:
            found = (_read_rule(row) for row in _of_items(session, _RULE, _RULE_COLUMNS, wanted))
            return {rule.key: rule for rule in found if rule.key in wanted}

    def list_stock(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[StockLevel]:
        with explain_failures(), self._database.read() as session:
            return [StockLevel(*row) for row in session.execute(_page(_STOCK, _STOCK_COLUMNS, after, limit, site))]

    def find_stock(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, StockLevel]:
        wanted = set(keys)
        with explain_failures(), self._database.read() as session:
            found = (StockLevel(*row) for row in _of_items(session, _STOCK, _STOCK_COLUMNS, wanted))
            return {level.key: level for level in found if level.key in wanted}

    def find_demand(
        self, keys: Iterable[ItemSite], first: date, last: date
    ) -> Mapping[ItemSite, Sequence[DemandRecord]]:
        wanted = set(keys)
        found: defaultdict[ItemSite, list[DemandRecord]] = defaultdict(list)
        kinds = {kind.value: kind for kind in DemandKind}
        columns = (_DEMAND.item, _DEMAND.site, _DEMAND.on, _DEMAND.quantity, _DEMAND.kind)
        with explain_failures(), self._database.read() as session:
            for items in in_chunks(sorted({key.item for key in wanted})):
                query = select(*columns).where(_DEMAND.item.in_(items), _DEMAND.on.between(first, last))
                # In the order of the index, so that nothing is sorted.
                for item, site, on, quantity, kind in session.execute(
                    query.order_by(_DEMAND.item, _DEMAND.site, _DEMAND.on)
                ):
                    key = ItemSite(item, site)
                    if key in wanted:
                        found[key].append(DemandRecord(item, site, on, quantity, kinds[kind]))
        return dict(found)

    def find_terms(self, items: Iterable[str]) -> Mapping[str, Sequence[SupplierTerms]]:
        found: defaultdict[str, list[SupplierTerms]] = defaultdict(list)
        with explain_failures(), self._database.read() as session:
            for chunk in in_chunks(sorted(set(items))):
                query = select(*_TERMS_COLUMNS).where(_TERMS.item.in_(chunk)).order_by(_TERMS.item, _TERMS.supplier)
                for row in session.execute(query):
                    found[row.item].append(_read_terms(row))
        return dict(found)

    def kits(self) -> Mapping[str, Sequence[KitPart]]:
        found: defaultdict[str, list[KitPart]] = defaultdict(list)
        query = select(KitPartRow.kit, KitPartRow.component, KitPartRow.quantity).order_by(KitPartRow.id)
        with explain_failures(), self._database.read() as session:
            for kit, component, quantity in session.execute(query):
                found[kit].append(KitPart(component, quantity))
        return dict(found)

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            levels = session.scalar(select(func.count()).select_from(_STOCK))
            rules = session.scalar(select(func.count()).select_from(_RULE))
        return f"Our own database holds {levels} stock levels and {rules} reorder rules."


def _page(
    table: type[StockLevelRow | ReorderRuleRow],
    columns: Sequence[Any],
    after: ItemSite | None,
    limit: int,
    site: str | None,
) -> Select[*tuple[Any, ...]]:
    query = select(*columns).order_by(table.item, table.site).limit(limit)
    if after is not None:
        same_item = and_(table.item == after.item, table.site > after.site)
        # The first half alone bounds the walk through the index.
        query = query.where(table.item >= after.item, or_(table.item > after.item, same_item))
    return query if site is None else query.where(table.site == site)


def _of_items(
    session: Session, table: type[StockLevelRow | ReorderRuleRow], columns: Sequence[Any], keys: set[ItemSite]
) -> Iterator[Row[*tuple[Any, ...]]]:
    for items in in_chunks(sorted({key.item for key in keys})):
        yield from session.execute(select(*columns).where(table.item.in_(items)))


def _read_rule(row: Row[*tuple[Any, ...]]) -> ReorderRule:
    return ReorderRule(
        row.item,
        row.site,
        row.policy,
        {name: _read_figure(figure) for name, figure in row.figures.items()},
        row.forecast,
        row.service_level,
        row.horizon_days,
        row.snoozed_until,
        row.trigger,
    )


def _read_figure(text: object) -> Decimal:
    """What somebody typed; NaN where it is no number, which is for the rule to complain about."""
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return NOT_A_NUMBER


def _read_terms(row: Row[*tuple[Any, ...]]) -> SupplierTerms:
    return SupplierTerms(
        row.item,
        row.supplier,
        row.currency,
        row.list_price,
        tuple(SupplierBreak(_read_figure(start), _read_figure(price)) for start, price in row.breaks),
        row.moq,
        row.multiple,
        row.stock_units_per_purchase_unit,
        row.purchase_uom,
        row.lead_time_days,
        row.holiday_country,
        row.reliability,
        row.is_blocked,
    )
