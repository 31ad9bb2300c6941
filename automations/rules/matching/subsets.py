"""Subsets of amounts with a given sum: how many there are, and which it is where there is one.

Sums are made per half of the amounts and the halves are put together (Horowitz and Sahni, Computing partitions with
applications to the knapsack problem, 1974), so that forty amounts take as long as twenty do by trying all.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

# Different sums of one half that are kept. With more there are so many subsets that one sum is never that of only one.
MOST_SUMS = 2**20


class TooManySumsError(ValueError):
    """The amounts have more different sums than can be looked through."""


@dataclass(frozen=True, slots=True)
class Subsets:
    """How many subsets fit, and, if it is one, the places of its amounts."""

    count: int
    only: frozenset[int] = frozenset()


def find_subsets(amounts: Sequence[Decimal], least: Decimal, most: Decimal) -> Subsets:
    """Subsets of one amount at least with a sum from `least` to `most`; amounts of 0 and less belong to none.

    Raises TooManySumsError.
    """
    scale = max((-int(number.as_tuple().exponent) for number in (*amounts, least, most)), default=0)
    low, high = int(least.scaleb(scale)), int(most.scaleb(scale))
    counted = [(place, int(amount.scaleb(scale))) for place, amount in enumerate(amounts) if amount > 0]
    halves = counted[: len(counted) // 2], counted[len(counted) // 2 :]
    first, second = (_sums([amount for _, amount in half], high) for half in halves)
    values = sorted(second)
    running = [0, *accumulate(second[value] for value in values)]
    count, only = -(low <= 0 <= high), (0, 0)  # nothing at all is no subset
    for value, times in first.items():
        start, end = bisect_left(values, low - value), bisect_right(values, high - value)
        count += times * (running[end] - running[start])
        if end > start and (value or values[end - 1]):
            only = value, values[end - 1]
    if count != 1:
        return Subsets(max(count, 0))
    return Subsets(1, frozenset(place for half, sum_ in zip(halves, only, strict=True) for place in _pick(half, sum_)))


def _sums(amounts: Sequence[int], most: int) -> Counter[int]:
    """How many subsets have each sum up to the limit, the empty one among them."""
    sums: Counter[int] = Counter({0: 1})
    for amount in amounts:
        for value, times in list(sums.items()):
            if value + amount <= most:
                sums[value + amount] += times
        if len(sums) > MOST_SUMS:
            raise TooManySumsError(f"{len(amounts)} amounts have more than {MOST_SUMS} different sums.")
    return sums


def _pick(half: Sequence[tuple[int, int]], wanted: int) -> list[int]:
    """The places of the only subset with this sum."""
    places = []
    for number, (place, amount) in enumerate(half):
        rest = _sums([later for _, later in half[number + 1 :]], wanted)
        if wanted - amount in rest:
            places.append(place)
            wanted -= amount
    return places
