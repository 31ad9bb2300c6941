"""Which language a customer writes in: script first, then lingua, and doubt keeps what was spoken before."""

import re
from functools import lru_cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

LINGUA_LANGUAGES = {
    "en": Language.ENGLISH,
    "cs": Language.CZECH,
    "hu": Language.HUNGARIAN,
    "is": Language.ICELANDIC,
    "fa": Language.PERSIAN,
    "ru": Language.RUSSIAN,
}
CODES = {language: code for code, language in LINGUA_LANGUAGES.items()}
# Below two words, these letters or this confidence a message says too little: "ok", a name, an order number.
MINIMUM_LETTERS = 6
FIRST_CONFIDENCE = 0.55
# Once a language is spoken, another one has to be clear.
SWITCH_CONFIDENCE = 0.8
SPOKEN_CONFIDENCE = 0.25

_NOT_WORDS = re.compile(r"\S*@\S*|https?://\S+|\S*\d\S*|[^\w\s]")
_WORD = re.compile(r"(?<!\w)[^\W\d_]\w*")
_ARABIC_SCRIPT = re.compile(r"[\u0600-\u06ff]")
_CYRILLIC_SCRIPT = re.compile(r"[\u0400-\u04ff]")


def load_detector() -> None:
    """Load the language models now, so that the first customer need not wait for them."""
    _detector().compute_language_confidence_values("hello")


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*LINGUA_LANGUAGES.values()).build()


def is_only_names(text: str) -> bool:
    """Whether a text is an address or the like: it has a number, and every word of it begins with a capital.

    Such words are spelt in the language of their place, whatever their writer speaks.
    """
    words = _WORD.findall(text)
    return any(map(str.isdigit, text)) and bool(words) and all(word[0].isupper() for word in words)


def detect_language(text: str, minimum_confidence: float = FIRST_CONFIDENCE, spoken: str | None = None) -> str | None:
    """The code of the language that the text is clearly written in, or None when in doubt.

    A text that may as well be in the language `spoken` so far says nothing ("bless bless" is Icelandic too).
    """
    words = _NOT_WORDS.sub(" ", text)
    if _ARABIC_SCRIPT.search(words):
        return "fa"
    if _CYRILLIC_SCRIPT.search(words):
        return "ru"
    if len(words.split()) < 2 or sum(map(len, words.split())) < MINIMUM_LETTERS:
        return None
    guesses = _detector().compute_language_confidence_values(words)
    best = guesses[0]
    may_be_spoken = any(CODES[g.language] == spoken and g.value > SPOKEN_CONFIDENCE for g in guesses[1:])
    return CODES[best.language] if best.value >= minimum_confidence and not may_be_spoken else None
