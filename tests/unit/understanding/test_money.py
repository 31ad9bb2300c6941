"""Amounts are read with the sign or word of their currency, however thousands and decimals are written."""

import pytest

from tests.unit.understanding.reading import found, values


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("I paid 154.30 €", "154.30 EUR"),
        ("€ 1,234.50 was taken", "1234.50 EUR"),
        ("1.234,50 EUR", "1234.50 EUR"),
        ("where is my £45?", "45 GBP"),
        ("you owe me $5.5", "5.50 USD"),
        ("zaplatila jsem 12 500 Kč", "12500 CZK"),
        ("cena 250,- platí?", "250 CZK"),
        ("tip do 500 korun", "500 CZK"),
        ("12 900 Ft volt", "12900 HUF"),
        ("levontatok 94 eurót", "94 EUR"),
        ("25 ezer forintot fizettem", "25000 HUF"),
        ("vantar endurgreiðslu upp á 4.200 krónur", "4200 ISK"),
        ("15.800 kr. á kortinu", "15800 ISK"),
        ("tekið var 30 evrum of mikið", "30 EUR"),
        ("مبلغ ۱٬۲۵۰٬۰۰۰ تومان", "12500000 IRR"),
        ("۸۵۰ هزار تومن", "8500000 IRR"),
        ("۵۰۰۰۰۰ ریال", "500000 IRR"),
        ("۳۸٫۵۰ یورو", "38.50 EUR"),
        ("верните 56 евро", "56 EUR"),
        ("списали 1 290 руб.", "1290 RUB"),
        ("500₽", "500 RUB"),
        ("5 тыс. рублей", "5000 RUB"),
    ],
)
def test_money_has_its_currency_and_a_point(typed: str, value: str) -> None:
    assert found(typed) == [("amount", value)]


@pytest.mark.parametrize("typed", ["10482", "30 cm", "3 kroky", "v 10.30", "2 francouzské knihy", "1.2.3 EUR"])
def test_a_number_without_a_currency_is_no_money(typed: str) -> None:
    assert values(typed, "amount") == []


@pytest.mark.parametrize("number", ["1234.5", "1 234,50", "1.234,50", "1,234.50", "1234,5", "1'234.50", "۱٬۲۳۴٫۵۰"])
@pytest.mark.parametrize("sign", ["{} €", "{}€", "€{}", "€ {}", "{} EUR", "EUR {}", "{} евро", "{} eur"])
def test_an_amount_has_one_value_however_it_is_typed(number: str, sign: str) -> None:
    assert found(sign.format(number)) == [("amount", "1234.50 EUR")]
