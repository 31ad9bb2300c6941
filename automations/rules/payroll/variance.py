"""How much a slip differs from the last one of the same employee, and which lines made it so."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from automations.rules.payroll.periods import Period
from connectors.contracts.people import PAYABLE_STATES, LineKind, Payslip, PayslipLine
from connectors.money import ZERO

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LineChange:
    """What one kind of pay is more (or less) than last time; deductions that rise count as less."""

    code: str
    label: str
    difference: Decimal


@dataclass(frozen=True, slots=True)
class Variance:
    """Against the slip of `previous`; `changes` add up to the difference of the net pay, the largest first."""

    previous: Period
    gross_before: Decimal
    gross: Decimal
    net_before: Decimal
    net: Decimal
    changes: tuple[LineChange, ...]

    @property
    def percent(self) -> Decimal | None:
        """Of the gross, upwards or downwards; None where nothing was paid last time."""
        return abs(self.gross - self.gross_before) * HUNDRED / abs(self.gross_before) if self.gross_before else None

    def exceeds(self, limit_percent: Decimal | None) -> bool:
        """At the limit passes; anything after nothing exceeds every limit."""
        if limit_percent is None or self.gross == self.gross_before:
            return False
        return self.percent is None or self.percent > limit_percent


def compare_slips(slip: Payslip, earlier: Sequence[Payslip]) -> Variance | None:
    """With the newest slip that may be paid, in the same currency, of the days before; None for the first one."""
    before = [
        one
        for one in earlier
        if one.state in PAYABLE_STATES and one.last < slip.first and one.currency == slip.currency
    ]
    if not before:
        return None
    last = max(before, key=lambda one: one.last)
    then, now = _worth(last.lines), _worth(slip.lines)
    changes = [LineChange(*key, now.get(key, ZERO) - then.get(key, ZERO)) for key in then.keys() | now.keys()]
    changed = sorted(
        (one for one in changes if one.difference), key=lambda one: (-abs(one.difference), one.code, one.label)
    )
    return Variance(Period(last.first, last.last), last.gross, slip.gross, last.net, slip.net, tuple(changed))


def _worth(lines: Sequence[PayslipLine]) -> Mapping[tuple[str, str], Decimal]:
    """What each kind of pay adds to the net."""
    worth: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.kind is LineKind.EARNING:
            worth[line.code, line.label] += line.amount
        elif line.kind is LineKind.DEDUCTION:
            worth[line.code, line.label] -= line.amount
    return worth
