"""What demand is to be expected over days: a forecast per period spread over its days."""

from dataclasses import dataclass
from math import sqrt

from automations.rules.reorder.forecast import Forecast

DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class DemandOutlook:
    """A forecast whose periods have `period_days` each; behind its last period the mean of all goes on."""

    forecast: Forecast
    period_days: int

    def over(self, days: float) -> float:
        """Expected demand of the coming days."""
        periods = self.forecast.per_period
        count = days / self.period_days
        full = min(int(count), len(periods))
        rate = periods[full] if full < len(periods) else sum(periods) / len(periods)
        return sum(periods[:full]) + (count - full) * rate

    def deviation_over(self, days: float) -> float:
        """Standard deviation of that demand, periods taken as independent."""
        return (self.forecast.deviation or 0.0) * sqrt(days / self.period_days)

    @property
    def per_day(self) -> float:
        periods = self.forecast.per_period
        return sum(periods) / (len(periods) * self.period_days)

    @property
    def deviation_per_day(self) -> float:
        return self.deviation_over(1)

    @property
    def per_year(self) -> float:
        return self.per_day * DAYS_PER_YEAR
