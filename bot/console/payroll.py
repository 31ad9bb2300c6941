"""Pages of payroll: the register of a run with its variance, and the files of approved slips; for admins."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from automations.jobs.payroll_preparation import JOB
from automations.payroll.exports import ApprovedSlip, approved_slips
from automations.payroll.sepa import EURO, Payer, PayerError, left_out_reason, write_sepa
from automations.rules.payroll.periods import Period
from bot.console.frame import CONFLICT, LARGEST_ITEM_ID, UNPROCESSABLE, ConsoleFrame, Frame, PostedForm
from bot.console.payroll_pdf import print_payslip, print_register
from bot.console.payroll_view import draw_changes, employees_of, latest_runs, payroll_run, read_register
from bot.payroll_files import PayFile, record_download, write_csv
from bot.texts import Language
from connectors.errors import ConnectorError

router = APIRouter(prefix="/payroll")

LEFT_OUT_SHOWN = 200


@router.get("")
def show_payroll(frame: ConsoleFrame) -> Response:
    """The newest run's register; the others are offered."""
    with frame.office.database.read() as session:
        runs = latest_runs(session)
    if not runs:
        return frame.page("payroll_none.html", tab="payroll", job=JOB)
    return _register_page(frame, runs[0].id)


@router.get("/{run_id}")
def show_register(
    frame: ConsoleFrame, run_id: str, after: Annotated[int, Query(ge=0, le=LARGEST_ITEM_ID)] = 0
) -> Response:
    return _register_page(frame, run_id, after)


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
        lambda one: one.employee.id == employee,
    )


@router.post("/{run_id}/sepa")
def download_sepa(frame: ConsoleFrame, run_id: str, form: PostedForm) -> Response:
    """The transfers of one currency; posted, so that no account stands in an address."""
    try:
        pays_on = date.fromisoformat(form.get("pays_on", "").strip())
    except ValueError:
        return _register_page(frame, run_id, problem="payroll.sepa.problem", status=UNPROCESSABLE)
    currency = form.get("currency", EURO)
    payer = Payer(form.get("name", ""), form.get("iban", ""), form.get("bic", ""), pays_on, currency)
    try:
        return _take(
            frame,
            run_id,
            PayFile.SEPA,
            lambda _period, slips: write_sepa([(one.employee, one.slip) for one in slips], payer).xml or b"",
            lambda one: one.slip.currency == currency and left_out_reason(one.employee, one.slip) is None,
        )
    except PayerError:
        return _register_page(frame, run_id, problem="payroll.sepa.problem", status=UNPROCESSABLE)


def _take(
    frame: Frame,
    run_id: str,
    kind: PayFile,
    write: Callable[[Period, Sequence[ApprovedSlip]], str | bytes],
    is_wanted: Callable[[ApprovedSlip], bool] = lambda _one: True,
) -> Response:
    """A file of the approved slips that are wanted; without any there is no file, and a sentence says so."""
    with frame.office.database.read() as session:
        run = payroll_run(session, run_id)
        employees, period = employees_of(session, run) if run is not None else ((), None)
    if period is None:
        return frame.missing()
    try:
        slips = [one for one in _slips_of(frame, employees, period) if is_wanted(one)]
    except ConnectorError:
        return _register_page(frame, run_id, problem="payroll.unavailable", status=CONFLICT)
    if not slips:
        return _register_page(frame, run_id, problem="payroll.nothing_approved", status=CONFLICT)
    content = write(period, slips)
    with frame.office.database.write() as session:
        record_download(session, frame.visitor.user.email, kind, period, slips)
    name = f"{kind.value}-{period.first}-{period.last}.{kind.ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind.media_type, headers=headers)


def _register_page(frame: Frame, run_id: str, after: int = 0, problem: str = "", status: int = 200) -> Response:
    with frame.office.database.read() as session:
        run = payroll_run(session, run_id)
        if run is None:
            return frame.missing()
        register = read_register(session, run, after)
        runs = latest_runs(session)
    pay = frame.words.pay
    try:
        slips = _slips_of(frame, [row.key for row in register.rows], register.period)
    except ConnectorError:
        # The register of the run is ours, and is shown whatever becomes of the system that keeps the slips.
        slips, problem = (), problem or "payroll.unavailable"
    reasons = [(one, left_out_reason(one.employee, one.slip)) for one in slips]
    return frame.page(
        "payroll.html",
        status,
        tab="payroll",
        register=register,
        run=run,
        runs=runs,
        pay=pay,
        charts=[(total, draw_changes(total, frame.words, pay)) for total in register.totals if total.changes],
        approved={one.employee.id for one in slips},
        left_out=[(one, reason) for one, reason in reasons if reason is not None][:LEFT_OUT_SHOWN],
        transfer_currencies=sorted({one.slip.currency for one, reason in reasons if reason is None}),
        problem=problem,
        after=after,
    )


def _slips_of(frame: Frame, employees: Sequence[str], period: Period | None) -> Sequence[ApprovedSlip]:
    if period is None:
        return ()
    return approved_slips(frame.office.connectors.people(), employees, period)


def _language(frame: Frame) -> Language:
    return frame.pages.languages[frame.pages.language_of(frame.request)]
