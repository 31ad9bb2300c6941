"""What a conversation is called in the customer's list: the beginning of what they said first."""

import re

from bot.conversations.direction import without_direction
from bot.services.masking import HIDDEN, mask_email

TITLE_LENGTH = 60
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>.,;:!?]+")
# Cards, accounts, phones, people; a date or an order's number is shorter, or holds letters.
_LONG_NUMBER = re.compile(r"(?<![\w-])\+?\d(?:[ /.-]?\d){8,}(?!\w)")


def title_of(text: str) -> str | None:
    """At most 60 characters, on one line, without addresses and long numbers; None when nothing was said."""
    words = " ".join(without_direction(text[: 4 * TITLE_LENGTH]).split())
    words = _LONG_NUMBER.sub(HIDDEN, _EMAIL.sub(lambda found: mask_email(found[0]), words))
    if not words:
        return None
    return words if len(words) <= TITLE_LENGTH else f"{words[: TITLE_LENGTH - 1].rstrip()}…"
