"""Drafts of purchase orders: what stock reorder wants to be ordered, for an item at a site each."""

from datetime import date
from decimal import Decimal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, field_serializer

from bot.operations_api.guard import OfficeOf, Viewer
from connectors.contracts.purchasing import PurchaseRequest

router = APIRouter(prefix="/drafts", tags=["purchasing"])


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
    drafts: list[DraftFacts]


def describe_drafts(requests: list[PurchaseRequest]) -> list[DraftFacts]:
    return [DraftFacts.model_validate(request) for request in requests]


@router.get("")
def list_drafts(_caller: Viewer, office: OfficeOf) -> Drafts:
    """All open drafts, by item and site; the job purchase-sending makes orders of them."""
    return Drafts(drafts=describe_drafts(list(office.connectors.purchasing().open_requests())))
