"""Drafts of purchase orders: what stock reorder wants to be ordered, for an item at a site each."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, field_serializer

from bot.operations_api.fields import LARGEST_ID, Limit
from bot.operations_api.guard import OfficeOf, Viewer
from connectors.contracts.purchasing import PurchaseRequest

SHOWN = 50

router = APIRouter(prefix="/drafts", tags=["purchasing"])

Skip = Annotated[int, Query(ge=0, le=LARGEST_ID, description="`following` of the page before")]


class DraftFacts(BaseModel):
    """A draft; figures as text, exactly. `explanation` is the run and the item that say why."""

    model_config = ConfigDict(from_attributes=True)

    item: str
    site: str
    supplier: str
    quantity: Decimal
    uom: str
    amount: Decimal
    currency: str
    order_on: date
    expected_on: date
    explanation: str

    @field_serializer("quantity", "amount")
    def _exactly(self, figure: Decimal) -> str:
        return format(figure, "f")


class Drafts(BaseModel):
    """A page of drafts, by item and site; `count` is of all."""

    drafts: list[DraftFacts]
    count: int
    following: int | None = Field(description="`skip` of the next page; null on the last one")


def describe_drafts(requests: Sequence[PurchaseRequest], skip: int = 0, limit: int = SHOWN) -> Drafts:
    end = skip + limit
    return Drafts(
        drafts=[DraftFacts.model_validate(request) for request in requests[skip:end]],
        count=len(requests),
        following=end if end < len(requests) else None,
    )


@router.get("")
def list_drafts(_caller: Viewer, office: OfficeOf, skip: Skip = 0, limit: Limit = SHOWN) -> Drafts:
    """Open drafts, by item and site; the job purchase-sending makes orders of them."""
    return describe_drafts(office.connectors.purchasing().open_requests(), skip, limit)
