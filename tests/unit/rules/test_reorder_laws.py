"""What must hold for every proposal, whatever the figures."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from automations.reorder.offers import OfferMaker
from automations.rules.reorder.proposal import Action, Proposal, ReorderCase, propose
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import (
    ReorderPolicy,
    SupplierBreak,
    SupplierTerms,
)
from connectors.contracts.purchasing import PurchaseRequest
from tests.unit.rules.reorder_cases import DEFAULTS, TERMS, TODAY, case_of, request_of

# What it is about is a part of all that is drawn; hypothesis fails it where nothing is left, or drawing takes long.
RARE = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])

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
    return case_of(
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


@RARE
@given(_cases())
def test_a_second_run_without_changes_proposes_nothing(case: ReorderCase) -> None:
    answer = propose(case, DEFAULTS)
    assume(isinstance(answer, Proposal) and answer.action is Action.ORDER)
    assert isinstance(answer, Proposal)
    again = propose(replace(case, request=request_of(answer)), DEFAULTS)
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
    case = case_of(figures, policy, [replace(TERMS, list_price=price, moq=price)], on_hand=on_hand, history=history)
    answer = propose(case, DEFAULTS)
    if not isinstance(answer, Proposal):
        assert [problem.code for problem in answer]
        return
    assert answer.quantity.is_finite()
    assert answer.quantity >= 0
