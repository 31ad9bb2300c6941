"""Stock reorder on the demo company in the console: proposals explained, drafts, and orders that wait for consent."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.contracts.purchasing import PurchaseRequest
from connectors.database.models.work import EffectState, ItemState, Run, RunItem, RunState
from tests.integration.console_house import WAIT_SECONDS, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration


def _run(admin: Browser, job: str, **parameters: str) -> Run:
    if not admin.house.engine.is_healthy:
        admin.house.engine.start()
    fields = {f"p.{name}": value for name, value in parameters.items()}
    answer = admin.posts(f"/console/jobs/{job}/runs", mode="real", confirmed="yes", **fields)
    assert answer.status_code == 303, answer.text
    return admin.house.engine.wait(answer.headers["location"].rpartition("/")[2], WAIT_SECONDS)


def _drafts(house: ConsoleHouse) -> list[PurchaseRequest]:
    return list(house.office.connectors.purchasing().open_requests())


def _item_page(admin: Browser, item: RunItem) -> str:
    return admin.opens(f"/console/runs/{item.run_id}/items/{item.id}")


def test_a_proposal_is_explained_with_a_chart_and_every_supplier(house: ConsoleHouse, admin: Browser) -> None:
    items = house.items(_run(admin, "stock-reorder"))
    html = _item_page(admin, items["OAK-STOOL · Prague"])
    page = text_of(html)
    assert "Minimum and maximum. Ordered when projected stock is below the reorder point" in page
    assert "Reorder point 20 Target 60" in page
    assert "Missing up to the target 44" in page
    assert "Waldkontor Holzwaren GmbH Chosen 44 €44.50 €1,958.00" in page
    assert "Truhlárna Vysočina s.r.o. Dearer" in page
    assert '<svg class="chart-marks"' in html
    blocked = items["HOLDER-BRASS · Brno"]
    assert (blocked.state, blocked.owner) == (ItemState.EXCEPTION, "procurement")
    assert "The supplier is blocked" in text_of(_item_page(admin, blocked))


def test_drafts_are_shown_as_the_orders_they_would_make(house: ConsoleHouse, admin: Browser) -> None:
    assert "There is no open draft." in text_of(admin.opens("/console/drafts"))
    items = house.items(_run(admin, "stock-reorder"))
    html = admin.opens("/console/drafts")
    stool = items["OAK-STOOL · Prague"]
    assert f'href="/console/runs/{stool.run_id}/items/{stool.id}"' in html
    assert "Waldkontor Holzwaren GmbH · Prague €1,958.00" in text_of(html)


def test_a_second_run_leaves_the_drafts_as_they_are(house: ConsoleHouse, admin: Browser) -> None:
    _run(admin, "stock-reorder")
    before = _drafts(house)
    second = house.items(_run(admin, "stock-reorder"))
    assert {item.outcome for item in second.values()} == {"exception"}
    assert _drafts(house) == before


def test_orders_below_the_limit_are_sent_and_the_others_wait_for_consent(house: ConsoleHouse, admin: Browser) -> None:
    _run(admin, "stock-reorder")
    run = _run(admin, "purchase-sending", automatic_below="EUR 2000")
    assert run.state == RunState.WAITING_FOR_APPROVAL
    effects = {item.title: item.effect_state for item in house.items(run).values()}
    assert effects["Waldkontor Holzwaren GmbH · Prague"] == EffectState.DONE
    assert effects["Waldkontor Holzwaren GmbH · Brno"] == EffectState.WAITING_FOR_APPROVAL
    assert "OAK-STOOL@Prague" not in {f"{one.item}@{one.site}" for one in _drafts(house)}
    sent = house.office.connectors.purchasing().awaited_orders(["OAK-STOOL"])
    assert [(order.number, order.site) for order in sent] == [("PO-R000001", "Prague")]


def test_nothing_is_sent_without_consent_where_no_limit_is_set(house: ConsoleHouse, admin: Browser) -> None:
    _run(admin, "stock-reorder")
    before = _drafts(house)
    run = _run(admin, "purchase-sending")
    assert {item.effect_state for item in house.items(run).values()} == {EffectState.WAITING_FOR_APPROVAL}
    assert _drafts(house) == before
    html = _item_page(admin, next(iter(house.items(run).values())))
    assert '<h2 id="lines-title">Lines</h2>' in html


def test_many_orders_are_shown_page_by_page_to_the_last(house: ConsoleHouse, admin: Browser) -> None:
    purchasing = house.office.connectors.purchasing()
    for number in range(60):
        purchasing.put_request(
            PurchaseRequest(
                f"by-hand:{number}",
                f"THING-{number}",
                "Prague",
                f"Supplier {number:02}",
                Decimal(1),
                "H87",
                Decimal(2),
                "EUR",
                date(2026, 12, 1),
                date(2026, 12, 8),
            )
        )
    first = admin.opens("/console/drafts")
    assert "/console/drafts?skip=50" in first
    told = text_of(first) + text_of(admin.opens("/console/drafts", skip="50"))
    assert all(f"Supplier {number:02}" in told for number in range(60))
