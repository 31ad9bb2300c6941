"""What other limits would make of the last invoices; nothing is changed."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from automations.engine.parameters import ParameterError
from automations.invoices.recorded import JOB_NAME, MOST_INVOICES, Chosen
from automations.invoices.what_if import Change, Shift, Stake, WhatIf
from automations.invoices.what_if_desk import DEFAULT_LAST, ask_what_if, limits_of
from bot.operations_api.fields import Body, Parameters
from bot.operations_api.guard import OfficeOf, Operator
from bot.operations_api.jobs import find_job
from bot.web_errors import problem

router = APIRouter(prefix="/invoices/what-if", tags=["invoices"])


class WhatIfQuestion(Body):
    """Which invoices, and the limits to try; those that are not named stay as they are at present."""

    parameters: Parameters = Field(default_factory=dict)
    last: Annotated[int, Field(ge=1, le=MOST_INVOICES)] = DEFAULT_LAST
    since: date | None = Field(None, description="first issue date")
    until: date | None = Field(None, description="last issue date")


class StakeFacts(BaseModel):
    count: int
    amounts: dict[str, str] = Field(description="sum of the totals by currency")


class ShiftFacts(BaseModel):
    """With the present limits, and with those tried."""

    before: StakeFacts
    after: StakeFacts


class ChangedInvoice(BaseModel):
    """An invoice of which the tried limits make something else; came, went and stays are codes of reasons."""

    run_id: str
    item_id: int
    title: str
    supplier: str
    amount: str
    currency: str
    before: str = Field(description="matched, waiting or exception")
    after: str
    came: list[str]
    went: list[str]
    stays: list[str]


class WhatIfAnswer(BaseModel):
    tried: int
    left_out: int = Field(description="invoices without enough on record to be decided again")
    statuses: dict[str, ShiftFacts]
    reasons: dict[str, ShiftFacts] = Field(description="an invoice with two reasons counts for both")
    suppliers: dict[str, ShiftFacts] = Field(description="of invoices that do not pass by themselves")
    changes: list[ChangedInvoice]


@router.post("")
def try_limits(caller: Operator, office: OfficeOf, question: WhatIfQuestion) -> WhatIfAnswer:
    """Decide the last invoices again from what was recorded, with the present limits and with others."""
    job = limits_of(find_job(office, JOB_NAME))
    chosen = Chosen(question.last, question.since, question.until)
    try:
        answer = ask_what_if(office.database, job, chosen, question.parameters, caller.actor)
    except ParameterError as error:
        raise problem(422, "parameters", str(error)) from error
    return answer_facts(answer)


def answer_facts(answer: WhatIf) -> WhatIfAnswer:
    return WhatIfAnswer(
        tried=answer.tried,
        left_out=answer.left_out,
        statuses={status.value: _shift(shift) for status, shift in answer.statuses.items()},
        reasons={code: _shift(shift) for code, shift in sorted(answer.reasons.items())},
        suppliers={name: _shift(shift) for name, shift in sorted(answer.suppliers.items())},
        changes=[_change(change) for change in answer.changes],
    )


def _shift(shift: Shift) -> ShiftFacts:
    return ShiftFacts(before=_stake(shift.before), after=_stake(shift.after))


def _stake(stake: Stake) -> StakeFacts:
    return StakeFacts(count=stake.count, amounts={name: _text(one) for name, one in sorted(stake.amounts.items())})


def _change(change: Change) -> ChangedInvoice:
    recorded, invoice = change.invoice, change.invoice.facts.invoice
    return ChangedInvoice(
        run_id=recorded.run_id,
        item_id=recorded.item_id,
        title=recorded.title,
        supplier=invoice.supplier,
        amount=_text(recorded.amount),
        currency=invoice.currency,
        before=change.before.value,
        after=change.after.value,
        came=list(change.came),
        went=list(change.went),
        stays=list(change.stays),
    )


def _text(amount: Decimal) -> str:
    return format(amount, "f")
