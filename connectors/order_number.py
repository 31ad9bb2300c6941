"""How order numbers are compared: people, suppliers and keyboards write the same number in different ways."""

import re
import unicodedata

_DASHES = re.compile(r"[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]")
_WHITESPACE = re.compile(r"\s+")


def normalise_order_number(written: str) -> str:
    """Upper case without white space, every dash a hyphen, digits of all scripts as 0-9: ` po – 17` is `PO-17`."""
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", written))
    text = _WHITESPACE.sub("", text).upper()
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
