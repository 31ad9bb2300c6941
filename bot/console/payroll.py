"""Pages of payroll: the register of a run with its variance, and the files of approved slips.

For admins; the register of a run is open to whoever is asked to approve it, too.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from automations.jobs.payroll_preparation import JOB
from automations.payroll.exports import ApprovedSlip, approved_slips
from automations.payroll.sepa import EURO, TRANSFER_CURRENCIES, Payer, PayerError, left_out_reason
from automations.rules.payroll.periods import Period
from bot.console.frame import (
    CONFLICT,
    LARGEST_ITEM_ID,
    UNPROCESSABLE,
    ConsoleFrame,
    Frame,
    PostedForm,
    StaffFrame,
)
from bot.console.item_readers import may_read_items
from bot.console.payroll_view import (
    draw_changes,
    employees_of,
    has_saved_slips,
    latest_runs,
    payroll_run,
    read_register,
)
from bot.payroll_files import (
    PayFile,
    TakenBeforeError,
    find_transfers_taken,
    record_download,
    take_transfers,
    write_csv,
)
from bot.payroll_pdf import print_payslip, print_register
from bot.staff.guard import RoleRequiredError
from bot.texts import Language
from connectors.database.base import utc_now
from connectors.database.models.work import Run
from connectors.errors import ConnectorError

router = APIRouter(prefix="/payroll")

TAKEN_SHOWN = 5
NOTHING_TYPED: Mapping[str, str] = {}


@router.get("")
def show_payroll(frame: ConsoleFrame) -> Response:
    """The newest run's register; the others are offered."""
    with frame.office.database.read() as session:
        runs = latest_runs(session)
    if not runs:
        return frame.page("payroll_none.html", tab="payroll", job=JOB)
    return _register_page(frame, runs[0])


@router.get("/{run_id}")
def show_register(
    frame: StaffFrame, run_id: str, after: Annotated[int, Query(ge=0, le=LARGEST_ITEM_ID)] = 0
) -> Response:
    with frame.office.database.read() as session:
        run = payroll_run(session, run_id)
        if not frame.visitor.is_admin and (run is None or not may_read_items(session, frame.visitor.user, run)):
            raise RoleRequiredError
    return frame.missing() if run is None else _register_page(frame, run, after)


@router.get("/{run_id}/register.csv")
def download_register(frame: ConsoleFrame, run_id: str) -> Response:
    return _take(frame, run_id, PayFile.REGISTER, lambda _period, slips: write_csv(PayFile.REGISTER, slips))


@router.get("/{run_id}/provider.csv")
def download_provider_file(frame: ConsoleFrame, run_id: str) -> Response:
    return _take(frame, run_id, PayFile.PROVIDER, lambda _period, slips: write_csv(PayFile.PROVIDER, slips))


@router.get("/{run_id}/register.pdf")
def download_register_pdf(frame: ConsoleFrame, run_id: str) -> Response:
    language = _language(frame)
    return _take(
        frame,
        run_id,
        PayFile.REGISTER_PDF,
        lambda period, slips: print_register(slips, period, frame.words, language),
    )


@router.get("/{run_id}/slips/{employee}.pdf")
def download_payslip(frame: ConsoleFrame, run_id: str, employee: str) -> Response:
    """The approved slip of one employee."""
    language = _language(frame)
    return _take(
        frame,
        run_id,
        PayFile.PAYSLIP_PDF,
        lambda _period, slips: print_payslip(slips[0], frame.words, language),
        employee,
    )


@router.post("/{run_id}/sepa")
def download_sepa(frame: ConsoleFrame, run_id: str, form: PostedForm) -> Response:
    """The transfers of one currency; posted, so that no account stands in an address."""
    run, employees, period = _employees(frame, run_id)
    if run is None or period is None:
        return frame.missing()
    try:
        payer = _payer_in(form)
        slips = _slips_of(frame, employees, period)
        with frame.office.database.write() as session:
            actor, today = frame.visitor.user.email, utc_now().astimezone(frame.office.settings.zone).date()
            is_again = form.get("again") == "yes"
            written = take_transfers(session, actor, period, slips, payer, today, is_again=is_again)
    except PayerError:
        return _register_page(frame, run, problem="payroll.sepa.problem", status=UNPROCESSABLE, typed=form)
    except TakenBeforeError:
        return _register_page(frame, run, problem="payroll.sepa.taken_before", status=CONFLICT, typed=form)
    except ConnectorError:
        return _register_page(frame, run, problem="payroll.unavailable", status=CONFLICT, typed=form)
    if written.xml is None:
        return _register_page(frame, run, problem="payroll.sepa.nobody", status=CONFLICT, typed=form)
    return _file(PayFile.SEPA, period, written.xml)


def _payer_in(form: Mapping[str, str]) -> Payer:
    """Raises PayerError where the day is none."""
    try:
        pays_on = date.fromisoformat(form.get("pays_on", "").strip())
    except ValueError as error:
        raise PayerError("The day of payment is no day; write it like 2026-11-30.") from error
    return Payer(form.get("name", ""), form.get("iban", ""), form.get("bic", ""), pays_on, form.get("currency", EURO))


def _take(
    frame: Frame,
    run_id: str,
    kind: PayFile,
    write: Callable[[Period, Sequence[ApprovedSlip]], str | bytes],
    employee: str | None = None,
) -> Response:
    """A file of the approved slips, of one employee where one is named; without any, a sentence says so."""
    run, employees, period = _employees(frame, run_id)
    if run is None or period is None or (employee is not None and employee not in employees):
        return frame.missing()
    try:
        slips = _slips_of(frame, employees if employee is None else [employee], period)
    except ConnectorError:
        return _register_page(frame, run, problem="payroll.unavailable", status=CONFLICT)
    if not slips:
        return _register_page(frame, run, problem="payroll.nothing_approved", status=CONFLICT)
    content = write(period, slips)
    with frame.office.database.write() as session:
        record_download(session, frame.visitor.user.email, kind, period, slips)
    return _file(kind, period, content)


def _file(kind: PayFile, period: Period, content: str | bytes) -> Response:
    name = f"{kind.value}-{period.first}-{period.last}.{kind.ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind.media_type, headers=headers)


def _register_page(
    frame: Frame,
    run: Run,
    after: int = 0,
    problem: str = "",
    status: int = 200,
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> Response:
    """One page of the register, with the slips of those on it; the files are those of the whole run."""
    with frame.office.database.read() as session:
        register = read_register(session, run, after)
        has_files = has_saved_slips(session, run)
        runs = latest_runs(session) if frame.visitor.is_admin else [run]
        taken = find_transfers_taken(session, register.period) if register.period is not None else ()
    pay = frame.words.pay
    try:
        slips = _slips_of(frame, [row.key for row in register.rows], register.period)
    except ConnectorError:
        # The register of the run is ours, and is shown whatever becomes of the system that keeps the slips.
        slips, problem = (), problem or "payroll.unavailable"
    left_out = {one.employee.id: left_out_reason(one.employee, one.slip) for one in slips}
    currencies = {total.currency for total in register.totals} | {one.slip.currency for one in slips}
    return frame.page(
        "payroll.html",
        status,
        tab="payroll",
        register=register,
        run=run,
        runs=runs,
        pay=pay,
        charts=[(total, draw_changes(total, frame.words, pay)) for total in register.totals if total.changes],
        has_files=has_files or bool(slips),
        left_out=left_out,
        transfer_currencies=sorted(currencies.intersection(TRANSFER_CURRENCIES)),
        taken=taken[:TAKEN_SHOWN],
        typed=typed,
        problem=problem,
        after=after,
    )


def _employees(frame: Frame, run_id: str) -> tuple[Run | None, Sequence[str], Period | None]:
    """The payroll run of this id, whose slips it made or found, and of which days."""
    with frame.office.database.read() as session:
        run = payroll_run(session, run_id)
        return (run, *employees_of(session, run)) if run is not None else (None, (), None)


def _slips_of(frame: Frame, employees: Sequence[str], period: Period | None) -> Sequence[ApprovedSlip]:
    if period is None:
        return ()
    return approved_slips(frame.office.connectors.people(), employees, period)


def _language(frame: Frame) -> Language:
    return frame.pages.languages[frame.pages.language_of(frame.request)]
