"""What kind of demand a history shows: smooth, erratic, intermittent or lumpy, and whether it died out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

MOST_ADI = 1.32
MOST_CV_SQUARED = 0.49
UNLIKELY = 0.05
MOST_PER_PERIOD = 1e12
"""More than any company sells of a thing; beyond it squares of errors lose their meaning."""


class InvalidHistoryError(ValueError):
    """Recorded demand or stock that no rule can read; the text says which figure and what to do."""


class DemandPattern(StrEnum):
    """`NONE` has no sale at all."""

    NONE = "none"
    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"


@dataclass(frozen=True, slots=True)
class DemandShape:
    """The figures by which a history is classified.

    `adi` is the average demand interval: periods over periods with a sale. `cv_squared` is the squared coefficient of
    variation of the quantities sold (sample deviation; 0 for a single sale). Both are None where nothing was sold.
    `silent_periods` is how many periods without a sale the history ends with, `silence_chance` how likely so long a
    silence would be if demand went on as before.
    """

    pattern: DemandPattern
    adi: float | None
    cv_squared: float | None
    silent_periods: int
    silence_chance: float

    @property
    def comes_now_and_then(self) -> bool:
        return self.pattern in (DemandPattern.INTERMITTENT, DemandPattern.LUMPY)

    @property
    def died_out(self) -> bool:
        return self.silence_chance < UNLIKELY


def check_history(history: Sequence[float]) -> list[float]:
    """The history as numbers that can be reckoned with. Raises InvalidHistoryError."""
    if not history:
        raise InvalidHistoryError("The history is empty: give the demand of at least one period.")
    demand = [float(quantity) for quantity in history]
    for period, quantity in enumerate(demand, 1):
        if not isfinite(quantity):
            raise InvalidHistoryError(f"The demand of period {period} is no number: correct or leave out the period.")
        if quantity < 0:
            raise InvalidHistoryError(
                f"The demand of period {period} is {quantity}, below 0: count returns in the period of their sale."
            )
        if quantity > MOST_PER_PERIOD:
            raise InvalidHistoryError(
                f"The demand of period {period} is {quantity}, above {MOST_PER_PERIOD:.0f}: correct the record."
            )
    return demand


def classify_demand(demand: Sequence[float]) -> DemandShape:
    """By ADI and CV², with the cut-offs 1.32 and 0.49; a figure at a cut-off is on its calm side.

    The cut-offs are of Syntetos, Boylan and Croston, On the categorization of demand patterns, Journal of the
    Operational Research Society 56 (2005). Demand has died out where a silence as long as the one at the end has a
    chance below 5 %: (1 - p)^silence, p being sales over the periods up to the last one and one more, so that a single
    sale is no certainty.
    """
    sizes = [quantity for quantity in demand if quantity > 0]
    if not sizes:
        return DemandShape(DemandPattern.NONE, None, None, len(demand), 1.0)
    adi = len(demand) / len(sizes)
    cv_squared = _cv_squared(sizes)
    silent = next(number for number, quantity in enumerate(reversed(demand)) if quantity > 0)
    chance = (1 - len(sizes) / (len(demand) - silent + 1)) ** silent
    return DemandShape(_pattern(adi, cv_squared), adi, cv_squared, silent, chance)


def _pattern(adi: float, cv_squared: float) -> DemandPattern:
    if adi > MOST_ADI:
        return DemandPattern.LUMPY if cv_squared > MOST_CV_SQUARED else DemandPattern.INTERMITTENT
    return DemandPattern.ERRATIC if cv_squared > MOST_CV_SQUARED else DemandPattern.SMOOTH


def _cv_squared(sizes: Sequence[float]) -> float:
    if len(sizes) == 1:
        return 0.0
    mean = sum(sizes) / len(sizes)
    # Relative to the mean before squaring: the square of a tiny mean would be 0.
    return sum((size / mean - 1) ** 2 for size in sizes) / (len(sizes) - 1)
