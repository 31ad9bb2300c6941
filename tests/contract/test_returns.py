"""What every system that keeps returns must do, run over every vendor of the registry."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.contracts.returns import ReturnCase, ReturnRequest, Returns, ReturnState
from connectors.database.models.sales import ReturnRow
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected, Unavailable
from connectors.registry import vendors_of
from connectors.vendors.house_sales import HouseReturns
from connectors.vendors.memory_sales import MemoryReturns
from tests.contract.with_a_server import tested_with_a_server
from tests.fixtures.days import TODAY
from tests.fixtures.filled_orders import add_orders

NUMBERS = ("ORD-2026-0117", "ORD-2026-0118")
REQUEST = ReturnRequest(
    idempotency_key="conversation.1:7",
    order_number=NUMBERS[0],
    skus=("BOWL", "MUG"),
    reason="Barva je jiná než na fotografii.",
    is_faulty=False,
    amount=Decimal("45.90"),
    currency="EUR",
)
OTHER_ITEM = replace(REQUEST, idempotency_key="conversation.1:9", skus=("VASE",), is_faulty=True)


@dataclass(frozen=True, slots=True)
class House:
    """A system with two orders, and what its people do there: settle a return with a state and perhaps a payment."""

    returns: Returns
    settle: Callable[[str, ReturnState, date | None], None]


def _house(database: Database) -> House:
    bowl = OrderItem("BOWL", "Bowl", Decimal(1))
    add_orders(
        database,
        [
            Order(number, "emma@example.com", "Emma", TODAY, OrderState.DELIVERED, (bowl,), Decimal(60), "EUR")
            for number in NUMBERS
        ],
    )

    def settle(number: str, state: ReturnState, refunded_on: date | None) -> None:
        with database.write() as session:
            row = session.scalars(select(ReturnRow).where(ReturnRow.number == number)).one()
            row.state, row.refunded_on = state, refunded_on

    return House(HouseReturns(database), settle)


def _memory(_database: Database) -> House:
    returns = MemoryReturns(TODAY, NUMBERS)
    return House(returns, returns.settle)


FILLED: dict[str, Callable[[Database], House]] = {"house": _house, "memory": _memory}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("returns")) - tested_with_a_server("returns") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def house(request: pytest.FixtureRequest, database: Database) -> House:
    return FILLED[request.param](database)


@pytest.fixture
def returns(house: House) -> Returns:
    return house.returns


def test_a_return_is_registered_with_a_number_and_all_that_was_said(returns: Returns) -> None:
    case = returns.request_return(REQUEST)
    assert case == ReturnCase(
        number="RET-000001",
        order_number=REQUEST.order_number,
        skus=("BOWL", "MUG"),
        reason=REQUEST.reason,
        is_faulty=False,
        amount=Decimal("45.90"),
        currency="EUR",
        state=ReturnState.REQUESTED,
        requested_on=case.requested_on,
    )
    assert list(returns.returns_of(REQUEST.order_number)) == [case]


def test_a_return_is_found_by_its_number(returns: Returns) -> None:
    returns.request_return(REQUEST)
    case = returns.request_return(OTHER_ITEM)
    assert returns.find_return(case.number) == case


@pytest.mark.parametrize("number", ["RET-000009", "", "%"])
def test_a_return_that_does_not_exist_is_not_found(returns: Returns, number: str) -> None:
    returns.request_return(REQUEST)
    with pytest.raises(NotFound, match="no return"):
        returns.find_return(number)


def test_asking_twice_with_one_key_registers_one_return(returns: Returns) -> None:
    assert returns.request_return(REQUEST) == returns.request_return(REQUEST)
    assert len(returns.returns_of(REQUEST.order_number)) == 1


def test_an_order_is_known_however_its_number_is_written(returns: Returns) -> None:
    case = returns.request_return(replace(REQUEST, order_number=" ord–2026–0117"))
    assert case.order_number == REQUEST.order_number
    assert list(returns.returns_of("ord-2026-0117 ")) == [case]


def test_nothing_of_an_unknown_order_can_be_returned(returns: Returns) -> None:
    with pytest.raises(NotFound, match="ORD-1"):
        returns.request_return(replace(REQUEST, order_number="ORD-1"))


def test_the_returns_of_an_order_come_newest_first_and_no_others(returns: Returns) -> None:
    first = returns.request_return(REQUEST)
    returns.request_return(replace(REQUEST, idempotency_key="other", order_number=NUMBERS[1]))
    second = returns.request_return(OTHER_ITEM)
    assert list(returns.returns_of(NUMBERS[0])) == [second, first]


def test_an_item_on_its_way_back_is_not_returned_again(returns: Returns) -> None:
    returns.request_return(REQUEST)
    again = replace(REQUEST, idempotency_key="again", skus=("VASE", "MUG"))
    with pytest.raises(Rejected, match="registered for MUG"):
        returns.request_return(again)
    assert len(returns.returns_of(NUMBERS[0])) == 1


def test_an_item_whose_return_was_refused_may_be_asked_for_again(house: House) -> None:
    refused = house.returns.request_return(REQUEST)
    house.settle(refused.number, ReturnState.REFUSED, None)
    again = house.returns.request_return(replace(REQUEST, idempotency_key="again"))
    assert [case.state for case in house.returns.returns_of(NUMBERS[0])] == [
        ReturnState.REQUESTED,
        ReturnState.REFUSED,
    ]
    assert again.number != refused.number


def test_a_return_of_nothing_is_rejected(returns: Returns) -> None:
    with pytest.raises(Rejected, match="names no item"):
        returns.request_return(replace(REQUEST, skus=()))


def test_what_was_paid_on_a_day_or_later_is_found_in_the_order_of_payment(house: House) -> None:
    cases = [
        house.returns.request_return(replace(REQUEST, idempotency_key=sku, skus=(sku,)))
        for sku in ("LATE", "EARLY", "TOO-EARLY", "UNPAID")
    ]
    for case, day in zip(cases, (date(2026, 11, 20), date(2026, 11, 18), date(2026, 11, 17)), strict=False):
        house.settle(case.number, ReturnState.REFUNDED, day)
    refunded = house.returns.refunded_since(date(2026, 11, 18))
    assert [(case.skus, case.state, case.refunded_on) for case in refunded] == [
        (("EARLY",), ReturnState.REFUNDED, date(2026, 11, 18)),
        (("LATE",), ReturnState.REFUNDED, date(2026, 11, 20)),
    ]


def test_of_two_who_return_one_item_at_once_one_is_told_so(returns: Returns) -> None:
    start = Barrier(2)

    def ask(key: str) -> str:
        start.wait()
        try:
            return returns.request_return(replace(REQUEST, idempotency_key=key)).state
        except Rejected:
            return "rejected"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(ask, ("one", "two"))) == ["rejected", ReturnState.REQUESTED]
    assert len(returns.returns_of(NUMBERS[0])) == 1


def test_our_own_returns_are_unavailable_while_the_database_has_no_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HouseReturns(database).returns_of(NUMBERS[0])
    database.close()
