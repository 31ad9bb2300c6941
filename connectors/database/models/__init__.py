"""All tables; importing this module fills the metadata that migrations compare with."""

from connectors.database.models import (
    alerts,
    api_tokens,
    approvals,
    console,
    conversation,
    inventory,
    invoices,
    knowledge,
    mail,
    payroll,
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
    "inventory",
    "invoices",
    "knowledge",
    "mail",
    "payroll",
    "people",
    "purchasing",
    "sales",
    "service",
    "understanding",
    "work",
]
