"""A postcode is found beside its word or in an address, and any shape of it as an answer to the question."""

import pytest

from bot.understanding.postcodes import as_postcode
from tests.unit.understanding.reading import values


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("PSČ má být 370 01", "37001"),
        ("psc: 11000", "11000"),
        ("az irányítószám 1051", "1051"),
        ("póstnúmer 200", "200"),
        ("کد پستی ۱۹۶۷۷۱۳۴۵۶", "1967713456"),
        ("индекс 101000", "101000"),
        ("my postcode is sw1a 1aa", "SW1A1AA"),
        ("zip 90210-1234", "90210-1234"),
        ("CZ-110 00", "11000"),
        ("H-1051 Budapest", "1051"),
        ("adresa je Dlouhá 12, 110 00 Praha 1", "11000"),
        ("dlouha 12, 110 00 praha", "11000"),
        ("Husova 5/12, 110 00 Praha", "11000"),
        ("Dlouhá 12, 11000 Praha", "11000"),
        ("új cím: 6720 Szeged, Kárász u. 5.", "6720"),
        ("Kossuth Lajos u. 5., 1051 Budapest", "1051"),
        ("rétt er Skólabraut 3, 170 Seltjarnarnes", "170"),
        ("Москва, ул. Ленина 5, 101000", "101000"),
        ("new delivery address: 5 Station Road, Leeds LS1 4DT", "LS14DT"),
        ("350 Fifth Avenue, New York, NY 10118", "10118"),
        ("Hauptstraße 5, 10115 Berlin", "10115"),
    ],
)
def test_a_postcode_stands_beside_its_word_or_in_an_address(typed: str, value: str) -> None:
    assert values(typed, "postcode") == [value]
    assert values(typed, "order_number") == []
    assert as_postcode(typed) == value


@pytest.mark.parametrize("typed", ["10482", "lamp 2, 10482 please", "101", "TCK-000123", "model A1-2345", "110 000"])
def test_a_number_alone_is_no_postcode(typed: str) -> None:
    assert values(typed, "postcode") == []


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("110 00", "11000"),
        ("it's SW1A 1AA", "SW1A1AA"),
        ("1051 Budapest", "1051"),
        ("۱۹۶۷۷-۱۳۴۵۶", "1967713456"),
        ("101", "101"),
        ("10482", "10482"),
        ("#10482", None),
        ("order 10482", None),
        ("TCK-000123", None),
        ("2026-12-24", None),
        ("777 123 456", None),
        ("I have no idea", None),
        ("5", None),
        ("", None),
    ],
)
def test_an_answer_to_the_question_for_a_postcode(answer: str, value: str | None) -> None:
    assert as_postcode(answer) == value
