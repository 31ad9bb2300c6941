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
# "postcode 11000": what follows is a postcode.
_POSTCODE = (
    "postcode|post code|postal code|zip|zip code|pin|pin code|pincode",
    "psč|psc|směrovací číslo|smerovaci cislo",
    "irányítószám|iranyitoszam|irányítószámom|iranyitoszamom|irsz",
    "póstnúmer|postnumer|póstnúmerið|postnumerid|pnr",
    "کد پستی|کدپستی|کد پستیم|کدپستیم|kode posti|codeposti",
    "индекс|почтовый индекс|indeks",
    "plz|postleitzahl",
)
# "tel. 5551234": what follows is a phone number.
_PHONE = (
    "phone|tel|telephone|mobile|mob|cell|call|call me on|call me at|whatsapp|fax",
    "telefon|mobil|telefonní číslo|telefonni cislo",
    "mobilszám|mobilszam|mobilszámom|mobilszamom|telefonszám|telefonszam|telefonszámom|telefonszamom",
    "sími|simi|síminn|siminn|símanúmer|simanumer|símanúmerið|simanumerid|gsm",
    "تلفن|موبایل|همراه|شماره تماس|تلفنم|موبایلم",
    "телефон|тел|мобильный|сотовый|моб|вотсап",
)
# "invoice 10482": numbers that are neither these nor an order.
_OTHER = (
    "invoice|vat|account|iban|card|tracking",
    "faktura|fakturu|faktury|ičo|ico|dič|dic|účet|ucet|účtu|uctu",
    "számla|szamla|adószám|adoszam",
    "reikningur|kennitala|kt",
    "فاکتور|کارت|حساب|مبلغ",
    "счет|счёт|инн|карта|сумма",
)


def _alternatives(*tables: tuple[str, ...]) -> str:
    words = {word for table in tables for words in table for word in words.split("|")}
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


NUMBER_MARKS = _alternatives(_NUMBER)
ORDER_MARKS = _alternatives(_ORDER)
POSTCODE_MARKS = _alternatives(_POSTCODE)
PHONE_MARKS = _alternatives(_PHONE)

# From the word to its number: a few signs, and one or two short words ("tel.: ", "phone number is ").
_ON_THE_WAY = r"[\s.:#-]{0,3}(?:[^\W\d]{1,8}[\s.:#-]{1,3}){0,2}"

OTHER_NUMBER_BEFORE = re.compile(
    rf"(?<!\w)(?:{_alternatives(_OTHER, _POSTCODE, _PHONE)})(?!\w){_ON_THE_WAY}$", re.IGNORECASE
)
ORDER_BEFORE = re.compile(
    rf"(?:#|(?<!\w)(?:{ORDER_MARKS})(?!\w)[\s.:=-]{{0,3}}(?:(?:{NUMBER_MARKS})[\s.:=-]{{1,3}})?)\s{{0,2}}$",
    re.IGNORECASE,
)
PHONE_BEFORE = re.compile(rf"(?<!\w)(?:{PHONE_MARKS})(?!\w){_ON_THE_WAY}\+?$", re.IGNORECASE)
POSTCODE_BEFORE = re.compile(rf"(?<!\w)(?:{POSTCODE_MARKS})(?!\w){_ON_THE_WAY}$", re.IGNORECASE)

ANNOUNCING = frozenset(
    word for table in (_NUMBER, _ORDER, _FILLER) for words in table for word in re.split(r"[ |]", words) if word
)
