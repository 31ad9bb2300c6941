"""What is proposed for an item at a site: quantities by hand, every exception, and what must hold for any figures."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from automations.reorder.offers import OfferMaker
from automations.rules.reorder.explanation import Rounding
from automations.rules.reorder.kits import resolve_kits
from automations.rules.reorder.proposal import Action, Defaults, Problem, Proposal, ReorderCase, propose
from automations.rules.reorder.supplier_choice import Verdict
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import (
    KitPart,
    ReorderPolicy,
    ReorderRule,
    StockLevel,
    SupplierBreak,
    SupplierTerms,
)
from connectors.contracts.purchasing import PurchaseRequest

# What it is about is a part of all that is drawn; hypothesis fails it where nothing is left.
RARE = settings(suppress_health_check=[HealthCheck.filter_too_much])
TODAY = date(2026, 11, 23)  # a Monday
DEFAULTS = Defaults(TODAY, Decimal("0.95"), 7)
LEVEL = StockLevel("MUG", "PRG", "H87", Decimal(12), Decimal(2), Decimal(4), "EUR")
TERMS = SupplierTerms("MUG", "Tisza", "EUR", Decimal("4.50"), lead_time_days=5)
OTHER = replace(TERMS, supplier="Atelier")
MIN_MAX = {"minimum": Decimal(20), "maximum": Decimal(60)}
STEADY = [14.0, 14.0] * 10


def _case(
    figures: dict[str, Any] | None = None,
    policy: str = ReorderPolicy.ORDER_POINT,
    terms: Sequence[SupplierTerms] = (TERMS,),
    **changes: Any,
) -> ReorderCase:
    fields = {name: changes.pop(name) for name in ("on_hand", "reserved") if name in changes}
    rule_fields = ("forecast", "service_level", "horizon_days", "snoozed_until", "trigger")
    rule_changes = {name: changes.pop(name) for name in rule_fields if name in changes}
    rule = ReorderRule("MUG", "PRG", policy, MIN_MAX if figures is None else figures, **rule_changes)
    maker = OfferMaker(TODAY)
    case = ReorderCase(rule, replace(LEVEL, **fields), (), None, [maker.make(one) for one in terms], STEADY)
    return replace(case, **changes)


def _proposal(case: ReorderCase) -> Proposal:
    answer = propose(case, DEFAULTS)
    assert isinstance(answer, Proposal), answer
    return answer


def _codes(case: ReorderCase) -> set[str]:
    answer = propose(case, DEFAULTS)
    assert not isinstance(answer, Proposal), answer
    assert all(isinstance(problem, Problem) for problem in answer)
    return {problem.code for problem in answer}


def _request(proposal: Proposal, key: str = "1") -> PurchaseRequest:
    """The draft that a proposal becomes."""
    assert proposal.offer is not None
    assert proposal.order_on is not None
    assert proposal.expected_on is not None
    terms = proposal.offer.terms
    return PurchaseRequest(
        key,
        "MUG",
        "PRG",
        terms.supplier,
        proposal.quantity,
        "H87",
        proposal.price,
        terms.currency,
        proposal.order_on,
        proposal.expected_on,
        terms.stock_units_per_purchase_unit,
    )


def test_below_the_minimum_the_maximum_is_filled_up() -> None:
    """12 on hand - 2 reserved + 4 on order = 14 < 20, so 60 - 14 = 46; five working days from Monday are Monday."""
    proposal = _proposal(_case(receipts=[StockMove(TODAY, Decimal(4))]))
    assert (proposal.action, proposal.quantity, proposal.amount) == (Action.ORDER, Decimal(46), Decimal("207.00"))
    assert (proposal.order_on, proposal.expected_on) == (TODAY, date(2026, 11, 30))


@pytest.mark.parametrize(("on_hand", "action"), [(21, Action.ORDER), (22, Action.ENOUGH), (60, Action.ENOUGH)])
def test_at_the_reorder_point_nothing_is_ordered(on_hand: int, action: Action) -> None:
    assert _proposal(_case(on_hand=Decimal(on_hand))).action is action


def test_a_rule_that_says_at_or_below_orders_at_the_point() -> None:
    proposal = _proposal(_case(on_hand=Decimal(22), trigger="at_or_below"))
    assert (proposal.action, proposal.quantity) == (Action.ORDER, Decimal(40))


def test_a_forecast_that_the_rule_names_is_taken_off_over_the_lead_time() -> None:
    """14 a week for seven days until Monday: 36 - 2 - 14 = 20 is enough, 35 is not and asks for 60 - 19 = 41."""
    assert _proposal(_case(on_hand=Decimal(36), forecast="auto")).action is Action.ENOUGH
    assert _proposal(_case(on_hand=Decimal(35), forecast="auto")).quantity == 41
    assert _proposal(_case(on_hand=Decimal(35))).action is Action.ENOUGH


def test_every_rounding_is_explained() -> None:
    """50 are missing, 60 is the least, and whole boxes of 8 that are also whole cases of 12 are 24: 72."""
    terms = replace(
        TERMS, moq=Decimal(60), multiple=Decimal(8), stock_units_per_purchase_unit=Decimal(12), list_price=Decimal(48)
    )
    proposal = _proposal(_case(terms=[terms]))
    assert proposal.explanation is not None
    steps = [(step.step, str(step.quantity), str(step.by)) for step in proposal.explanation.roundings]
    assert steps == [
        (Rounding.NEED, "50", "None"),
        (Rounding.MINIMUM, "60", "60"),
        (Rounding.MULTIPLE, "72", "24"),
    ]
    assert (proposal.quantity, proposal.amount) == (Decimal(72), Decimal("288.00"))


def test_the_explanation_carries_every_figure_and_what_was_asked_in_the_chat() -> None:
    proposal = _proposal(_case(receipts=[StockMove(TODAY, Decimal(4))], asked_in_chat=9, watching=3))
    explanation = proposal.explanation
    assert explanation is not None
    names = ("on_hand", "on_order", "requested", "reserved", "demand", "projected", "reorder_point", "target")
    assert [explanation.figures[name] for name in names] == [12, 4, 0, 2, 0, 14, 20, 60]
    assert (explanation.asked_in_chat, explanation.watching) == (9, 3)
    assert proposal.quantity == 46  # what was asked is told, not counted


def test_the_chart_shows_stock_with_and_without_the_order() -> None:
    """10 available, 2 a day, 50 more on day 7."""
    explanation = _proposal(_case()).explanation
    assert explanation is not None
    days = {(day.on - TODAY).days: (float(day.without_order), float(day.with_order)) for day in explanation.days}
    assert (days[0], days[6], days[7]) == ((10, 10), (-2, -2), (-4, 46))


def test_the_cheapest_covering_of_the_need_wins_minimum_and_breaks_counted() -> None:
    """50 are needed: Tisza 225; Atelier 4.00 from 48 on makes 200; Obr has 3.00, but no less than 100 for 300."""
    atelier = replace(OTHER, list_price=Decimal(5), breaks=(SupplierBreak(Decimal(48), Decimal(4)),))
    obr = replace(TERMS, supplier="Obr", list_price=Decimal(3), moq=Decimal(100))
    proposal = _proposal(_case(terms=[TERMS, atelier, obr]))
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
    explanation = _proposal(_case(terms=[TERMS, replace(OTHER, **change)])).explanation
    assert explanation is not None
    assert [note.verdict for note in explanation.offers] == [Verdict.CHOSEN, verdict]
    assert explanation.offers[0].offer.terms == TERMS


def test_an_open_draft_is_left_alone_while_stock_does_not_fall_below_the_point_with_it() -> None:
    """First 50. Five more are sold: 7 - 2 + 50 = 55, nothing. Eleven and 32 reserved more: 3 below, so 82 in all."""
    draft = _request(_proposal(_case()))
    assert _proposal(_case(request=draft)).action is Action.KEEP
    assert _proposal(_case(request=draft, on_hand=Decimal(7))).action is Action.KEEP
    changed = _proposal(_case(request=draft, on_hand=Decimal(1), reserved=Decimal(34)))
    assert (changed.action, changed.quantity) == (Action.CHANGE, Decimal(93))


def test_a_draft_that_nobody_needs_any_more_is_withdrawn_and_one_that_is_too_large_shrinks() -> None:
    draft = _request(_proposal(_case()))
    assert _proposal(_case(request=draft, on_hand=Decimal(22))).action is Action.WITHDRAW
    smaller = _proposal(_case(request=draft, on_hand=Decimal(20)))
    assert (smaller.action, smaller.quantity) == (Action.CHANGE, Decimal(42))


def test_a_draft_at_a_blocked_supplier_or_an_old_price_is_made_anew() -> None:
    draft = _request(_proposal(_case()))
    blocked = _proposal(_case(request=draft, terms=[replace(TERMS, is_blocked=True), OTHER]))
    assert blocked.action is Action.CHANGE
    assert blocked.offer is not None
    assert blocked.offer.terms.supplier == "Atelier"
    dearer = _proposal(_case(request=draft, terms=[replace(TERMS, list_price=Decimal(5))]))
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
    proposal = _proposal(_case(figures, policy, on_hand=Decimal(on_hand)))
    assert (proposal.action, proposal.quantity) == (Action.ORDER, quantity)


def test_an_exact_s_s_policy_orders_up_to_its_level() -> None:
    figures = {name: Decimal(cost) for name, cost in (("holding_cost", 1), ("stockout_cost", 9), ("fixed_cost", 20))}
    proposal = _proposal(_case(figures, "s_S"))
    assert proposal.action is Action.ORDER
    assert proposal.explanation is not None
    # (s, S) of 2 a day without the 14 of the lead time, which are taken off before.
    target = proposal.explanation.figures["target"]
    assert isinstance(target, Decimal)
    assert proposal.quantity == target - (12 - 2 - 14)


def test_what_is_needed_later_is_ordered_later() -> None:
    """30 - 2 a day falls below 5 on day 12, a Saturday; five working days before it is the Friday before."""
    proposal = _proposal(
        _case(
            {"minimum": Decimal(5), "target": Decimal(30), "watch_days": Decimal(20)},
            "time_phased",
            on_hand=Decimal(32),
        )
    )
    assert (proposal.order_on, proposal.expected_on) == (date(2026, 11, 30), date(2026, 12, 7))


def test_a_rule_rests_while_it_is_snoozed_and_between_reviews() -> None:
    assert _proposal(_case(snoozed_until=TODAY + timedelta(days=1))).action is Action.REST
    assert _proposal(_case(snoozed_until=TODAY)).action is Action.ORDER
    tuesday = replace(DEFAULTS, today=TODAY + timedelta(days=1))
    answer = propose(_case({}, "periodic_review"), tuesday)
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
    assert _codes(_case(**change)) == {code}


def test_every_problem_is_named_not_only_the_first() -> None:
    assert _codes(_case(on_hand=Decimal(-3), offers=[])) == {"NEGATIVE_STOCK", "NO_SUPPLIER"}


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


_units = st.integers(0, 500).map(Decimal)
_rules = st.one_of(
    st.tuples(_units, _units).map(
        lambda pair: ("order_point", {"minimum": min(pair), "maximum": max(pair)}),
    ),
    st.tuples(_units, st.integers(1, 90).map(Decimal)).map(
        lambda pair: ("fixed_quantity", {"reorder_point": pair[0], "quantity": pair[1]}),
    ),
    st.tuples(_units, _units).map(lambda pair: ("time_phased", {"minimum": min(pair), "target": max(pair)})),
    st.just(("periodic_review", {})),
    st.just(("newsvendor", {"holding_cost": Decimal(1), "stockout_cost": Decimal(7)})),
    st.just(("ddmrp", {"lead_time_factor": Decimal("0.4"), "variability": Decimal("0.6")})),
    st.just(("lot_sizing", {"fixed_cost": Decimal(50), "holding_cost": Decimal("0.3")})),
)
_terms = st.lists(
    st.builds(
        SupplierTerms,
        item=st.just("MUG"),
        supplier=st.sampled_from(["Atelier", "Obr", "Tisza", "Zebra"]),
        currency=st.sampled_from(["EUR", "CZK"]),
        list_price=st.integers(1, 900).map(lambda cents: Decimal(cents) / 100),
        breaks=st.lists(
            st.builds(SupplierBreak, st.integers(1, 60).map(Decimal), st.integers(1, 900).map(Decimal)), max_size=2
        ).map(tuple),
        moq=st.integers(0, 80).map(Decimal),
        multiple=st.none() | st.integers(1, 12).map(Decimal),
        stock_units_per_purchase_unit=st.sampled_from([Decimal(1), Decimal(6), Decimal("2.5")]),
        lead_time_days=st.integers(0, 25),
        holiday_country=st.sampled_from([None, "CZ", "HU", "XX"]),
        reliability=st.integers(0, 10).map(lambda tenths: Decimal(tenths) / 10),
        is_blocked=st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda terms: terms.supplier,
)
_history = st.lists(st.floats(0, 60), min_size=1, max_size=60)


@st.composite
def _cases(draw: st.DrawFn) -> ReorderCase:
    policy, figures = draw(_rules)
    receipts = [
        StockMove(TODAY + timedelta(days=draw(st.integers(0, 40))), draw(_units))
        for _ in range(draw(st.integers(0, 2)))
    ]
    return _case(
        figures,
        policy,
        draw(_terms),
        on_hand=draw(_units),
        reserved=draw(st.integers(0, 60).map(Decimal)),
        trigger=draw(st.sampled_from(["below", "at_or_below"])),
        forecast=draw(st.sampled_from(["", "auto", "moving_average"])),
        receipts=receipts,
        history=draw(_history),
    )


def test_a_draft_stays_what_somebody_may_have_approved_while_its_days_pass() -> None:
    first = _proposal(_case(on_hand=Decimal(12)))
    draft = _request(first)
    tomorrow = replace(DEFAULTS, today=TODAY + timedelta(days=1))
    answer = propose(_case(on_hand=Decimal(12), request=draft), tomorrow)
    assert isinstance(answer, Proposal)
    assert answer.action is Action.KEEP
    late = draft.expected_if_ordered(draft.order_on + timedelta(days=50))
    assert late == draft.expected_on + timedelta(days=50)
    assert draft.expected_if_ordered(draft.order_on - timedelta(days=1)) == draft.expected_on


def test_a_draft_that_a_person_made_counts_and_is_left_alone() -> None:
    by_hand = replace(_request(_proposal(_case(on_hand=Decimal(12))), "by-hand:1"), quantity=Decimal(500))
    for on_hand in (12, 400):
        case = _case(on_hand=Decimal(on_hand), request=by_hand, is_own_draft=False)
        assert _proposal(case).action is Action.KEEP


def test_a_draft_of_a_person_that_is_too_small_is_told_and_not_changed() -> None:
    """12 on hand - 2 reserved and a draft of 1 are below the 20; up to the 60 of the rule, 50 are needed in all."""
    by_hand = replace(_request(_proposal(_case(on_hand=Decimal(12)))), idempotency_key="by-hand:1", quantity=Decimal(1))
    answer = propose(_case(on_hand=Decimal(12), request=by_hand, is_own_draft=False), DEFAULTS)
    assert not isinstance(answer, Proposal)
    assert [(one.code, one.found, one.expected) for one in answer] == [("DRAFT_TOO_SMALL", "1", "50")]


def test_figures_that_nobody_can_reckon_with_are_a_problem_of_their_item() -> None:
    assert _codes(_case(receipts=[StockMove(TODAY, Decimal("-1E28"))], on_hand=Decimal("0.001"))) == {"STOCK_UNKNOWN"}


@RARE
@given(_cases())
def test_a_second_run_without_changes_proposes_nothing(case: ReorderCase) -> None:
    answer = propose(case, DEFAULTS)
    assume(isinstance(answer, Proposal) and answer.action is Action.ORDER)
    assert isinstance(answer, Proposal)
    again = propose(replace(case, request=_request(answer)), DEFAULTS)
    assert isinstance(again, Proposal)
    assert again.action is Action.KEEP


@RARE
@given(_cases())
def test_a_quantity_is_what_the_supplier_delivers_and_never_less_than_its_minimum(case: ReorderCase) -> None:
    answer = propose(case, DEFAULTS)
    assume(isinstance(answer, Proposal) and answer.offer is not None)
    assert isinstance(answer, Proposal)
    assert answer.offer is not None
    terms = answer.offer.terms
    assert answer.quantity > 0
    assert answer.quantity >= terms.moq
    assert answer.quantity % (terms.multiple or 1) == 0 or terms.multiple is None
    assert answer.quantity % terms.stock_units_per_purchase_unit == 0 or terms.stock_units_per_purchase_unit == 1
    assert not terms.is_blocked
    assert answer.explanation is not None
    assert answer.explanation.roundings[-1].quantity == answer.quantity


@given(_cases(), st.integers(1, 200), st.integers(0, 400))
def test_more_stock_never_makes_a_larger_draft(case: ReorderCase, more: int, drafted: int) -> None:
    """With one supplier: another one may sell larger packs."""
    first = replace(case.offers[0].terms, is_blocked=False, supplier="Tisza", currency="EUR")
    offer = OfferMaker(TODAY).make(first)
    draft = PurchaseRequest(
        "1", "MUG", "PRG", "Tisza", Decimal(drafted), "H87", first.list_price, "EUR", TODAY, offer.arrives_on
    )
    case = replace(case, offers=[offer], request=draft if drafted else None)
    assert case.level is not None
    richer = replace(case, level=replace(case.level, on_hand=case.level.on_hand + more))
    assert _draft_after(richer) <= _draft_after(case)


def _draft_after(case: ReorderCase) -> Decimal:
    answer = propose(case, DEFAULTS)
    if isinstance(answer, Proposal) and (answer.offer is not None or answer.action is Action.WITHDRAW):
        return answer.quantity
    return case.request.quantity if case.request is not None else Decimal(0)


FIGURE_NAMES = [
    "minimum",
    "maximum",
    "reorder_point",
    "quantity",
    "order_up_to",
    "fixed_cost",
    "holding_cost",
    "stockout_cost",
    "review_days",
    "periods",
    "lead_time_factor",
    "variability",
    "order_cycle",
    "target",
    "watch_days",
    "cover_days",
]
_wild = st.sampled_from([Decimal(text) for text in ("0", "-1", "1e30", "NaN", "Infinity", "0.0001", "12")])


@given(
    st.sampled_from([*ReorderPolicy, "none"]),
    st.dictionaries(
        st.sampled_from(FIGURE_NAMES),
        _wild,
    ),
    _wild,
    _wild,
    st.lists(st.sampled_from([0.0, -1.0, float("nan"), float("inf"), 1e300, 4.0]), max_size=5),
)
def test_whatever_stands_in_the_records_comes_to_a_proposal_or_to_named_problems(
    policy: str, figures: dict[str, Decimal], on_hand: Decimal, price: Decimal, history: list[float]
) -> None:
    case = _case(figures, policy, [replace(TERMS, list_price=price, moq=price)], on_hand=on_hand, history=history)
    answer = propose(case, DEFAULTS)
    if not isinstance(answer, Proposal):
        assert [problem.code for problem in answer]
        return
    assert answer.quantity.is_finite()
    assert answer.quantity >= 0
