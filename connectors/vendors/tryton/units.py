"""Units of measure: Tryton knows them by symbol, invoices by the codes of UN/ECE recommendation 20."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from connectors.contracts.purchasing import UnitConversion
from connectors.vendors.tryton.session import Record, TrytonSession

CODES: Mapping[str, str] = {
    "u": "H87",
    "kg": "KGM",
    "g": "GRM",
    "lb": "LBR",
    "oz": "ONZ",
    "s": "SEC",
    "min": "MIN",
    "h": "HUR",
    "d": "DAY",
    "m": "MTR",
    "km": "KMT",
    "cm": "CMT",
    "mm": "MMT",
    "ft": "FOT",
    "yd": "YRD",
    "in": "INH",
    "m³": "MTQ",
    "l": "LTR",
    "cm³": "CMQ",
    "m²": "MTK",
    "cm²": "CMK",
    "kW⋅h": "KWH",
    "MW⋅h": "MWH",
}
# One and piece are one unit under two codes.
ONE, PIECE = "C62", "H87"
FIELDS = ("symbol", "factor", "digits", "category", "active")
PRICE_DIGITS = 12


class Units:
    """The units of a server, asked for once: how many of one are in another, and what each is called.

    Old records keep units that were put out of use, and new ones bring units that were not there when we asked.
    """

    def __init__(self, session: TrytonSession) -> None:
        self._session = session
        self._known: dict[int, Record] | None = None

    def code(self, unit_id: int | None) -> str:
        """The code of a unit; its symbol where there is none, empty without a unit."""
        if unit_id is None:
            return ""
        symbol: str = self._unit(unit_id)["symbol"]
        return CODES.get(symbol, symbol)

    def find(self, code: str, like: int) -> int | None:
        """The unit in use with this code and of the category of another unit; that one itself is looked at first."""
        category = self._unit(like)["category"]
        same = [like, *(one for one, unit in self._all().items() if unit["category"] == category and unit["active"])]
        return next((one for one in same if self.code(one) == code), None)

    def convert(self, quantity: Decimal, from_unit: int | None, to_unit: int | None) -> Decimal:
        if from_unit is None or to_unit is None or from_unit == to_unit:
            return quantity
        return quantity * Decimal(self._unit(from_unit)["factor"]) / Decimal(self._unit(to_unit)["factor"])

    def digits(self, unit_id: int | None) -> int:
        """How many decimals a quantity in this unit may have."""
        return PRICE_DIGITS if unit_id is None else int(self._unit(unit_id)["digits"])

    def conversions(self) -> Sequence[UnitConversion]:
        """Of each unit into the one that its category counts by, and of pieces into ones."""
        known = self._all()
        bases = {unit["category"]: one for one, unit in known.items() if Decimal(unit["factor"]) == 1}
        found = [
            UnitConversion(self.code(one), self.code(bases[unit["category"]]), Decimal(unit["factor"]))
            for one, unit in sorted(known.items())
            if unit["category"] in bases and one != bases[unit["category"]] and Decimal(unit["factor"]) > 0
        ]
        return [UnitConversion(ONE, PIECE, Decimal(1)), *found]

    def _unit(self, unit_id: int) -> Record:
        if unit_id not in self._all():
            self._known = None
        return self._all()[unit_id]

    def _all(self) -> Mapping[int, Record]:
        known = self._known
        if known is None:
            found = self._session.search("product.uom", [], FIELDS, active_test=False)
            known = self._known = {unit["id"]: unit for unit in found}
        return known


def plain(number: Decimal | int) -> Decimal:
    """A number as people write it: without zeros after the point that Tryton's floats and scales bring along."""
    value = Decimal(number)
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()
