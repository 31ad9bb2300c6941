"""The task payroll_run of the worked cases: the slips of a run, each for itself."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.payroll.payslips import Employee, ExistingSlip, Slip, prepare_slips
from automations.rules.payroll.periods import Period


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    slips = prepare_slips(
        _period(given["period"]),
        [_employee(row) for row in given["employees"]],
        [
            ExistingSlip(row["employee"], _period(row))
            for row in given.get("existing_slips", [])
            if row.get("state", "paid") != "cancelled"
        ],
    )
    return {
        "slips": [_slip(slip) for slip in slips],
        "bank_total": sum(slip.net for slip in slips if slip.is_ready),
        "ready": sum(slip.is_ready for slip in slips),
    }


def _employee(row: Mapping[str, Any]) -> Employee:
    return Employee(
        id=row["id"],
        gross=Decimal(str(row["gross"])),
        deductions=Decimal(str(row.get("deductions", 0))),
        has_bank_account=bool(row.get("bank_account", True)),
        contract_from=date.fromisoformat(row["contract_from"]) if row.get("contract_from") else None,
        contract_to=date.fromisoformat(row["contract_to"]) if row.get("contract_to") else None,
    )


def _slip(slip: Slip) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "employee": slip.employee,
        "status": "ready" if slip.is_ready else "exception",
        "reasons": [reason.value for reason in slip.reasons],
        "net": slip.net,
    }
    if slip.overlap:
        answer["overlap"] = {"from": slip.overlap.first.isoformat(), "to": slip.overlap.last.isoformat()}
    return answer


def _period(row: Mapping[str, Any]) -> Period:
    return Period(date.fromisoformat(row["from"]), date.fromisoformat(row["to"]))
