"""The words that customers put beside numbers: they tell an order number from a postcode, a phone or a price.

One table per meaning, all languages together: a number is read without knowing the language of its message, and
another language adds its words here. Latin words stand without accents too, because people type them so.
"""

import re

# "no. 10482": what follows is a number of something we sent.
_NUMBER = (
    "no|nr|num|number|number is|order id|id|n°|nº",
    "č|čís|číslo|cislo",
    "szám|szam|száma|szama|sz",
    "númer|numer",
    "شماره|شماره ی|کد",
    "номер|ном|н",
)
# "order 10482": the word for an order, right before its number.
_ORDER = (
    "ord|order|order is",
    "objednávka|objednavka|objednávku|objednavku|objednávky|objednavky|objednávce|objednavce|obj",
    "rendelés|rendeles|rendelésem|rendelesem|rendelésemet|rendelesemet|rendelésszám|rendelesszam|rendelésszámom"
    "|rendelesszamom|megrendelés|megrendeles|megrendelésem|megrendelesem|azonosító|azonosito",
    "pöntun|pontun|pöntunin|pontunin|pöntunarnúmer|pontunarnumer",
    "سفارش|سفارشم|سفارشی",
    "заказ|заказа|заказу|заказе|зак",
)
# Said around a number without asking for anything.
_FILLER = (
    "my the it its is here this and e mail email address please pls at for hi hello",
    "je to moje muj můj a mail emailu adresa prosim prosím tady zde",
    "az a ez és es cím cim",
    "er og það thad mitt mín min netfang",
    "من است هست و این ایمیل ایمیلم میشه",
    "мой моя это и вот почта адрес",
    "ticket tiket tck požadavek pozadavek تیکت тикет заявка обращение",
    "jegy bejelentés bejelentes ügyszám ugyszam hibajegy beiðni beidni",
)
# "postcode 11000", "tel. 5551234", "invoice 10482": numbers that are never an order.
_OTHER = (
    "postcode|post code|postal code|zip|zip code|pin|pin code|pincode|phone|tel|telephone|mobile|call|fax|invoice|vat"
    "|account|iban|card|tracking",
    "psč|psc|telefon|mobil|faktura|fakturu|faktury|ičo|ico|dič|dic|účet|ucet|účtu|uctu",
    "irányítószám|iranyitoszam|irsz|számla|szamla|mobilszám|mobilszam|adószám|adoszam",
    "póstnúmer|postnumer|sími|simi|símanúmer|simanumer|reikningur|kennitala|kt",
    "کد پستی|کدپستی|تلفن|موبایل|همراه|فاکتور|کارت|حساب|مبلغ",
    "индекс|телефон|тел|мобильный|счет|счёт|инн|карта|сумма",
)


def _alternatives(*tables: tuple[str, ...]) -> str:
    words = {word for table in tables for words in table for word in words.split("|")}
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


NUMBER_MARKS = _alternatives(_NUMBER)
ORDER_MARKS = _alternatives(_ORDER)

# The word, a few signs or one short word ("tel.: ", "phone number is "), then the number.
OTHER_NUMBER_BEFORE = re.compile(
    rf"(?<!\w)(?:{_alternatives(_OTHER)})(?!\w)[\s.:#-]{{0,3}}(?:[^\W\d]{{1,8}}[\s.:#-]{{1,3}}){{0,2}}$", re.IGNORECASE
)

ANNOUNCING = frozenset(
    word for table in (_NUMBER, _ORDER, _FILLER) for words in table for word in re.split(r"[ |]", words) if word
)
