"""Statutory figures as files: a folder a country, a file a year, each entry with its value and the law it is from."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


class UnknownYearError(LookupError):
    """There is no file for this country and year; the text names those there are."""


@cache
def read_law(country: str, year: int) -> Mapping[str, Mapping[str, Any]]:
    """Name → value and law, as they stand in the file. Raises UnknownYearError."""
    file = FOLDER / country.lower() / f"{year}.yml"
    if not country.isalpha() or not file.exists():
        known = ", ".join(map(str, known_years(country))) or "none"
        raise UnknownYearError(
            f"The payroll law of {country} in {year} is not known; years known: {known}. "
            f"Add automations/payroll/{country.lower()}/{year}.yml."
        )
    entries: Mapping[str, Mapping[str, Any]] = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return entries


def known_years(country: str) -> tuple[int, ...]:
    if not country.isalpha():
        return ()
    return tuple(sorted(int(path.stem) for path in (FOLDER / country.lower()).glob("*.yml")))
