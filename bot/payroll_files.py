"""Files of pay that somebody takes along: made of approved slips only, and told in the audit log each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.payroll.exports import (
    PROVIDER_COLUMNS,
    REGISTER_COLUMNS,
    ApprovedSlip,
    provider_rows,
    register_rows,
)
from automations.payroll.sepa import Payer, SepaFile, write_sepa
from automations.rules.payroll.periods import Period
from bot.csv_text import BYTE_ORDER_MARK, as_csv
from connectors.database.audit import record_audit
from connectors.database.models.people import AuditEntry

DOWNLOAD = "payroll.download"
# Of so many newest downloads of the same days the page names the transfers.
LOOKED_THROUGH = 500


class PayFile(StrEnum):
    REGISTER = "register"
    PROVIDER = "provider"
    REGISTER_PDF = "register-pdf"
    PAYSLIP_PDF = "payslip-pdf"
    SEPA = "sepa"

    @property
    def ending(self) -> str:
        if self is PayFile.SEPA:
            return "xml"
        return "pdf" if self in (PayFile.REGISTER_PDF, PayFile.PAYSLIP_PDF) else "csv"

    @property
    def media_type(self) -> str:
        return {"xml": "application/xml", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}[self.ending]


def write_csv(kind: PayFile, slips: Sequence[ApprovedSlip]) -> str:
    """The register or the provider's file."""
    if kind is PayFile.PROVIDER:
        return as_csv([PROVIDER_COLUMNS, *provider_rows(slips)])
    return BYTE_ORDER_MARK + as_csv([REGISTER_COLUMNS, *register_rows(slips)])


@dataclass(frozen=True, slots=True)
class TransfersTaken:
    """Somebody has the file of transfers of these days and this currency already."""

    currency: str
    by: str
    at: datetime


class TakenBeforeError(ValueError):
    """A second file could pay everybody twice; whoever wants it all the same has to say so."""

    def __init__(self, taken: TransfersTaken) -> None:
        super().__init__(
            f"{taken.by} took the transfers in {taken.currency} of these days on {taken.at:%Y-%m-%d %H:%M} UTC; "
            "ask for them again only if the bank does not have that file."
        )


def take_transfers(
    session: Session,
    actor: str,
    period: Period,
    slips: Sequence[ApprovedSlip],
    payer: Payer,
    today: date,
    *,
    is_again: bool = False,
) -> SepaFile:
    """The file of transfers, told in the audit log where there is one. Raises PayerError, TakenBeforeError."""
    written = write_sepa([(one.employee, one.slip) for one in slips], payer, today)
    if written.xml is None:
        return written
    taken = [one for one in find_transfers_taken(session, period) if one.currency == payer.currency]
    if taken and not is_again:
        raise TakenBeforeError(taken[0])
    about = {"currency": payer.currency, "message_id": written.message_id}
    _record(session, actor, PayFile.SEPA, period, len(written.paid), **about)
    return written


def find_transfers_taken(session: Session, period: Period) -> Sequence[TransfersTaken]:
    """Who has transfers of these days already, newest first."""
    query = select(AuditEntry).where(AuditEntry.object_id == _name(period), AuditEntry.action == DOWNLOAD)
    entries = session.scalars(query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(LOOKED_THROUGH))
    told = [(entry, entry.after or {}) for entry in entries]
    return [
        TransfersTaken(str(after["currency"]), entry.actor, entry.at)
        for entry, after in told
        if after.get("file") == PayFile.SEPA and "currency" in after
    ]


def record_download(session: Session, actor: str, kind: PayFile, period: Period, slips: Sequence[ApprovedSlip]) -> None:
    """Say that somebody took pay data along: which file, of which days and how many slips; no figure of anybody."""
    _record(session, actor, kind, period, len(slips))


def _record(session: Session, actor: str, kind: PayFile, period: Period, slips: int, **more: str) -> None:
    after = {
        "file": kind.value,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "slips": slips,
        **more,
    }
    record_audit(session, actor, DOWNLOAD, "payroll", _name(period), after=after)


def _name(period: Period) -> str:
    return f"{period.first}/{period.last}"
