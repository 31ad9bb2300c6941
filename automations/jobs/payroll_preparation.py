"""The job "payroll preparation": a payslip for everybody of a pay group, from contracts, time, absences and extras."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from automations.engine.approval_policy import ApprovalPolicy, ApprovalScope
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.engine.outbox import apply_each
from automations.payroll.countries import UnknownYearError, country_rules
from automations.payroll.ledger import MasterDataError, PayrollLedger, check_master_data
from automations.payroll.parameters import PARAMETERS, TWO_PEOPLE_FROM, read_period, read_settings
from automations.payroll.record import describe_prepared, describe_worth, read_prepared, reasons_of
from automations.rules.exchange_rates import read_rates
from automations.rules.payroll.payslips import SlipOwner, SlipProblem, SlipReason
from automations.rules.payroll.slip import PreparedSlip, prepare_slip
from automations.rules.payroll.slip_facts import SlipFacts
from connectors.contracts.names import PEOPLE
from connectors.contracts.people import Employee, Payslip, PayslipState
from connectors.database.models.work import ItemState

PREPARED, HELD, ALREADY_PREPARED = "prepared", "held", "already-prepared"
SOURCE_DID_NOT_ANSWER, EMPLOYEE_UNKNOWN = "SOURCE_DID_NOT_ANSWER", "EMPLOYEE_UNKNOWN"
SAVE = "save"
TECHNICAL = "technical"


class PayrollPreparation:
    """Decides each employee for himself; saved is what finance has approved.

    A period that was saved before is left alone: what has changed since is paid with the next one, as arrears.
    """

    def __init__(self, context: JobContext) -> None:
        parameters, now = context.parameters, context.now()
        self._people = context.connectors.people()
        self._period = read_period(parameters, context.firing_day)
        self._settings = read_settings(parameters)
        self._base_currency: str | None = parameters["base_currency"]
        self._rates = read_rates(parameters["exchange_rates"] or "")
        self._country: str | None = parameters["country"]
        self._frequency: str = parameters["frequency"]
        self._ledger = PayrollLedger(self._people, self._period, parameters["arrears_months"] or 0, now)

    def plan(self) -> Sequence[str]:
        period = self._period
        return self._people.find_employees(self._country, self._frequency, period.first, period.last)

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nobody's slip depends on anybody else's."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        facts, failed = self._ledger.read(keys)
        return [self._decide(facts[key]) if key in facts else self._unread(key, failed.get(key)) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return apply_each(outcomes, self._save, SlipOwner.PAYROLL)

    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        """Done is a slip that is kept under the key of its effect."""
        period = self._period
        slips = self._people.payslips([outcome.key for outcome in outcomes], period.first, period.last)
        kept = {slip.idempotency_key: slip.id for slip in slips}
        return {outcome.key: kept.get(outcome.effect_key) for outcome in outcomes}

    def _decide(self, facts: SlipFacts) -> ItemOutcome:
        own = [slip for slip in facts.earlier if (slip.first, slip.last) == (self._period.first, self._period.last)]
        if saved := [slip for slip in own if slip.state is not PayslipState.CANCELLED]:
            return self._leave(facts, saved[0])
        prepared = self._prepare(facts)
        reasons = reasons_of(prepared.problems)
        slip = prepared.slip
        is_ready = prepared.is_ready
        return ItemOutcome(
            facts.employee.id,
            facts.employee.name,
            ItemState.DONE if is_ready else ItemState.EXCEPTION,
            PREPARED if is_ready else HELD,
            reasons=reasons,
            detail=self._describe(facts.employee, prepared),
            owner=reasons[0].owner if reasons else None,
            effect={"action": SAVE} if is_ready else None,
            effect_key=self._effect_key(facts.employee.id, len(own)),
            amount=slip.gross if slip and is_ready else None,
            currency=slip.currency if slip and is_ready else None,
        )

    def _prepare(self, facts: SlipFacts) -> PreparedSlip:
        country, first = facts.employee.country, self._period.first
        try:
            check_master_data(facts.employee)
            rules = country_rules(country, first.year, first.month)
        except MasterDataError as error:
            return PreparedSlip(None, (SlipProblem(SlipReason.BAD_TERMS, str(error), where=facts.employee.id),))
        except UnknownYearError as error:
            return PreparedSlip(None, (SlipProblem(SlipReason.UNKNOWN_YEAR, str(error)),))
        return prepare_slip(facts, rules, self._settings)

    def _leave(self, facts: SlipFacts, saved: Payslip) -> ItemOutcome:
        detail = self._describe(facts.employee, PreparedSlip(saved))
        return ItemOutcome(facts.employee.id, facts.employee.name, ItemState.SKIPPED, ALREADY_PREPARED, detail=detail)

    def _describe(self, employee: Employee, prepared: PreparedSlip) -> dict[str, Any]:
        worth = describe_worth(prepared.slip, self._base_currency, self._rates)
        return describe_prepared(employee, self._period, prepared) | worth

    def _unread(self, key: str, sentence: str | None) -> ItemOutcome:
        code = EMPLOYEE_UNKNOWN if sentence is None else SOURCE_DID_NOT_ANSWER
        state = ItemState.EXCEPTION if sentence is None else ItemState.FAILED
        reason = Reason(code, TECHNICAL, found=sentence)
        return ItemOutcome(key, key, state, HELD, (reason,), detail={"employee": key}, owner=TECHNICAL)

    def _effect_key(self, employee: str, cancelled_before: int) -> str:
        """The same for the same days, until a slip of them was cancelled."""
        key = f"payroll:{employee}:{self._period.first}:{self._period.last}"
        return f"{key}:{cancelled_before}" if cancelled_before else key

    def _save(self, outcome: ItemOutcome) -> str:
        return self._people.save_payslip(read_prepared(outcome.detail), outcome.effect_key or "")


def _start(context: JobContext) -> JobWork:
    return PayrollPreparation(context)


JOB = JobDefinition(
    name="payroll-preparation",
    title="Payroll preparation",
    description=(
        "Makes a payslip for everybody of a pay group from contracts, time, absences and one-off items, explains every "
        "line, names whoever cannot be paid and why, and keeps the slips once finance has approved them."
    ),
    item_name="employee",
    default_cron="0 7 2 * *",
    parameters=PARAMETERS,
    start=_start,
    approval=ApprovalPolicy(
        group="finance",
        scope=ApprovalScope.RUN,
        outcomes=frozenset({PREPARED}),
        two_people_parameter=TWO_PEOPLE_FROM,
        deadline_hours=48,
        escalation_group="management",
        rejected_owner=SlipOwner.PAYROLL.value,
    ),
    uses=(PEOPLE,),
    has_confidential_items=True,
)
