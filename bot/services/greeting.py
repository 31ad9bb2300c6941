"""How a customer whom we know is greeted: by name, and with what they wait for as the first buttons."""

import json
from collections.abc import Sequence

from bot.services.customers import OpenMatters
from bot.texts import Button, Rendered, Texts

MAX_MATTERS = 5


def matter_buttons(texts: Texts, language: str, matters: OpenMatters, limit: int = MAX_MATTERS) -> Sequence[Button]:
    """A button for each open order and ticket, the newest first."""
    buttons = [
        Button(
            texts.render("order_button", language, {"number": order.number, "state": order.state.value}).text,
            f"/order_status{json.dumps({'order_number': order.number})}",
        )
        for order in matters.orders
    ]
    buttons += [
        Button(
            texts.render("ticket_button", language, {"number": ticket.number, "state": f"ticket_{ticket.state}"}).text,
            f"/ticket_status{json.dumps({'ticket_number': ticket.number})}",
        )
        for ticket in matters.tickets
    ]
    return buttons[:limit]


def welcome_back(texts: Texts, language: str, matters: OpenMatters | None) -> Rendered:
    """The first words of a conversation; like all first words they say that a machine speaks."""
    usual = texts.render("welcome", language)
    if matters is None:
        return usual
    words = texts.render("welcome_known", language, {"name": matters.name}) if matters.name else usual
    return Rendered(words.text, (*matter_buttons(texts, language, matters), *usual.buttons))
