"""Converting quantities and prices between units of measure, exactly or not at all."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from connectors.contracts.purchasing import UnitConversion


class Ratio(NamedTuple):
    """One unit of the document is `numerator / denominator` units of the order line.

    Kept as two numbers: 1/12 has no exact decimal, and a price must not fail for its 28th digit.
    """

    numerator: Decimal
    denominator: Decimal

    def convert_quantity(self, quantity: Decimal) -> Decimal:
        return quantity * self.numerator / self.denominator


SAME_UNIT = Ratio(Decimal(1), Decimal(1))


class UnitConversions:
    """All conversions a company keeps, built once per run; each answer is remembered.

    An item's own conversion wins over one for all items. Conversions are followed backwards and through other
    units (a pallet of 480 pieces is 40 cases of 12), the shortest way first.
    """

    def __init__(self, conversions: Iterable[UnitConversion] = ()) -> None:
        self._steps: dict[str | None, dict[str, dict[str, Ratio]]] = {}
        self._known: dict[tuple[str | None, str, str], Ratio | None] = {}
        for conversion in conversions:
            steps = self._steps.setdefault(conversion.item, {})
            forth = Ratio(conversion.factor, Decimal(1))
            back = Ratio(Decimal(1), conversion.factor)
            steps.setdefault(conversion.from_uom, {})[conversion.to_uom] = forth
            steps.setdefault(conversion.to_uom, {})[conversion.from_uom] = back

    def ratio(self, item: str | None, from_uom: str, to_uom: str) -> Ratio | None:
        """How many `to_uom` one `from_uom` of the item is; None = nobody has said so."""
        if from_uom == to_uom:
            return SAME_UNIT
        key = (item, from_uom, to_uom)
        if key not in self._known:
            self._known[key] = self._search(item, from_uom, to_uom)
        return self._known[key]

    def _search(self, item: str | None, from_uom: str, to_uom: str) -> Ratio | None:
        found = {from_uom: SAME_UNIT}
        waiting = [from_uom]
        for uom in waiting:  # grows while it is read: breadth first
            here = found[uom]
            for neighbour, step in self._neighbours(item, uom).items():
                if neighbour not in found:
                    found[neighbour] = Ratio(here.numerator * step.numerator, here.denominator * step.denominator)
                    waiting.append(neighbour)
        return found.get(to_uom)

    def _neighbours(self, item: str | None, uom: str) -> dict[str, Ratio]:
        own = self._steps.get(item, {}).get(uom, {})
        return own | {name: step for name, step in self._steps.get(None, {}).get(uom, {}).items() if name not in own}


NO_CONVERSIONS = UnitConversions()
