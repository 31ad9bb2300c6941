"""Approved slips of a period as tables: the register, and the file for the payroll provider."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from automations.payroll.sepa import LeftOut, left_out_reason
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import TAXES_BY_PROVIDER
from connectors.contracts.people import PAYABLE_STATES, Employee, LineKind, Payslip, PayslipLine, People

REGISTER_COLUMNS = (
    "slip_id",
    "employee_id",
    "name",
    "country",
    "first",
    "last",
    "currency",
    "gross",
    "deductions",
    "net",
    "employer_premiums",
    "state",
    "taxes",
)
# One row a line of a slip, and a last one of the kind "net" with how it is paid. docs/back_office.md describes them.
PROVIDER_COLUMNS = (
    "slip_id",
    "employee_id",
    "name",
    "country",
    "first",
    "last",
    "currency",
    "kind",
    "code",
    "label",
    "quantity",
    "rate",
    "amount",
    "for_period",
    "taxes",
    "payment",
    "iban",
    "bic",
)
NET, BY_TRANSFER, BY_PROVIDER, PAID = "net", "transfer", "provider", "paid"
TAXES_INCLUDED, TAXES_TO_DO = "included", "by_provider"
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApprovedSlip:
    employee: Employee
    slip: Payslip


def approved_slips(people: People, employees: Iterable[str], period: Period) -> Sequence[ApprovedSlip]:
    """The slips of exactly these days that may be paid, in order of names; drafts and cancelled ones never."""
    ids = list(employees)
    slips = [
        slip
        for slip in people.payslips(ids, period.first, period.last)
        if slip.state in PAYABLE_STATES and (slip.first, slip.last) == (period.first, period.last)
    ]
    known = people.employees(slip.employee for slip in slips)
    found = [ApprovedSlip(known[slip.employee], slip) for slip in slips if slip.employee in known]
    return sorted(found, key=lambda one: (one.employee.name, one.employee.id))


def register_rows(slips: Iterable[ApprovedSlip]) -> Iterator[Row]:
    for one in slips:
        slip = one.slip
        on_top = sum((line.amount for line in slip.lines if line.kind is LineKind.EMPLOYER), Decimal(0))
        yield (
            *_head(one),
            _show(slip.gross),
            _show(slip.deductions),
            _show(slip.net),
            _show(on_top),
            slip.state.value,
            _taxes(slip),
        )


def provider_rows(slips: Iterable[ApprovedSlip]) -> Iterator[Row]:
    for one in slips:
        for line in one.slip.lines:
            yield (*_head(one), line.kind.value, *_line(line), _taxes(one.slip), "", "", "")
        bank = (one.employee.iban or "", one.employee.bic or "")
        yield (*_head(one), NET, "net_pay", "", "", "", _show(one.slip.net), "", _taxes(one.slip), _payment(one), *bank)


def _head(one: ApprovedSlip) -> Row:
    employee, slip = one.employee, one.slip
    days = (slip.first.isoformat(), slip.last.isoformat())
    return slip.id or "", employee.id, employee.name, employee.country, *days, slip.currency


def _line(line: PayslipLine) -> Row:
    for_period = line.for_period.isoformat() if line.for_period else ""
    return line.code, line.label, _show(line.quantity), _show(line.rate), _show(line.amount), for_period


def _payment(one: ApprovedSlip) -> str:
    reason = left_out_reason(one.employee, one.slip)
    if reason is LeftOut.ALREADY_PAID:
        return PAID
    return BY_TRANSFER if reason is None else BY_PROVIDER


def _taxes(slip: Payslip) -> str:
    return TAXES_TO_DO if TAXES_BY_PROVIDER in slip.notes else TAXES_INCLUDED


def _show(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")
