"""Files of pay that somebody takes along: made of approved slips only, and told in the audit log each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.payroll.exports import (
    PROVIDER_COLUMNS,
    REGISTER_COLUMNS,
    ApprovedSlip,
    provider_rows,
    register_rows,
)
from automations.payroll.sepa import LeftOut, Payer, SepaFile, write_sepa
from automations.rules.payroll.periods import Period
from bot.csv_text import BYTE_ORDER_MARK, as_csv
from connectors.database.audit import record_audit
from connectors.database.models.people import AuditEntry
from connectors.database.session import wait_in_line

DOWNLOAD = "payroll.download"
# What is kept apart from other downloads, so that no transfer is made twice without a word.
TRANSFERS = "payroll_transfers"


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
    """Somebody has a file of transfers of these days and this currency already; `slips` are the ids in it."""

    currency: str
    by: str
    at: datetime
    slips: frozenset[str]


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
    """The file of transfers that nobody has yet, told in the audit log where there is one.

    Raises:
        PayerError: the account cannot pay, or not on that day.
        TakenBeforeError: all of it is in somebody's hands already; `is_again` writes the whole file once more.
    """
    wait_in_line(session, f"{TRANSFERS} {_name(period)}")
    taken = [one for one in find_transfers_taken(session, period) if one.currency == payer.currency]
    known = frozenset[str]() if is_again else frozenset[str]().union(*(one.slips for one in taken))
    written = write_sepa([(one.employee, one.slip) for one in slips], payer, today, known)
    if written.xml is None:
        if any(reason is LeftOut.ALREADY_TAKEN for _employee, reason in written.left_out):
            raise TakenBeforeError(taken[0])
        return written
    paid = frozenset(written.paid)
    after = _told(PayFile.SEPA, period, len(paid)) | {"currency": payer.currency, "message_id": written.message_id}
    ids = ",".join(sorted(one.slip.id or "" for one in slips if one.employee.id in paid))
    record_audit(session, actor, DOWNLOAD, TRANSFERS, _name(period), after=after, slips=ids)
    return written


def find_transfers_taken(session: Session, period: Period) -> Sequence[TransfersTaken]:
    """Who has transfers of these days already, newest first."""
    query = select(AuditEntry).where(AuditEntry.object_type == TRANSFERS, AuditEntry.object_id == _name(period))
    entries = session.scalars(query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()))
    return [
        TransfersTaken(str(entry.after["currency"]), entry.actor, entry.at, frozenset(entry.detail["slips"].split(",")))
        for entry in entries
        if entry.after is not None
    ]


def record_download(session: Session, actor: str, kind: PayFile, period: Period, slips: Sequence[ApprovedSlip]) -> None:
    """Say that somebody took pay data along: which file, of which days and how many slips; no figure of anybody."""
    record_audit(session, actor, DOWNLOAD, "payroll", _name(period), after=_told(kind, period, len(slips)))


def _told(kind: PayFile, period: Period, slips: int) -> dict[str, Any]:
    return {"file": kind.value, "first": period.first.isoformat(), "last": period.last.isoformat(), "slips": slips}


def _name(period: Period) -> str:
    return f"{period.first}/{period.last}"
