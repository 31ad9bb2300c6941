"""What is asked about goods, and how a product is put into words: response keys, their arguments and buttons."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.actions.dialogue import Talk
from bot.services.product_questions import Wish, find_wish, naming_words
from bot.services.product_search import Mention
from bot.services.quotes import OFFER_FROM
from connectors.contracts.catalogue import Product

# The intents that are questions about goods.
AVAILABILITY, PRICE, QUESTION = "product_availability", "price_or_offer", "product_question"
ABOUT_GOODS = frozenset({AVAILABILITY, PRICE, QUESTION})
# The action that answers them.
ANSWER = "action_answer_about_product"
# From this many pieces down a customer hears how many there are.
FEW = 3

Fact = dict[str, Any]
Choice = dict[str, str]


@dataclass(frozen=True)
class Question:
    """What is asked (`about`: one of the three intents), in which words, and what the understanding found in them.

    `product_before` is the SKU that was talked about last.
    """

    about: str
    language: str
    text: str = ""
    mentions: tuple[Mention, ...] = ()
    wish: Wish | None = None
    quantity: Decimal | None = None
    product_before: str | None = None

    @property
    def named_skus(self) -> list[str]:
        return [sku for mention in self.mentions for sku in mention.skus]

    @property
    def is_for_an_offer(self) -> bool:
        is_large = self.quantity is not None and self.quantity >= OFFER_FROM
        return self.about == PRICE and (self.wish == Wish.OFFER or is_large)


def read_question(talk: Talk, language: str) -> Question:
    """The question in the customer's message; a button says all of it in its entities."""
    # What a customer types never begins with a slash when it comes here.
    text = "" if talk.text.startswith("/") else talk.text
    quantity = talk.entity("quantity")
    wish = talk.entity("wish")
    return Question(
        about=talk.intent if talk.intent in ABOUT_GOODS else _likeliest(talk),
        language=language,
        text=text,
        mentions=read_mentions(talk, language),
        wish=Wish(wish) if wish else find_wish(text, language),
        quantity=Decimal(quantity) if quantity else None,
        product_before=talk.slots.get("product"),
    )


def is_about_goods(talk: Talk) -> bool:
    """Whether a message that was not understood is a question about goods all the same: it names something that we
    sell, or it most resembles such a question and follows another one."""
    if talk.entity("product"):
        return True
    guesses = [guess["name"] for guess in talk.ranking if guess["name"] != talk.intent]
    was_about_goods = ANSWER in talk.previous_actions()
    return was_about_goods and bool(guesses) and guesses[0] in ABOUT_GOODS


def _likeliest(talk: Talk) -> str:
    """Which question about goods a message is that was understood as something else, or not at all."""
    guesses = (guess["name"] for guess in talk.ranking)
    return next((name for name in guesses if name in ABOUT_GOODS), QUESTION)


def read_mentions(talk: Talk, language: str) -> tuple[Mention, ...]:
    """The products that the understanding found in the customer's message."""
    entities = talk.tracker.latest_message.get("entities") or ()
    return tuple(
        Mention(
            tuple(entity["value"].split("|")),
            naming_words(talk.text[entity.get("start", 0) : entity.get("end", 0)], language),
        )
        for entity in entities
        if entity["entity"] == "product"
    )


def stock_fact(product: Product, quantity: Decimal | None, expected_on: date | None) -> Fact:
    if product.stock <= 0:
        return (
            {"key": "stock_expected", "expected_on": expected_on.isoformat()} if expected_on else {"key": "stock_out"}
        )
    stock = _plain(product.stock)
    if quantity is not None and quantity > product.stock:
        return {"key": "stock_not_enough", "stock": stock, "quantity": _plain(quantity)}
    return {"key": "stock_few", "stock": stock} if product.stock <= FEW else {"key": "stock_in"}


def price_facts(product: Product, quantity: Decimal | None) -> list[Fact]:
    facts: list[Fact] = [{"key": "product_price", "price": _money(product.price, product)}]
    if quantity is not None and quantity > 1:
        total = _money(product.price * quantity, product)
        facts.append({"key": "product_total", "quantity": _plain(quantity), "total": total})
    return facts


def line(product: Product, language: str) -> Fact:
    return {"key": "product_line", "name": product.name_in(language), "price": _money(product.price, product)}


def choices(about: str, products: Iterable[Product], question: Question) -> list[Choice]:
    """A button for each product that asks the same about it."""
    said = {"wish": question.wish, "quantity": _plain(question.quantity) if question.quantity else None}
    return [
        {"title": product.name_in(question.language), "payload": payload(about, product=product.sku, **said)}
        for product in products
    ]


def payload(intent: str, **entities: str | None) -> str:
    """What a button means to Rasa."""
    return f"/{intent}{json.dumps({kind: value for kind, value in entities.items() if value})}"


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _money(amount: Decimal, product: Product) -> Mapping[str, str]:
    return {"amount": str(amount), "currency": product.currency}
