"""What is recorded of a prepared slip, as JSON: for the console, for approval, and for saving it afterwards."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from automations.engine.job import Reason
from automations.rules.exchange_rates import ExchangeRate, convert
from automations.rules.payroll.payslips import SlipProblem
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import PreparedSlip
from automations.rules.payroll.variance import Variance
from connectors.contracts.people import Employee, Payslip
from connectors.payslip_record import describe_payslip, read_payslip

MAX_TEXT_LENGTH = 200


def reasons_of(problems: Sequence[SlipProblem]) -> tuple[Reason, ...]:
    return tuple(
        Reason(one.reason.value, one.owner.value, _clip(one.found), one.expected, one.limit, _clip(one.where))
        for one in problems
    )


def describe_prepared(employee: Employee, period: Period, prepared: PreparedSlip) -> dict[str, Any]:
    """Figures as text; the slip itself under `slip`."""
    detail: dict[str, Any] = {
        "employee": employee.id,
        "name": employee.name,
        "country": employee.country,
        "manager_email": employee.manager_email,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "hours": format(prepared.hours, "f"),
        "warnings": [_describe_problem(one) for one in prepared.warnings],
    }
    if prepared.slip is not None:
        slip = prepared.slip
        detail |= {
            "currency": slip.currency,
            "gross": format(slip.gross, "f"),
            "deductions": format(slip.deductions, "f"),
            "net": format(slip.net, "f"),
            "slip": describe_payslip(slip),
        }
    if prepared.variance is not None:
        detail["variance"] = _describe_variance(prepared.variance)
    return detail


def describe_worth(slip: Payslip | None, currency: str | None, rates: Sequence[ExchangeRate]) -> dict[str, Any]:
    """What a slip is worth in the company's currency on the last day of its period; empty where nobody can say."""
    if slip is None or currency is None:
        return {}
    gross, net = (convert(amount, slip.currency, currency, slip.last, rates) for amount in (slip.gross, slip.net))
    if gross is None or net is None:
        return {}
    used = gross.used
    return {
        "worth": {
            "gross": format(gross.amount, "f"),
            "net": format(net.amount, "f"),
            "currency": currency,
            "base": used.base,
            "quote": used.quote,
            "rate": format(used.rate, "f"),
            "since": used.since.isoformat(),
        }
    }


def read_prepared(detail: Mapping[str, Any]) -> Payslip:
    return read_payslip(detail["slip"])


def _describe_problem(problem: SlipProblem) -> dict[str, str | None]:
    return {
        "code": problem.reason.value,
        "owner": problem.owner.value,
        "found": _clip(problem.found),
        "expected": problem.expected,
        "limit": problem.limit,
        "where": _clip(problem.where),
    }


def _describe_variance(variance: Variance) -> dict[str, Any]:
    percent = variance.percent
    return {
        "from": variance.previous.first.isoformat(),
        "to": variance.previous.last.isoformat(),
        "gross_before": format(variance.gross_before, "f"),
        "gross_difference": format(variance.gross - variance.gross_before, "f"),
        "net_before": format(variance.net_before, "f"),
        "net_difference": format(variance.net - variance.net_before, "f"),
        "percent": None if percent is None else format(percent.quantize(Decimal("0.1")), "f"),
        "changes": [[one.code, one.label, format(one.difference, "f")] for one in variance.changes],
    }


def _clip(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_TEXT_LENGTH else text[: MAX_TEXT_LENGTH - 1] + "…"
