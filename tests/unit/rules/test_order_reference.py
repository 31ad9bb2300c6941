"""What a supplier writes as order number is read as meant, and a placeholder is no order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.order_reference import normalise_order_reference, order_reference_candidates


@pytest.mark.parametrize("text", [None, "", " ", "-", "--", "n/a", "N.A.", " None ", "?", "tbd"])
def test_a_placeholder_is_no_order(text: str | None) -> None:
    assert normalise_order_reference(text) is None
    assert order_reference_candidates(text) == ()


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        (" po-1 ", ("PO-1",)),
        ("PO4711", ("PO4711",)),
        ("PO 4711", ("PO 4711", "4711")),
        ("PO: 4711", ("PO: 4711", "4711")),
        ("P.O. #4711", ("P.O. #4711", "4711")),
        ("Order no. PO-1", ("ORDER NO. PO-1", "PO-1")),
        ("purchase  order number: PO-1", ("PURCHASE ORDER NUMBER: PO-1", "PO-1")),
        ("order-7", ("ORDER-7",)),
        ("PO n/a", ("PO N/A",)),
    ],
)
def test_the_reference_is_tried_as_written_and_then_without_its_prefix(text: str, candidates: tuple[str, ...]) -> None:
    assert order_reference_candidates(text) == candidates


@given(st.text())
def test_a_normalised_reference_is_idempotent(text: str) -> None:
    once = normalise_order_reference(text)

    assert normalise_order_reference(once) == once
