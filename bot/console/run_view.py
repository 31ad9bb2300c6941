"""What a run's page shows beside its items: states, progress, the structured log, and the chain of retries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.progress import Progress, progress_of
from automations.engine.run_record import FINISHED_STATES
from automations.engine.run_retry import UNDONE_STATES
from bot.console.charts import Share, shares
from bot.console.words import Words
from connectors.database.models.work import ItemState, Run, RunEvent, RunItem, RunState

EVENTS_SHOWN = 200
RETRIES_SHOWN = 10
LEVELS = ("info", "warning", "error")
STATE_TONES = (
    (ItemState.DONE, "good"),
    (ItemState.SKIPPED, "soft"),
    (ItemState.WAITING, "accent"),
    (ItemState.EXCEPTION, "warm"),
    (ItemState.FAILED, "bad"),
    (ItemState.IN_PROGRESS, "busy"),
    (ItemState.NEW, "rest"),
)


@dataclass(frozen=True, slots=True)
class EventTail:
    """The newest events that fit, oldest first; `items` by key: number and title of those they are about."""

    events: Sequence[RunEvent]
    has_earlier: bool
    items: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with what its page says about it."""

    run: Run
    progress: Progress
    states: Sequence[Share]
    tail: EventTail
    retries: Sequence[Run]
    undone_items: int

    @property
    def is_finished(self) -> bool:
        return RunState(self.run.state) in FINISHED_STATES

    @property
    def is_ending(self) -> bool:
        """Whether somebody has asked it to stop and it has not stopped yet."""
        return self.run.cancel_requested_at is not None and not self.is_finished


def read_run_view(session: Session, run: Run, words: Words, now: datetime, level: str, item_key: str) -> RunView:
    counts = run.summary.get("states", {})
    known = sum(counts.values())
    # Items that are planned and not yet written down belong to the whole, too.
    missing = max((run.items_total or known) - known, 0)
    parts = [
        (words.text(f"console.item.{state}"), tone, counts.get(state, 0) + (missing if state == ItemState.NEW else 0))
        for state, tone in STATE_TONES
    ]
    retries = session.scalars(
        select(Run).where(Run.retry_of == run.id).order_by(Run.created_at.desc()).limit(RETRIES_SHOWN)
    ).all()
    return RunView(
        run,
        progress_of(run, now),
        shares(parts),
        read_events(session, run.id, level, item_key),
        retries,
        count_undone(run),
    )


def count_undone(run: Run) -> int:
    """How many items a run did not get done: failed, or left where it was cancelled."""
    counts = run.summary.get("states", {})
    return sum(int(counts.get(state, 0)) for state in UNDONE_STATES)


def read_events(session: Session, run_id: str, level: str = "", item_key: str = "") -> EventTail:
    """The end of a run's log; `level` is the lowest to show, `item_key` limits it to one item."""
    query = select(RunEvent).where(RunEvent.run_id == run_id)
    if level in LEVELS[1:]:
        query = query.where(RunEvent.level.in_(LEVELS[LEVELS.index(level) :]))
    if item_key:
        query = query.where(RunEvent.item_key == item_key)
    newest = session.scalars(query.order_by(RunEvent.id.desc()).limit(EVENTS_SHOWN + 1)).all()
    events = list(reversed(newest[:EVENTS_SHOWN]))
    keys = {event.item_key for event in events if event.item_key}
    query_items = select(RunItem.key, RunItem.id, RunItem.title)
    items = session.execute(query_items.where(RunItem.run_id == run_id, RunItem.key.in_(keys)))
    return EventTail(events, len(newest) > EVENTS_SHOWN, {key: (number, title) for key, number, title in items})


def told_fields(event: RunEvent, words: Words) -> Sequence[tuple[str, str]]:
    """What a line of the log says beside its event: names and values in words where there are any."""
    told: list[tuple[str, str]] = []
    for name, value in event.fields.items():
        if value is None or value is False:
            continue
        text = words.text("console.yes") if value is True else words.figure(str(value))
        if name == "state":
            text = words.text_or(f"console.run.{value}", text)
        told.append((words.text_or(f"runs.field.{name}", name.replace("_", " ")), text))
    return told
