"""Whole runs of stock reorder and purchase sending on systems in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from automations.engine.outbox import EFFECT_REFUSED
from automations.jobs import purchase_sending, stock_reorder
from connectors.contracts.inventory import DemandKind, DemandRecord, KitPart, ReorderRule, SupplierTerms
from connectors.contracts.notices import ProductWatch
from connectors.contracts.purchasing import PurchaseRequest, UnitConversion
from connectors.database.models.work import ItemState
from connectors.vendors.memory_notices import MemoryNotices
from connectors.vendors.memory_purchasing import MemoryPurchasing
from tests.unit.reorder_office import NOW, TODAY, StockOffice, words


@pytest.fixture
def office() -> StockOffice:
    return StockOffice()


def test_what_needs_something_is_an_item_and_what_has_enough_is_counted(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.add("MUG", "10")
    office.add("VASE", "9", site="BRQ")
    outcomes = office.reorder()
    assert words(outcomes) == {"BOWL@PRG": "proposed", "VASE@BRQ": "proposed"}
    assert office.drafts() == {"BOWL@PRG": 27, "VASE@BRQ": 21}
    assert office.logged["stock_looked_at"] == {"checked": 3, "enough": 1, "kept": 0, "resting": 0}


def test_what_a_colleague_asks_for_beside_a_draft_counts_as_on_its_way(office: StockOffice) -> None:
    class SharedPurchasing(MemoryPurchasing):
        def open_requests(self, items: Iterable[str] | None = None) -> Sequence[PurchaseRequest]:
            own = super().open_requests(items)
            theirs = [replace(one, idempotency_key="tryton:7", quantity=Decimal(5)) for one in own]
            return [*own, *theirs]

    office.purchasing = SharedPurchasing()
    office.add("BOWL", "3")
    office.reorder()
    assert words(office.reorder()) == {"BOWL@PRG": "changed"}
    assert [one.quantity for one in office.purchasing.open_requests()] == [22, 5]
    assert office.reorder() == []


def test_a_second_run_without_changes_proposes_nothing(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.reorder()
    before = office.purchasing.open_requests()
    assert office.reorder() == []
    assert office.purchasing.open_requests() == before
    assert office.logged["stock_looked_at"]["kept"] == 1


def test_a_draft_is_replaced_and_never_stacked(office: StockOffice) -> None:
    """27 are drafted; 25 more are promised to customers, so 3 - 25 + 27 = 5 < 10, and 52 are missing in all."""
    office.add("BOWL", "3")
    office.reorder()
    office.inventory.stock[0] = replace(office.inventory.stock[0], reserved=Decimal(25))
    assert words(office.reorder()) == {"BOWL@PRG": "changed"}
    assert office.drafts() == {"BOWL@PRG": 52}


def test_a_draft_that_is_not_needed_any_more_is_withdrawn(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.add("MUG", "3")
    office.reorder()
    office.inventory.stock[0] = replace(office.inventory.stock[0], on_hand=Decimal(12))
    del office.inventory.rules[1]  # nobody reorders mugs any more
    assert words(office.reorder()) == {"BOWL@PRG": "withdrawn", "MUG@PRG": "withdrawn"}
    assert office.drafts() == {}


def test_a_dry_run_puts_no_draft(office: StockOffice) -> None:
    office.add("BOWL", "3")
    assert words(office.reorder(dry_run=True)) == {"BOWL@PRG": "proposed"}
    assert office.drafts() == {}


def test_what_suppliers_owe_counts_in_stock_units_at_its_site(office: StockOffice) -> None:
    office.purchasing = MemoryPurchasing(conversions=[UnitConversion("CS", "H87", Decimal(6), "BOWL")])
    office.add("BOWL", "3")
    office.add("BOWL", "3", site="BRQ")
    office.order("PO-1", "BOWL", "1", uom="CS")
    office.order("PO-2", "BOWL", "2", site="BRQ")
    assert office.reorder()[1].detail["figures"]["on_order"] == "6"
    assert office.drafts() == {"BOWL@BRQ": 25, "BOWL@PRG": 21}


def test_an_order_without_a_site_counts_where_the_admin_says_or_at_the_first_site(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.add("BOWL", "3", site="BRQ")
    office.order("PO-1", "BOWL", "10", site="")
    assert words(office.reorder(dry_run=True)) == {"BOWL@PRG": "proposed"}
    assert words(office.reorder(dry_run=True, main_site="PRG")) == {"BOWL@BRQ": "proposed"}


def test_a_unit_that_nobody_can_convert_stops_its_item_alone(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.add("MUG", "3")
    office.order("PO-1", "BOWL", "1", uom="CS")
    bowl, mug = office.reorder()
    assert (bowl.state, bowl.owner) == (ItemState.EXCEPTION, "procurement")
    assert [(reason.code, reason.expected, reason.where) for reason in bowl.reasons] == [("UOM_UNKNOWN", "CS", "PO-1")]
    assert mug.outcome == "proposed"


def test_an_order_line_that_is_no_quantity_stops_its_item_alone(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.add("MUG", "3")
    office.order("PO-1", "BOWL", "NaN")
    bowl, mug = office.reorder()
    assert [(reason.code, reason.where) for reason in bowl.reasons] == [("STOCK_UNKNOWN", "PO-1")]
    assert mug.outcome == "proposed"


def test_what_is_sent_later_than_planned_is_expected_as_much_later(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.reorder()
    (draft,) = office.purchasing.open_requests()
    five_days = timedelta(days=5)
    office.purchasing.put_request(
        replace(draft, order_on=draft.order_on - five_days, expected_on=draft.expected_on - five_days)
    )
    office.send()
    (order,) = office.purchasing.awaited_orders(["BOWL"])
    assert order.expected_on == draft.expected_on


def test_a_kit_that_contains_itself_stops_alone(office: StockOffice) -> None:
    office.inventory.parts = {"SET": (KitPart("SET", Decimal(1)), KitPart("MUG", Decimal(4)))}
    office.add("MUG", "3")
    office.add("SET", "3")
    mug, kit = office.reorder()
    assert mug.outcome == "proposed"
    assert [reason.code for reason in kit.reasons] == ["KIT_CONTAINS_ITSELF"]


def test_sold_kits_are_demand_for_their_components_and_losses_are_none(office: StockOffice) -> None:
    """3 kits of 4 mugs a week and 2 mugs: 14 a week, which is what the lead time of a week takes."""
    office.inventory.parts = {"SET": (KitPart("MUG", Decimal(4)),)}
    office.add("MUG", "20")
    office.inventory.rules[0] = replace(office.inventory.rules[0], forecast="auto")
    for week in range(1, 21):
        day = TODAY - timedelta(days=week * 7)
        office.inventory.demand += [
            DemandRecord("SET", "PRG", day, Decimal(3)),
            DemandRecord("MUG", "PRG", day, Decimal(2)),
            DemandRecord("MUG", "PRG", day, Decimal(50), DemandKind.LOSS),
        ]
    (mug,) = office.reorder()
    assert mug.detail["figures"]["demand"] == "14"
    assert office.drafts() == {"MUG@PRG": 24}


def test_what_customers_asked_for_in_the_chat_is_told_and_not_ordered(office: StockOffice) -> None:
    office.notices = MemoryNotices(watches=[ProductWatch(1, "anna", "BOWL"), ProductWatch(2, "jan", "BOWL")])
    office.notices.asked += [("BOWL", NOW - timedelta(days=2)), ("BOWL", NOW - timedelta(days=90))]
    office.add("BOWL", "3")
    (bowl,) = office.reorder()
    assert (bowl.detail["asked_in_chat"], bowl.detail["watching"], bowl.detail["quantity"]) == (1, 2, "27")


def test_one_site_may_be_run_alone(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.add("BOWL", "3", site="BRQ")
    assert words(office.reorder(site="BRQ")) == {"BOWL@BRQ": "proposed"}
    assert words(office.reorder()) == {"BOWL@PRG": "proposed"}


def test_another_process_decides_what_the_planning_one_left(office: StockOffice) -> None:
    office.add("BOWL", "3")
    keys = office.start().plan()
    (outcome,) = office.start().decide(keys)
    assert (outcome.outcome, outcome.detail["quantity"]) == ("proposed", "27")


def test_more_than_is_kept_from_planning_is_decided_again(office: StockOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_reorder, "MOST_KEPT", 1)
    monkeypatch.setattr(stock_reorder, "PIECE", 2)
    for number in range(5):
        office.add(f"ITEM-{number}", "3")
    assert set(words(office.reorder()).values()) == {"proposed"}
    assert len(office.drafts()) == 5


def test_a_draft_that_was_sent_is_not_put_again_by_a_resumed_run(office: StockOffice) -> None:
    office.add("BOWL", "3")
    work = office.start()
    outcomes = work.decide(work.plan())
    work.apply(outcomes)
    assert isinstance(work, stock_reorder.StockReorder)
    assert work.read_back(outcomes) == {"BOWL@PRG": "BOWL@PRG"}
    office.send()
    work.apply(outcomes)
    assert office.drafts() == {}


def test_drafts_of_one_supplier_site_and_currency_become_one_order(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.add("MUG", "5")
    office.add("MUG", "5", site="BRQ")
    office.add("VASE", "5", supplier="Sklo")
    office.reorder()
    outcomes = office.send()
    assert [(one.title, one.amount) for one in outcomes] == [
        ("Sklo · PRG", Decimal("112.50")),
        ("Tisza · BRQ", Decimal("112.50")),
        ("Tisza · PRG", Decimal("234.00")),
    ]
    (sent,) = office.purchasing.awaited_orders(["BOWL"])
    assert [(line.item, line.quantity, line.unit_price) for line in sent.lines] == [
        ("BOWL", Decimal(27), Decimal("4.50")),
        ("MUG", Decimal(25), Decimal("4.50")),
    ]
    assert (sent.site, sent.expected_on) == ("PRG", TODAY + timedelta(days=7))
    assert office.drafts() == {}
    assert office.reorder() == []
    assert office.send() == []


def test_requests_that_are_due_within_the_window_join_and_later_ones_wait(office: StockOffice) -> None:
    for item in ("BOWL", "MUG", "VASE"):
        office.add(item, "3")
    office.reorder()
    for request, days in zip(office.purchasing.open_requests(), (0, 3, 4), strict=True):
        office.purchasing.put_request(replace(request, order_on=TODAY + timedelta(days=days)))
    first, later = office.send(merge_window_days=3)
    assert [line["item"] for line in first.detail["lines"]] == ["BOWL", "MUG"]
    assert (later.state, later.outcome) == (ItemState.WAITING, "not-due")
    assert list(office.drafts()) == ["VASE@PRG"]


def test_an_order_whose_draft_changed_while_somebody_thought_about_it_is_refused(office: StockOffice) -> None:
    office.add("BOWL", "3")
    office.reorder()
    work = office.start(purchase_sending.JOB)
    outcomes = work.decide(work.plan())
    office.inventory.stock[0] = replace(office.inventory.stock[0], on_hand=Decimal(15))
    office.reorder()
    answers = work.apply(outcomes)
    (answer,) = answers.values()
    assert not isinstance(answer, str)
    assert (answer.code, answer.owner) == (EFFECT_REFUSED, "procurement")
    assert list(office.purchasing.awaited_orders(["BOWL"])) == []


def test_nothing_is_sent_without_asking_unless_an_amount_is_set() -> None:
    policy = purchase_sending.JOB.approval
    assert policy is not None
    limits = policy.limits({"automatic_below": None, "two_people_from": None})
    assert limits is not None
    assert limits.automatic_below == {}
    some = policy.limits({"automatic_below": "EUR 500", "two_people_from": "EUR 5000"})
    assert some is not None
    assert (some.automatic_below, some.two_people_from) == ({"EUR": Decimal(500)}, {"EUR": Decimal(5000)})


def test_a_broken_rule_or_supplier_stops_its_item_alone(office: StockOffice) -> None:
    for item in ("BOWL", "MUG", "TRAY", "VASE"):
        office.add(item, "3")
    office.inventory.rules[0] = ReorderRule("BOWL", "PRG", "by_feeling")
    office.inventory.terms[1] = SupplierTerms("MUG", "Tisza", "EUR", Decimal("NaN"))
    del office.inventory.terms[2]
    found = {one.key: [reason.code for reason in one.reasons] for one in office.reorder()}
    assert found == {
        "BOWL@PRG": ["INVALID_RULE"],
        "MUG@PRG": ["SUPPLIER_TERMS_INVALID"],
        "TRAY@PRG": ["NO_SUPPLIER"],
        "VASE@PRG": [],
    }
