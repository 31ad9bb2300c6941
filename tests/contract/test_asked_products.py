"""What customers asked for in vain, as the back office hears of it: from our own audit log, or from memory."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.contracts.notices import Notices
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.session import Database
from connectors.vendors.house_notices import HouseNotices
from connectors.vendors.memory_notices import MemoryNotices

ASKED = (("CANDLE-SOY", "talk-1"), ("CANDLE-SOY", "talk-1"), ("CANDLE-SOY", "talk-2"), ("VASE-TALL", "talk-2"))


def _house(database: Database) -> Notices:
    with database.write() as session:
        for sku, talk in ASKED:
            record_audit(session, "contact:1", "product.asked", "product", sku, conversation=talk)
        record_audit(session, "contact:1", "product.watch", "product", "CANDLE-SOY", conversation="talk-3")
    return HouseNotices(database)


def _memory() -> Notices:
    notices = MemoryNotices()
    notices.asked = [(sku, utc_now()) for sku, _talk in sorted(set(ASKED))]
    return notices


@pytest.mark.parametrize("vendor", ["house", "memory"])
def test_a_conversation_that_asked_twice_counts_once(database: Database, vendor: str) -> None:
    notices = _house(database) if vendor == "house" else _memory()
    assert notices.asked_products(utc_now() - timedelta(days=30)) == {"CANDLE-SOY": 2, "VASE-TALL": 1}
    assert notices.asked_products(datetime(2999, 1, 1, tzinfo=UTC)) == {}
