"""What the made-up company sells: products with a supplier, a price and a habit of being wanted."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from connectors.demo.year.shape import YearShape
from connectors.money import round_money

LANGUAGES = ("en", "cs", "hu", "is", "fa", "ru")
# What a euro of cost is in the supplier's currency, and what the customer pays for it, tax included.
RATES = {"EUR": Decimal(1), "CZK": Decimal(25)}
MARKUP = Decimal("2.4")
PACKS = (1, 1, 4, 6, 12)
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


class Habit(StrEnum):
    """How demand for a product behaves over the year."""

    STEADY = "steady"
    SEASONAL = "seasonal"
    TRENDING = "trending"
    INTERMITTENT = "intermittent"


HABITS = (*(Habit.STEADY,) * 8, *(Habit.SEASONAL,) * 4, *(Habit.TRENDING,) * 3, *(Habit.INTERMITTENT,) * 5)


@dataclass(frozen=True, slots=True)
class Supplier:
    """`carelessness` is the share of its invoices that carry a mistake; lead time in working days."""

    name: str
    country: str
    currency: str
    lead_days: int
    reliability: Decimal
    carelessness: float


@dataclass(frozen=True, slots=True)
class Goods:
    """A product. `cost` is a piece's price in the supplier's currency, `price` what a customer pays in EUR.

    `weekly` is how many lines of customer orders a site sees in an average week; goods come in packs of `pack`.
    """

    sku: str
    names: Mapping[str, str]
    category: str
    supplier: Supplier
    cost: Decimal
    price: Decimal
    pack: int
    habit: Habit
    weekly: float
    peak_day: int
    growth: float

    def rate(self, day: date, first_day: date) -> float:
        """Expected order lines of a day at a site; weekends are quiet."""
        usual = self.weekly / 7 * (0.6 if day.weekday() >= 5 else 1.16)
        if self.habit is Habit.SEASONAL:
            return usual * (1 + 0.9 * math.cos((day.timetuple().tm_yday - self.peak_day) * 2 * math.pi / 365))
        if self.habit is Habit.TRENDING:
            return usual * (1 + self.growth * (day - first_day).days / 365)
        return usual


@cache
def words() -> Any:
    return json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))


def suppliers() -> Sequence[Supplier]:
    return [Supplier(**{**record, "reliability": Decimal(record["reliability"])}) for record in words()["suppliers"]]


def make_goods(shape: YearShape) -> list[Goods]:
    """Each thing in each material, then again as another model, until there are enough."""
    every = [(thing, material) for thing in words()["things"] for material in words()["materials"]]
    return [_one(shape, number, *every[number % len(every)], number // len(every)) for number in range(shape.products)]


def _one(shape: YearShape, number: int, thing: Mapping[str, Any], material: Mapping[str, str], model: int) -> Goods:
    random = shape.chance("goods", number)
    supplier = random.choice(suppliers())
    cost = Decimal(thing["cost"]) * Decimal(random.randint(70, 150)) / 100
    names = {language: _name(language, thing, material, model + 1) for language in LANGUAGES}
    habit = random.choice(HABITS)
    return Goods(
        sku=f"{thing['code']}-{material['code']}-{model + 1}",
        names=names,
        category=thing["category"],
        supplier=supplier,
        cost=round_money(cost * RATES[supplier.currency]),
        price=round_money(cost * MARKUP, 0) - Decimal("0.10"),
        pack=random.choice(PACKS),
        habit=habit,
        weekly=0.25 if habit is Habit.INTERMITTENT else random.lognormvariate(0.8, 0.7),
        peak_day=190 if thing["category"] == "garden" else random.choice((15, 345)),
        growth=random.uniform(0.6, 2.0),
    )


def _name(language: str, thing: Mapping[str, Any], material: Mapping[str, str], model: int) -> str:
    if language == "fa":
        return f"{thing[language]}، {material[language]}، مدل {str(model).translate(_PERSIAN_DIGITS)}"
    return f"{thing[language]} {model}, {material[language]}"
