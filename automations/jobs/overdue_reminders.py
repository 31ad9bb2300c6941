"""The job "overdue reminders": customers are reminded of what they owe, in stages, unless something speaks against."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.follow_ups.reminder_parameters import PARAMETERS, read_policy
from automations.follow_ups.requests import post_requests
from automations.rules.calendars import is_known_country, working_days
from automations.rules.customer_language import choose_language
from automations.rules.reminders import CustomerVerdict, Stop, cause_of, judge_customer, total_owed
from connectors.contracts.names import SALES_INVOICES
from connectors.contracts.notices import KnownCustomer, NoticeKind, NoticeRequest
from connectors.contracts.sales_invoices import SalesInvoice
from connectors.database.models.work import ItemState
from connectors.email_address import normalise_email

REMINDED, STOPPED, BY_HAND, NO_ADDRESS, GONE = "reminded", "stopped", "by-hand", "no-address", "gone"
OWNER = "accounts_receivable"
NO_CUSTOMER_EMAIL = "NO_CUSTOMER_EMAIL"


class OverdueReminders:
    """One item for each customer who owes something; those without an address are one for each invoice."""

    def __init__(self, context: JobContext) -> None:
        self._invoices = context.connectors.sales_invoices()
        self._notices = context.connectors.notices()
        self._policy = read_policy(context.parameters)
        self._today = context.today
        self._customers: dict[str, list[SalesInvoice]] | None = None

    def plan(self) -> Sequence[str]:
        return list(self._by_customer())

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one customer depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        by_customer = self._by_customer()
        owing = {key: by_customer[key] for key in keys if key in by_customer}
        known = self._notices.known_customers(email for invoices in owing.values() if (email := _email_of(invoices)))
        told = self._told([invoice for invoices in owing.values() for invoice in invoices])
        return [self._decide(key, owing.get(key), known, told) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return post_requests(self._notices, outcomes)

    def _by_customer(self) -> dict[str, list[SalesInvoice]]:
        if self._customers is None:
            found: defaultdict[str, list[SalesInvoice]] = defaultdict(list)
            for invoice in self._invoices.overdue_invoices(self._today):
                found[_key_of(invoice)].append(invoice)
            self._customers = dict(found)
        return self._customers

    def _told(self, invoices: Sequence[SalesInvoice]) -> Mapping[str, date]:
        causes = (cause_of(invoice.number, stage) for invoice in invoices for stage in self._policy.stages)
        return {cause: at.date() for cause, at in self._notices.told(causes).items()}

    def _decide(
        self,
        key: str,
        invoices: Sequence[SalesInvoice] | None,
        known: Mapping[str, KnownCustomer],
        told: Mapping[str, date],
    ) -> ItemOutcome:
        if not invoices:
            return ItemOutcome(key, key, ItemState.SKIPPED, GONE)
        email = _email_of(invoices)
        if email is None:
            return _without_address(key, invoices[0])
        customer = known.get(email, KnownCustomer(email))
        verdict = judge_customer(
            invoices, customer, told, self._today, self._policy, is_working_day=self._works(_country_of(invoices))
        )
        return _report(key, verdict, customer, invoices, self._today)

    def _works(self, country: str | None) -> bool:
        """Whether people in this country work today; of one without a calendar only the weekend is known."""
        calendar = country if country is not None and is_known_country(country) else None
        return working_days(calendar, {}, frozenset()).is_working(self._today)


def _report(
    key: str, verdict: CustomerVerdict, customer: KnownCustomer, invoices: Sequence[SalesInvoice], today: date
) -> ItemOutcome:
    owed = total_owed(invoices)
    currency = next(iter(owed)) if len(owed) == 1 else None
    is_by_hand = Stop.BY_HAND in verdict.stops
    requests = _requests(verdict, customer, invoices, today)
    state = ItemState.DONE if requests else ItemState.EXCEPTION if is_by_hand else ItemState.SKIPPED
    return ItemOutcome(
        key,
        invoices[0].customer_name,
        state,
        REMINDED if requests else BY_HAND if is_by_hand else STOPPED,
        reasons=_reasons(verdict),
        detail={
            "stage": verdict.stage and verdict.stage.name,
            "invoices": [invoice.number for invoice in verdict.listed],
            "owed": {money: str(amount) for money, amount in owed.items()},
        },
        owner=OWNER if is_by_hand else None,
        effect={"notices": [asdict(request) for request in requests]} if requests else None,
        effect_key=verdict.key if requests else None,
        amount=owed[currency] if currency else None,
        currency=currency,
    )


def _requests(
    verdict: CustomerVerdict, customer: KnownCustomer, invoices: Sequence[SalesInvoice], today: date
) -> list[NoticeRequest]:
    """The mail, and the same in the customer's conversation where one is known to be theirs.

    The address among the arguments of the latter is the one that must have been proved there.
    """
    if verdict.stage is None:
        return []
    billed = invoices[0].customer
    language = choose_language(_country_of(invoices), billed.language if billed else None, customer.language)
    arguments = _arguments(verdict, invoices[0].customer_name, today)
    mail = NoticeRequest(
        verdict.key,
        NoticeKind.INVOICE_OVERDUE,
        f"overdue_{verdict.stage.name}",
        arguments,
        email=customer.email,
        language=language,
        causes=verdict.causes,
    )
    if customer.contact_id is None:
        return [mail]
    chat = NoticeRequest(
        f"chat:{verdict.key}",
        NoticeKind.INVOICE_OVERDUE,
        "notice_invoice_overdue",
        {**arguments, "email": customer.email},
        contact_id=customer.contact_id,
        causes=tuple(f"chat:{cause}" for cause in verdict.causes),
    )
    return [mail, chat]


def _arguments(verdict: CustomerVerdict, name: str, today: date) -> dict[str, Any]:
    listed = verdict.listed
    return {
        "name": name,
        "count": len(listed),
        "invoices": [
            {
                "key": "overdue_line",
                "number": invoice.number,
                "due_on": invoice.due_on.isoformat() if invoice.due_on else "",
                "days": (today - invoice.due_on).days if invoice.due_on else 0,
                "owed": {"amount": str(invoice.open_amount), "currency": invoice.currency},
            }
            for invoice in listed
        ],
        "totals": [
            {"key": "overdue_total", "owed": {"amount": str(amount), "currency": currency}}
            for currency, amount in total_owed(listed).items()
        ],
    }


def _reasons(verdict: CustomerVerdict) -> tuple[Reason, ...]:
    of_invoices = (
        Reason(stop.value, OWNER, where=each.invoice.number) for each in verdict.invoices for stop in each.stops
    )
    return (*(Reason(stop.value, OWNER) for stop in verdict.stops), *of_invoices)


def _without_address(key: str, invoice: SalesInvoice) -> ItemOutcome:
    return ItemOutcome(
        key,
        invoice.customer_name,
        ItemState.EXCEPTION,
        NO_ADDRESS,
        reasons=(Reason(NO_CUSTOMER_EMAIL, OWNER, where=invoice.number),),
        detail={"invoices": [invoice.number], "owed": {invoice.currency: str(invoice.open_amount)}},
        owner=OWNER,
        amount=invoice.open_amount,
        currency=invoice.currency,
    )


def _key_of(invoice: SalesInvoice) -> str:
    """Not the address itself: keys stand in logs and in the addresses of pages."""
    if invoice.customer is None:
        return f"invoice:{invoice.number}"
    return f"customer:{hashlib.sha256(normalise_email(invoice.customer.email).encode()).hexdigest()[:20]}"


def _email_of(invoices: Sequence[SalesInvoice]) -> str | None:
    return normalise_email(invoices[0].customer.email) if invoices[0].customer else None


def _country_of(invoices: Sequence[SalesInvoice]) -> str | None:
    billed, address = invoices[0].customer, invoices[0].address
    return (billed.country if billed else None) or (address.country if address else None)


def _start(context: JobContext) -> JobWork:
    return OverdueReminders(context)


JOB = JobDefinition(
    name="overdue-reminders",
    title="Overdue reminders",
    description=(
        "Reminds customers of invoices that are not paid in time: one mail in their language with all that is "
        "owed, in stages, and not while something speaks against it."
    ),
    item_name="customer",
    default_cron="0 9 * * mon-fri",
    parameters=PARAMETERS,
    start=_start,
    uses=(SALES_INVOICES,),
)
