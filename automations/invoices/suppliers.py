"""When two spellings of a supplier's name mean the same supplier."""

import unicodedata


def supplier_key(name: str) -> str:
    """The name without the difference between capitals and small letters or in white space."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
