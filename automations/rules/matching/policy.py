"""How much deviation a company tolerates before an invoice stops."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Self

from connectors.money import ZERO

HUNDRED = Decimal(100)


class MatchLevel(StrEnum):
    """What a billed quantity is compared with: ordered; also received; also accepted."""

    TWO_WAY = "2-way"
    THREE_WAY = "3-way"
    FOUR_WAY = "4-way"


class Sides(StrEnum):
    """Whether only too much is a deviation, or too little as well."""

    OVER = "over"
    BOTH = "both"


class CurrencyMode(StrEnum):
    REFUSE = "refuse"
    CONVERT_AT_INVOICE_DATE = "convert_at_invoice_date"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Two limits that both must hold; a part that is None does not limit, so `Tolerance()` allows everything."""

    percent: Decimal | None = None
    absolute: Decimal | None = None

    def __post_init__(self) -> None:
        for part in (self.percent, self.absolute):
            if part is not None and part < 0:
                raise ValueError(f"a tolerance cannot be negative, it is {part}: enter 0 to allow no deviation")

    def limit_for(self, base: Decimal) -> Decimal | None:
        """The largest deviation from `base` that passes, the limit itself included; None = any."""
        if self.percent is None:
            return self.absolute
        by_percent = abs(base) * self.percent / HUNDRED
        if self.absolute is None or by_percent < self.absolute:
            return by_percent
        return self.absolute


NO_DEVIATION = Tolerance(absolute=ZERO)


@dataclass(frozen=True, slots=True)
class MatchingPolicy:
    """Every limit of the matching; a limit that is None does not exist.

    `price` is compared on the price base of the order (the price for its `price_per` units), `quantity` with the
    ordered, received or accepted figure, `amount` with the amount of a service line, `tax` with the expected tax.
    `line_value` limits the value variance of a line, `total` the sums of the header.
    `planned_charge_percent` is what a charge may exceed its planned amount by, `unplanned_charge` the largest charge
    nobody planned. `receipt_days` are the days after the invoice date for which a missing receipt only waits.
    """

    level: MatchLevel = MatchLevel.THREE_WAY
    price: Tolerance = NO_DEVIATION
    quantity: Tolerance = NO_DEVIATION
    amount: Tolerance = NO_DEVIATION
    tax: Tolerance = NO_DEVIATION
    price_sides: Sides = Sides.OVER
    quantity_sides: Sides = Sides.OVER
    line_value: Decimal | None = None
    planned_charge_percent: Decimal | None = ZERO
    unplanned_charge: Decimal | None = ZERO
    total: Decimal | None = ZERO
    currency_mode: CurrencyMode = CurrencyMode.REFUSE
    receipt_days: int | None = None

    @classmethod
    def from_settings(cls, *scopes: Mapping[str, object]) -> Self:
        """The policy of settings such as `price_tolerance_pct`, the narrowest scope first.

        For each kind of limit the first scope that sets it wins as a whole; set nowhere = no deviation allowed,
        explicitly None = not limited.

        Raises:
            ValueError: a setting is unknown or has no valid value.
        """
        unknown = {name for scope in scopes for name in scope} - SETTING_NAMES
        if unknown:
            raise ValueError(f"unknown matching settings {sorted(unknown)}: use {sorted(SETTING_NAMES)}")
        receipt_days = _first_set(scopes, "receipt_days", None)
        return cls(
            level=MatchLevel(str(_first_set(scopes, "level", MatchLevel.THREE_WAY))),
            price=_tolerance(scopes, "price"),
            quantity=_tolerance(scopes, "quantity"),
            amount=_tolerance(scopes, "amount"),
            tax=_tolerance(scopes, "tax"),
            price_sides=Sides(str(_first_set(scopes, "price_sides", Sides.OVER))),
            quantity_sides=Sides(str(_first_set(scopes, "quantity_sides", Sides.OVER))),
            line_value=_limit(_first_set(scopes, "line_value_tolerance_abs", None)),
            planned_charge_percent=_limit(_first_set(scopes, "charge_tolerance_pct", ZERO)),
            unplanned_charge=_limit(_first_set(scopes, "charge_tolerance_abs", ZERO)),
            total=_limit(_first_set(scopes, "total_tolerance_abs", ZERO)),
            currency_mode=CurrencyMode(str(_first_set(scopes, "currency_mode", CurrencyMode.REFUSE))),
            receipt_days=None if receipt_days is None else int(str(receipt_days)),
        )


SETTING_NAMES = frozenset(
    f"{kind}_tolerance_{part}" for kind in ("price", "quantity", "amount", "tax", "charge") for part in ("pct", "abs")
) | {
    "level",
    "price_sides",
    "quantity_sides",
    "line_value_tolerance_abs",
    "total_tolerance_abs",
    "currency_mode",
    "receipt_days",
}


def _first_set(scopes: tuple[Mapping[str, object], ...], name: str, default: object) -> object:
    return next((scope[name] for scope in scopes if name in scope), default)


def _tolerance(scopes: tuple[Mapping[str, object], ...], kind: str) -> Tolerance:
    percent, absolute = f"{kind}_tolerance_pct", f"{kind}_tolerance_abs"
    for scope in scopes:
        if percent in scope or absolute in scope:
            return Tolerance(_limit(scope.get(percent)), _limit(scope.get(absolute)))
    return NO_DEVIATION


def _limit(value: object) -> Decimal | None:
    if value is None:
        return None
    try:
        limit = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"a limit must be a number, it is {value!r}: enter 0 to allow no deviation") from None
    if not limit.is_finite() or limit < 0:
        raise ValueError(f"a limit cannot be {limit}: enter 0 to allow no deviation, or leave it empty for no limit")
    return limit
