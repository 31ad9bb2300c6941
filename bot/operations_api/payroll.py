"""Payroll: the register of approved slips, the provider's file and transfers; for tokens of administrators."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from automations.payroll.exports import REGISTER_COLUMNS, ApprovedSlip, approved_slips, register_rows
from automations.payroll.sepa import EURO, LeftOut, Payer, PayerError
from automations.rules.payroll.periods import Frequency, Period
from bot.office import Office
from bot.operations_api.fields import Body
from bot.operations_api.guard import Admin, ApiCaller, OfficeOf
from bot.operations_api.wording import InWords
from bot.payroll_files import PayFile, TakenBeforeError, record_download, take_transfers, write_csv
from bot.payroll_pdf import print_payslip, print_register
from bot.web_errors import problem
from connectors.database.base import utc_now

router = APIRouter(prefix="/payroll", tags=["payroll"])

NOT_STORED = {"Cache-Control": "no-store"}
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
    response: Response,
    first: date,
    last: date,
    frequency: Frequency = Frequency.MONTHLY,
    country: Country = None,
) -> Any:
    """The approved slips of exactly these days. Each call stands in the audit log as a download."""
    period = _period(first, last)
    slips = _slips(office, period, frequency, country)
    rows = [dict(zip(REGISTER_COLUMNS, row, strict=True)) for row in register_rows(slips)]
    _record(office, caller, PayFile.REGISTER, period, slips)
    response.headers.update(NOT_STORED)
    return {"slips": rows}


@router.get("/register.csv", responses={200: {"content": {"text/csv": {}}}})
def export_pay_register(
    caller: Admin,
    office: OfficeOf,
    first: date,
    last: date,
    frequency: Frequency = Frequency.MONTHLY,
    country: Country = None,
) -> Response:
    """The register for a spreadsheet."""
    period = _period(first, last)
    slips = _slips(office, period, frequency, country)
    content = write_csv(PayFile.REGISTER, slips)
    _record(office, caller, PayFile.REGISTER, period, slips)
    return Response(content, media_type=PayFile.REGISTER.media_type, headers=NOT_STORED)


@router.get("/register.pdf", responses={200: {"content": {"application/pdf": {}}}})
def print_pay_register(
    caller: Admin,
    office: OfficeOf,
    wording: InWords,
    first: date,
    last: date,
    frequency: Frequency = Frequency.MONTHLY,
    country: Country = None,
) -> Response:
    """The register on paper."""
    period = _period(first, last)
    slips = _slips(office, period, frequency, country)
    content = print_register(slips, period, wording.words, wording.language)
    _record(office, caller, PayFile.REGISTER_PDF, period, slips)
    return Response(content, media_type=PayFile.REGISTER_PDF.media_type, headers=NOT_STORED)


@router.get("/slips/{employee}", responses={200: {"content": {"application/pdf": {}}}})
def print_slip(
    caller: Admin,
    office: OfficeOf,
    wording: InWords,
    employee: Annotated[str, Path(max_length=40)],
    first: date,
    last: date,
) -> Response:
    """The approved slip of one employee on paper, with the explanation of each line."""
    period = _period(first, last)
    slips = approved_slips(office.connectors.people(), [employee], period)
    if not slips:
        raise problem(404, "no_slip", f"{employee} has no approved slip of these days.")
    content = print_payslip(slips[0], wording.words, wording.language)
    _record(office, caller, PayFile.PAYSLIP_PDF, period, slips)
    return Response(content, media_type=PayFile.PAYSLIP_PDF.media_type, headers=NOT_STORED)


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
    period = _period(first, last)
    slips = _slips(office, period, frequency, country)
    content = write_csv(PayFile.PROVIDER, slips)
    _record(office, caller, PayFile.PROVIDER, period, slips)
    return PlainTextResponse(content, media_type=PayFile.PROVIDER.media_type, headers=NOT_STORED)


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
    again: Annotated[bool, Field(description="take transfers of these days although somebody has them already")] = False


class NotPaid(BaseModel):
    """Somebody whose net pay is not in the file, and why."""

    employee: str
    reason: LeftOut


class Transfers(BaseModel):
    """A file for the bank. Whoever is left out is paid from the provider's file, or was paid before."""

    xml: str = Field(description="pain.001.001.09")
    message_id: str = Field(description="the same for the same slips, so that a bank knows a file that it has")
    total: str
    currency: str
    paid: list[str] = Field(description="employees")
    left_out: list[NotPaid]


@router.post("/sepa")
def export_transfers(caller: Admin, office: OfficeOf, response: Response, body: SepaOrder) -> Transfers:
    """Net pay of one currency as pain.001.001.09, with who is in the file and who is not."""
    period = _period(body.first, body.last)
    slips = _slips(office, period, body.frequency, body.country)
    payer = Payer(body.name, body.iban, body.bic, body.pays_on, body.currency)
    today = utc_now().astimezone(office.settings.zone).date()
    try:
        with office.database.write() as session:
            written = take_transfers(session, caller.actor, period, slips, payer, today, is_again=body.again)
    except PayerError as error:
        raise problem(422, "wrong_payer", str(error)) from None
    except TakenBeforeError as error:
        raise problem(409, "taken_before", str(error)) from None
    if written.xml is None:
        sentence = f"Nobody of these can be paid by transfer in {payer.currency}; the provider's file has everybody."
        raise problem(409, "nobody_to_pay", sentence)
    response.headers.update(NOT_STORED)
    return Transfers(
        xml=written.xml.decode(),
        message_id=written.message_id,
        total=f"{written.total:f}",
        currency=payer.currency,
        paid=list(written.paid),
        left_out=[NotPaid(employee=employee, reason=reason) for employee, reason in written.left_out],
    )


def _period(first: date, last: date) -> Period:
    if last < first:
        raise problem(422, "wrong_period", "The last day lies before the first; swap the two.")
    return Period(first, last)


def _slips(office: Office, period: Period, frequency: Frequency, country: str | None) -> Sequence[ApprovedSlip]:
    people = office.connectors.people()
    ids = people.find_employees(country.upper() if country else None, frequency.value, period.first, period.last)
    return approved_slips(people, ids, period)


def _record(office: Office, caller: ApiCaller, kind: PayFile, period: Period, slips: Sequence[ApprovedSlip]) -> None:
    with office.database.write() as session:
        record_download(session, caller.actor, kind, period, slips)
