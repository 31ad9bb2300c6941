"""The task payroll_run of the worked cases: the slips of a run, each for itself."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from automations.rules.payroll.country import CountryRules, OvertimeMethod
from automations.rules.payroll.payslips import SlipReason, net_pay
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import PreparedSlip, prepare_slip
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts
from connectors.contracts.people import (
    Employee,
    EmploymentContract,
    OneOffItem,
    OneOffKind,
    Payslip,
    PayslipState,
)
from connectors.money import ZERO

# The cases tell gross and deductions, not how they come about: here they are one-off items of an hourly contract.
CONTRACT_DAYS = ("contract_from", "contract_to")
ANY_IBAN, CURRENCY = "CZ6508000000192000145399", "EUR"
PLAIN = CountryRules("", 0, OvertimeMethod.MULTIPLIERS)


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    period = _period(given["period"])
    slips = [_existing(row) for row in given.get("existing_slips", [])]
    answers = [_slip(row, _prepare(row, period, slips)) for row in given["employees"]]
    ready = [one for one in answers if one["status"] == "ready"]
    return {"slips": answers, "bank_total": sum(one["net"] for one in ready), "ready": len(ready)}


def _prepare(row: Mapping[str, Any], period: Period, slips: list[Payslip]) -> PreparedSlip:
    iban = ANY_IBAN if row.get("bank_account", True) else None
    employee = Employee(row["id"], "", "", "", "en", "UTC", "", iban=iban)
    begins, ends = (date.fromisoformat(row[name]) if row.get(name) else None for name in CONTRACT_DAYS)
    contract = EmploymentContract(
        "1", row["id"], begins or date.min, ends, "", CURRENCY, "monthly", Decimal(40), hour_rate=ZERO
    )
    items = [
        OneOffItem(kind.value, row["id"], kind, _number(row, name), CURRENCY, period.first, period.last, "")
        for kind, name in ((OneOffKind.BONUS, "gross"), (OneOffKind.DEDUCTION, "deductions"))
    ]
    facts = SlipFacts(
        employee,
        period,
        ZoneInfo("UTC"),
        datetime.combine(period.last, datetime.max.time(), UTC),
        contracts=[contract],
        one_offs=items,
        earlier=[slip for slip in slips if slip.employee == row["id"]],
    )
    return prepare_slip(facts, PLAIN, PaySettings())


def _slip(row: Mapping[str, Any], prepared: PreparedSlip) -> dict[str, Any]:
    pay = net_pay([_number(row, "gross")], [_number(row, "deductions")])
    problems = [*prepared.problems, *(pay.problems if prepared.slip is None else ())]
    answer: dict[str, Any] = {
        "employee": row["id"],
        "status": "ready" if prepared.is_ready else "exception",
        "reasons": [problem.reason.value for problem in problems],
        "net": prepared.slip.net if prepared.slip else pay.net,
    }
    overlaps = [problem.where or "" for problem in problems if problem.reason is SlipReason.PERIOD_OVERLAP]
    if overlaps:
        first, last = overlaps[0].split(" – ")
        answer["overlap"] = {"from": first, "to": last}
    return answer


def _existing(row: Mapping[str, Any]) -> Payslip:
    days = _period(row)
    state = PayslipState(row.get("state", "paid"))
    return Payslip(row["employee"], days.first, days.last, CURRENCY, (), ZERO, ZERO, ZERO, state)


def _number(row: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(str(row.get(name, 0)))


def _period(row: Mapping[str, Any]) -> Period:
    return Period(date.fromisoformat(row["from"]), date.fromisoformat(row["to"]))
