"""The form before a chat: answers checked against the questions as admins set them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from bot.channels.setup_model import PreChatField
from bot.conversations.direction import without_direction
from bot.conversations.opening import Answer
from connectors.email_address import normalise_email

LONGEST = {"text": 200, "email": 320, "choice": 120, "long_text": 2000, "consent": 5}
YES = "yes"
# A question of this name asks what the customer is called.
NAME_FIELD = "name"
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[\w-]+(?:\.[\w-]+)+")


class PreChatInvalidError(Exception):
    """`fields`: what is wrong with which answer, as {name: required | email | too_long | invalid}."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in fields.items()))
        self.fields = fields


def check_answers(fields: Sequence[PreChatField], given: Mapping[str, str | bool]) -> Sequence[Answer]:
    """What was answered, cleaned, in the order of the form; answers to other questions are left out.

    Raises:
        PreChatInvalidError: something is missing or wrong.
    """
    values = {field.name: _clean(field, given.get(field.name, "")) for field in fields}
    codes = {field.name: _problem(field, values[field.name]) for field in fields}
    if wrong := {name: code for name, code in codes.items() if code is not None}:
        raise PreChatInvalidError(wrong)
    return [Answer(one.name, one.labels, value) for one in fields if (value := values[one.name])]


def claimed_email(fields: Sequence[PreChatField], answers: Sequence[Answer]) -> str | None:
    asking = {field.name for field in fields if field.kind == "email"}
    return next((normalise_email(answer.value) for answer in answers if answer.name in asking), None)


def claimed_name(answers: Sequence[Answer]) -> str | None:
    return next((answer.value for answer in answers if answer.name == NAME_FIELD), None)


def _clean(field: PreChatField, value: str | bool) -> str:
    """Without control and direction characters; a line, except where several may be written."""
    if isinstance(value, bool):
        return YES if value and field.kind == "consent" else ""
    kept = (c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"} else " " for c in value)
    text = without_direction("".join(kept))
    return text.strip() if field.kind == "long_text" else " ".join(text.split())


def _problem(field: PreChatField, value: str) -> str | None:
    if not value:
        return "required" if field.is_required else None
    if len(value) > LONGEST[field.kind]:
        return "too_long"
    if field.kind == "email":
        return None if _EMAIL.fullmatch(value) else "email"
    if field.kind == "choice":
        return None if any(value in choices for choices in field.choices.values()) else "invalid"
    return "invalid" if field.kind == "consent" and value != YES else None
