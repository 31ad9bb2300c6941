"""A document that looks like one we have goes to a person, and only then."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from automations.rules.duplicates import (
    Duplicate,
    DuplicateIndex,
    DuplicatePolicy,
    DuplicateReason,
    describe_incoming,
    find_duplicates,
    normalise_document_number,
)
from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import PostedDocument
from tests.unit.rules.invoices import invoice

NEAR = DuplicatePolicy(near_amount_percent=Decimal(1), near_days=30)
EXACT = DuplicatePolicy()
POSTED = PostedDocument("E1", "S1", DocumentType.INVOICE, "INV-001", date(2026, 3, 10), "EUR", Decimal(100))


def reasons(candidate: PostedDocument, *existing: PostedDocument, policy: DuplicatePolicy = EXACT) -> set[str]:
    found = find_duplicates(candidate, existing or (POSTED,), policy)
    return {reason.value for duplicate in found for reason in duplicate.reasons}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("INV-001", "inv 1"),
        ("INV/0001", "Inv.1"),
        ("ＩＮＶ１", "inv1"),  # full-width letters and digits
        ("۱۲۳", "123"),  # Persian digits
        ("١٢٣", "00123"),  # Arabic digits
        ("2026-007", "2026/7"),
        ("A-B-1", "AB1"),  # separators between letters mean nothing
        ("INV\u200c001", "INV001"),  # a zero-width non-joiner
        ("Straße 1", "STRASSE1"),
        ("0000", "0"),
    ],
)
def test_two_ways_of_writing_one_number(one: str, other: str) -> None:
    assert normalise_document_number(one) == normalise_document_number(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("INV-10", "INV-100"),  # trailing zeros count
        ("2026-1", "20261"),  # neighbouring digit groups stay apart
        ("1-11", "11-1"),
        ("A1", "B1"),
        ("A0", "A"),
    ],
)
def test_two_numbers_that_stay_two(one: str, other: str) -> None:
    assert normalise_document_number(one) != normalise_document_number(other)


@given(st.text())
@example("\u1100-\u1161")  # two Korean letters that melt into one syllable
@example("ß-ŉ-1-٠٢")
def test_a_normalised_number_is_idempotent(text: str) -> None:
    once = normalise_document_number(text)

    assert normalise_document_number(once) == once


@given(st.lists(st.integers(0, 9999), min_size=1), st.sampled_from("-/ ._"), st.integers(0, 3))
def test_separators_and_leading_zeros_never_make_another_number(groups: list[int], separator: str, zeros: int) -> None:
    plain = "-".join(map(str, groups))
    written = separator.join("0" * zeros + str(group) for group in groups)

    assert normalise_document_number(plain) == normalise_document_number(written)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"SAME_NUMBER", "SAME_AMOUNT_AND_DATE"}),
        ({"total": Decimal(7)}, {"SAME_NUMBER"}),
        ({"number": "B-77"}, {"SAME_AMOUNT_AND_DATE"}),
        ({"number": "B-77", "currency": "CZK"}, set()),
        ({"number": "B-77", "issue_date": date(2026, 3, 11)}, set()),
        ({"issue_date": date(2027, 3, 10)}, set()),  # numbers start again every year
        ({"issue_date": None}, {"SAME_NUMBER"}),  # without a date the year cannot tell them apart
        ({"supplier": "S2"}, set()),
        ({"type": DocumentType.CREDIT_NOTE}, set()),
    ],
)
def test_number_amount_and_date_are_compared_within_one_supplier_and_type(
    changes: dict[str, Any], expected: set[str]
) -> None:
    assert reasons(replace(POSTED, **changes)) == expected


def test_a_document_that_no_longer_stands_does_not_block_its_replacement() -> None:
    assert reasons(POSTED, replace(POSTED, is_cancelled=True)) == set()
    assert reasons(POSTED, replace(POSTED, is_fully_credited=True)) == set()


def test_two_documents_over_nothing_are_no_duplicates() -> None:
    nothing = replace(POSTED, total=Decimal(0))

    assert reasons(replace(nothing, number="B-77"), nothing, policy=NEAR) == set()


def test_documents_without_a_readable_number_are_not_the_same_document() -> None:
    assert reasons(replace(POSTED, number="---", total=Decimal(7)), replace(POSTED, number="")) == set()


@pytest.mark.parametrize(
    ("total", "day", "expected"),
    [
        ("101", date(2026, 4, 9), {"NEAR_AMOUNT_AND_DATE"}),  # 1 % of the existing 100, 30 days: both at the limit
        ("99", date(2026, 2, 8), {"NEAR_AMOUNT_AND_DATE"}),  # the same the other way
        ("101.01", date(2026, 3, 10), set()),
        ("98.99", date(2026, 3, 10), set()),
        ("101", date(2026, 4, 10), set()),  # 31 days
        ("-100", date(2026, 3, 10), set()),
    ],
)
def test_a_near_amount_within_the_days_is_looked_at(total: str, day: date, expected: set[str]) -> None:
    candidate = replace(POSTED, number="B-77", total=Decimal(total), issue_date=day)

    assert reasons(candidate, policy=NEAR) == expected
    assert reasons(candidate, policy=EXACT) == set()


def test_an_equal_amount_is_not_called_near_as_well() -> None:
    assert reasons(replace(POSTED, number="B-77"), policy=NEAR) == {"SAME_AMOUNT_AND_DATE"}


def test_two_copies_in_one_batch_find_each_other() -> None:
    index = DuplicateIndex()
    before = index.find(POSTED, EXACT)
    index.add(POSTED)
    index.add(replace(POSTED, id="E0", number="A-1", total=Decimal(5)))

    assert before == ()
    assert index.find(replace(POSTED, id="new"), EXACT) == (
        Duplicate("E1", (DuplicateReason.SAME_AMOUNT_AND_DATE, DuplicateReason.SAME_NUMBER)),
    )


def test_an_invoice_is_compared_by_its_gross_total_or_else_by_what_is_payable() -> None:
    assert describe_incoming(invoice(gross_total=Decimal(121), payable=Decimal(21))).total == 121
    assert describe_incoming(invoice(payable=Decimal(21))).total == 21


documents = st.builds(
    replace,
    st.just(POSTED),
    id=st.uuids().map(str),
    number=st.sampled_from(["1", "01", "2", "A1"]),
    total=st.decimals(-200, 200, places=1),
    issue_date=st.none() | st.dates(date(2025, 12, 1), date(2026, 2, 1)),
)


@given(candidate=documents, existing=st.lists(documents, unique_by=lambda document: document.id))
def test_the_index_finds_what_comparing_one_by_one_finds(
    candidate: PostedDocument, existing: list[PostedDocument]
) -> None:
    one_by_one = [found for document in existing for found in find_duplicates(candidate, [document], NEAR)]
    grown = DuplicateIndex()
    for document in existing:
        grown.add(document)

    expected = tuple(sorted(one_by_one, key=lambda duplicate: duplicate.document_id))
    assert find_duplicates(candidate, existing, NEAR) == grown.find(candidate, NEAR) == expected


@given(total=st.decimals("0.01", 10_000, places=2), percent=st.decimals(0, 100, places=2), one_cent=st.booleans())
def test_the_largest_near_amount_is_found_and_one_cent_more_is_not(
    total: Decimal, percent: Decimal, one_cent: bool
) -> None:
    largest = (total + total * percent / 100).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
    candidate = replace(
        POSTED,
        number="B-77",
        total=largest + (Decimal("0.01") if one_cent else 0),
        issue_date=date(2026, 3, 11),
    )

    found = find_duplicates(candidate, [replace(POSTED, total=total)], DuplicatePolicy(percent, 30))

    assert bool(found) is not one_cent
