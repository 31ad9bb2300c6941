"""Why a hold is gone, and which holds two people can let pass."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.matching.holds import HoldReason
from automations.rules.matching.overrides import NEVER_OVERRIDDEN, OVERRIDABLE, HoldFigures, overridden
from automations.rules.matching.release import Change, HoldPlace, OrderFigures, SeenVerdict, explain_releases

FIGURES = OrderFigures(*(Decimal(number) for number in (100, 60, 60, 0, 40)))
HELD = HoldPlace("QTY_OVER_RECEIVED", "1")
BEFORE = SeenVerdict([HELD], "PO-1", {"1": FIGURES}, "mark")
HOLDS = st.builds(HoldPlace, st.sampled_from([reason.value for reason in HoldReason]), st.sampled_from(["", "1", "2"]))
FIGURE = st.one_of(st.none(), st.integers(0, 3).map(Decimal))
VERDICTS = st.builds(
    SeenVerdict,
    st.lists(HOLDS, max_size=4),
    st.sampled_from([None, "PO-1", "PO-2"]),
    st.dictionaries(st.sampled_from("12"), st.builds(OrderFigures, FIGURE, FIGURE, FIGURE, FIGURE, FIGURE)),
    st.sampled_from(["mark", "other"]),
)


@pytest.mark.parametrize(
    ("after", "change", "figures"),
    [
        (replace(BEFORE, lines={"1": replace(FIGURES, received=Decimal(70))}), Change.RECEIVED, ("60", "70")),
        (replace(BEFORE, lines={"1": replace(FIGURES, billed=Decimal(-5))}), Change.BILLED, ("0", "-5")),
        (replace(BEFORE, order="PO-2"), Change.ORDER, ("PO-1", "PO-2")),
        (replace(BEFORE, settings="other"), Change.SETTINGS, (None, None)),
        (BEFORE, Change.OUTSIDE, (None, None)),
        (replace(BEFORE, lines={"1": replace(FIGURES, price=Decimal(1))}), Change.OUTSIDE, (None, None)),
    ],
)
def test_the_figure_that_changed_explains_the_release(
    after: SeenVerdict, change: Change, figures: tuple[str | None, str | None]
) -> None:
    (release,) = explain_releases(BEFORE, replace(after, holds=[]))
    assert (release.hold, release.change, (release.before, release.after)) == (HELD, change, figures)


def test_what_two_people_let_pass_is_told_before_anything_else() -> None:
    after = replace(BEFORE, holds=[], order="PO-2")
    assert [release.change for release in explain_releases(BEFORE, after, frozenset({HELD}))] == [Change.OVERRIDE]


@given(VERDICTS, VERDICTS)
def test_exactly_the_holds_that_are_gone_are_explained_each_once(before: SeenVerdict, after: SeenVerdict) -> None:
    explained = [release.hold for release in explain_releases(before, after)]
    assert set(explained) == set(before.holds) - set(after.holds)
    assert len(explained) == len(set(explained))


PASSING = st.builds(
    HoldFigures,
    st.sampled_from(["PRICE_OVER", "NO_ORDER", "DUPLICATE", "SAME_NUMBER"]),
    st.sampled_from(["", "1"]),
    st.sampled_from(["41", "42"]),
    st.just("40"),
)


@given(st.lists(PASSING, max_size=5), st.frozensets(PASSING, max_size=5))
def test_nothing_passes_that_was_not_approved_with_these_figures_or_never_can(
    holds: list[HoldFigures], approved: frozenset[HoldFigures]
) -> None:
    passed = overridden(holds, approved)
    assert passed == {hold for hold in holds if hold in approved and hold.code != "NO_ORDER"}


def test_every_hold_either_can_pass_or_never_can() -> None:
    assert not OVERRIDABLE & NEVER_OVERRIDDEN
    assert {reason.value for reason in HoldReason} <= OVERRIDABLE | NEVER_OVERRIDDEN
