"""Pay slips of a run: what each employee gets, and who cannot be paid and why. Nobody stops anybody else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from automations.rules.payroll.periods import Period, merge_days
from connectors.money import ZERO, round_money


class SlipReason(StrEnum):
    """Why a slip is not paid as it stands, or (a warning) deserves a look."""

    ATTENDANCE_MISMATCH = "ATTENDANCE_MISMATCH"
    BAD_TIME_RECORD = "BAD_TIME_RECORD"
    BAD_TERMS = "BAD_TERMS"
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
    SlipReason.BAD_TERMS: SlipOwner.HUMAN_RESOURCES,
    SlipReason.NO_ACTIVE_CONTRACT: SlipOwner.HUMAN_RESOURCES,
    SlipReason.NO_BANK_ACCOUNT: SlipOwner.HUMAN_RESOURCES,
    SlipReason.OVERLAPPING_CONTRACTS: SlipOwner.HUMAN_RESOURCES,
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
    net: Decimal
    base_gross: Decimal

    @property
    def reasons(self) -> tuple[SlipReason, ...]:
        return (SlipReason.NEGATIVE_NET,) if self.net < 0 else ()


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody to be paid; a contract without dates has neither beginning nor end."""

    id: str
    gross: Decimal
    deductions: Decimal = ZERO
    has_bank_account: bool = True
    contract_from: date | None = None
    contract_to: date | None = None

    def is_employed_in(self, period: Period) -> bool:
        begins_in_time = self.contract_from is None or self.contract_from <= period.last
        return begins_in_time and (self.contract_to is None or self.contract_to >= period.first)


@dataclass(frozen=True, slots=True)
class ExistingSlip:
    """A slip of another run; cancelled ones are not asked about."""

    employee: str
    period: Period


@dataclass(frozen=True, slots=True)
class Slip:
    """Ready to be paid, or held for its reasons; `overlap` are the days that another slip pays."""

    employee: str
    net: Decimal
    reasons: tuple[SlipReason, ...]
    overlap: Period | None = None

    @property
    def is_ready(self) -> bool:
        return not self.reasons


def net_pay(earnings: Iterable[Decimal], deductions: Iterable[Decimal], exchange_rate: Decimal = Decimal(1)) -> NetPay:
    """Sums of lines that are rounded already; net below zero is a case for a person, zero is not."""
    gross = sum(earnings, ZERO)
    return NetPay(gross, gross - sum(deductions, ZERO), round_money(gross * exchange_rate))


def prepare_slips(period: Period, employees: Sequence[Employee], existing: Iterable[ExistingSlip]) -> list[Slip]:
    """A slip for every employee. Days are paid once: a slip of any overlapping period holds the new one."""
    paid: dict[str, list[Period]] = {}
    for slip in existing:
        if common := period.common(slip.period):
            paid.setdefault(slip.employee, []).append(common)
    return [_slip(employee, period, paid.get(employee.id, ())) for employee in employees]


def _slip(employee: Employee, period: Period, paid: Sequence[Period]) -> Slip:
    net = net_pay([employee.gross], [employee.deductions])
    reasons = list(net.reasons)
    if not employee.is_employed_in(period):
        reasons.append(SlipReason.NO_ACTIVE_CONTRACT)
    if not employee.has_bank_account:
        reasons.append(SlipReason.NO_BANK_ACCOUNT)
    if paid:
        reasons.append(SlipReason.PERIOD_OVERLAP)
    return Slip(employee.id, net.net, tuple(reasons), merge_days(paid))
