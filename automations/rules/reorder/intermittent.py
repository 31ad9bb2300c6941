"""Forecasts of demand that comes now and then: Croston, SBA and TSB."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SBA_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class IntermittentForecast:
    """Demand per period by three methods; nothing was ever sold, nothing is forecast.

    `croston` is mean size over mean interval (Croston, 1972), `sba` corrects its bias (Syntetos and Boylan, 2005, here
    by a fixed 5 %), `tsb` is mean size times the probability of demand (Teunter, Syntetos and Babai, 2011).
    """

    croston: float
    sba: float
    tsb: float


def forecast_intermittent(demand: Sequence[float], alpha: float) -> IntermittentForecast:
    """`demand` per period, the oldest first; smoothing by `alpha` begins with the first value of each series."""
    sold = [period for period, quantity in enumerate(demand, 1) if quantity > 0]
    if not sold:
        return IntermittentForecast(0.0, 0.0, 0.0)
    size = smooth([float(demand[period - 1]) for period in sold], alpha)
    interval = smooth([float(later - earlier) for earlier, later in pairwise((0, *sold))], alpha)
    probability = smooth([float(quantity > 0) for quantity in demand], alpha)
    return IntermittentForecast(size / interval, SBA_SHARE * size / interval, size * probability)


def smooth(values: Sequence[float], alpha: float) -> float:
    """Simple exponential smoothing; the last level."""
    level = values[0]
    for value in values[1:]:
        level += alpha * (value - level)
    return level
