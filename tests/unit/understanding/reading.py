"""A small catalogue in six languages and a fixed today, to read messages with."""

from bot.understanding.extractor import Entity, extract_entities
from bot.understanding.products import ProductNames
from tests.fixtures.days import TODAY

PRODUCTS = ProductNames(
    {
        "en": [{"sku": "MUG", "names": ["mug", "blue mug"]}, {"sku": "LAMP", "names": ["lamp"]}],
        "cs": [{"sku": "MUG", "names": ["hrnek", "hrnky"]}, {"sku": "LAMP", "names": ["lampa"]}],
        "hu": [{"sku": "MUG", "names": ["bögre"]}, {"sku": "LAMP", "names": ["lámpa"]}],
        "is": [{"sku": "MUG", "names": ["bolli"]}, {"sku": "LAMP", "names": ["lampi"]}],
        "fa": [{"sku": "MUG", "names": ["ماگ"]}, {"sku": "LAMP", "names": ["چراغ"]}],
        "ru": [{"sku": "MUG", "names": ["кружка"]}, {"sku": "LAMP", "names": ["лампа"]}],
    }
)


def entities(text: str) -> list[Entity]:
    return extract_entities(text, TODAY, PRODUCTS)


def found(text: str) -> list[tuple[str, str]]:
    return [(entity.kind, entity.value) for entity in entities(text)]


def values(text: str, kind: str) -> list[str]:
    return [value for found_kind, value in found(text) if found_kind == kind]
