"""One spelling for searches of people in a hurry: no capitals, no accents, Persian letters as Iranians type them."""

import unicodedata

# Letters without a mark to drop, and those of Arabic keyboards that look like the Persian ones.
_LETTERS = str.maketrans(
    {
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "ı": "i",
        "ي": "ی",
        "ى": "ی",
        "ك": "ک",
        "\u200c": " ",
    }
)


def fold(text: str) -> str:
    """The text as it is stored for searching, and as it is searched for."""
    marked = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(letter for letter in marked if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", bare).translate(_LETTERS).split())
