"""What is proposed for an item at a site: quantities by hand, and every exception."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from automations.rules.reorder.explanation import Rounding
from automations.rules.reorder.kits import resolve_kits
from automations.rules.reorder.proposal import Action, Proposal, propose
from automations.rules.reorder.supplier_choice import Verdict
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import (
    KitPart,
    SupplierBreak,
)
from tests.unit.rules.reorder_cases import (
    DEFAULTS,
    OTHER,
    TERMS,
    TODAY,
    case_of,
    codes_of,
    proposal_of,
    request_of,
)


def test_below_the_minimum_the_maximum_is_filled_up() -> None:
    """12 on hand - 2 reserved + 4 on order = 14 < 20, so 60 - 14 = 46; five working days from Monday are Monday."""
    proposal = proposal_of(case_of(receipts=[StockMove(TODAY, Decimal(4))]))
    assert (proposal.action, proposal.quantity, proposal.amount) == (Action.ORDER, Decimal(46), Decimal("207.00"))
    assert (proposal.order_on, proposal.expected_on) == (TODAY, date(2026, 11, 30))


@pytest.mark.parametrize(("on_hand", "action"), [(21, Action.ORDER), (22, Action.ENOUGH), (60, Action.ENOUGH)])
def test_at_the_reorder_point_nothing_is_ordered(on_hand: int, action: Action) -> None:
    assert proposal_of(case_of(on_hand=Decimal(on_hand))).action is action


def test_a_rule_that_says_at_or_below_orders_at_the_point() -> None:
    proposal = proposal_of(case_of(on_hand=Decimal(22), trigger="at_or_below"))
    assert (proposal.action, proposal.quantity) == (Action.ORDER, Decimal(40))


def test_a_forecast_that_the_rule_names_is_taken_off_over_the_lead_time() -> None:
    """14 a week for seven days until Monday: 36 - 2 - 14 = 20 is enough, 35 is not and asks for 60 - 19 = 41."""
    assert proposal_of(case_of(on_hand=Decimal(36), forecast="auto")).action is Action.ENOUGH
    assert proposal_of(case_of(on_hand=Decimal(35), forecast="auto")).quantity == 41
    assert proposal_of(case_of(on_hand=Decimal(35))).action is Action.ENOUGH


def test_every_rounding_is_explained() -> None:
    """50 are missing, 60 is the least, and whole boxes of 8 that are also whole cases of 12 are 24: 72."""
    terms = replace(
        TERMS, moq=Decimal(60), multiple=Decimal(8), stock_units_per_purchase_unit=Decimal(12), list_price=Decimal(48)
    )
    proposal = proposal_of(case_of(terms=[terms]))
    assert proposal.explanation is not None
    steps = [(step.step, str(step.quantity), str(step.by)) for step in proposal.explanation.roundings]
    assert steps == [
        (Rounding.NEED, "50", "None"),
        (Rounding.MINIMUM, "60", "60"),
        (Rounding.MULTIPLE, "72", "24"),
    ]
    assert (proposal.quantity, proposal.amount) == (Decimal(72), Decimal("288.00"))


def test_the_explanation_carries_every_figure_and_what_was_asked_in_the_chat() -> None:
    proposal = proposal_of(case_of(receipts=[StockMove(TODAY, Decimal(4))], asked_in_chat=9, watching=3))
    explanation = proposal.explanation
    assert explanation is not None
    names = ("on_hand", "on_order", "requested", "reserved", "demand", "projected", "reorder_point", "target")
    assert [explanation.figures[name] for name in names] == [12, 4, 0, 2, 0, 14, 20, 60]
    assert (explanation.asked_in_chat, explanation.watching) == (9, 3)
    assert proposal.quantity == 46  # what was asked is told, not counted


def test_the_chart_shows_stock_with_and_without_the_order() -> None:
    """10 available, 2 a day, 50 more on day 7."""
    explanation = proposal_of(case_of()).explanation
    assert explanation is not None
    days = {(day.on - TODAY).days: (float(day.without_order), float(day.with_order)) for day in explanation.days}
    assert (days[0], days[6], days[7]) == ((10, 10), (-2, -2), (-4, 46))


def test_the_cheapest_covering_of_the_need_wins_minimum_and_breaks_counted() -> None:
    """50 are needed: Tisza 225; Atelier 4.00 from 48 on makes 200; Obr has 3.00, but no less than 100 for 300."""
    atelier = replace(OTHER, list_price=Decimal(5), breaks=(SupplierBreak(Decimal(48), Decimal(4)),))
    obr = replace(TERMS, supplier="Obr", list_price=Decimal(3), moq=Decimal(100))
    proposal = proposal_of(case_of(terms=[TERMS, atelier, obr]))
    assert proposal.explanation is not None
    found = {note.offer.terms.supplier: note.verdict for note in proposal.explanation.offers}
    assert found == {"Atelier": Verdict.CHOSEN, "Tisza": Verdict.DEARER, "Obr": Verdict.DEARER}
    assert (proposal.price, proposal.amount) == (Decimal(4), Decimal("200.00"))


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"is_blocked": True, "list_price": Decimal(1)}, Verdict.BLOCKED),
        ({"currency": "CZK", "list_price": Decimal(1)}, Verdict.OTHER_CURRENCY),
        ({"list_price": Decimal("4.40"), "reliability": Decimal("0.9")}, Verdict.LESS_RELIABLE),
        ({"list_price": Decimal("4.60")}, Verdict.DEARER),
        ({"lead_time_days": 9}, Verdict.ARRIVES_TOO_LATE),
        ({"supplier": "Zebra"}, Verdict.NOT_EARLIER),
    ],
)
def test_why_the_other_supplier_was_not_taken(change: dict[str, Any], verdict: Verdict) -> None:
    explanation = proposal_of(case_of(terms=[TERMS, replace(OTHER, **change)])).explanation
    assert explanation is not None
    assert [note.verdict for note in explanation.offers] == [Verdict.CHOSEN, verdict]
    assert explanation.offers[0].offer.terms == TERMS


def test_an_open_draft_is_left_alone_while_stock_does_not_fall_below_the_point_with_it() -> None:
    """First 50. Five more are sold: 7 - 2 + 50 = 55, nothing. Eleven and 32 reserved more: 3 below, so 82 in all."""
    draft = request_of(proposal_of(case_of()))
    assert proposal_of(case_of(request=draft)).action is Action.KEEP
    assert proposal_of(case_of(request=draft, on_hand=Decimal(7))).action is Action.KEEP
    changed = proposal_of(case_of(request=draft, on_hand=Decimal(1), reserved=Decimal(34)))
    assert (changed.action, changed.quantity) == (Action.CHANGE, Decimal(93))


def test_a_draft_that_nobody_needs_any_more_is_withdrawn_and_one_that_is_too_large_shrinks() -> None:
    draft = request_of(proposal_of(case_of()))
    assert proposal_of(case_of(request=draft, on_hand=Decimal(22))).action is Action.WITHDRAW
    smaller = proposal_of(case_of(request=draft, on_hand=Decimal(20)))
    assert (smaller.action, smaller.quantity) == (Action.CHANGE, Decimal(42))


def test_a_draft_at_a_blocked_supplier_or_an_old_price_is_made_anew() -> None:
    draft = request_of(proposal_of(case_of()))
    blocked = proposal_of(case_of(request=draft, terms=[replace(TERMS, is_blocked=True), OTHER]))
    assert blocked.action is Action.CHANGE
    assert blocked.offer is not None
    assert blocked.offer.terms.supplier == "Atelier"
    dearer = proposal_of(case_of(request=draft, terms=[replace(TERMS, list_price=Decimal(5))]))
    assert (dearer.action, dearer.price) == (Action.CHANGE, Decimal(5))


@pytest.mark.parametrize(
    ("policy", "figures", "on_hand", "quantity"),
    [
        # 10 a reorder point is compared with 12 - 2 = 10: not below; with 11 on hand 9, so Q = 30.
        ("fixed_quantity", {"reorder_point": Decimal(10), "quantity": Decimal(30)}, 11, 30),
        # Q is √(2·8·730/0.225) = 227.84, up to 228; no deviation, so below 0 after the 14 of the lead time.
        ("fixed_quantity", {"fixed_cost": Decimal(8), "holding_cost": Decimal("0.225")}, 15, 228),
        ("s_S", {"reorder_point": Decimal(10), "order_up_to": Decimal(40)}, 11, 31),
        # Demand of 7 + 7 days is 28 without any deviation; Monday is the day of the review.
        ("periodic_review", {}, 12, 18),
        # 2 a day for 8 days is 16.
        ("newsvendor", {"holding_cost": Decimal(1), "stockout_cost": Decimal(9)}, 12, 6),
        # Red 7·2·0.5·1.5 = 10.5, yellow 14, green 7: 24.5 is the trigger, 31.5 the top, up to whole units.
        ("ddmrp", {"lead_time_factor": Decimal("0.5"), "variability": Decimal("0.5")}, 12, 22),
        # 14 go until the goods come, so -4 then; 14 a week: carrying one week costs 14, two 42, against 20 an order.
        ("lot_sizing", {"fixed_cost": Decimal(20), "holding_cost": Decimal(1)}, 12, 32),
        # From day 7 to 14 stock falls from -4 to -18; 30 above that is 48.
        ("time_phased", {"minimum": Decimal(5), "target": Decimal(30)}, 12, 48),
    ],
)
def test_each_policy_orders_what_its_figures_say(
    policy: str, figures: dict[str, Decimal], on_hand: int, quantity: Decimal
) -> None:
    proposal = proposal_of(case_of(figures, policy, on_hand=Decimal(on_hand)))
    assert (proposal.action, proposal.quantity) == (Action.ORDER, quantity)


def test_an_exact_s_s_policy_orders_up_to_its_level() -> None:
    figures = {name: Decimal(cost) for name, cost in (("holding_cost", 1), ("stockout_cost", 9), ("fixed_cost", 20))}
    proposal = proposal_of(case_of(figures, "s_S"))
    assert proposal.action is Action.ORDER
    assert proposal.explanation is not None
    # (s, S) of 2 a day without the 14 of the lead time, which are taken off before.
    target = proposal.explanation.figures["target"]
    assert isinstance(target, Decimal)
    assert proposal.quantity == target - (12 - 2 - 14)


def test_what_is_needed_later_is_ordered_later() -> None:
    """30 - 2 a day falls below 5 on day 12, a Saturday; five working days before it is the Friday before."""
    proposal = proposal_of(
        case_of(
            {"minimum": Decimal(5), "target": Decimal(30), "watch_days": Decimal(20)},
            "time_phased",
            on_hand=Decimal(32),
        )
    )
    assert (proposal.order_on, proposal.expected_on) == (date(2026, 11, 30), date(2026, 12, 7))


def test_a_rule_rests_while_it_is_snoozed_and_between_reviews() -> None:
    assert proposal_of(case_of(snoozed_until=TODAY + timedelta(days=1))).action is Action.REST
    assert proposal_of(case_of(snoozed_until=TODAY)).action is Action.ORDER
    tuesday = replace(DEFAULTS, today=TODAY + timedelta(days=1))
    answer = propose(case_of({}, "periodic_review"), tuesday)
    assert isinstance(answer, Proposal)
    assert answer.action is Action.REST


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"offers": []}, "NO_SUPPLIER"),
        ({"terms": [replace(TERMS, is_blocked=True)]}, "SUPPLIER_BLOCKED"),
        ({"terms": [replace(TERMS, list_price=Decimal("NaN"))]}, "SUPPLIER_TERMS_INVALID"),
        ({"terms": [replace(TERMS, multiple=Decimal(0))]}, "SUPPLIER_TERMS_INVALID"),
        ({"terms": [replace(TERMS, lead_time_days=10**9)]}, "SUPPLIER_TERMS_INVALID"),
        ({"figures": {"minimum": Decimal(9), "maximum": Decimal(8)}}, "INVALID_RULE"),
        ({"figures": {"minimum": Decimal("NaN")}}, "INVALID_RULE"),
        ({"figures": {"minimum": Decimal(-1)}}, "INVALID_RULE"),
        ({"figures": {}}, "INVALID_RULE"),
        ({"policy": "by_feeling"}, "INVALID_RULE"),
        ({"trigger": "sometimes"}, "INVALID_RULE"),
        ({"forecast": "crystal_ball"}, "INVALID_RULE"),
        ({"service_level": Decimal(1)}, "INVALID_RULE"),
        ({"policy": "newsvendor", "figures": {}}, "INVALID_RULE"),
        ({"policy": "periodic_review", "forecast": "none"}, "INVALID_RULE"),
        ({"on_hand": Decimal(-1)}, "NEGATIVE_STOCK"),
        ({"on_hand": Decimal("NaN")}, "STOCK_UNKNOWN"),
        ({"level": None}, "STOCK_UNKNOWN"),
        ({"policy": "periodic_review", "figures": {}, "history": ()}, "NO_DEMAND_HISTORY"),
        ({"policy": "periodic_review", "figures": {}, "history": (3.0, -1.0)}, "DEMAND_INVALID"),
    ],
)
def test_what_cannot_be_decided_goes_to_a_person(change: dict[str, Any], code: str) -> None:
    assert codes_of(case_of(**change)) == {code}


def test_every_problem_is_named_not_only_the_first() -> None:
    assert codes_of(case_of(on_hand=Decimal(-3), offers=[])) == {"NEGATIVE_STOCK", "NO_SUPPLIER"}


def test_a_kit_takes_its_components_along_also_through_another_kit() -> None:
    uses = resolve_kits(
        {
            "BREAKFAST": (KitPart("TEA-SET", Decimal(2)), KitPart("MUG", Decimal(1))),
            "TEA-SET": (KitPart("MUG", Decimal(4)), KitPart("TRAY", Decimal(1))),
        }
    )
    assert uses.used_in["MUG"] == {"BREAKFAST": 9, "TEA-SET": 4}
    assert uses.loops == frozenset()


def test_a_kit_that_contains_itself_takes_nothing_along_and_is_named() -> None:
    uses = resolve_kits({"A": (KitPart("B", Decimal(1)),), "B": (KitPart("A", Decimal(1)), KitPart("MUG", Decimal(1)))})
    assert uses.loops == {"A", "B"}
    assert uses.used_in == {}
    outer = resolve_kits({"C": (KitPart("A", Decimal(2)),), "A": (KitPart("A", Decimal(1)),)})
    assert outer.loops == {"A", "C"}


def test_a_draft_stays_what_somebody_may_have_approved_while_its_days_pass() -> None:
    first = proposal_of(case_of(on_hand=Decimal(12)))
    draft = request_of(first)
    tomorrow = replace(DEFAULTS, today=TODAY + timedelta(days=1))
    answer = propose(case_of(on_hand=Decimal(12), request=draft), tomorrow)
    assert isinstance(answer, Proposal)
    assert answer.action is Action.KEEP
    late = draft.expected_if_ordered(draft.order_on + timedelta(days=50))
    assert late == draft.expected_on + timedelta(days=50)
    assert draft.expected_if_ordered(draft.order_on - timedelta(days=1)) == draft.expected_on


def test_a_draft_that_a_person_made_counts_and_is_left_alone() -> None:
    by_hand = replace(request_of(proposal_of(case_of(on_hand=Decimal(12))), "by-hand:1"), quantity=Decimal(500))
    for on_hand in (12, 400):
        case = case_of(on_hand=Decimal(on_hand), request=by_hand, is_own_draft=False)
        assert proposal_of(case).action is Action.KEEP


def test_a_draft_of_a_person_that_is_too_small_is_told_and_not_changed() -> None:
    """12 on hand - 2 reserved and a draft of 1 are below the 20; up to the 60 of the rule, 50 are needed in all."""
    by_hand = replace(
        request_of(proposal_of(case_of(on_hand=Decimal(12)))), idempotency_key="by-hand:1", quantity=Decimal(1)
    )
    answer = propose(case_of(on_hand=Decimal(12), request=by_hand, is_own_draft=False), DEFAULTS)
    assert not isinstance(answer, Proposal)
    assert [(one.code, one.found, one.expected) for one in answer] == [("DRAFT_TOO_SMALL", "1", "50")]


def test_figures_that_nobody_can_reckon_with_are_a_problem_of_their_item() -> None:
    assert codes_of(case_of(receipts=[StockMove(TODAY, Decimal("-1E28"))], on_hand=Decimal("0.001"))) == {
        "STOCK_UNKNOWN"
    }
