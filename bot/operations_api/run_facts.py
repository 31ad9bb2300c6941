"""What the operations API says of a run, an item and a line of its log."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from connectors.database.models.work import ItemState, Run, RunEvent, RunItem, RunState


class _Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class RunFacts(_Row):
    """A run: who started it with which settings, how far it is, how it ended."""

    id: str
    job: str
    state: RunState
    is_dry_run: bool
    started_by: str
    parameters: dict[str, Any]
    schedule_id: str | None
    scheduled_for: datetime | None
    is_backfill: bool
    retry_of: str | None = Field(description="the run whose items this one takes up again")
    from_step: str | None
    resumed: int = Field(description="how often another process had to go on with it")
    items_total: int | None
    items_done: int
    summary: dict[str, Any] = Field(description="how many items by outcome and by state")
    failure: str | None = Field(description="why it failed, and what to do")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Reason(_Row):
    """Why an item did not simply pass: the rule, the figures, the limit, who owns it."""

    code: str
    owner: str
    found: str | None = None
    expected: str | None = None
    limit: str | None = None
    where: str | None = None


class ItemFacts(_Row):
    """What a run decided about one item, why, and what became of it."""

    id: int
    run_id: str
    key: str
    title: str
    state: ItemState
    outcome: str = Field(description="the job's own word")
    reasons: list[Reason]
    owner: str | None
    amount: Decimal | None
    currency: str | None
    effect_state: str | None = Field(description="where its effect in the other system stands; null: it has none")
    effect_reference: str | None = Field(description="what the other system calls the effect")
    settled_at: datetime | None
    settled_by: str | None
    settled_reason: str | None
    at: datetime

    @field_serializer("amount")
    def _exactly(self, amount: Decimal | None) -> str | None:
        return None if amount is None else format(amount, "f")


class ItemDetail(ItemFacts):
    """An item with the job's own figures."""

    detail: dict[str, Any]


class Event(_Row):
    """A line of the structured log of a run, or of one of its items."""

    id: int
    at: datetime
    level: str
    event: str
    item_key: str | None
    fields: dict[str, Any]


def run_facts(run: Run) -> RunFacts:
    return RunFacts.model_validate(run)


def item_facts(item: RunItem) -> ItemFacts:
    return ItemFacts.model_validate(item)


def item_detail(item: RunItem) -> ItemDetail:
    return ItemDetail.model_validate(item)


def event_facts(event: RunEvent) -> Event:
    return Event.model_validate(event)
