"""Finds the products that a customer means, and what there is to say about them."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import takewhile
from math import sqrt

import structlog

from bot.services.product_questions import naming_words
from bot.understanding.normaliser import normalise
from connectors.contracts.catalogue import Catalogue, Product
from connectors.contracts.purchasing import Purchasing
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database
from connectors.errors import ConnectorError

# Chosen on the table of tests/unit/test_product_search.py.
FOUND = 0.6
NEAR = 0.3
# Whoever scores this much less than the best is not meant.
MARGIN = 0.15
SAME_WORD = 0.5
PART_OF_A_WORD = 0.55
SHORTEST_BEGINNING = 4
SHORTEST_PART = 5
MOST_CHOICES = 5
LONGEST_QUERY = 60

_WORD = re.compile(r"[^\W\d_]+")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Mention:
    """Words of a message that name one of these products: what the understanding already found out."""

    skus: tuple[str, ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """`score` is the share of the asked words that the product's name explains, `fit` that of the name; 0 to 1."""

    product: Product
    score: float
    fit: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What a customer may mean: `products` in question, or else `near` ones; `words` are those that may name it.

    `are_all_meant`: each of the products was named by itself. `is_remembered`: none was, it is the one from before.
    """

    products: tuple[Product, ...] = ()
    near: tuple[Product, ...] = ()
    words: tuple[str, ...] = ()
    are_all_meant: bool = False
    is_remembered: bool = False


def rank_products(
    words: Sequence[str], products: Sequence[Product], language: str, mentions: Sequence[Mention] = ()
) -> list[Candidate]:
    """The products whose names resemble some of the words, best first; names in this language and in English count.

    A word weighs less the more products have it in their names. What a mention covers counts as explained.
    """
    names = {product.sku: _name_words(product, language) for product in products}
    likeness = {word: {sku: _best_likeness(word, name) for sku, name in names.items()} for word in words}
    weights = {word: _weigh(by_sku.values()) for word, by_sku in likeness.items()}
    for mention in mentions:
        for word in likeness.keys() & set(mention.words):
            # As much as the name that it resembles most: a mention names some products, others may fit as well.
            covered = max(likeness[word].values(), default=0.0) or 1.0
            likeness[word].update(dict.fromkeys(mention.skus, covered))
    ranked = [_score(product, likeness, weights, names[product.sku]) for product in products]
    ranked = [candidate for candidate in ranked if candidate.score > 0]
    return sorted(ranked, key=lambda each: (-round(each.score, 2), -each.fit, each.product.sku))


def pick(ranked: Sequence[Candidate], named: Collection[str] = ()) -> tuple[tuple[Product, ...], tuple[Product, ...]]:
    """Those that are meant, and those that resemble; `named` SKUs are meant however much else was said."""
    sure = [each for each in ranked if each.score >= FOUND or each.product.sku in named]
    if not sure:
        return (), tuple(each.product for each in ranked if each.score >= NEAR)[:MOST_CHOICES]
    best = max(each.score for each in sure)
    return tuple(each.product for each in sure if each.score >= best - MARGIN), ()


def word_likeness(one: str, other: str) -> float:
    """How much two words are the same word: 1 for equal ones, 0 where little is common.

    Endings, accents and slips of the finger cost little. A part of a compound ("lampinn", "hengilampi") is worth a
    question, and no more: a keyboard is no board.
    """
    if one == other:
        return 1.0
    beginning = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    likeness = beginning / max(len(one), len(other)) if beginning >= SHORTEST_BEGINNING else 0.0
    likeness = max(likeness, _dice(_trigrams(f"  {one} "), _trigrams(f"  {other} ")))
    if likeness >= SAME_WORD:
        return likeness
    part, whole = sorted((one, other), key=len)
    is_part = (
        len(part) >= SHORTEST_PART and part[:3] in whole and _share(_trigrams(part), _trigrams(whole)) >= SAME_WORD
    )
    return PART_OF_A_WORD if is_part else 0.0


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part & whole) / len(part)


@lru_cache(maxsize=16384)
def _trigrams(text: str) -> frozenset[str]:
    return frozenset(text[place : place + 3] for place in range(len(text) - 2))


def _name_words(product: Product, language: str) -> frozenset[str]:
    names = {product.name_in(language), product.name_in("en"), product.sku.replace("-", " ")}
    return frozenset(word for name in names for word in _WORD.findall(normalise(name)) if len(word) > 1)


def _best_likeness(word: str, name: Iterable[str]) -> float:
    return max((word_likeness(word, each) for each in name), default=0.0)


def _weigh(likenesses: Iterable[float]) -> float:
    """A word weighs less the more names have it; one that is in none may be the very thing that we do not have."""
    return 1 / sqrt(max(1, sum(likeness > 0 for likeness in likenesses)))


def _score(
    product: Product,
    likeness: Mapping[str, Mapping[str, float]],
    weights: Mapping[str, float],
    name: Collection[str],
) -> Candidate:
    explained = sum(weight * likeness[word].get(product.sku, 0.0) for word, weight in weights.items())
    fit = sum(by_sku.get(product.sku, 0.0) for by_sku in likeness.values()) / max(1, len(name))
    return Candidate(product, explained / (sum(weights.values()) or 1.0), fit)


class ProductSearch:
    """The catalogue as a customer sees it.

    Raises:
        Unavailable, RateLimited, AuthFailed, NotFound: (any method but `note_demand`) no catalogue can be asked now.
    """

    def __init__(
        self,
        database: Database,
        catalogue: Callable[[], Catalogue],
        purchasing: Callable[[], Purchasing],
        today: Callable[[], date] = lambda: utc_now().date(),
    ) -> None:
        """The systems are asked for at each use, because an admin may connect another one meanwhile."""
        self._database = database
        self._catalogue = catalogue
        self._purchasing = purchasing
        self._today = today

    def find(self, text: str, language: str, mentions: Sequence[Mention] = ()) -> Findings:
        """What is meant by a text in which the understanding found these mentions."""
        catalogue = self._catalogue().list_products()
        words = naming_words(text, language)
        named = {sku for mention in mentions for sku in mention.skus}
        if len(mentions) > 1 and all(len(mention.skus) == 1 for mention in mentions):
            products = tuple(product for product in catalogue if product.sku in named)
            return Findings(products, (), words, are_all_meant=len(products) > 1)
        ranked = rank_products(words, catalogue, language, mentions)
        products, near = pick(ranked, named)
        if not products and named:
            products = tuple(product for product in catalogue if product.sku in named)
        return Findings(products, near, words)

    def find_product(self, sku: str) -> Product | None:
        return next((product for product in self._catalogue().list_products() if product.sku == sku), None)

    def expected_on(self, product: Product) -> date | None:
        """When goods will be here: what the catalogue says, else the supplier's promise; never a day in the past."""
        days = [product.expected_on, *self._promised_days(product.sku)]
        return next((day for day in days if day is not None and day >= self._today()), None)

    def _promised_days(self, sku: str) -> Sequence[date | None]:
        try:
            return [order.expected_on for order in self._purchasing().awaited_orders([sku])]
        except ConnectorError as error:
            # The answer is worth giving without the date.
            log.warning("purchase orders cannot be looked up", reason=error.reason)
            return []

    def alternatives(self, product: Product) -> tuple[Product, ...]:
        """What is in stock instead: what the catalogue recommends, then the rest of the category."""
        others = [each for each in self._catalogue().list_products() if each.stock > 0 and each.sku != product.sku]
        order = {sku: place for place, sku in enumerate(product.alternatives)}
        fitting = [
            each for each in others if each.sku in order or (each.category and each.category == product.category)
        ]
        return tuple(sorted(fitting, key=lambda each: order.get(each.sku, len(order)))[: MOST_CHOICES - 2])

    def language_of(self, conversation_id: str) -> str:
        with self._database.read() as session:
            return session.get_one(Conversation, conversation_id).language

    def note_demand(self, conversation_id: str, asked: str, availability: str) -> None:
        """Keep for the back office that somebody wanted what we cannot give: a SKU, or words that name no product."""
        with self._database.write() as session:
            conversation = session.get_one(Conversation, conversation_id)
            record_audit(
                session,
                f"contact:{conversation.contact_id}",
                "product.asked",
                "product",
                asked[:LONGEST_QUERY],
                language=conversation.language,
                availability=availability,
                conversation=conversation_id,
            )
