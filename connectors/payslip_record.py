"""A payslip as JSON: for our own tables and for what a run records of it; figures stay exact."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.contracts.people import LineKind, Payslip, PayslipLine, PayslipState


def describe_payslip(slip: Payslip) -> dict[str, Any]:
    """Everything of a slip but its id and its key, which belong to whoever keeps it."""
    return {
        "employee": slip.employee,
        "first": slip.first.isoformat(),
        "last": slip.last.isoformat(),
        "currency": slip.currency,
        "lines": [describe_line(line) for line in slip.lines],
        "gross": _show(slip.gross),
        "deductions": _show(slip.deductions),
        "net": _show(slip.net),
        "state": slip.state.value,
        "notes": list(slip.notes),
    }


def describe_line(line: PayslipLine) -> dict[str, Any]:
    """What is empty is left out: there are a hundred thousand lines in a run."""
    described: dict[str, Any] = {
        "code": line.code,
        "kind": line.kind.value,
        "amount": _show(line.amount),
        "rule": line.rule,
        "rounding": line.rounding,
    }
    optional: dict[str, Any] = {
        "label": line.label,
        "figures": dict(line.figures),
        "law": line.law,
        "quantity": None if line.quantity is None else _show(line.quantity),
        "rate": None if line.rate is None else _show(line.rate),
        "for_period": line.for_period and line.for_period.isoformat(),
    }
    return described | {name: value for name, value in optional.items() if value}


def read_payslip(record: Mapping[str, Any], slip_id: str | None = None, key: str | None = None) -> Payslip:
    return Payslip(
        employee=record["employee"],
        first=date.fromisoformat(record["first"]),
        last=date.fromisoformat(record["last"]),
        currency=record["currency"],
        lines=tuple(read_line(line) for line in record["lines"]),
        gross=Decimal(record["gross"]),
        deductions=Decimal(record["deductions"]),
        net=Decimal(record["net"]),
        state=PayslipState(record["state"]),
        notes=tuple(record["notes"]),
        id=slip_id,
        idempotency_key=key,
    )


def read_line(record: Mapping[str, Any]) -> PayslipLine:
    quantity, rate, for_period = record.get("quantity"), record.get("rate"), record.get("for_period")
    return PayslipLine(
        code=record["code"],
        kind=LineKind(record["kind"]),
        amount=Decimal(record["amount"]),
        rule=record["rule"],
        label=record.get("label", ""),
        figures=dict(record.get("figures", {})),
        rounding=record["rounding"],
        law=record.get("law", ""),
        quantity=None if quantity is None else Decimal(quantity),
        rate=None if rate is None else Decimal(rate),
        for_period=date.fromisoformat(for_period) if for_period else None,
    )


def _show(value: Decimal) -> str:
    return format(value, "f")
