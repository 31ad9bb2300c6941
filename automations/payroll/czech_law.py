"""Reads what Czech law says of a month: rates, limits and reliefs, each with the paragraph it comes from."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from automations.rules.payroll.czech import CzechLaw

FOLDER = Path(__file__).parent / "cz"


class UnknownYearError(LookupError):
    """There is no file for this year; the text names those there are."""


def czech_law(year: int, month: int) -> CzechLaw:
    """The figures that hold in this month. Raises UnknownYearError."""
    named = {name: entry["value"] for name, entry in read_year(year).items()}
    wages = named.pop("minimum_wage")
    current = [wage["amount"] for wage in wages if wage["from_month"] <= month]
    return CzechLaw(minimum_wage=Decimal(current[-1]), **{name: _exact(value) for name, value in named.items()})


def read_year(year: int) -> Mapping[str, Mapping[str, Any]]:
    """Name → value and law, as they stand in the file. Raises UnknownYearError."""
    file = FOLDER / f"{year}.yml"
    if not file.exists():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.yml")))
        raise UnknownYearError(f"Czech payroll law of {year} is not known; there are {known}. Add {file.name}.")
    years: Mapping[str, Mapping[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return years


def _exact(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_exact(one) for one in value)
    return value if value is None or isinstance(value, bool) else Decimal(str(value))
