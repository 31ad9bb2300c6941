"""Open exceptions of all jobs: what waits for a person or for its cause to disappear."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from automations.engine.runs import DEFAULT_PAGE_SIZE, list_open_exceptions
from bot.operations_api.fields import Limit, OlderThanId, Text
from bot.operations_api.guard import OfficeOf, Viewer, readable_jobs
from bot.operations_api.run_facts import ItemFacts, item_facts

router = APIRouter(prefix="/exceptions", tags=["exceptions"])


class OpenException(ItemFacts):
    """An item that needs somebody, and the job whose run said so."""

    job: str


class OpenExceptions(BaseModel):
    """Newest first. One that is done with is settled: POST /runs/{run_id}/items/{item_id}/settle."""

    exceptions: list[OpenException]
    older_than: int | None = Field(description="asks for the next page; null on the last one")


@router.get("")
def list_exceptions(
    caller: Viewer,
    office: OfficeOf,
    job: Text = "",
    owner: Text = "",
    reason: Annotated[str, Query(max_length=60, pattern="^[A-Za-z0-9_]*$", description="code of a reason")] = "",
    older_than: OlderThanId = None,
    limit: Limit = DEFAULT_PAGE_SIZE,
) -> OpenExceptions:
    """What is open over all jobs, newest first; of payroll only for tokens of administrators."""
    with office.database.read() as session:
        page = list_open_exceptions(
            session,
            job=job or None,
            jobs=readable_jobs(caller, office),
            owner=owner or None,
            reason=reason or None,
            older_than=older_than,
            limit=limit,
        )
    found = [OpenException(job=one.run.job, **item_facts(one.item).model_dump()) for one in page.exceptions]
    return OpenExceptions(exceptions=found, older_than=page.older_than)
