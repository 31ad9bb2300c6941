"""What Czech law says of a month: rates, limits and reliefs, each with the paragraph it comes from."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from automations.payroll.law_files import UnknownYearError, read_law
from automations.rules.payroll.czech import CzechLaw

COUNTRY = "CZ"
__all__ = ["UnknownYearError", "czech_law", "read_year"]


def czech_law(year: int, month: int) -> CzechLaw:
    """The figures that hold in this month. Raises UnknownYearError."""
    wanted = {field.name for field in fields(CzechLaw)}
    named = {name: entry["value"] for name, entry in read_year(year).items() if name in wanted}
    wages = named.pop("minimum_wage")
    current = [wage["amount"] for wage in wages if wage["from_month"] <= month]
    return CzechLaw(
        minimum_wage=Decimal(current[-1]),
        minimum_wage_of_january=Decimal(current[0]),
        **{name: _exact(value) for name, value in named.items()},
    )


def read_year(year: int) -> Mapping[str, Mapping[str, Any]]:
    """Name → value and law, as they stand in the file. Raises UnknownYearError."""
    return read_law(COUNTRY, year)


def _exact(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_exact(one) for one in value)
    return value if value is None or isinstance(value, bool) else Decimal(str(value))
