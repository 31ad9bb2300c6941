"""What a country's law sets for a period's pay, as figures; they are data of the country's folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from automations.rules.payroll.czech import CzechLaw


class OvertimeMethod(StrEnum):
    """MULTIPLIERS: each overtime hour costs a multiple of the hourly rate, by kind of day.

    REGULAR_RATE: half the regular rate more for hours over the threshold of a work week (29 CFR 778).
    """

    MULTIPLIERS = "multipliers"
    REGULAR_RATE = "regular_rate"


class DayKind(StrEnum):
    WORKDAY = "workday"
    REST_DAY = "rest_day"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class CountryRules:
    """`multipliers` are the least the law allows; `laws` names the paragraph of each figure and rounding.

    `weekend_premium` is paid on top for Saturdays and Sundays, whoever's rest days they are. Hours of a part-timer are
    overtime beyond `statutory_weekly_hours` only.

    `czech` is the law from gross to net, None where the payroll provider computes taxes. Where accounts have no IBAN,
    `pays_by_iban` is False and the provider knows where to pay.
    """

    country: str
    year: int
    overtime: OvertimeMethod
    multipliers: Mapping[str, Decimal] = field(default_factory=dict)
    weekly_threshold_hours: Decimal | None = None
    statutory_weekly_hours: Decimal | None = None
    weekend_premium: Decimal | None = None
    holidays_are_working_days: bool = False
    rounds_wage_up_to_whole: bool = False
    pays_by_iban: bool = True
    czech: CzechLaw | None = None
    laws: Mapping[str, str] = field(default_factory=dict)

    def law(self, name: str) -> str:
        return self.laws.get(name, "")
