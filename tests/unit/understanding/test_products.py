"""Customers' names for products are found in their inflected forms, and the shipped lists name all that is sold."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.understanding.products import ProductNames
from bot.understanding.views import folded_view

PROJECT = Path(__file__).parents[3]
LISTS: dict[str, Any] = {
    file.parent.name: yaml.safe_load(file.read_text(encoding="utf-8"))
    for file in sorted((PROJECT / "data").glob("*/products.yml"))
}
NAMES = ProductNames(LISTS)
LAMPS = "LAMP-GLASS-30|LAMP-GLASS-20|LAMP-AURORA"
CANDLES = "CANDLE-BEES|CANDLE-PILLAR|CANDLE-SOY"
STOOLS, MUGS, BOWLS = "OAK-STOOL|STOOL-TOVE", "MUG-BLUE|MUGS-TIDE", "BOWL-WHITE|BOWL-ORCHARD"
THROWS, VASES = "LINEN-THROW|THROW-HARVEST", "VASE-TALL|VASE-ROUND"


def skus(text: str) -> list[str]:
    return [mention.skus for mention in NAMES.find(folded_view(text))]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("I want two blue mugs and a tall vase", ["MUG-BLUE", "VASE-TALL"]),
        ("my lamp came broken", [LAMPS]),
        ("the bedside lamps", ["LAMP-GLASS-20"]),
        ("how heavy is the Aurora?", ["LAMP-AURORA"]),
        ("lamp-base", ["LAMP-BASE"]),
        ("is the throw warm, and the lambswool cushion?", [THROWS, "CUSHION-WOOL"]),
        ("chopping boards, trays and shelves", ["OAK-BOARD", "OAK-TRAY", "OAK-SHELF"]),
        ("chci vrátit lampu", [LAMPS]),
        ("dve sojove svicky", ["CANDLE-SOY"]),
        ("pět svíček", [CANDLES]),
        ("u modrého hrnku chybí ouško", ["MUG-BLUE"]),
        ("police se prohnula", ["OAK-SHELF"]),
        ("dubovou stoličku a vázu", [STOOLS, VASES]),
        ("két lámpát és egy tálat kérek", [LAMPS, BOWLS]),
        ("eltört a lámpaernyőm", [LAMPS]),
        ("a bögrékből és a gyertyákból", [MUGS, CANDLES]),
        ("tölgyfa zsámolyt", [STOOLS]),
        ("lampann og borðlampann", [LAMPS, "LAMP-GLASS-20"]),
        ("tilboð í 40 lömpum", [LAMPS]),
        ("skálarnar, kertin og teppið", [BOWLS, CANDLES, THROWS]),
        ("hillunni fylgdi púði", ["OAK-SHELF", "CUSHION-WOOL"]),
        ("چراغ رومیزیم شکسته", ["LAMP-GLASS-20"]),
        ("ماگ‌های آبی و گلدون", ["MUG-BLUE", VASES]),
        ("شمع‌ها", [CANDLES]),
        ("две настольные лампы", ["LAMP-GLASS-20"]),
        ("шесть кружек и ваза", [MUGS, VASES]),
        ("пледом и подушкой доволен", [THROWS, "CUSHION-WOOL"]),
        ("разделочную доску", ["OAK-BOARD"]),
    ],
)
def test_a_product_is_found_as_customers_call_it(typed: str, found: list[str]) -> None:
    assert skus(typed) == found


@pytest.mark.parametrize(
    "typed",
    [
        "throw it away",
        "your return policy",
        "kolik váží balík",
        "kde je vaše zásilka",
        "talán holnap",
        "kann ekki",
        "",
    ],
)
def test_other_words_are_no_products(typed: str) -> None:
    assert skus(typed) == []


def test_without_lists_nothing_is_found() -> None:
    assert ProductNames().find(folded_view("two lamps")) == []


def test_a_language_without_known_endings_is_still_read() -> None:
    names = ProductNames({"fi": [{"sku": "LAMP", "names": ["lamppu"]}]})
    assert [mention.skus for mention in names.find(folded_view("kaksi lamppua"))] == ["LAMP"]


def _sold() -> set[str]:
    catalogue = PROJECT / "connectors" / "demo" / "catalogue.json"
    return {product["sku"] for product in json.loads(catalogue.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_every_language_names_all_that_is_sold(language: str) -> None:
    products = LISTS[language]
    assert {product["sku"] for product in products} == _sold()
    assert all(len(product["names"]) >= 3 for product in products)


@pytest.mark.parametrize("language", LISTS)
def test_every_name_of_a_list_is_found_by_itself(language: str) -> None:
    for product in LISTS[language]:
        for name in (product["sku"], *product["names"]):
            (mention,) = NAMES.find(folded_view(name.removeprefix("=")))
            assert product["sku"] in mention.skus.split("|"), name
