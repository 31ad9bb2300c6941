"""All tables; importing this module fills the metadata that migrations compare with."""

from connectors.database.models import conversation, people, trade, work

__all__ = ["conversation", "people", "trade", "work"]
