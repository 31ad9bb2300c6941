"""What may still be changed about an order, for systems that leave the decision to us."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.contracts.orders import Address, Order, OrderItem, OrderState
from connectors.errors import NotFound, Rejected
from connectors.money import ZERO, round_money

NOT_PACKED = frozenset({OrderState.RECEIVED, OrderState.PAID, OrderState.BACK_ORDER})
NOT_DISPATCHED = NOT_PACKED | {OrderState.PICKING}
LONGEST = {"street": 200, "city": 100, "postcode": 20, "country": 2}


def require_not_packed(state: OrderState) -> None:
    """Raises Rejected when packing has begun, or the order is gone or cancelled."""
    if state not in NOT_PACKED:
        raise Rejected(f"The order is {state.value}; it can be changed only until packing begins.")


def require_not_dispatched(state: OrderState) -> None:
    """Raises Rejected when the parcel has left, or the order is cancelled."""
    if state not in NOT_DISPATCHED:
        raise Rejected(f"The order is {state.value}; its address can be changed only until it leaves.")


def require_complete(address: Address) -> None:
    """Raises Rejected when a part of the address is missing, or longer than it is kept."""
    for part, longest in LONGEST.items():
        written = getattr(address, part)
        if not written.strip():
            raise Rejected(f"The address has no {part}.")
        if len(written) > longest:
            raise Rejected(f"The {part} is longer than {longest} characters.")


def with_quantity(items: Sequence[OrderItem], sku: str, quantity: Decimal) -> tuple[OrderItem, ...]:
    """The items with another quantity of one; 0 takes it out.

    Raises:
        NotFound: no item has this SKU.
        Rejected: nothing would be left, the quantity is negative, or several items have this SKU.
    """
    if not quantity.is_finite() or quantity < 0:
        raise Rejected("A quantity is a number that is not negative.")
    named = [item for item in items if item.sku == sku]
    if not named:
        raise NotFound(f"The order has no item {sku!r}.")
    if len(named) > 1:
        raise Rejected(f"The order lists {sku} more than once, so it is not clear which line is meant.")
    changed = tuple(replace(item, quantity=quantity) if item.sku == sku else item for item in items)
    left = tuple(item for item in changed if item.quantity)
    if not left:
        raise Rejected("Nothing would be left of the order; cancel it instead.")
    return left


def new_total(order: Order, items: Sequence[OrderItem]) -> Decimal:
    """The total moved by what the items changed; charges beside the items, such as delivery, stay.

    Raises:
        Rejected: the system does not say what a changed item costs.
    """
    before = {item.sku: item for item in order.items}
    after = {item.sku: item for item in items}
    changed = [sku for sku in before if before[sku] != after.get(sku)]
    return order.total + sum((_worth(after.get(sku)) - _worth(before[sku]) for sku in changed), ZERO)


def _worth(item: OrderItem | None) -> Decimal:
    if item is None:
        return ZERO
    if item.unit_price is None:
        raise Rejected(f"The price of {item.sku} is not known, so its quantity cannot be changed.")
    return round_money(item.quantity * item.unit_price)
