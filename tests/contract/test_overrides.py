"""What every store of approved overrides must do, run over ours and the one in memory."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connectors.contracts.overrides import ApprovedOverride, Overrides
from connectors.database.models.invoices import InvoiceOverride, OverrideState
from connectors.database.models.work import Run, RunItem
from connectors.database.session import Database
from connectors.vendors.house_overrides import HouseOverrides
from connectors.vendors.memory_overrides import MemoryOverrides

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
PRICE = ApprovedOverride("PRICE_OVER", "1", "41.00", "40.00", "Agreed on the phone", "ann@x.example", "bob@x.example")
TAX = ApprovedOverride("TAX_DIFFERS", "", "4.20", "4.21", "A cent", "ann@x.example", "bob@x.example")


def _fill_house(database: Database) -> Overrides:
    with database.write() as session:
        session.add(Run(id="r", job="invoice-matching", started_by="ann@x.example"))
        session.flush()
        item = RunItem(run_id="r", key="a.xml", title="A", state="exception", outcome="held", at=NOW)
        session.add(item)
        session.flush()
        for key, override in (("sha256:1", PRICE), ("sha256:1", TAX), ("sha256:2", TAX)):
            session.add(_row(item.id, key, override, OverrideState.APPROVED))
        session.add(_row(item.id, "sha256:3", PRICE, OverrideState.REQUESTED))
        session.add(_row(item.id, "sha256:3", TAX, OverrideState.REJECTED))
    return HouseOverrides(database)


def _row(item_id: int, key: str, override: ApprovedOverride, state: OverrideState) -> InvoiceOverride:
    return InvoiceOverride(
        item_id=item_id,
        document_key=key,
        title="A",
        code=override.code,
        place=override.place,
        found=override.found,
        expected=override.expected,
        reason=override.reason,
        requested_by=override.requested_by,
        requested_at=NOW,
        state=state.value,
        decided_by=override.approved_by,
    )


def _fill_memory(_database: Database) -> Overrides:
    overrides = MemoryOverrides()
    for key, override in (("sha256:1", PRICE), ("sha256:1", TAX), ("sha256:2", TAX)):
        overrides.add(key, override)
    return overrides


@pytest.fixture(params=[_fill_house, _fill_memory], ids=["house", "memory"])
def overrides(request: pytest.FixtureRequest, database: Database) -> Overrides:
    fill: Callable[[Database], Overrides] = request.param
    return fill(database)


def test_approved_overrides_come_by_document_in_their_order(overrides: Overrides) -> None:
    assert overrides.approved(["sha256:1", "sha256:2", "sha256:9"]) == {"sha256:1": [PRICE, TAX], "sha256:2": [TAX]}


def test_what_nobody_has_approved_is_not_there(overrides: Overrides) -> None:
    assert overrides.approved(["sha256:3"]) == {}
    assert overrides.approved([]) == {}


def test_thousands_of_documents_may_be_asked_for(overrides: Overrides) -> None:
    keys = [f"sha256:{number}" for number in range(2, 40_000)]
    assert overrides.approved(keys)["sha256:2"] == [TAX]
