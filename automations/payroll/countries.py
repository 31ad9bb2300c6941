"""The countries that people are paid in: for each a folder of data by year; what no folder says holds nowhere."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from automations.payroll.czech_law import czech_law
from automations.payroll.law_files import UnknownYearError, known_years, read_law
from automations.rules.payroll.country import CountryRules, DayKind, OvertimeMethod

CZECH = "CZ"
__all__ = ["UnknownYearError", "country_rules", "known_countries"]


@cache
def country_rules(country: str, year: int, month: int) -> CountryRules:
    """What holds in this month. Raises UnknownYearError, also for a country without a folder."""
    entries = read_law(country, year)
    values: Mapping[str, Any] = {name: entry["value"] for name, entry in entries.items()}
    multipliers = {kind.value: values.get(f"multipliers.{kind.value}") for kind in DayKind}
    return CountryRules(
        country,
        year,
        OvertimeMethod(values.get("overtime", OvertimeMethod.MULTIPLIERS)),
        multipliers={kind: Decimal(str(value)) for kind, value in multipliers.items() if value is not None},
        weekly_threshold_hours=_exact(values.get("weekly_threshold_hours")),
        statutory_weekly_hours=_exact(values.get("statutory_weekly_hours")),
        weekend_premium=_exact(values.get("weekend_premium")),
        holidays_are_working_days=bool(values.get("holidays_are_working_days", False)),
        rounds_wage_up_to_whole="rounding_wage" in values,
        pays_by_iban=bool(values.get("pays_by_iban", True)),
        czech=czech_law(year, month) if country == CZECH else None,
        laws={name: entry["law"] for name, entry in entries.items()},
    )


def _exact(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def known_countries() -> Mapping[str, tuple[int, ...]]:
    """The countries that can be paid in, with the years of their law."""
    folders = sorted(path for path in Path(__file__).parent.iterdir() if path.is_dir() and path.name.isalpha())
    return {path.name.upper(): years for path in folders if (years := known_years(path.name))}


def countries_of_provider() -> frozenset[str]:
    """Where accounts have no IBAN, and the payroll provider knows where to pay."""
    years = {country: known[-1] for country, known in known_countries().items()}
    return frozenset(country for country, year in years.items() if not country_rules(country, year, 1).pays_by_iban)
