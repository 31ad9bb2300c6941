"""What is owed for the past: retroactive changes, and unpaid days that are given back."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.money import ZERO, round_money


@dataclass(frozen=True, slots=True)
class PaidPart:
    """A monthly amount for some of a month's working days."""

    amount: Decimal
    days: Decimal
    working_days: Decimal

    @property
    def due(self) -> Decimal:
        return self.amount * self.days / self.working_days


@dataclass(frozen=True, slots=True)
class ArrearsLine:
    """One component in one period: what is due by now, what was paid, what an earlier correction paid."""

    due: Decimal
    paid: Decimal
    already_corrected: Decimal = ZERO

    @property
    def arrear(self) -> Decimal:
        """Negative where too much was paid."""
        return round_money(self.due - self.paid - self.already_corrected)


def due_of(parts: Sequence[PaidPart]) -> Decimal:
    """What a month costs whose amount changed inside it; rounded once."""
    return round_money(sum((part.due for part in parts), ZERO))


def reverse_leave(monthly_amounts: Sequence[Decimal], days: Decimal, working_days: Decimal) -> tuple[Decimal, ...]:
    """What days that turned out to be paid are worth, for each component."""
    return tuple(round_money(amount * days / working_days) for amount in monthly_amounts)
