"""Questions about goods: whether they are there, what they cost, what they are, and word when they are back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import structlog
from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.dialogue import Events, Talk, TalkAction, finish
from bot.actions.forms import TaskForm
from bot.actions.knowledge import ArticleAnswers
from bot.actions.product_facts import (
    ABOUT_GOODS,
    ANSWER,
    AVAILABILITY,
    PRICE,
    QUESTION,
    Choice,
    Question,
    choices,
    line,
    payload,
    price_facts,
    read_question,
    stock_fact,
)
from bot.services.product_questions import Wish
from bot.services.product_search import Findings, ProductSearch
from bot.services.quotes import OFFER_FROM
from bot.services.stock_watch import StockWatches
from connectors.contracts.catalogue import Product
from connectors.errors import ConnectorError

MOST_CHOICES = 5
MOST_ANSWERS = 3

log = structlog.get_logger()


class ProductAnswers:
    """What is said to a question about goods."""

    def __init__(self, search: ProductSearch, watches: StockWatches, articles: ArticleAnswers) -> None:
        self._search = search
        self._watches = watches
        self._articles = articles

    def read(self, talk: Talk) -> Question:
        return read_question(talk, self._search.language_of(talk.conversation_id))

    def answer(self, talk: Talk, question: Question) -> Events | None:
        """Answer it; None when no product is named and none was talked about before."""
        try:
            return self._answer(talk, question)
        except ConnectorError as error:
            log.warning("the catalogue cannot be asked", reason=error.reason)
            talk.say("products_unreachable")
            return []

    def _answer(self, talk: Talk, question: Question) -> Events | None:
        if question.wish == Wish.STOP_WATCHING:
            self._stop_watching(talk, question)
            return []
        found = self.find(question)
        if question.is_for_an_offer:
            return start_quote(question, found)
        if self._may_be_in_articles(question, found) and self._articles.answer_if_sure(talk):
            return []
        if len(found.products) == 1 or found.are_all_meant:
            return self._tell(talk, question, found.products[:MOST_ANSWERS])
        if found.products or found.near:
            products = (found.products or found.near)[:MOST_CHOICES]
            key = "product_which" if found.products else "product_near"
            talk.say(key, choices=choices(question.about, products, question))
            return []
        return self._answer_without_product(talk, question, found)

    def _may_be_in_articles(self, question: Question, found: Findings) -> bool:
        """Whether no product is surely meant: a word of the question may only look like one of a product's name."""
        is_general = question.about == QUESTION or question.wish == Wish.DISCOUNT
        return is_general and not question.mentions and not found.is_remembered

    def find(self, question: Question) -> Findings:
        """What is named; or what was talked about before, when the message names nothing."""
        found = self._search.find(question.text, question.language, question.mentions)
        if found.products or found.near or question.product_before is None:
            return found
        # A question about properties is full of words that name no product: "is it safe in the dishwasher?"
        names_something = bool(question.mentions) or (bool(found.words) and question.about != QUESTION)
        if names_something or question.wish == Wish.DISCOUNT:
            return found
        before = self._search.find_product(question.product_before)
        return Findings((before,), (), found.words, is_remembered=True) if before else found

    def _tell(self, talk: Talk, question: Question, products: tuple[Product, ...]) -> Events:
        for product in products:
            if product.stock <= 0:
                self._search.note_demand(talk.conversation_id, product.sku, "out_of_stock")
            if question.wish == Wish.WATCH and product.stock <= 0:
                self._watches.watch(talk.conversation_id, product.sku)
                stop = _watch_button(product, is_watched=True)
                talk.say("stock_watch_set", name=product.name_in(question.language), choices=[stop])
            else:
                self._show(talk, question, product)
        return [SlotSet("product", products[-1].sku)]

    def _show(self, talk: Talk, question: Question, product: Product) -> None:
        expected_on = self._search.expected_on(product) if product.stock <= 0 else None
        stock = [stock_fact(product, question.quantity, expected_on)]
        price = price_facts(product, question.quantity)
        facts = [*price, *stock] if question.about == PRICE else [*stock, *price]
        if question.about == QUESTION and (description := product.description_in(question.language)):
            facts.insert(0, {"key": "product_description", "description": description})
        buttons: list[Choice] = []
        if product.stock <= 0:
            is_watched = self._watches.is_watched(talk.conversation_id, product.sku)
            facts += [{"key": "stock_watched"}] if is_watched else []
            instead = self._search.alternatives(product)
            facts += [{"key": "stock_alternatives"}] if instead else []
            facts += [line(each, question.language) for each in instead]
            plain = replace(question, wish=None)
            buttons = [_watch_button(product, is_watched), *choices(AVAILABILITY, instead, plain)]
        if question.quantity is not None and question.quantity >= OFFER_FROM:
            facts.append({"key": "product_offer", "quantity": str(OFFER_FROM)})
            buttons.insert(0, _offer_button(product, question))
        talk.say("product_facts", name=product.name_in(question.language), facts=facts, choices=buttons)
        if question.about == QUESTION and not self._articles.answer_if_sure(talk):
            talk.say("product_more_answers")

    def _answer_without_product(self, talk: Talk, question: Question, found: Findings) -> Events | None:
        if question.about == QUESTION or question.wish == Wish.DISCOUNT:
            if answer := self._articles.find(talk):
                self._articles.say(talk, answer)
            else:
                talk.say("utter_colleague_helps" if question.about == QUESTION else "product_prices")
            return []
        if not found.words and not question.mentions:
            return None
        asked = " ".join(question.named_skus or found.words)
        self._search.note_demand(talk.conversation_id, asked, "unknown")
        talk.say("product_prices" if question.about == PRICE else "product_unknown")
        return []

    def _stop_watching(self, talk: Talk, question: Question) -> None:
        """For the named products, or for all."""
        ended = self._watches.stop(talk.conversation_id, question.named_skus)
        products = [product for sku in ended if (product := self._search.find_product(sku))]
        names = [{"key": "product_name", "name": product.name_in(question.language)} for product in products]
        talk.say("stock_watch_ended" if ended else "stock_watch_none", names=names)


def _watch_button(product: Product, is_watched: bool) -> Choice:
    wish = Wish.STOP_WATCHING if is_watched else Wish.WATCH
    return {"term": f"button_{wish}", "payload": payload(AVAILABILITY, product=product.sku, wish=wish)}


def _offer_button(product: Product, question: Question) -> Choice:
    meaning = payload(PRICE, product=product.sku, wish=Wish.OFFER, quantity=str(question.quantity))
    return {"term": "button_offer", "payload": meaning}


def start_quote(question: Question, found: Findings) -> Events:
    """Ask for an offer with what is known already."""
    sku = found.products[0].sku if len(found.products) == 1 else None
    quantity = str(question.quantity) if question.quantity else None
    known = {"quote_product": sku, "quote_quantity": quantity, "quote_company": None, "confirmed": None}
    return [*(SlotSet(*slot) for slot in known.items()), FollowupAction("quote_form")]


class ActionAnswerAboutProduct(TalkAction):
    action_name = ANSWER

    def __init__(self, answers: ProductAnswers) -> None:
        self._answers = answers

    def act(self, talk: Talk) -> Events:
        question = self._answers.read(talk)
        events = self._answers.answer(talk, question)
        if events is not None:
            return events
        # What is wished for is kept with the question until the product is named.
        asked_about = f"{question.about} {question.wish or ''}".strip()
        slots = [SlotSet("asked_about", asked_about), SlotSet("asked_product", None)]
        return [*slots, FollowupAction("product_form")]


class ProductForm(TaskForm):
    """Which product a question is about."""

    form = "product_form"
    questions = ("asked_product",)
    triggers = ABOUT_GOODS
    explanations: ClassVar[dict[str, str]] = {}

    def slots_of_task(self) -> tuple[str, ...]:
        return ("asked_about", "asked_product")

    def read(self, talk: Talk, slot: str) -> Any:
        return talk.entity("product") or self.own_words(talk)


class ActionAnswerAboutNamedProduct(TalkAction):
    """Answers the question that was asked before the product was named."""

    action_name = "action_answer_about_named_product"

    def __init__(self, answers: ProductAnswers) -> None:
        self._answers = answers

    def act(self, talk: Talk) -> Events:
        asked_about = talk.slots.get("asked_about")
        if asked_about is None:
            return finish(talk, "asked_product")
        about, _, wish = asked_about.partition(" ")
        named = self._answers.read(talk)
        question = replace(named, about=about, wish=Wish(wish) if wish else named.wish, product_before=None)
        events = self._answers.answer(talk, question)
        if events is None:
            talk.say("product_unknown")
        if any(event["event"] == "followup" for event in events or ()):
            return [*(events or ()), SlotSet("asked_about", None), SlotSet("asked_product", None)]
        return [*(events or ()), *finish(talk, "asked_about", "asked_product")]


class ActionPlaceOrder(TalkAction):
    """Explains how to order, with the page of the product that was named."""

    action_name = "action_place_order"

    def __init__(self, answers: ProductAnswers, page_of: Callable[[str], str]) -> None:
        self._answers = answers
        self._page_of = page_of

    def act(self, talk: Talk) -> Events:
        question = self._answers.read(talk)
        talk.say("utter_place_order")
        try:
            found = self._answers.find(question)
        except ConnectorError as error:
            log.warning("the catalogue cannot be asked", reason=error.reason)
            return []
        for product in found.products[:MOST_CHOICES]:
            talk.say("product_page", name=product.name_in(question.language), url=self._page_of(product.sku))
        return [SlotSet("product", found.products[0].sku)] if len(found.products) == 1 else []
