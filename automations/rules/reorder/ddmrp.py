"""Demand-driven buffers: zones, net flow and the order that fills the buffer up (Ptak and Smith, DDMRP)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors.money import ZERO

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class BufferProfile:
    """`lead_time` and `order_cycle` in days, `average_daily_usage` and `minimum_order` in stock units."""

    lead_time: Decimal
    average_daily_usage: Decimal
    lead_time_factor: Decimal
    variability: Decimal
    minimum_order: Decimal = ZERO
    order_cycle: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class BufferZones:
    red_base: Decimal
    red_safety: Decimal
    yellow: Decimal
    green: Decimal

    @property
    def red(self) -> Decimal:
        return self.red_base + self.red_safety

    @property
    def top_of_yellow(self) -> Decimal:
        return self.red + self.yellow

    @property
    def top_of_green(self) -> Decimal:
        return self.top_of_yellow + self.green

    def order(self, net_flow: Decimal) -> Decimal:
        """Up to the top of green once net flow is in yellow or below, its top included."""
        return self.top_of_green - net_flow if net_flow <= self.top_of_yellow else ZERO

    def share(self, net_flow: Decimal) -> Decimal | None:
        """Net flow in percent of the full buffer; None for a buffer of nothing."""
        return net_flow * HUNDRED / self.top_of_green if self.top_of_green else None


@dataclass(frozen=True, slots=True)
class Usage:
    """Goods that left on a day; a loss is no demand."""

    on: date
    quantity: Decimal
    is_loss: bool = False


def size_buffer(profile: BufferProfile) -> BufferZones:
    """Red covers variability, yellow the lead time, green the largest of lead-time part, minimum order and cycle."""
    yellow = profile.lead_time * profile.average_daily_usage
    red_base = yellow * profile.lead_time_factor
    cycle = profile.order_cycle * profile.average_daily_usage
    return BufferZones(
        red_base=red_base,
        red_safety=red_base * profile.variability,
        yellow=yellow,
        green=max(red_base, profile.minimum_order, cycle),
    )


def average_daily_usage(moves: Iterable[Usage], today: date, window_days: int) -> Decimal:
    """Demand a day over the window that ended yesterday."""
    first = today - timedelta(days=window_days)
    used = (move.quantity for move in moves if first <= move.on < today and not move.is_loss)
    return sum(used, ZERO) / window_days


def blend_usage(past: Decimal, past_weight: Decimal, future: Decimal, future_weight: Decimal) -> Decimal:
    """Average daily usage out of what was sold and what is forecast, by weight."""
    return (past * past_weight + future * future_weight) / (past_weight + future_weight)
