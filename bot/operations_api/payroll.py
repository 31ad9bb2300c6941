"""Payroll: the register of approved slips, and the provider's file; for tokens of administrators."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from automations.payroll.exports import REGISTER_COLUMNS, ApprovedSlip, approved_slips, register_rows
from automations.payroll.sepa import EURO, Payer, PayerError, write_sepa
from automations.rules.payroll.periods import Frequency, Period
from bot.office import Office
from bot.operations_api.fields import Body
from bot.operations_api.guard import Admin, OfficeOf
from bot.payroll_files import PayFile, record_download, write_csv
from bot.web_errors import problem

router = APIRouter(prefix="/payroll", tags=["payroll"])

Country = Annotated[str | None, Query(min_length=2, max_length=2, pattern="^[A-Za-z]{2}$")]


class RegisterRow(BaseModel):
    """An approved slip; amounts as text, exactly."""

    slip_id: str
    employee_id: str
    name: str
    country: str
    first: date
    last: date
    currency: str
    gross: str
    deductions: str
    net: str
    employer_premiums: str
    state: str
    taxes: str = Field(description="`included`, or `by_provider` where the payroll provider deducts them")


class PayRegister(BaseModel):
    """The approved slips of a period, in order of names."""

    slips: list[RegisterRow]


@router.get("/register", response_model=PayRegister)
def show_pay_register(
    caller: Admin,
    office: OfficeOf,
    first: date,
    last: date,
    frequency: Frequency = Frequency.MONTHLY,
    country: Country = None,
) -> Any:
    """The approved slips of exactly these days. Each call stands in the audit log as a download."""
    slips = _take(office, caller.actor, PayFile.REGISTER, first, last, frequency, country)
    return {"slips": [dict(zip(REGISTER_COLUMNS, row, strict=True)) for row in register_rows(slips)]}


@router.get("/provider-file", responses={200: {"content": {"text/csv": {}}}})
def export_provider_file(
    caller: Admin,
    office: OfficeOf,
    first: date,
    last: date,
    frequency: Frequency = Frequency.MONTHLY,
    country: Country = None,
) -> PlainTextResponse:
    """Every line of the approved slips as CSV, for the payroll provider."""
    slips = _take(office, caller.actor, PayFile.PROVIDER, first, last, frequency, country)
    return PlainTextResponse(write_csv(PayFile.PROVIDER, slips), media_type="text/csv; charset=utf-8")


class SepaOrder(Body):
    """The account that pays, when, and the wages of which currency; `bic` only where the bank asks for it."""

    first: date
    last: date
    frequency: Frequency = Frequency.MONTHLY
    country: Annotated[str | None, Field(pattern="^[A-Za-z]{2}$")] = None
    name: Annotated[str, Field(max_length=70)]
    iban: Annotated[str, Field(max_length=42)]
    bic: Annotated[str, Field(max_length=11)] = ""
    pays_on: date
    currency: Annotated[str, Field(description="whose wages: EUR by SEPA, CZK inside the country")] = EURO


@router.post("/sepa", responses={200: {"content": {"application/xml": {}}}})
def export_transfers(caller: Admin, office: OfficeOf, body: SepaOrder) -> PlainTextResponse:
    """Net pay of one currency as pain.001.001.09. Whoever is paid otherwise stands in the provider's file."""
    slips = _take(office, caller.actor, PayFile.SEPA, body.first, body.last, body.frequency, body.country)
    try:
        payer = Payer(body.name, body.iban, body.bic, body.pays_on, body.currency)
        written = write_sepa([(one.employee, one.slip) for one in slips], payer)
    except PayerError as error:
        raise problem(422, "wrong_payer", str(error)) from None
    if written.xml is None:
        sentence = f"Nobody of these can be paid by transfer in {payer.currency}; the provider's file has everybody."
        raise problem(409, "nobody_to_pay", sentence)
    return PlainTextResponse(written.xml, media_type="application/xml")


def _take(
    office: Office, actor: str, kind: PayFile, first: date, last: date, frequency: Frequency, country: str | None
) -> list[ApprovedSlip]:
    if last < first:
        raise problem(422, "wrong_period", "The last day lies before the first; swap the two.")
    period = Period(first, last)
    people = office.connectors.people()
    ids = people.find_employees(country.upper() if country else None, frequency.value, first, last)
    slips = list(approved_slips(people, ids, period))
    with office.database.write() as session:
        record_download(session, actor, kind, period, slips)
    return slips
