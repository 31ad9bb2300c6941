"""What stands in the way of changing an order, and what that means for the customer."""

from enum import StrEnum

from connectors.contracts.orders import Order, OrderState


class Obstacle(StrEnum):
    """Why an order cannot be changed as the customer wishes."""

    CANCELLED = "cancelled"
    BEING_PACKED = "being_packed"
    ON_THE_WAY = "on_the_way"
    DELIVERED = "delivered"


_OBSTACLES = {
    OrderState.CANCELLED: Obstacle.CANCELLED,
    OrderState.PICKING: Obstacle.BEING_PACKED,
    OrderState.SHIPPED: Obstacle.ON_THE_WAY,
    OrderState.DELIVERED: Obstacle.DELIVERED,
}


def obstacle_to_contents(order: Order) -> Obstacle | None:
    """What forbids to cancel an order or to change its items: possible until packing begins."""
    return _OBSTACLES.get(order.state)


def obstacle_to_address(order: Order) -> Obstacle | None:
    """What forbids to send an order elsewhere: possible until the parcel leaves."""
    obstacle = _OBSTACLES.get(order.state)
    return None if obstacle == Obstacle.BEING_PACKED else obstacle
