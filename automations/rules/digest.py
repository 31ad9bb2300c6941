"""What the morning digest says: how much waits for whom, what ran, and whether anything needs a look at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from automations.rules.working_days import WorkingDays
from connectors.money import ZERO


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item that waits for somebody since a moment; `amount` is the money at stake, where it is known."""

    owner: str | None
    since: datetime
    amount: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerLoad:
    """What waits for one owner. `money` adds up the amounts as they stand, credits as what they are worth."""

    owner: str | None
    count: int
    oldest_days: int
    money: Mapping[str, Decimal] = field(default_factory=dict)


def loads_of(items: Iterable[OpenItem], now: datetime) -> list[OwnerLoad]:
    """By owner, the most items first; a day is begun after 24 hours."""
    by_owner: dict[str | None, list[OpenItem]] = {}
    for item in items:
        by_owner.setdefault(item.owner, []).append(item)
    loads = [
        OwnerLoad(owner, len(own), max(0, (now - min(item.since for item in own)).days), _money(own))
        for owner, own in by_owner.items()
    ]
    return sorted(loads, key=lambda load: (-load.count, load.owner or ""))


def is_sent_on(day: date, days: WorkingDays, *, is_away: bool) -> bool:
    """Not on weekends, holidays and closures, and not to somebody who has handed their approvals over."""
    return days.is_working(day) and not is_away


def is_calm(waiting: Sequence[OwnerLoad], approvals: int, late: int, failed: int) -> bool:
    """Whether one line is enough."""
    return not waiting and not approvals and not late and not failed


def _money(items: Sequence[OpenItem]) -> dict[str, Decimal]:
    money: dict[str, Decimal] = {}
    for item in sorted(items, key=lambda item: item.currency or ""):
        if item.amount is not None and item.currency:
            money[item.currency] = money.get(item.currency, ZERO) + abs(item.amount)
    return money
