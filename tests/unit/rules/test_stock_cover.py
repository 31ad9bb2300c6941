"""Stock cover: days of cover, money tied up, slow movers and ABC classes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.reorder.stock_cover import (
    AbcClass,
    CoverSettings,
    StockedItem,
    classify_by_value,
    measure_cover,
)


def stocked(item: str, on_hand: str, used: str, unit_cost: str = "1") -> StockedItem:
    return StockedItem(item, Decimal(on_hand), Decimal(used), Decimal(unit_cost))


def test_days_of_cover_and_money_tied_up() -> None:
    # 90 used in 90 days is one a day: 45 last 45 days. 400 at one in two days last 800. By value: 245 for 94.5 in 90.
    cover = measure_cover(
        [stocked("CABLE", "45", "90"), stocked("RACK", "400", "45", "0.50"), stocked("OLD", "0", "0")]
    )
    rack, cable, old = cover.items
    assert (cable.days_of_cover, cable.money_tied_up, cable.moves_slowly) == (Decimal(45), Decimal(45), False)
    assert (rack.days_of_cover, rack.money_tied_up, rack.moves_slowly) == (Decimal(800), Decimal(200), True)
    assert (old.days_of_cover, old.moves_slowly) == (None, False)
    assert (cover.money_tied_up, cover.money_in_slow_movers) == (Decimal(245), Decimal(200))
    assert cover.days_of_cover == Decimal(245) * 90 / (90 + Decimal("22.5"))


def test_stock_that_nobody_uses_lasts_for_ever_and_moves_slowly() -> None:
    (only,) = measure_cover([stocked("OLD", "3", "0", "7")]).items
    assert (only.days_of_cover, only.moves_slowly, only.money_tied_up) == (None, True, Decimal(21))


def test_stock_at_the_limit_does_not_move_slowly_yet() -> None:
    at, over = measure_cover([stocked("AT", "180", "90"), stocked("OVER", "179.9", "89.9")]).items
    assert (at.moves_slowly, over.moves_slowly) == (False, True)


def test_negative_stock_covers_and_ties_up_nothing() -> None:
    (only,) = measure_cover([stocked("MISCOUNTED", "-4", "90")]).items
    assert (only.on_hand, only.days_of_cover, only.money_tied_up) == (Decimal(-4), Decimal(0), Decimal(0))


def test_the_classes_of_pareto() -> None:
    # Before D come 80 + 10 + 5 = 95 of 100.
    values = {"E": 2, "A": 80, "D": 3, "C": 5, "B": 10, "NOTHING": 0}
    classes = classify_by_value({item: Decimal(value) for item, value in values.items()})
    assert classes == {
        "A": AbcClass.A,
        "B": AbcClass.B,
        "C": AbcClass.B,
        "D": AbcClass.C,
        "E": AbcClass.C,
        "NOTHING": AbcClass.C,
    }


def test_an_empty_warehouse() -> None:
    cover = measure_cover([])
    assert (cover.items, cover.days_of_cover, cover.money_tied_up) == ((), None, Decimal(0))


@pytest.mark.parametrize(
    ("items", "complaint"),
    [
        ([stocked("X", "NaN", "1")], "no number"),
        ([stocked("X", "1", "Infinity")], "no number"),
        ([stocked("X", "1", "-1")], "0 or more"),
        ([stocked("X", "1", "1", "-1")], "0 or more"),
        ([stocked("X", "1", "1"), stocked("X", "2", "1")], "listed twice"),
    ],
)
def test_stock_that_cannot_be_measured_says_why(items: list[StockedItem], complaint: str) -> None:
    with pytest.raises(InvalidRuleError, match=complaint):
        measure_cover(items)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [({"window_days": 0}, "1 day"), ({"slow_days": 0}, "1 day"), ({"a_share": Decimal("0.99")}, "rise")],
)
def test_settings_that_contradict_themselves_say_why(wrong: dict[str, object], complaint: str) -> None:
    with pytest.raises(InvalidRuleError, match=complaint):
        replace(CoverSettings(), **wrong)  # type: ignore[arg-type]


warehouses = st.lists(
    st.builds(
        StockedItem,
        st.text("ABCDEF", min_size=1, max_size=4),
        st.integers(-5, 500).map(Decimal),
        st.integers(0, 90).map(Decimal),
        st.integers(0, 40).map(Decimal),
    ),
    max_size=20,
    unique_by=lambda one: one.item,
)


@given(warehouses)
def test_a_is_the_fewest_products_that_make_up_its_share(items: list[StockedItem]) -> None:
    cover = measure_cover(items)
    total = sum(one.value_used for one in cover.items)
    best = [one.value_used for one in cover.items if one.abc_class is AbcClass.A]
    assert sum(best) >= total * Decimal("0.8")
    assert not best or sum(best) - min(best) < total * Decimal("0.8")
    assert all(one.value_used <= min(best) for one in cover.items if best and one.abc_class is not AbcClass.A)


@given(warehouses)
def test_the_sums_do_not_depend_on_the_order_of_the_items(items: list[StockedItem]) -> None:
    cover = measure_cover(items)
    assert measure_cover(items[::-1]) == cover
    assert cover.money_tied_up == sum(max(one.on_hand, Decimal(0)) * one.unit_cost for one in items)
    assert cover.money_in_slow_movers <= cover.money_tied_up
