"""Whole numbers as browsers send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.form_fields import version_in, whole_number


@pytest.mark.parametrize("written", ["", " 1", "-1", "+1", "1.0", "٣", "²", "1234567890", "1e3", "0x1"])
def test_what_is_no_whole_number_of_nine_digits_is_none(written: str) -> None:
    assert whole_number(written) is None
    assert version_in({"version": written}) == 0


@given(st.integers(0, 999_999_999))
def test_a_whole_number_is_read_as_it_was_written(number: int) -> None:
    assert whole_number(str(number)) == number


def test_a_form_without_a_version_fits_nothing() -> None:
    assert version_in({}) == 0
