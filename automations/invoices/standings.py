"""Where every supplier invoice stands by its latest verdict, read for the report; details are not read as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from automations.invoices.outcomes import HELD, MATCHED, VERDICTS, WAITING
from automations.invoices.recorded import JOB_NAME
from automations.invoices.report import InvoiceFact, Standing
from automations.invoices.suppliers import supplier_key
from connectors.database.models.work import ItemState, Run, RunItem
from connectors.money import ZERO

ROWS_A_READ = 2_000
Reasons = tuple[tuple[str, str], ...]
_key_of = lru_cache(maxsize=4096)(supplier_key)


@dataclass(frozen=True, slots=True)
class InvoiceChoice:
    """Which documents: of these issue dates (the last day included), of suppliers whose name contains this text."""

    since: date | None = None
    until: date | None = None
    supplier: str = ""


def read_standings(session: Session, choice: InvoiceChoice) -> Iterator[InvoiceFact]:
    """The documents of all real runs with their latest verdict; in no order."""
    earlier = _earlier_reasons(session)
    wanted = supplier_key(choice.supplier)
    columns = (
        RunItem.id,
        RunItem.run_id,
        RunItem.key,
        RunItem.title,
        RunItem.state,
        RunItem.outcome,
        RunItem.reasons,
        RunItem.amount,
        RunItem.currency,
        RunItem.settled_at,
        RunItem.at,
        RunItem.detail["supplier"].as_string().label("supplier"),
        RunItem.detail["issue_date"].as_string().label("issued_on"),
    )
    query = _of_real_runs(select(*columns)).where(
        RunItem.is_latest.is_(True), RunItem.outcome.in_(VERDICTS), *_of_days(choice)
    )
    for row in session.execute(query.execution_options(yield_per=ROWS_A_READ)):
        if wanted not in _key_of(row.supplier or ""):
            continue
        fact = _read(row, earlier)
        if _is_within(fact.issued_on or fact.decided_on, choice):
            yield fact


def _of_days(choice: InvoiceChoice) -> Iterator[ColumnElement[bool]]:
    """Issue dates as far as they were read; a document without one is looked at by the day of its verdict."""
    issued_on = RunItem.detail["issue_date"].as_string()
    if choice.since is not None:
        yield or_(issued_on.is_(None), issued_on >= choice.since.isoformat())
    if choice.until is not None:
        yield or_(issued_on.is_(None), issued_on <= choice.until.isoformat())


def _of_real_runs(query: Select[Any]) -> Select[Any]:
    return query.join(Run, Run.id == RunItem.run_id).where(Run.job == JOB_NAME, Run.is_dry_run.is_(False))


def _earlier_reasons(session: Session) -> Mapping[str, Reasons]:
    """By document that was matched in the end why it was held or waited the last time before."""
    matched = select(RunItem.key).where(RunItem.is_latest.is_(True), RunItem.outcome == MATCHED)
    query = _of_real_runs(select(RunItem.key, RunItem.reasons)).where(
        RunItem.is_latest.is_(False), RunItem.outcome.in_((HELD, WAITING)), RunItem.key.in_(matched)
    )
    rows = session.execute(query.order_by(RunItem.id).execution_options(yield_per=ROWS_A_READ))
    return {key: _reasons(reasons) for key, reasons in rows}


def _read(row: Any, earlier: Mapping[str, Reasons]) -> InvoiceFact:
    standing, reasons = _standing(row), _reasons(row.reasons)
    if standing is Standing.MATCHED and row.key in earlier:
        standing, reasons = Standing.RELEASED, earlier[row.key]
    return InvoiceFact(
        item_id=row.id,
        run_id=row.run_id,
        title=row.title,
        supplier=row.supplier or "",
        standing=standing,
        amount=row.amount or ZERO,
        currency=row.currency or "",
        issued_on=date.fromisoformat(row.issued_on) if row.issued_on else None,
        decided_on=row.at.date(),
        reasons=reasons,
    )


def _standing(row: Any) -> Standing:
    """A matched document whose posting was refused or rejected is held by that."""
    if row.outcome == MATCHED and row.state not in (ItemState.EXCEPTION, ItemState.FAILED):
        return Standing.MATCHED
    if row.settled_at is not None:
        return Standing.SETTLED
    return Standing.WAITING if row.outcome == WAITING else Standing.HELD


def _reasons(stored: Sequence[Mapping[str, Any]]) -> Reasons:
    return tuple((reason["code"], reason.get("owner") or "") for reason in stored)


def _is_within(day: date, choice: InvoiceChoice) -> bool:
    return (choice.since is None or day >= choice.since) and (choice.until is None or day <= choice.until)
