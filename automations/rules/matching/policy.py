"""How much deviation a company tolerates before an invoice stops."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    `line_value` limits how much more a line costs than the open quantity at the order price, `header_value` the same
    of all lines together, `total` the sums of the header. The limits below what is expected are `price_under` and
    `quantity_under` (None = the sides say whether too little is a deviation) and `tax_under` and `total_under`
    (None = as above it). `planned_charge` is what a charge may exceed its planned amount by, `unplanned_charge` the
    largest charge nobody planned. `receipt_days` are the days after the invoice date for which a missing receipt only
    waits. `narrower` finds the policy of a supplier and item where narrower scopes than the company's are set.
    """

    level: MatchLevel = MatchLevel.THREE_WAY
    price: Tolerance = NO_DEVIATION
    quantity: Tolerance = NO_DEVIATION
    amount: Tolerance = NO_DEVIATION
    tax: Tolerance = NO_DEVIATION
    price_sides: Sides = Sides.OVER
    quantity_sides: Sides = Sides.OVER
    price_under: Tolerance | None = None
    quantity_under: Tolerance | None = None
    tax_under: Tolerance | None = None
    total_under: Tolerance | None = None
    line_value: Tolerance | None = None
    header_value: Tolerance | None = None
    planned_charge: Tolerance = NO_DEVIATION
    unplanned_charge: Decimal | None = ZERO
    total: Tolerance = NO_DEVIATION
    currency_mode: CurrencyMode = CurrencyMode.REFUSE
    receipt_days: int | None = None
    narrower: "Narrower | None" = field(default=None, compare=False, repr=False)

    def narrowed(self, supplier: str, item: str | None = None, item_group: str | None = None) -> "MatchingPolicy":
        """The policy for a document of this supplier, or for one line of it."""
        return self if self.narrower is None else self.narrower(supplier, item, item_group)

    @property
    def lowest_price(self) -> Tolerance | None:
        """The limit of a price below the order price; None = too little is no deviation."""
        return self.price if self.price_under is None and self.price_sides is Sides.BOTH else self.price_under

    @property
    def lowest_quantity(self) -> Tolerance | None:
        """The same of a quantity."""
        is_both = self.quantity_under is None and self.quantity_sides is Sides.BOTH
        return self.quantity if is_both else self.quantity_under

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
            price_under=_optional(scopes, "price_under"),
            quantity_under=_optional(scopes, "quantity_under"),
            tax_under=_optional(scopes, "tax_under"),
            total_under=_optional(scopes, "total_under"),
            line_value=_optional(scopes, "line_value"),
            header_value=_optional(scopes, "header_value"),
            planned_charge=_tolerance(scopes, PLANNED_CHARGE),
            unplanned_charge=_limit(_first_set(scopes, "charge_tolerance_abs", ZERO)),
            total=_tolerance(scopes, "total"),
            currency_mode=CurrencyMode(str(_first_set(scopes, "currency_mode", CurrencyMode.REFUSE))),
            receipt_days=None if receipt_days is None else int(str(receipt_days)),
        )


# Supplier, item (None = the document itself) and item group.
Narrower = Callable[[str, str | None, str | None], MatchingPolicy]

PLANNED_CHARGE = "planned_charge"
KINDS = (
    "price",
    "price_under",
    "quantity",
    "quantity_under",
    "amount",
    "line_value",
    "header_value",
    "total",
    "total_under",
    "tax",
    "tax_under",
    "charge",
)
# The worked cases call the percentage over a planned charge `charge_tolerance_pct`, and the largest charge that
# nobody planned `charge_tolerance_abs`; the absolute part over a planned charge has a name of its own.
_PLANNED_NAMES = ("charge_tolerance_pct", f"{PLANNED_CHARGE}_tolerance_abs")
SETTING_NAMES = frozenset(f"{kind}_tolerance_{part}" for kind in KINDS for part in ("pct", "abs")) | {
    *_PLANNED_NAMES,
    "level",
    "price_sides",
    "quantity_sides",
    "currency_mode",
    "receipt_days",
}


def _first_set(scopes: tuple[Mapping[str, object], ...], name: str, default: object) -> object:
    return next((scope[name] for scope in scopes if name in scope), default)


def _tolerance(scopes: tuple[Mapping[str, object], ...], kind: str) -> Tolerance:
    found = _optional(scopes, kind)
    return NO_DEVIATION if found is None else found


def _optional(scopes: tuple[Mapping[str, object], ...], kind: str) -> Tolerance | None:
    percent, absolute = f"{kind}_tolerance_pct", f"{kind}_tolerance_abs"
    if kind == PLANNED_CHARGE:
        percent, absolute = _PLANNED_NAMES
    for scope in scopes:
        if percent in scope or absolute in scope:
            return Tolerance(_limit(scope.get(percent)), _limit(scope.get(absolute)))
    return None


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
