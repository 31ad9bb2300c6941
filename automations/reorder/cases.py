"""Reading all that is known about a piece of items at sites, in bulk: the cases that the rules decide."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from automations.reorder.offers import OfferMaker
from automations.rules.matching.units import UnitConversions
from automations.rules.reorder.kits import KitUses, resolve_kits
from automations.rules.reorder.proposal import Problem, ProblemCode, ProblemOwner, ReorderCase, is_a_quantity
from automations.rules.reorder.supplier_choice import Offer
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import (
    DemandKind,
    DemandRecord,
    Inventory,
    ItemSite,
    ReorderRule,
    StockLevel,
)
from connectors.contracts.purchasing import PurchaseRequest, Purchasing
from connectors.money import ZERO

DAYS_PER_WEEK = 7
# What the keys of drafts begin with that stock reorder puts.
KEY_PREFIX = "stock-reorder:"
NO_DEMAND: Sequence[DemandRecord] = ()

Receipts = Mapping[ItemSite, Sequence[StockMove]]
Problems = Mapping[ItemSite, Sequence[Problem]]


@dataclass(frozen=True, slots=True)
class Asked:
    """By SKU: in how many conversations it was asked for in vain, and how many customers wait for it."""

    questions: Mapping[str, int]
    watches: Mapping[str, int]


def is_own(request: PurchaseRequest | None) -> bool:
    """Whether a draft was put by stock reorder, and not by a person."""
    return request is not None and request.idempotency_key.startswith(KEY_PREFIX)


class CaseReader:
    """Makes cases of pieces of rules; kits, open drafts and what customers asked for are read once a run."""

    def __init__(
        self,
        inventory: Inventory,
        purchasing: Purchasing,
        today: date,
        weeks: int,
        main_site: str | None,
        asked: Asked,
    ) -> None:
        self._inventory = inventory
        self._purchasing = purchasing
        self._today = today
        self._weeks = weeks
        self._main_site = main_site
        self._asked = asked
        self._offers = OfferMaker(today)
        self._kits: KitUses = resolve_kits(inventory.kits())
        self._requests, self._beside = _sort_out(purchasing.open_requests())

    @property
    def requests(self) -> Mapping[ItemSite, PurchaseRequest]:
        """The open drafts as they were at the first look of this run: ours, or a person's where we have none."""
        return self._requests

    def read(self, rules: Sequence[ReorderRule]) -> Sequence[ReorderCase]:
        keys = [rule.key for rule in rules]
        items = {key.item for key in keys}
        levels = self._inventory.find_stock(keys)
        offers = self._read_offers(items)
        receipts, problems = self._read_receipts(items, levels)
        history = self._read_history(keys)
        return [
            ReorderCase(
                rule=rule,
                level=levels.get(rule.key),
                receipts=receipts.get(rule.key, ()),
                request=self._requests.get(rule.key),
                offers=offers.get(rule.item, ()),
                history=history.get(rule.key, ()),
                problems=[*problems.get(rule.key, ()), *self._find_loop(rule.item)],
                asked_in_chat=self._asked.questions.get(rule.item, 0),
                watching=self._asked.watches.get(rule.item, 0),
                is_own_draft=is_own(self._requests.get(rule.key)),
            )
            for rule in rules
        ]

    def _find_loop(self, item: str) -> Sequence[Problem]:
        if item not in self._kits.loops:
            return ()
        return (Problem(ProblemCode.KIT_CONTAINS_ITSELF, ProblemOwner.PROCUREMENT, item),)

    def _read_offers(self, items: set[str]) -> Mapping[str, Sequence[Offer]]:
        found = self._inventory.find_terms(items)
        return {item: [self._offers.make(terms) for terms in offered] for item, offered in found.items()}

    def _read_receipts(self, items: set[str], levels: Mapping[ItemSite, StockLevel]) -> tuple[Receipts, Problems]:
        """What suppliers owe, in stock units; a unit that nobody can convert is a problem of its item."""
        conversions = UnitConversions(self._purchasing.unit_conversions(items))
        sites = self._first_sites(levels)
        receipts: defaultdict[ItemSite, list[StockMove]] = defaultdict(list)
        problems: defaultdict[ItemSite, list[Problem]] = defaultdict(list)
        for one in self._beside:
            receipts[ItemSite(one.item, one.site)].append(StockMove(max(one.expected_on, self._today), one.quantity))
        for order in self._purchasing.awaited_orders(items):
            for line in order.lines:
                owed = line.quantity - line.received
                key = ItemSite(line.item, order.site or self._main_site or sites.get(line.item, ""))
                if line.item not in items or key not in levels:
                    continue
                if not is_a_quantity(owed):
                    code, owner = ProblemCode.STOCK_UNKNOWN, ProblemOwner.RECEIVING
                    problems[key].append(Problem(code, owner, str(owed), where=order.number))
                    continue
                if owed <= 0:
                    continue
                ratio = conversions.ratio(line.item, line.uom, levels[key].uom)
                if ratio is None:
                    code, owner = ProblemCode.UOM_UNKNOWN, ProblemOwner.PROCUREMENT
                    problems[key].append(Problem(code, owner, expected=line.uom, where=order.number))
                else:
                    expected_on = max(order.expected_on or self._today, self._today)
                    receipts[key].append(StockMove(expected_on, ratio.convert_quantity(owed)))
        return receipts, problems

    def _first_sites(self, levels: Mapping[ItemSite, StockLevel]) -> Mapping[str, str]:
        # Of several values of a key the last stays.
        return {item: site for item, site in sorted(levels, reverse=True)}  # noqa: C416

    def _read_history(self, keys: Sequence[ItemSite]) -> Mapping[ItemSite, Sequence[float]]:
        """Demand per week up to yesterday, from the first week with a record on; kits take their components along."""
        first = self._today - timedelta(days=self._weeks * DAYS_PER_WEEK)
        kits = {
            key: {ItemSite(kit, key.site): quantity for kit, quantity in self._kits.used_in[key.item].items()}
            for key in keys
            if key.item in self._kits.used_in
        }
        asked = {*keys, *(kit for uses in kits.values() for kit in uses)}
        found = self._inventory.find_demand(asked, first, self._today - timedelta(days=1))
        history: dict[ItemSite, Sequence[float]] = {}
        for key in keys:
            sources = [(found.get(key, NO_DEMAND), Decimal(1))]
            sources += [(found.get(kit, NO_DEMAND), quantity) for kit, quantity in kits.get(key, {}).items()]
            weeks = _weekly(sources, first, self._weeks)
            if weeks:
                history[key] = weeks
        return history


def _sort_out(
    requests: Sequence[PurchaseRequest],
) -> tuple[Mapping[ItemSite, PurchaseRequest], Sequence[PurchaseRequest]]:
    """Our draft of each item and site, else a person's; and those beside it, which will come whatever we do."""
    chosen: dict[ItemSite, PurchaseRequest] = {}
    for request in sorted(requests, key=is_own, reverse=True):
        chosen.setdefault(ItemSite(request.item, request.site), request)
    return chosen, [one for one in requests if chosen[ItemSite(one.item, one.site)] is not one]


def _weekly(sources: Sequence[tuple[Sequence[DemandRecord], Decimal]], first: date, weeks: int) -> Sequence[float]:
    totals = [ZERO] * weeks
    start = weeks
    origin = first.toordinal()
    for records, times in sources:
        for record in records:
            week = (record.on.toordinal() - origin) // DAYS_PER_WEEK
            start = min(start, week)
            # A loss shows that the item was kept by then, but nobody wanted it.
            if record.kind is DemandKind.CUSTOMER:
                totals[week] += record.quantity * times
    return [float(total) for total in totals[start:]]
