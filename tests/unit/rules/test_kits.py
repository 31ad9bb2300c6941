"""Kits opened to their components, whatever stands in them: by hand, and against a slow way of counting."""

from collections.abc import Mapping
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from automations.rules.reorder.kits import resolve_kits
from connectors.contracts.inventory import KitPart

ITEMS = "ABCDEF"
_parts = st.dictionaries(st.sampled_from(ITEMS), st.integers(1, 4), max_size=3)
_kits = st.dictionaries(st.sampled_from(ITEMS), _parts, max_size=5).map(
    lambda kits: {
        kit: tuple(KitPart(component, Decimal(quantity)) for component, quantity in parts.items())
        for kit, parts in kits.items()
    }
)
Kits = Mapping[str, tuple[KitPart, ...]]


def ends_in_itself(kit: str, kits: Kits, above: tuple[str, ...] = ()) -> bool:
    """Whether opening it meets any kit twice on one way down."""
    return kit in above or any(ends_in_itself(part.component, kits, (*above, kit)) for part in kits.get(kit, ()))


def pieces(kit: str, item: str, kits: Kits) -> Decimal:
    """How many of the item are taken along by one kit, counted way by way."""
    return sum(
        (part.quantity * ((part.component == item) + pieces(part.component, item, kits)) for part in kits.get(kit, ())),
        Decimal(0),
    )


@given(_kits)
def test_a_kit_takes_along_what_is_in_it_and_in_the_kits_in_it(kits: Kits) -> None:
    uses = resolve_kits(kits)
    for kit in kits.keys() - uses.loops:
        taken = {component: using[kit] for component, using in uses.used_in.items() if kit in using}
        assert taken == {item: count for item in ITEMS if (count := pieces(kit, item, kits))}


@given(_kits)
def test_only_kits_that_never_end_are_broken_and_these_take_nothing(kits: Kits) -> None:
    uses = resolve_kits(kits)
    assert uses.loops == {kit for kit in kits if ends_in_itself(kit, kits)}
    assert not any(using.keys() & uses.loops for using in uses.used_in.values())
