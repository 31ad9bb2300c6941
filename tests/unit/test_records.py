"""Records come out of rows however another system writes its values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from connectors.contracts.catalogue import Product
from connectors.contracts.orders import Address, Order, OrderItem, OrderState, Shipment
from connectors.records import FieldError, RecordReader

ORDER = RecordReader(Order, frozenset({"items"}))
ROW: Mapping[str, Any] = {
    "number": "ORD-1",
    "email": "emma@example.com",
    "customer_name": "Emma",
    "ordered_on": "2026-11-02",
    "state": "paid",
    "total": "154.30",
    "currency": "EUR",
}


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Everything:
    text: str = ""
    amount: Decimal = Decimal(0)
    count: int = 0
    is_on: bool = False
    day: date | None = None
    moment: datetime | None = None
    colour: Colour = Colour.RED
    words: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    figures: Mapping[str, Decimal] = field(default_factory=dict)


EVERYTHING = RecordReader(Everything)


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("text", "  Oak ", "Oak"),
        ("text", 17, "17"),
        ("text", Decimal("1E+2"), "100"),
        ("amount", "1.50", Decimal("1.50")),
        ("amount", 0.1, Decimal("0.1")),
        ("amount", Decimal("3.0000"), Decimal(3)),
        ("amount", -2, Decimal(-2)),
        ("count", "7", 7),
        ("count", Decimal("7.0"), 7),
        ("is_on", 1, True),
        ("is_on", "No", False),
        ("is_on", True, True),
        ("day", datetime(2026, 11, 2, 23, 59, tzinfo=UTC), date(2026, 11, 2)),
        ("day", "2026-11-02 00:00:00", date(2026, 11, 2)),
        ("moment", "2026-11-02T10:00:00+01:00", datetime(2026, 11, 2, 9, tzinfo=UTC)),
        ("moment", "2026-11-02 09:00:00.5", datetime(2026, 11, 2, 9, 0, 0, 500000, tzinfo=UTC)),
        (
            "moment",
            datetime(2026, 11, 2, 9, tzinfo=timezone(timedelta(hours=3.5))),
            datetime(2026, 11, 2, 5, 30, tzinfo=UTC),
        ),
        ("colour", " BLUE ", Colour.BLUE),
        ("words", "a, b", ("a", "b")),
        ("words", ["a", "b"], ("a", "b")),
        ("words", '["a,b", "c"]', ("a,b", "c")),
        ("days", "5,6", (5, 6)),
        ("figures", '{"minimum": 1.10}', {"minimum": Decimal("1.10")}),
        ("figures", {"minimum": "2", "maximum": None}, {"minimum": Decimal(2)}),
    ],
)
def test_a_value_is_read_however_it_is_written(name: str, written: Any, read: Any) -> None:
    assert getattr(EVERYTHING.read({name: written}), name) == read


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("amount", "1,50", "a number like"),
        ("amount", "NaN", "a number like"),
        ("amount", True, "a number like"),
        ("amount", "1_000", "a number like"),
        ("amount", "1e999999999", "at most 300 digits"),
        ("amount", "1e-999999999", "at most 300 digits"),
        ("count", "7.5", "a whole number"),
        ("count", "1e999999999", "at most 300 digits"),
        ("words", "[1e999999999]", "at most 300 digits"),
        ("words", '["a"', "JSON like"),
        ("is_on", "perhaps", "true or false"),
        ("day", "2.11.2026", "a day like"),
        ("moment", "yesterday", "a time like"),
        ("moment", "0001-01-01T00:00:00+01:00", "a time like"),
        ("moment", "9999-12-31T23:59:59-01:00", "a time like"),
        ("colour", "green", "one of red, blue"),
        ("days", "5;6", "a number like"),
        ("figures", "[1]", "a JSON object"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_was_expected(name: str, written: Any, said: str) -> None:
    with pytest.raises(FieldError, match=said) as caught:
        EVERYTHING.read({name: written})
    assert caught.value.field == name
    assert repr(str(written))[:40] in caught.value.problem


@pytest.mark.parametrize("name", ["words", "figures"])
def test_a_document_in_documents_without_end_is_refused(name: str) -> None:
    with pytest.raises(FieldError, match="nested too deeply"):
        EVERYTHING.read({name: "[" * 100_000})


@pytest.mark.parametrize("name", ["text", "amount", "count", "day", "moment", "colour"])
def test_a_list_in_lists_without_end_is_no_value(name: str) -> None:
    endless: list[Any] = []
    for _ in range(100_000):
        endless = [endless]
    with pytest.raises(FieldError, match="nested too deeply"):
        EVERYTHING.read({name: endless})


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_empty_value_stands_for_the_default(nothing: str | None) -> None:
    assert EVERYTHING.read(dict.fromkeys(EVERYTHING.read({}).__dict__, nothing)) == Everything()


def test_a_long_value_is_cut_in_the_sentence() -> None:
    with pytest.raises(FieldError) as caught:
        EVERYTHING.read({"amount": "x" * 1000})
    assert len(caught.value.problem) < 120


def test_an_order_needs_what_every_order_has() -> None:
    assert ORDER.required == set(ROW)
    assert ORDER.read(ROW, items=()).state is OrderState.PAID
    for name in ROW:
        with pytest.raises(FieldError) as caught:
            ORDER.read({**ROW, name: None}, items=())
        assert caught.value.field == name


def test_an_empty_name_is_a_name_that_nobody_gave() -> None:
    assert ORDER.read({**ROW, "customer_name": ""}, items=()).customer_name == ""


def test_records_within_records_are_read_from_columns_that_begin_with_their_name() -> None:
    where = {
        "address_street": "Korunní 48",
        "address_city": "Praha 2",
        "address_postcode": 12000,
        "address_country": "CZ",
    }
    parcel = {"shipment_carrier": "GLS", "shipment_tracking_number": "93", "shipment_shipped_on": "2026-11-04"}
    order = ORDER.read({**ROW, **where, **parcel}, items=(OrderItem("LAMP", "Lamp", Decimal(1)),))
    assert order.address == Address("Korunní 48", "Praha 2", "12000", "CZ")
    assert order.shipment == Shipment("GLS", "93", date(2026, 11, 4), None)
    assert len(order.items) == 1


def test_a_record_within_is_left_out_when_nothing_of_it_is_known_and_not_when_it_is_half_there() -> None:
    nothing = {"address_street": None, "address_city": "", "address_postcode": None, "address_country": None}
    assert ORDER.read({**ROW, **nothing}, items=()).address is None
    with pytest.raises(FieldError) as caught:
        ORDER.read({**ROW, **nothing, "address_city": "Praha"}, items=())
    assert caught.value.field == "address_street"


def test_names_by_language_come_from_columns_or_from_one_document() -> None:
    row = {"sku": "BOWL", "price": 32.4, "currency": "EUR", "stock": "2.5", "alternatives": None}
    columns = RecordReader(Product).read({**row, "names_en": "Bowl", "names_cs": "Miska", "names_fa": None})
    document = RecordReader(Product).read({**row, "names": '{"en": "Bowl", "cs": "Miska"}'})
    assert columns == document
    assert columns.names == {"en": "Bowl", "cs": "Miska"}
    assert columns.price == Decimal("32.4")
