"""What is left of a slip, and why one is not paid as it stands: each cause with its owner."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from connectors.money import ZERO, round_money


class SlipReason(StrEnum):
    """Why a slip is not paid as it stands, or (a warning) deserves a look."""

    ATTENDANCE_MISMATCH = "ATTENDANCE_MISMATCH"
    BAD_IBAN = "BAD_IBAN"
    BAD_TIME_RECORD = "BAD_TIME_RECORD"
    BAD_TERMS = "BAD_TERMS"
    EARLIER_SLIP_DIFFERS = "EARLIER_SLIP_DIFFERS"
    MISSING_PUNCH = "MISSING_PUNCH"
    NEGATIVE_NET = "NEGATIVE_NET"
    NO_ACTIVE_CONTRACT = "NO_ACTIVE_CONTRACT"
    NO_BANK_ACCOUNT = "NO_BANK_ACCOUNT"
    OVERLAPPING_CONTRACTS = "OVERLAPPING_CONTRACTS"
    PAY_CURRENCY_DIFFERS = "PAY_CURRENCY_DIFFERS"
    PERIOD_OVERLAP = "PERIOD_OVERLAP"
    UNKNOWN_YEAR = "UNKNOWN_YEAR"
    VARIANCE_OVER = "VARIANCE_OVER"


class SlipOwner(StrEnum):
    """Who can put a cause right."""

    MANAGER = "manager"
    HUMAN_RESOURCES = "human_resources"
    PAYROLL = "payroll"


OWNERS = {
    SlipReason.ATTENDANCE_MISMATCH: SlipOwner.MANAGER,
    SlipReason.BAD_TIME_RECORD: SlipOwner.MANAGER,
    SlipReason.MISSING_PUNCH: SlipOwner.MANAGER,
    SlipReason.BAD_IBAN: SlipOwner.HUMAN_RESOURCES,
    SlipReason.BAD_TERMS: SlipOwner.HUMAN_RESOURCES,
    SlipReason.NO_ACTIVE_CONTRACT: SlipOwner.HUMAN_RESOURCES,
    SlipReason.NO_BANK_ACCOUNT: SlipOwner.HUMAN_RESOURCES,
    SlipReason.OVERLAPPING_CONTRACTS: SlipOwner.HUMAN_RESOURCES,
    SlipReason.EARLIER_SLIP_DIFFERS: SlipOwner.PAYROLL,
    SlipReason.NEGATIVE_NET: SlipOwner.PAYROLL,
    SlipReason.PAY_CURRENCY_DIFFERS: SlipOwner.PAYROLL,
    SlipReason.PERIOD_OVERLAP: SlipOwner.PAYROLL,
    SlipReason.UNKNOWN_YEAR: SlipOwner.PAYROLL,
    SlipReason.VARIANCE_OVER: SlipOwner.PAYROLL,
}


@dataclass(frozen=True, slots=True)
class SlipProblem:
    """One cause with its figures, as text; `where` names a day, a record or another slip."""

    reason: SlipReason
    found: str | None = None
    expected: str | None = None
    limit: str | None = None
    where: str | None = None

    @property
    def owner(self) -> SlipOwner:
        return OWNERS[self.reason]


@dataclass(frozen=True, slots=True)
class NetPay:
    """`base_gross` is in the company's currency."""

    gross: Decimal
    deductions: Decimal
    base_gross: Decimal

    @property
    def net(self) -> Decimal:
        return self.gross - self.deductions

    @property
    def problems(self) -> tuple[SlipProblem, ...]:
        """Net below zero is a case for a person, zero is not."""
        return (SlipProblem(SlipReason.NEGATIVE_NET, f"{self.net:f}", limit="0"),) if self.net < 0 else ()


def net_pay(earnings: Iterable[Decimal], deductions: Iterable[Decimal], exchange_rate: Decimal = Decimal(1)) -> NetPay:
    """Sums of lines that are rounded already."""
    gross = sum(earnings, ZERO)
    return NetPay(gross, sum(deductions, ZERO), round_money(gross * exchange_rate))
