"""How addresses, items and quantities are read from what customers type, and what is shown of personal data."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.address_reader import AddressParts, read_address, read_country
from bot.services.item_choice import find_items, read_quantity
from bot.services.masking import mask_email, mask_street

DLOUHA = AddressParts("Dlouhá 12", "110 00", "Praha 1", "CZ")


@pytest.mark.parametrize(
    ("text", "home", "parts"),
    [
        ("Dlouhá 12, 110 00 Praha 1, Česká republika", None, DLOUHA),
        ("Dlouhá 12\n110 00 Praha 1\nCZ", "DE", DLOUHA),
        ("please send it to Dlouhá 12, 110 00 Praha 1, Czechia", "CZ", DLOUHA),
        ("nová adresa: Dlouhá 12, 110 00 Praha 1, Česko", "CZ", DLOUHA),
        ("110 00 Praha 1, Dlouhá 12, Csehország", "CZ", DLOUHA),
        ("Dlouhá 12 11000 Praha", "CZ", AddressParts("Dlouhá 12", "11000", "Praha", None)),
        ("Praha 110 00, Dlouhá 12", "CZ", AddressParts("Dlouhá 12", "110 00", "Praha", None)),
        ("Dlouhá 120, 2. patro, 110 00 Praha", "CZ", AddressParts("Dlouhá 120, 2. patro", "110 00", "Praha", None)),
        ("1054 Budapest, Kossuth tér 3, Magyarország", None, AddressParts("Kossuth tér 3", "1054", "Budapest", "HU")),
        ("Laugavegur 145, 101 Reykjavík, Ísland", None, AddressParts("Laugavegur 145", "101", "Reykjavík", "IS")),
        ("خیابان دلوها ۱۲، ۱۱۰۰۰ پراگ، چک", None, AddressParts("خیابان دلوها 12", "11000", "پراگ", "CZ")),
        ("Прага, ул. Длинная 12, 110 00, Чехия", None, AddressParts("ул. Длинная 12", "110 00", "Прага", "CZ")),
        ("12 High Street, Dublin, D02 AF30, Ireland", None, AddressParts("12 High Street", "D02 AF30", "Dublin", "IE")),
        (
            "Keizersgracht 1, 1012 AB Amsterdam, Holland",
            None,
            AddressParts("Keizersgracht 1", "1012 AB", "Amsterdam", "NL"),
        ),
        ("Vinohradská 1200/55, 120 00 Praha", None, AddressParts("Vinohradská 1200/55", "120 00", "Praha", None)),
        ("Krátká 5", "CZ", AddressParts("Krátká 5", None, None, None)),
        ("Krátká 5, Brno", "CZ", AddressParts("Krátká 5", None, "Brno", None)),
        ("", None, AddressParts()),
        ("\t", None, AddressParts()),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, home: str | None, parts: AddressParts) -> None:
    assert read_address(text, home) == parts


@given(st.text(max_size=300), st.sampled_from([None, "CZ", "IS", "IE"]))
def test_no_text_breaks_the_reader_of_addresses(text: str, home: str | None) -> None:
    parts = read_address(text, home)
    assert parts.street is None or parts.street.strip()


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Iceland", "IS"),
        ("Ísland", "IS"),
        ("Исландия", "IS"),
        ("NO", "NO"),
        ("no", None),
        ("آلمان", "DE"),
        ("hm", None),
    ],
)
def test_a_country_is_known_by_its_names_and_its_code(text: str, country: str | None) -> None:
    assert read_country(text) == country


NAMES = {"LAMP-GLASS-20": "Skleněná stolní lampa, 20 cm", "OAK-TRAY": "Olejovaný dubový tác"}


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("tu lampu", ("LAMP-GLASS-20",)),
        ("lampu a tác", ("LAMP-GLASS-20", "OAK-TRAY")),
        ("OAK-TRAY", ("OAK-TRAY",)),
        ("stůl", ()),
        ("", ()),
    ],
)
def test_items_are_found_by_what_customers_call_them(text: str, skus: tuple[str, ...]) -> None:
    assert find_items(text, NAMES) == skus


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("3", 3), ("just two please", 2), ("۴ تا", 4), ("0", 0), ("два", 2), ("2 or 3", None), ("many", None), ("", None)],
)
def test_an_answer_to_how_many_is_one_number(text: str, quantity: int | None) -> None:
    assert read_quantity(text) == (None if quantity is None else Decimal(quantity))


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("emma.novak@example.com", "e•••k@example.com"),
        ("ab@example.com", "a•••@example.com"),
        ("a@example.com", "a•••@example.com"),
    ],
)
def test_an_address_is_shown_so_that_only_its_owner_knows_it(email: str, masked: str) -> None:
    assert mask_email(email) == masked


def test_a_street_is_shown_by_its_first_letter() -> None:
    assert mask_street("Korunní 48") == "K•••"
    assert mask_street("") == "•••"
