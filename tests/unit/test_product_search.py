"""What customers type finds the product that they mean, in six languages, with slips, endings and other words."""

import pytest
import yaml

from bot.services.product_questions import Wish, find_wish, naming_words
from bot.services.product_search import Mention, pick, rank_products, word_likeness
from connectors.settings import DATA_FOLDER
from tests.fixtures.days import TODAY
from tests.fixtures.product_queries import QUERIES
from tests.fixtures.shop_catalogue import demo_products

PRODUCTS = demo_products(TODAY)


def meant(text: str, language: str, *mentions: Mention) -> tuple[str, set[str]]:
    """The products that are meant, as in the table, and those that are near."""
    ranked = rank_products(naming_words(text, language), PRODUCTS, language, mentions)
    products, near = pick(ranked, {sku for mention in mentions for sku in mention.skus})
    return "|".join(sorted(product.sku for product in products)), {product.sku for product in near}


@pytest.mark.parametrize(
    ("language", "typed", "expected"),
    [(language, *query) for language, queries in QUERIES.items() for query in queries],
)
def test_a_query_finds_what_is_meant(language: str, typed: str, expected: str) -> None:
    found, near = meant(typed, language)
    if expected.startswith("?"):
        assert found == ""
        assert expected.removeprefix("?") in near
    else:
        assert found == expected
        assert near == set()


def test_every_language_is_tried_with_a_dozen_queries() -> None:
    assert {language: len(queries) >= 12 for language, queries in QUERIES.items()} == dict.fromkeys(QUERIES, True)
    assert set(QUERIES) == {"en", "cs", "hu", "is", "fa", "ru"}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("mug", "mugs", True),
        ("svicka", "svicek", True),
        ("gyertyatok", "gyertya", True),
        ("подсвешник", "подсвечник", True),
        ("rug", "mug", False),
        ("sofa", "soy", False),
        ("mottur", "kringlottur", False),
    ],
)
def test_endings_and_slips_cost_little_and_other_words_much(one: str, other: str, is_same: bool) -> None:
    assert (word_likeness(one, other) >= 0.5) is is_same
    assert word_likeness(one, other) == word_likeness(other, one)


def test_a_part_of_a_compound_is_worth_a_question_but_is_no_find() -> None:
    assert meant("do you sell keyboards", "en") == ("", {"OAK-BOARD"})


def test_a_word_that_the_catalogue_does_not_know_is_explained_by_its_mention() -> None:
    assert meant("is the taburet available", "en")[0] == ""
    assert meant("is the taburet available", "en", Mention(("OAK-STOOL",), ("taburet",)))[0] == "OAK-STOOL"


def test_what_is_mentioned_is_found_among_many_other_words() -> None:
    long = "my grandmother adored blankets, quilts, embroidery, and now wants a pendant"
    assert meant(long, "en", Mention(("LAMP-GLASS-30",), ("pendant",)))[0] == "LAMP-GLASS-30"


def test_a_word_beside_the_mention_still_decides_between_products() -> None:
    assert meant("is the round vase there", "en", Mention(("VASE-TALL",), ("vase",)))[0] == "VASE-ROUND"


def test_a_mention_of_several_products_shuts_no_other_out() -> None:
    lamps = Mention(("LAMP-GLASS-20", "LAMP-GLASS-30"), ("lamps",))
    assert meant("any lamps?", "en", lamps)[0] == "LAMP-AURORA|LAMP-BASE|LAMP-GLASS-20|LAMP-GLASS-30"


def test_without_products_nothing_is_found() -> None:
    assert rank_products(("lamp",), (), "en") == []


def test_personal_data_and_numbers_are_no_product_words() -> None:
    typed = "rugs for emma@example.com, phone +420 777 123 456, order ORD-2026-1042, 30 pieces"
    words = naming_words(typed, "en")
    assert "rugs" in words
    assert not [word for word in words if "emma" in word or "ord" in word or any(map(str.isdigit, word))]


@pytest.mark.parametrize(
    ("language", "typed", "wish"),
    [
        ("en", "let me know when it's back", Wish.WATCH),
        ("en", "don't tell me any more about the candle", Wish.STOP_WATCHING),
        ("en", "could you quote me for 40 mugs", Wish.OFFER),
        ("en", "any promo codes?", Wish.DISCOUNT),
        ("en", "how much is the mug", None),
        ("cs", "dejte mi prosím vědět, až bude skladem", Wish.WATCH),
        ("cs", "už mi nedávejte vědět", Wish.STOP_WATCHING),
        ("cs", "chtěli bychom nabídku na 40 hrnků", Wish.OFFER),
        ("cs", "máte nějakou slevu", Wish.DISCOUNT),
        ("hu", "szóljanak, ha újra lesz, szóljon kérem", Wish.WATCH),
        ("hu", "már ne szóljatok", Wish.STOP_WATCHING),
        ("hu", "árajánlatot kérnék", Wish.OFFER),
        ("hu", "van kedvezmény?", Wish.DISCOUNT),
        ("is", "látið mig vita þegar þetta kemur", Wish.WATCH),
        ("is", "hættið að láta mig vita", Wish.STOP_WATCHING),
        ("is", "getið þið gert mér tilboð í 40 bolla", Wish.OFFER),
        ("is", "er einhver afsláttur", Wish.DISCOUNT),
        ("fa", "موجود شد خبرم کنین", Wish.WATCH),
        ("fa", "دیگه خبرم نکنید", Wish.STOP_WATCHING),
        ("fa", "پیش‌فاکتور میخوام", Wish.OFFER),
        ("fa", "تخفیف دارین؟", Wish.DISCOUNT),
        ("ru", "сообщите, когда появится", Wish.WATCH),
        ("ru", "больше не сообщайте", Wish.STOP_WATCHING),
        ("ru", "нужно коммерческое предложение", Wish.OFFER),
        ("ru", "есть промокод?", Wish.DISCOUNT),
    ],
)
def test_a_wish_is_read_from_the_words(language: str, typed: str, wish: Wish | None) -> None:
    assert find_wish(typed, language) == wish


@pytest.mark.parametrize("language", sorted(QUERIES))
def test_every_way_to_end_a_watch_that_the_assistant_was_taught_is_read_so(language: str) -> None:
    taught = yaml.safe_load((DATA_FOLDER / language / "nlu" / "products.yml").read_text(encoding="utf-8"))
    lines = [line.removeprefix("- ") for block in taught["nlu"] for line in block["examples"].splitlines()]
    assert len(lines) >= 10
    assert [line for line in lines if find_wish(line, language) != Wish.STOP_WATCHING] == []
