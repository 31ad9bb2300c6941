"""Files of pay that somebody takes along: made of approved slips only, and told in the audit log each time."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy.orm import Session

from automations.payroll.exports import (
    PROVIDER_COLUMNS,
    REGISTER_COLUMNS,
    ApprovedSlip,
    provider_rows,
    register_rows,
)
from automations.rules.payroll.periods import Period
from bot.csv_text import BYTE_ORDER_MARK, as_csv
from connectors.database.audit import record_audit


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


def record_download(session: Session, actor: str, kind: PayFile, period: Period, slips: Sequence[ApprovedSlip]) -> None:
    """Say that somebody took pay data along: which file, of which days and how many slips; no figure of anybody."""
    after = {
        "file": kind.value,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "slips": len(slips),
    }
    record_audit(session, actor, "payroll.download", "payroll", f"{period.first}/{period.last}", after=after)
