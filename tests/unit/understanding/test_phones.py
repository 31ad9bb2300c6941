"""Phone numbers are found as eight countries write them, and no order number is taken for one."""

import pytest

from tests.unit.understanding.reading import found, values


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("zavolejte mi na +420 777 123 456", "+420777123456"),
        ("00420 777 123 456", "+420777123456"),
        ("zavolejte mi prosím na 603 111 222", "603111222"),
        ("tel. 777123456", "777123456"),
        ("sk číslo +421 903 123 456", "+421903123456"),
        ("0903 123 456", "0903123456"),
        ("hívjon: 06 30 123 4567", "06301234567"),
        ("06-30/123-4567", "06301234567"),
        ("a számom +36 (30) 123 4567", "+36301234567"),
        ("hringið í mig í síma 581 2345", "5812345"),
        ("sími 5812345", "5812345"),
        ("+354 581-2345", "+3545812345"),
        ("شماره‌م ۰۹۳۵۱۲۳۴۵۶۷", "09351234567"),
        ("۰۹۱۲ ۳۴۵ ۶۷۸۹ زنگ بزنید", "09123456789"),
        ("تلفن 021-88776655", "02188776655"),
        ("перезвоните +7 912 345-67-89", "+79123456789"),
        ("8 (912) 345-67-89", "89123456789"),
        ("please call back, my number is 0161 496 0123", "01614960123"),
        ("call me on 07700 900123", "07700900123"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("(202) 555-0143", "2025550143"),
        ("+1 202 555 0143, thanks", "+12025550143"),
        ("my phone number is 5551234", "5551234"),
    ],
)
def test_a_phone_number_is_its_digits(typed: str, value: str) -> None:
    assert found(typed) == [("phone", value)]


def test_what_follows_a_phone_number_does_not_grow_it() -> None:
    assert found("+420 777 123 456 10482") == [("phone", "+420777123456"), ("order_number", "10482")]
    assert found("10482, 777 123 456") == [("order_number", "10482"), ("phone", "777123456")]


@pytest.mark.parametrize(
    "typed", ["order 777123456", "#777123456", "05308812450917", "120174-3399", "60 x 40 cm", "+12"]
)
def test_other_numbers_are_no_phones(typed: str) -> None:
    assert values(typed, "phone") == []
