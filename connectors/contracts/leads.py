"""Sales leads: somebody wants an offer."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lead:
    """A wish for an offer. `sku` is None when the product is only described; `idempotency_key` makes twice once."""

    idempotency_key: str
    name: str
    email: str
    description: str
    sku: str | None = None
    quantity: Decimal | None = None
    company: str = ""
    language: str = "en"


class Leads(Protocol):
    """Where sales people find their leads, for example a CRM.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def create_lead(self, lead: Lead) -> str:
        """Register a lead and return its number (`LEAD-000007`); the same key again answers the same number."""
        ...
