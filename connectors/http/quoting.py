"""What a system says is wrong, as far as it may be repeated: short, in one line, and with no secret of ours in it."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from requests import PreparedRequest

from connectors.errors import Unavailable
from connectors.http.answer import HttpAnswer

LONGEST_QUOTE = 200
# A system may cut what it repeats: the beginning of a secret is taken for the secret.
TELLING_CHARACTERS = 8
# Shorter words of a secret of several words are everybody's.
SHORTEST_WORD = 4
_OF_EVERY_REQUEST = frozenset({"user-agent", "accept-encoding", "connection", "content-length"})


def quote_answer(answer: HttpAnswer, secrets: Sequence[str]) -> str:
    """Empty where the system says nothing (RFC 9457 and its usual cousins), or repeats a secret."""
    said = _read_complaint(answer)
    if any(mark in said for secret in secrets for mark in _marks_of(secret)):
        return ""
    return "".join(c if c.isprintable() else " " for c in said)[:LONGEST_QUOTE]


def secrets_in(prepared: PreparedRequest, ours: Mapping[str, str]) -> tuple[str, ...]:
    """What `authenticate` put into the headers of a request, beside those that we gave it."""
    plain = _OF_EVERY_REQUEST | {name.lower() for name in ours}
    added = [str(value) for name, value in prepared.headers.items() if name.lower() not in plain]
    # Before the blank stands the way of signing in: Bearer, Basic.
    return tuple(value.partition(" ")[2] or value for value in added)


def _read_complaint(answer: HttpAnswer) -> str:
    try:
        document = answer.json()
    except Unavailable:
        return ""
    said = document.get("error") if isinstance(document, dict) else None
    for source in (document, said):
        for name in ("detail", "message", "error_description", "title", "error"):
            text = source.get(name) if isinstance(source, dict) else None
            if isinstance(text, str) and text.strip():
                return text.strip()
    return ""


def _marks_of(secret: str) -> Iterator[str]:
    """By what a secret is known in a text: its words, and how it looks in a header or an address."""
    if not secret:
        return
    words = [word for word in secret.split() if len(word) >= SHORTEST_WORD]
    for form in (*words, secret, base64.b64encode(secret.encode()).decode(), quote(secret, safe="")):
        yield form[:TELLING_CHARACTERS]
