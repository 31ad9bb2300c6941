"""Sending an order elsewhere: the address is read as people write it, completed, shown back, and then changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from rasa_sdk import Action

from automations.rules.delivery_area import is_delivered_to, is_postcode_of
from automations.rules.order_changes import Obstacle, obstacle_to_address
from bot.actions.dialogue import ORDER_NUMBER, Events, Talk, TalkAction, finish
from bot.actions.forms import OrderForm
from bot.actions.order_changes import say_failure, say_obstacle
from bot.actions.orders import proved_order
from bot.services.address_reader import AddressParts, read_address, read_country
from bot.services.masking import mask_street
from bot.services.order_changes import OrderChanges
from bot.services.order_lookup import OrderLookup
from bot.services.order_words import OrderWords
from connectors.contracts.orders import Address, Order

PARTS = ("street", "postcode", "city", "country")
PREFIX = "address_"
LONGEST_PART = 100
_MOST_LETTERS_OF_POSTCODE = 12


def address_change_actions(lookup: OrderLookup, words: OrderWords, changes: OrderChanges) -> Sequence[Action]:
    return [
        ActionAskAddressCountry(lookup, words),
        ActionAskAddressStreet(lookup),
        ActionAskChangeAddressConfirmed(lookup),
        ActionChangeAddress(lookup, changes),
        ChangeAddressForm(lookup),
    ]


class ChangeAddressForm(OrderForm):
    """The first question asks for the whole address, the others for what was missing in the answer."""

    form = "change_address_form"
    trigger = "change_address"
    triggers = frozenset({"change_address"})
    questions = (*(f"{PREFIX}{part}" for part in PARTS), "confirmed")
    may_hold_numbers = frozenset(f"{PREFIX}{part}" for part in PARTS)
    explanations: ClassVar[Mapping[str, str]] = {
        **OrderForm.explanations,
        "address_street": "need_address",
        "address_postcode": "need_postcode",
        "address_city": "need_address",
        "address_country": "need_country",
    }

    def refuse(self, talk: Talk, order: Order) -> bool:
        obstacle = obstacle_to_address(order)
        if obstacle == Obstacle.ON_THE_WAY and order.shipment is not None:
            parcel = order.shipment
            talk.say("address_too_late", carrier=parcel.carrier, tracking_number=parcel.tracking_number)
        elif obstacle is not None:
            say_obstacle(talk, order, obstacle)
        return obstacle is not None

    def read_answers_about(self, talk: Talk, order: Order) -> dict[str, Any]:
        answers = self.read_answers(talk)
        if talk.is_served or talk.requested == "confirmed":
            return answers
        answers.update(self._read_parts(talk, order))
        country, postcode = (
            answers.get(slot) or talk.slots.get(slot) for slot in ("address_country", "address_postcode")
        )
        if country and not is_delivered_to(country):
            talk.say("address_outside", country=country)
            answers["address_country"] = None
        elif country and postcode and not is_postcode_of(country, postcode):
            talk.say("postcode_of_elsewhere", postcode=postcode, country=country)
            answers["address_postcode"] = None
        return answers

    def _read_parts(self, talk: Talk, order: Order) -> dict[str, str]:
        home = order.address.country if order.address else None
        if talk.requested is None or not talk.requested.startswith(PREFIX):
            # Of the request itself only what clearly is an address counts.
            found = read_address(self.words_about(talk, "address_street") or "", home)
            return _as_slots(found) if found.street and found.postcode and found.city else {}
        if country := talk.entity("address_country"):
            return {"address_country": country}
        found, asked = read_address(talk.text, home), talk.requested.removeprefix(PREFIX)
        if asked == PARTS[0] and (found.postcode or found.city or any(map(str.isdigit, talk.text))):
            return _as_slots(found)
        return self._read_part(talk, asked)

    def _read_part(self, talk: Talk, part: str) -> dict[str, str]:
        """The answer to the question for one part; whatever else it names is taken as well."""
        found, text = read_address(talk.text), talk.text.strip()[:LONGEST_PART]
        match part:
            case "country":
                value = found.country or read_country(text)
            case "postcode":
                value = found.postcode or _as_any_postcode(text)
            case "city":
                value = self.own_words(talk)
            case _:
                value = None
        return {f"{PREFIX}{part}": value[:LONGEST_PART]} if value else {}


def _as_any_postcode(text: str) -> str | None:
    is_one = len(text) <= _MOST_LETTERS_OF_POSTCODE and any(map(str.isdigit, text))
    return text.upper() if is_one else None


def _as_slots(parts: AddressParts) -> dict[str, str]:
    return {f"{PREFIX}{part}": value[:LONGEST_PART] for part, value in asdict(parts).items() if value}


class ActionAskAddressStreet(TalkAction):
    """Asks for the whole address, or for the street alone when the rest is known."""

    action_name = "action_ask_address_street"

    def __init__(self, lookup: OrderLookup) -> None:
        self._lookup = lookup

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is not None and talk.slots.get("address_postcode"):
            talk.say("ask_street")
        elif order is not None:
            talk.say("ask_new_address", number=order.number, present=_describe_present(order.address))
        return []


def _describe_present(address: Address | None) -> list[dict[str, str]]:
    if address is None:
        return []
    street = mask_street(address.street)
    return [{"key": "address_at_present", "street": street, "postcode": address.postcode, "city": address.city}]


class ActionAskAddressCountry(TalkAction):
    """Asks for the country; the one where the order goes now is a button."""

    action_name = "action_ask_address_country"

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        self._lookup = lookup
        self._words = words

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        home = order.address.country if order and order.address else None
        choices = []
        if home is not None:
            title = self._words.country(talk.conversation_id, home)
            choices.append({"title": title, "payload": f'/inform{{"address_country":"{home}"}}'})
        talk.say("ask_country", choices=choices)
        return []


class ActionAskChangeAddressConfirmed(TalkAction):
    action_name = "action_ask_change_address_form_confirmed"

    def __init__(self, lookup: OrderLookup) -> None:
        self._lookup = lookup

    def act(self, talk: Talk) -> Events:
        if order := proved_order(self._lookup, talk):
            talk.say("change_address_confirm", number=order.number, **asdict(_new_address(talk)))
        return []


class ActionChangeAddress(TalkAction):
    action_name = "action_change_address"

    def __init__(self, lookup: OrderLookup, changes: OrderChanges) -> None:
        self._lookup = lookup
        self._changes = changes

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is not None and talk.slots.get("confirmed"):
            address = _new_address(talk)
            effect = self._changes.change_address(talk.conversation_id, talk.turn_key, order.number, address)
            if effect.result is not None:
                talk.say("address_changed", number=order.number, **asdict(address))
            else:
                say_failure(talk, order, effect, ChangeAddressForm.trigger)
        elif order is not None and talk.slots.get("confirmed") is False:
            talk.say("order_unchanged", number=order.number)
        return finish(talk, ORDER_NUMBER, *ChangeAddressForm.questions)


def _new_address(talk: Talk) -> Address:
    return Address(**{part: talk.slots[f"{PREFIX}{part}"] for part in PARTS})
