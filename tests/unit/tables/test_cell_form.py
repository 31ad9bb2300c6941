"""Numbers and days as people write them: read the one way that they can mean, or refused."""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tables.cell_form import (
    AUTO,
    COMMA,
    DAY_FIRST,
    DAY_ORDERS,
    DECIMAL_SIGNS,
    ISO,
    MONTH_FIRST,
    POINT,
    CellError,
    CellForm,
)


@pytest.mark.parametrize(
    ("sign", "written", "number"),
    [
        (AUTO, "12", "12"),
        (AUTO, "-0.5", "-0.5"),
        (AUTO, "12,5", "12.5"),
        (AUTO, "1 234,50", "1234.50"),
        (AUTO, "1\u00a0234\u202f567,50", "1234567.50"),
        (AUTO, "1.234,50", "1234.50"),
        (AUTO, "1,234.50", "1234.50"),
        (AUTO, "1,234,567", "1234567"),
        (AUTO, "0,125", "0.125"),
        (AUTO, "1234,567", "1234.567"),
        (AUTO, "1'234.50", "1234.50"),
        (COMMA, "1.234", "1234"),
        (COMMA, "1,234", "1.234"),
        (POINT, "1,234", "1234"),
        (POINT, "1.234", "1.234"),
        (POINT, Decimal("1.10"), "1.10"),
        (COMMA, Decimal("1.10"), "1.10"),
        (AUTO, None, ""),
        (AUTO, "  ", ""),
        (AUTO, 0, "0"),
    ],
)
def test_a_number_is_read_as_it_is_meant(sign: str, written: object, number: str) -> None:
    assert CellForm(sign).number(written) == number


@pytest.mark.parametrize("written", ["1,234", "1.234", "-999,000"])
def test_what_may_be_thousands_or_a_fraction_is_not_guessed(written: str) -> None:
    with pytest.raises(CellError, match="choose the decimal sign"):
        CellForm(AUTO).number(written)


@pytest.mark.parametrize(
    ("sign", "written"),
    [
        (POINT, "12,5"),
        (COMMA, "12.5"),
        (AUTO, "12 pcs"),
        (AUTO, "#N/A"),
        (AUTO, "1.2.3,4"),
        (AUTO, "NaN"),
        (AUTO, "1e5"),
        (AUTO, "--1"),
        (AUTO, "'"),
        (AUTO, "_"),
    ],
)
def test_what_is_no_number_is_refused(sign: str, written: str) -> None:
    with pytest.raises(CellError, match="no number"):
        CellForm(sign).number(written)


@pytest.mark.parametrize(
    ("order", "written", "day"),
    [
        (ISO, "2026-11-22", "2026-11-22"),
        (DAY_FIRST, "2026-11-22T00:00:00", "2026-11-22"),
        (DAY_FIRST, "22.11.2026", "2026-11-22"),
        (DAY_FIRST, "2. 1. 2026", "2026-01-02"),
        (DAY_FIRST, "02/01/2026", "2026-01-02"),
        (MONTH_FIRST, "02/01/2026", "2026-02-01"),
        (ISO, date(2026, 11, 22), "2026-11-22"),
        (MONTH_FIRST, datetime(2026, 11, 22, 9, 30), "2026-11-22"),  # noqa: DTZ001 - as Excel has it
        (ISO, None, ""),
    ],
)
def test_a_day_is_read_in_the_order_that_was_declared(order: str, written: object, day: str) -> None:
    assert CellForm(day_order=order).day(written) == day


@pytest.mark.parametrize(
    ("order", "written"),
    [(ISO, "22.11.2026"), (DAY_FIRST, "11/22/2026"), (MONTH_FIRST, "22/11/2026"), (DAY_FIRST, "22.11.26"), (ISO, "x")],
)
def test_what_is_no_day_in_that_order_is_refused(order: str, written: str) -> None:
    with pytest.raises(CellError, match="is no day like"):
        CellForm(day_order=order).day(written)


@given(st.text(), st.sampled_from(DECIMAL_SIGNS), st.sampled_from(DAY_ORDERS))
def test_any_text_is_read_or_refused(written: str, sign: str, order: str) -> None:
    form = CellForm(sign, order)
    for read in (form.number, form.day):
        with suppress(CellError):
            assert written.strip() == "" or read(written) != ""


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_a_number_written_with_thousands_comes_back(number: Decimal) -> None:
    english = f"{number:,}"
    assert Decimal(CellForm(POINT).number(english)) == number
    assert Decimal(CellForm(COMMA).number(english.translate({44: ".", 46: ","}))) == number
