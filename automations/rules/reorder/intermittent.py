"""Forecasts of demand that comes now and then: Croston, SBA and TSB."""

from collections.abc import Sequence
from dataclasses import dataclass

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


NOTHING_SOLD = IntermittentForecast(0.0, 0.0, 0.0)


def forecast_intermittent(demand: Sequence[float], alpha: float) -> IntermittentForecast:
    """`demand` per period, the oldest first; smoothing by `alpha` begins with the first value of each series."""
    return follow_intermittent(demand, alpha)[-1] if demand else NOTHING_SOLD


def follow_intermittent(demand: Sequence[float], alpha: float) -> list[IntermittentForecast]:
    """The forecast as it stood after each period."""
    forecasts = []
    size = interval = probability = 0.0
    last_sale = 0
    for period, quantity in enumerate(demand, 1):
        if quantity > 0:
            weight = alpha if last_sale else 1.0
            size += weight * (quantity - size)
            interval += weight * (period - last_sale - interval)
            last_sale = period
        probability += (alpha if period > 1 else 1.0) * ((quantity > 0) - probability)
        croston = size / interval if last_sale else 0.0
        forecasts.append(IntermittentForecast(croston, SBA_SHARE * croston, size * probability))
    return forecasts
