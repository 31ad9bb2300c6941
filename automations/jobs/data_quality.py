"""The job "data quality": what is wrong with our data is found each night, and goes when its cause does."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Parameter, ParameterType, Reason
from automations.engine.run_log import CHECK_LEFT_OUT
from automations.follow_ups.checks import CheckScope, run_checks
from automations.rules.data_quality import Finding
from connectors.database.models.work import ItemState

FOUND, GONE = "found", "gone"
LONGEST_KEY = 200


class DataQuality:
    """One item for each finding; it has no effect, because putting things right is for people."""

    def __init__(self, context: JobContext) -> None:
        parameters = context.parameters
        self._scope = CheckScope(
            context.connectors, context.now(), int(parameters["open_days"]), int(parameters["look_back_days"])
        )
        self._log = context.log

    def plan(self) -> Sequence[str]:
        return list(self._findings)

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one finding depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        return [_report(key, self._findings.get(key)) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return {}

    @cached_property
    def _findings(self) -> Mapping[str, Finding]:
        found = run_checks(self._scope, lambda name: self._log(CHECK_LEFT_OUT, check=name))
        return {finding.key[:LONGEST_KEY]: finding for finding in found}


def _report(key: str, finding: Finding | None) -> ItemOutcome:
    if finding is None:
        return ItemOutcome(key, key, ItemState.SKIPPED, GONE)
    reason = Reason(finding.fault.value, finding.owner, finding.found, finding.expected, where=finding.where)
    return ItemOutcome(
        key,
        finding.title,
        ItemState.EXCEPTION,
        FOUND,
        reasons=(reason,),
        owner=finding.owner,
        amount=finding.amount,
        currency=finding.currency,
    )


def _start(context: JobContext) -> JobWork:
    return DataQuality(context)


JOB = JobDefinition(
    name="data-quality",
    title="Data quality",
    description=(
        "Looks through our own data every night: missing bank accounts, goods that nobody ordered, negative stock, "
        "products without price or supplier, orders that stay open, invoices without order, mails that got lost."
    ),
    item_name="finding",
    default_cron="30 3 * * *",
    parameters=(
        Parameter(
            "open_days",
            ParameterType.INTEGER,
            90,
            "Orders open for more than",
            "A purchase order that is open for longer is a finding.",
            unit="days",
            minimum=1,
            maximum=3650,
        ),
        Parameter(
            "look_back_days",
            ParameterType.INTEGER,
            60,
            "Look back",
            "Receipts, posted documents and mails of so many days are looked at; open orders always.",
            unit="days",
            minimum=1,
            maximum=3650,
        ),
    ),
    start=_start,
    plans_all_findings=True,
)
