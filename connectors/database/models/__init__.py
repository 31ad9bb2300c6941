"""All tables; importing this module fills the metadata that migrations compare with."""

from connectors.database.models import (
    alerts,
    api_tokens,
    approvals,
    console,
    conversation,
    knowledge,
    people,
    purchasing,
    sales,
    service,
    understanding,
    work,
)

__all__ = [
    "alerts",
    "api_tokens",
    "approvals",
    "console",
    "conversation",
    "knowledge",
    "people",
    "purchasing",
    "sales",
    "service",
    "understanding",
    "work",
]
