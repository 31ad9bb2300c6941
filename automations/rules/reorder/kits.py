"""Kits: what a component loses when kits are sold, and kits that contain themselves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.contracts.inventory import KitPart

# Of kits in kits in kits; far more than anybody packs, and little enough for a loop to be noticed at once.
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class KitUses:
    """`used_in` tells for each component the kits whose sale takes it along, with how many; `loops` are broken kits."""

    used_in: Mapping[str, Mapping[str, Decimal]]
    loops: frozenset[str]


def resolve_kits(kits: Mapping[str, Sequence[KitPart]]) -> KitUses:
    """Kits inside kits are opened. One that contains itself, or is deeper than anybody packs, takes nothing along."""
    used_in: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    loops = set()
    for kit in kits:
        found = _components(kit, kits)
        if found is None:
            loops.add(kit)
            continue
        for component, quantity in found.items():
            used_in[component][kit] = quantity
    return KitUses(dict(used_in), frozenset(loops))


def _components(kit: str, kits: Mapping[str, Sequence[KitPart]]) -> Mapping[str, Decimal] | None:
    """All components of one unit by their quantity; None where opening it never ends."""
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    level: Mapping[str, Decimal] = {kit: Decimal(1)}
    for _ in range(DEEPEST):
        inside: defaultdict[str, Decimal] = defaultdict(Decimal)
        for item, quantity in level.items():
            for part in kits.get(item, ()):
                inside[part.component] += quantity * part.quantity
        if kit in inside:
            return None
        if not inside:
            return total
        for component, quantity in inside.items():
            total[component] += quantity
        level = inside
    return None
