"""Reminding customers of overdue invoices: which stage is due, what stops it, and what goes into one mail."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from connectors.contracts.notices import KnownCustomer
from connectors.contracts.sales_invoices import SalesInvoice
from connectors.money import ZERO


class Stop(StrEnum):
    """Why an invoice, or a customer, is not reminded. The upper half stops one invoice, the lower the customer."""

    PAID = "PAID"
    SMALL_REST = "SMALL_REST"
    DISPUTED = "DISPUTED"
    OPEN_TICKET = "OPEN_TICKET"
    PAYMENT_PLAN = "PAYMENT_PLAN"
    PERSON_TOOK_OVER = "PERSON_TOOK_OVER"
    PROMISED = "PROMISED"
    STAGE_NOT_DUE = "STAGE_NOT_DUE"
    ALL_STAGES_TOLD = "ALL_STAGES_TOLD"

    OPTED_OUT = "OPTED_OUT"
    CUSTOMER_WITH_PERSON = "CUSTOMER_WITH_PERSON"
    REMINDED_RECENTLY = "REMINDED_RECENTLY"
    DAY_OFF = "DAY_OFF"
    BELOW_LEAST_AMOUNT = "BELOW_LEAST_AMOUNT"
    BY_HAND = "BY_HAND"


# An invoice with one of these is owed and listed in the customer's mail; it is only no reason to write one.
LISTED_ALL_THE_SAME = frozenset({Stop.STAGE_NOT_DUE, Stop.ALL_STAGES_TOLD})


@dataclass(frozen=True, slots=True)
class Stage:
    """A reminder that is due `after_days` days after the last day to pay."""

    name: str
    after_days: int


@dataclass(frozen=True, slots=True)
class ReminderPolicy:
    """`stages` in their order. Amounts are by currency, a currency that is missing has no such limit.

    `small_rest`: what a part payment may leave open unreminded. `least`: a customer who owes less in all is not
    written to. `by_hand_from`: who owes this or more is a person's affair. At a limit `least` and `small_rest` write.
    """

    stages: tuple[Stage, ...]
    pause_days: int = 5
    small_rest: Mapping[str, Decimal] = field(default_factory=dict)
    least: Mapping[str, Decimal] = field(default_factory=dict)
    by_hand_from: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InvoiceVerdict:
    """`stage` is the one to be told now; otherwise `stops` say why there is none."""

    invoice: SalesInvoice
    stage: Stage | None
    stops: tuple[Stop, ...] = ()

    @property
    def is_listed(self) -> bool:
        return LISTED_ALL_THE_SAME.issuperset(self.stops)


@dataclass(frozen=True, slots=True)
class CustomerVerdict:
    """`stage` sets the tone of the mail; None: none is sent, for `stops` or because no invoice is due."""

    stage: Stage | None
    invoices: tuple[InvoiceVerdict, ...]
    stops: tuple[Stop, ...] = ()

    @property
    def listed(self) -> tuple[SalesInvoice, ...]:
        """What the mail names: all that is owed and that nothing stops, longest overdue first."""
        return tuple(verdict.invoice for verdict in self.invoices if verdict.is_listed)

    @property
    def causes(self) -> tuple[str, ...]:
        """What the mail tells of, invoice by invoice; no stage of an invoice is ever told twice."""
        due = ((verdict.invoice.number, verdict.stage) for verdict in self.invoices)
        return tuple(sorted(cause_of(number, stage) for number, stage in due if stage is not None))

    @property
    def key(self) -> str:
        return "reminder:" + hashlib.sha256("\n".join(self.causes).encode()).hexdigest()[:40]


def cause_of(invoice_number: str, stage: Stage) -> str:
    return f"reminder:{invoice_number}:{stage.name}"


def judge_invoice(
    invoice: SalesInvoice, told: Mapping[str, date], tickets: Sequence[str], today: date, policy: ReminderPolicy
) -> InvoiceVerdict:
    """Stages follow one another: nobody gets the last reminder first, however late it is noticed.

    `told` has by cause the day on which a stage was told, `tickets` the texts of the customer's open tickets.
    """
    stops = _stops_of(invoice, tickets, today, policy)
    last = max((n for n, stage in enumerate(policy.stages) if cause_of(invoice.number, stage) in told), default=-1)
    if last + 1 == len(policy.stages):
        return InvoiceVerdict(invoice, None, (*stops, Stop.ALL_STAGES_TOLD))
    coming = policy.stages[last + 1]
    if invoice.due_on is None or (today - invoice.due_on).days < coming.after_days:
        stops = (*stops, Stop.STAGE_NOT_DUE)
    return InvoiceVerdict(invoice, None if stops else coming, stops)


def judge_customer(
    invoices: Sequence[SalesInvoice],
    known: KnownCustomer,
    told: Mapping[str, date],
    today: date,
    policy: ReminderPolicy,
    *,
    is_working_day: bool,
) -> CustomerVerdict:
    """One mail for all that a customer owes, in the tone of the highest stage that is due."""
    ordered = sorted(invoices, key=lambda invoice: (invoice.due_on or today, invoice.number))
    verdicts = tuple(judge_invoice(invoice, told, known.open_tickets, today, policy) for invoice in ordered)
    due = [verdict.stage for verdict in verdicts if verdict.stage is not None]
    if not due:
        return CustomerVerdict(None, verdicts)
    causes = {cause_of(invoice.number, stage) for invoice in invoices for stage in policy.stages}
    owed = total_owed([verdict.invoice for verdict in verdicts if verdict.is_listed])
    checks = {
        Stop.OPTED_OUT: not known.wants_notices,
        Stop.CUSTOMER_WITH_PERSON: known.is_with_person,
        Stop.REMINDED_RECENTLY: any((today - told[cause]).days < policy.pause_days for cause in causes & told.keys()),
        Stop.DAY_OFF: not is_working_day,
        Stop.BELOW_LEAST_AMOUNT: all(amount < policy.least.get(currency, ZERO) for currency, amount in owed.items()),
        Stop.BY_HAND: any(
            currency in policy.by_hand_from and amount >= policy.by_hand_from[currency]
            for currency, amount in owed.items()
        ),
    }
    stops = tuple(stop for stop, holds in checks.items() if holds)
    tone = max(due, key=policy.stages.index)
    return CustomerVerdict(None if stops else tone, verdicts, stops)


def total_owed(invoices: Sequence[SalesInvoice]) -> dict[str, Decimal]:
    """By currency, in the order of the alphabet."""
    totals: dict[str, Decimal] = {}
    for invoice in sorted(invoices, key=lambda invoice: invoice.currency):
        totals[invoice.currency] = totals.get(invoice.currency, ZERO) + invoice.open_amount
    return totals


def is_about(ticket: str, invoice: SalesInvoice) -> bool:
    """Whether a ticket may be about this invoice: it names it or its order, or it names no number of any kind."""
    words = ticket.upper()
    if invoice.number.upper() in words or invoice.order_number.upper() in words:
        return True
    return not any(character.isdigit() for character in words)


def _stops_of(invoice: SalesInvoice, tickets: Sequence[str], today: date, policy: ReminderPolicy) -> tuple[Stop, ...]:
    open_amount = invoice.open_amount
    small = policy.small_rest.get(invoice.currency, ZERO)
    checks = {
        Stop.PAID: open_amount <= 0,
        Stop.SMALL_REST: invoice.paid > 0 and 0 < open_amount < small,
        Stop.DISPUTED: invoice.is_disputed,
        Stop.OPEN_TICKET: any(is_about(ticket, invoice) for ticket in tickets),
        Stop.PAYMENT_PLAN: invoice.has_payment_plan,
        Stop.PERSON_TOOK_OVER: invoice.is_with_person,
        Stop.PROMISED: invoice.promised_on is not None and invoice.promised_on >= today,
    }
    return tuple(stop for stop, holds in checks.items() if holds)
