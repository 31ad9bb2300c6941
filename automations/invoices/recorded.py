"""The last documents that runs of invoice matching have decided, as they were recorded; nothing is read elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.invoices.facts import DecisionFacts, read_facts
from automations.invoices.outcomes import MATCHED, VERDICTS
from automations.invoices.record import read_billed
from automations.invoices.what_if import REAL_RUNS, RecordedInvoice
from connectors.contracts.overrides import ApprovedOverride
from connectors.database.models.work import Run, RunItem

JOB_NAME = "invoice-matching"
MOST_INVOICES = 10_000
# A document that is held is decided again by every run; further back than so many runs nobody looks.
MOST_RUNS, MOST_ROWS = 2_000, 200_000
ROWS_A_READ = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which documents to look at: the last so many, of these issue dates if there are any (the last day included)."""

    last: int
    since: date | None = None
    until: date | None = None


def read_recorded(session: Session, chosen: Chosen) -> Iterator[RecordedInvoice | None]:
    """The last verdict on each document, in the order of the verdicts; None for one without enough on record."""
    ids = sorted(_last_verdicts(session, chosen))
    for start in range(0, len(ids), ROWS_A_READ):
        query = (
            select(
                RunItem.id, RunItem.run_id, RunItem.title, RunItem.outcome, RunItem.at, RunItem.detail, Run.is_dry_run
            )
            .join(Run, Run.id == RunItem.run_id)
            .where(RunItem.id.in_(ids[start : start + ROWS_A_READ]))
            .order_by(RunItem.id)
        )
        for row in session.execute(query):
            yield _read(row)


def _read(row: Any) -> RecordedInvoice | None:
    facts = _facts_of(row.detail)
    if facts is None:
        return None
    return RecordedInvoice(
        item_id=row.id,
        run_id=row.run_id,
        dry_run=row.run_id if row.is_dry_run else REAL_RUNS,
        title=row.title,
        decided_on=row.at.date(),
        was_matched=row.outcome == MATCHED,
        billed=read_billed(row.detail),
        facts=facts,
        overrides=tuple(ApprovedOverride(**override) for override in row.detail.get("overridden", ())),
    )


def _last_verdicts(session: Session, chosen: Chosen) -> Sequence[int]:
    """The items wanted, from the newest run back, each document once."""
    runs = select(Run.id).where(Run.job == JOB_NAME).order_by(Run.created_at.desc(), Run.id.desc()).limit(MOST_RUNS)
    known: set[str] = set()
    found: list[int] = []
    rows_seen = 0
    issued = RunItem.detail["issue_date"].as_string()
    for run_id in session.scalars(runs).all():
        query = select(RunItem.id, RunItem.key, issued).where(RunItem.run_id == run_id, RunItem.outcome.in_(VERDICTS))
        for item_id, key, day in session.execute(query.order_by(RunItem.id.desc())):
            rows_seen += 1
            if key in known:
                continue
            known.add(key)
            if _is_within(day, chosen):
                found.append(item_id)
        if len(found) >= chosen.last or rows_seen >= MOST_ROWS:
            break
    return found[: chosen.last]


def _is_within(day: str | None, chosen: Chosen) -> bool:
    if chosen.since is None and chosen.until is None:
        return True
    if not day:
        return False
    return (chosen.since is None or day >= chosen.since.isoformat()) and (
        chosen.until is None or day <= chosen.until.isoformat()
    )


def _facts_of(detail: Mapping[str, Any]) -> DecisionFacts | None:
    """A hostile file can hold figures that were too long to be recorded in full."""
    try:
        return read_facts(detail)
    except (ArithmeticError, ValueError):
        return None
