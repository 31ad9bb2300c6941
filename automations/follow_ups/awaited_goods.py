"""Reading what is on its way to us, for those who wait for it."""

from collections.abc import Iterable, Sequence
from datetime import date

from automations.rules.back_orders import Arrival, list_arrivals
from automations.rules.matching.units import UnitConversions
from connectors.contracts.purchasing import Purchasing


def read_arrivals(purchasing: Purchasing, items: Iterable[str], today: date) -> Sequence[Arrival]:
    """What open purchase orders and proposals bring of these items. Raises as the contract does."""
    wanted = sorted(set(items))
    awaited, proposed = purchasing.awaited_orders(wanted), purchasing.open_requests(wanted)
    return list_arrivals(awaited, proposed, UnitConversions(purchasing.unit_conversions(wanted)), today)
