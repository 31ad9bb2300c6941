"""Brings the many ways of typing one sentence to a single spelling, for every script that customers use."""

import re
import unicodedata

# Letters that carry no combining mark to drop but that people without the right keyboard type otherwise.
LATIN_SPELLINGS = {"þ": "th", "ð": "d", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ß": "ss"}

# Arabic keyboards produce letters that look like the Persian ones and never match them.
PERSIAN_LETTERS = {
    "\u064a": "ی",  # Arabic yeh
    "\u0649": "ی",  # alef maksura
    "\u06d2": "ی",  # yeh barree
    "\u0643": "ک",  # Arabic kaf
    "\u06aa": "ک",  # swash kaf
    "\u0629": "ه",  # teh marbuta
    "\u06c1": "ه",  # heh goal
    "\u06be": "ه",  # heh doachashmee
    "\u06d5": "ه",  # ae, the base of heh with yeh above
    "\u0671": "ا",  # alef wasla
    "\u0640": "",  # tatweel stretches a word and means nothing
}

_PUNCTUATION = {
    **dict.fromkeys("‐‑‒–—―−﹘﹣", "-"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("'’‘‚‛ʼ`´′", ""),  # "where's" and "wheres" are one word
    "؟": "?",
    "،": ",",
    "؛": ";",
    "٬": ",",
    "٫": ".",
}

_LETTERS = str.maketrans({**LATIN_SPELLINGS, **PERSIAN_LETTERS, **_PUNCTUATION})

# The Persian verb prefix and plural ending are written joined, with a joiner, or as words of their own.
_DETACHED_PREFIX = re.compile(r"(?<!\w)(ن?می) (?=[\u0600-\u06ff])")
_DETACHED_ENDING = re.compile(r"(?<=[\u0600-\u06ff]) (?=(?:های?|هایی?|هام|هاش|ترین?)(?!\w))")

_REPEATED_LETTER = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED_MARK = re.compile(r"([^\w\s])(?:\s*\1)+")
_SKIN_TONE_OR_SELECTOR = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\u20e3]")


def normalise(text: str) -> str:
    """The spelling that training and parsing share: lower case, without accents, ASCII digits, single spaces.

    Words, digits, single punctuation marks and emoji (each a token of its own) remain. Applying it twice
    changes nothing. Positions are not kept: entities are found in the raw text, by ``extractor``.
    """
    # Joiners, direction marks, soft hyphens (Cf) show on no screen.
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    plain = unicodedata.normalize("NFKC", _SKIN_TONE_OR_SELECTOR.sub("", visible))
    spaced = "".join(map(_readable, _fold(plain.casefold())))
    shortened = _REPEATED_LETTER.sub(r"\1", spaced)
    single = _REPEATED_MARK.sub(r"\1", shortened)
    return _join_persian_words(" ".join(single.split()))


def _fold(text: str) -> str:
    """Drops the accents of Latin and the vowel marks of Arabic script; other scripts keep theirs."""
    kept: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFD", text):
        if not unicodedata.category(character).startswith("M"):
            base = character
        elif not base.isalpha() or base < "\u0370" or "\u0600" <= base <= "\u06ff" or base + character == "е\u0308":
            continue  # Russian writes ё as е; й and и stay two letters
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)


def _readable(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "So":
        return f" {character} "
    if category in {"Cc", "Cs", "Co", "Cn"}:
        return " "
    return character


def _join_persian_words(text: str) -> str:
    return _DETACHED_ENDING.sub("", _DETACHED_PREFIX.sub(r"\1", text))
