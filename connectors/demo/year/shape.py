"""How large the made-up year is, and where its chance comes from."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

DAYS = 365
SITES = ("Prague", "Brno")  # as in the demo's own inventory


@dataclass(frozen=True, slots=True)
class YearShape:
    """A year up to and including `last_day`; sizes grow with `scale`, 1 is a company of two dozen people."""

    scale: int
    last_day: date
    seed: int = 2026

    def __post_init__(self) -> None:
        if self.scale < 1:
            raise ValueError(f"The scale is {self.scale}; it must be 1 or more.")

    @property
    def first_day(self) -> date:
        return self.last_day - timedelta(days=DAYS - 1)

    @property
    def products(self) -> int:
        return 120 * self.scale

    @property
    def customers(self) -> int:
        return 400 * self.scale

    @property
    def employees(self) -> int:
        return 24 * self.scale

    def chance(self, *purpose: object) -> Random:
        """A source of its own for each purpose, so that more of one thing does not change another."""
        return Random(":".join(map(str, (self.seed, *purpose))))  # noqa: S311 - not for secrets


def draw_count(random: Random, mean: float) -> int:
    """A Poisson number (Knuth, The Art of Computer Programming 2, 3.4.1); in parts, as e^-mean must not vanish."""
    count = 0
    while mean > 0:
        part = min(mean, 30.0)
        mean -= part
        limit, product = 2.718281828459045**-part, random.random()
        while product > limit:
            count += 1
            product *= random.random()
    return count
