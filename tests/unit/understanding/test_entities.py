"""All kinds of entities together: precedence, spans, and messages that nobody sends in good faith."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.extractor import extract
from tests.unit.understanding.reading import entities, found


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            "Objednávka 10482: vraťte mi 1 290 Kč, tel. 777 123 456, Dlouhá 12, 110 00 Praha",
            [("order_number", "10482"), ("amount", "1290 CZK"), ("phone", "777123456"), ("postcode", "11000")],
        ),
        (
            "Tegnap rendeltem 3 darab bögrét 12 900 Ft-ért, ORD-2026-1042",
            [
                ("date", "2026-11-20"),
                ("quantity", "3"),
                ("product", "MUG"),
                ("amount", "12900 HUF"),
                ("order_number", "ORD-2026-1042"),
            ],
        ),
        (
            "سفارش ۱۰۴۸۲ رو فردا میفرستین؟ ۲ تا چراغ بود، ۰۹۱۲۳۴۵۶۷۸۹",
            [
                ("order_number", "10482"),
                ("date", "2026-11-22"),
                ("quantity", "2"),
                ("product", "LAMP"),
                ("phone", "09123456789"),
            ],
        ),
        (
            "заказ № 10482 от 3 ноября, 2 лампы за 94 евро, почта olga@post.ru",
            [
                ("order_number", "10482"),
                ("date", "2026-11-03"),
                ("quantity", "2"),
                ("product", "LAMP"),
                ("amount", "94 EUR"),
                ("email", "olga@post.ru"),
            ],
        ),
        ("order 10482 2 mugs", [("order_number", "10482"), ("quantity", "2"), ("product", "MUG")]),
        ("pöntun 10482 á morgun", [("order_number", "10482"), ("date", "2026-11-22")]),
    ],
)
def test_everything_in_one_message_is_what_it_is(typed: str, expected: list[tuple[str, str]]) -> None:
    assert found(typed) == expected


def test_features_see_references_only() -> None:
    text = "2 mugs for 30 € on 24.12. to 777 123 456, order 10482"
    assert [reference.kind for reference in extract(text)] == ["order_number"]


@given(st.text(max_size=300))
def test_no_text_breaks_it_and_spans_never_overlap(text: str) -> None:
    end = 0
    for entity in entities(text):
        assert end <= entity.start < entity.end <= len(text)
        assert entity.value
        end = entity.end


_PIECES = ["10482", "ORD-2026-1042", "TCK-7", "a@b.cz", "+420 777 123 456", "07700 900123", "24.12.2026", "3 ks", "dvě"]
_PIECES += [
    "154,30 €",
    "1 290 Kč",
    "۲۵۰ هزار تومان",
    "lampu",
    "mugs",
    "zítra",
    "last Monday",
    "۳ دی",
    "24 декабря",
    "12",
]
_PIECES += [
    "PSČ 110 00",
    "a dozen",
    "2x",
    "tel. 5551234",
    ",",
    "-",
    "#",
    "no.",
    "order",
    "\u200c",
    "😡",
    "/",
    "  ",
    "\n",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=12), st.sampled_from([" ", "", ", "]))
def test_whatever_stands_side_by_side_is_read_in_order(pieces: list[str], separator: str) -> None:
    text = separator.join(pieces)
    spans = [(entity.start, entity.end) for entity in entities(text)]
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    references = [entity for entity in entities(text) if entity.kind in ("order_number", "ticket_number", "email")]
    assert extract(text) == references


@given(
    st.lists(st.sampled_from([piece for piece in _PIECES if piece not in {"12", "dvě", "tel. 5551234"}]), max_size=8)
)
def test_what_needs_no_context_is_read_again_from_its_own_text(pieces: list[str]) -> None:
    """Not so a postcode, the number of an order of four digits, or a quantity before its product."""
    text = " ".join(pieces)
    for entity in entities(text):
        if entity.kind in ("email", "ticket_number", "amount", "date", "product"):
            assert found(text[entity.start : entity.end]) == [(entity.kind, entity.value)]


_HOSTILE = [
    "1 ",
    "12/",
    "tel ",
    "+420 ",
    "0 ",
    "2x ",
    "24. ",
    "two ",
    "€",
    "1 000 ",
    "psč ",
    "street 5, ",
    "lampa ",
    "ma ",
]
_HOSTILE += [
    "5 lamp ",
    "december ",
    "2026-",
    "half a ",
    "12.",
    "(0)",
    "A1 1AA ",
    "5a ",
    "دو ",
    "a",
    "a@b.",
    "😡",
    "half",
    "\x00",
]


@pytest.mark.parametrize("piece", _HOSTILE)
def test_a_long_message_does_not_hold_the_customer_up(piece: str) -> None:
    started = time.perf_counter()
    entities((piece * 50_000)[:50_000])
    assert time.perf_counter() - started < 5
