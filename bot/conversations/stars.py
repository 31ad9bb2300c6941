"""The buttons by which a customer rates us, and what is typed in their place."""

import re
from collections.abc import Iterable, Mapping

from bot.texts import Button
from bot.understanding.normaliser import normalise
from bot.understanding.quantity_words import NUMBERS
from bot.understanding.views import fold

WORST, BEST = 1, 5
_RATING = "/feedback{"
_STAR_SIGNS = re.compile(r"[★⭐🌟]+")
_STAR_WORD = fold(r"stars?|hvězd\w*|csillag\w*|stj[öo]rn\w*|ستاره\w*|звезд\w*|zvezd\w*|setare\w*")
_SCORE_WORD = "|".join(sorted((word for word, count in NUMBERS.items() if count.value <= BEST), key=len, reverse=True))
_SCORE = rf"(?<!\w)(?P<score>[{WORST}-{BEST}]|(?:{_SCORE_WORD})(?!\w))"
_OUT_OF = fold(rf"(?: ?(?:/|out of|of|z|ze|az|af|از|из) ?{BEST})?")
_BARE = re.compile(rf"{_SCORE}{_OUT_OF}(?: ?(?:{_STAR_WORD}))?[\s.!]*")
_OF_STARS = re.compile(rf"{_SCORE}{_OUT_OF} ?(?:{_STAR_WORD})(?!\w)")
# "I give you five stars, thanks!" is a rating; a longer text is something else that may have stars in it.
_MOST_WORDS = 8


def star_buttons(stretch: int | None = None) -> tuple[Button, ...]:
    """Five buttons, the best first; with a `stretch` (a bot session) they rate that one, whenever they are pressed."""
    of_stretch = "" if stretch is None else f',"stretch":"{stretch}"'
    return tuple(
        Button("★" * score + "☆" * (BEST - score), f'{_RATING}"rating":"{score}"{of_stretch}}}')
        for score in range(BEST, WORST - 1, -1)
    )


def read_stars(text: str) -> int | None:
    """The score of a message that says little else: "5", "4/5", "five stars", "★★★", in any of our languages."""
    if signs := _STAR_SIGNS.findall(text):
        return min(BEST, len(signs[0])) if len(signs) == 1 else None
    typed = normalise(text)
    found = [_BARE.fullmatch(typed)]
    if not found[0] and len(typed.split()) <= _MOST_WORDS:
        found = list(_OF_STARS.finditer(typed))
    if len(found) != 1 or found[0] is None:
        return None
    score = found[0]["score"]
    return NUMBERS[score].value if score in NUMBERS else int(score)


def star_button(buttons: Iterable[Mapping[str, str]], score: int) -> Mapping[str, str] | None:
    """The button among these, if they are stars, that stands for a score."""
    stars = (button for button in buttons if button["payload"].startswith(_RATING))
    return next((each for each in stars if f'"rating":"{score}"' in each["payload"]), None)
