"""All tables; importing this module fills the metadata that migrations compare with."""

from connectors.database.models import conversation, knowledge, people, purchasing, sales, service, understanding, work

__all__ = ["conversation", "knowledge", "people", "purchasing", "sales", "service", "understanding", "work"]
