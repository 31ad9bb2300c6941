"""The unit conversions of the purchasing system, as far as one run has needed them."""

from collections.abc import Iterable

from automations.rules.matching.units import NO_CONVERSIONS, UnitConversions
from connectors.contracts.purchasing import Purchasing, UnitConversion


class Conversions:
    """Each item is asked for once a run, together with what holds for all items."""

    def __init__(self, purchasing: Purchasing) -> None:
        self._purchasing = purchasing
        self._asked: set[str] = set()
        self._known: dict[UnitConversion, None] = {}
        self.all: UnitConversions = NO_CONVERSIONS

    def look_up(self, items_by_document: Iterable[set[str]]) -> None:
        wanted = set().union(*items_by_document)
        unknown = wanted - self._asked
        if not unknown:
            return
        self._known.update(dict.fromkeys(self._purchasing.unit_conversions(unknown)))
        self._asked |= unknown
        self.all = UnitConversions(self._known)
