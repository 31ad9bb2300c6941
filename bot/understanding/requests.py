"""Several requests in one message: where a message may be cut, and whether the pieces are requests of their own.

Runs inside Rasa. Serving half of a sentence as something it is not is worse than serving one request of two, so a
message stays whole unless every piece is surely understood, as something else than the others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from bot.understanding.data_files import read_yaml

# "and", "and also": what may stand between two requests. All languages together, as in `number_words`. The Czech "a"
# is an article elsewhere ("a lamp", "a csomag") and counts only before a word that begins a Czech request.
_CONJUNCTIONS = (
    "and also|and|also|plus",
    "a také|a take|a taky|a ještě|a jeste|a zároveň|a zaroven|také|taky",
    "és még|es meg|és|valamint|továbbá|tovabba|illetve",
    "og líka|og lika|og einnig|og svo|og|einnig",
    "و همچنین|و|همچنین|ضمناً|ضمنا|va",
    "а также|и ещё|и еще|и|а|также|ещё|еще",
)
_CZECH_BEGINNINGS = (
    "bych|byste|dá|da|dají|daji|jak|jaká|jaka|jaké|jake|jaký|jaky|jakou|jde|je|jestli|kam|kde|kdo|kdy|kolik|chci|chtěl|"
    "chtel|chtěla|chtela|lze|máte|mate|mohl|mohla|mohu|můžu|muzu|můžete|muzete|pošlete|poslete|potřebuju|potrebuju|"
    "potřebuji|potrebuji|prosím|prosim|proč|proc|rád|rad|ráda|rada|co|umíte|umite|změňte|zmente|zrušte|zruste|do kolika"
)
_WORDS = "|".join(
    [
        *sorted((word for words in _CONJUNCTIONS for word in words.split("|")), key=lambda word: -len(word)),
        rf"a(?=\s(?:{_CZECH_BEGINNINGS})\b)",
    ]
)
_SENTENCE_END = r"[.!?؟…;؛]+(?=\s|$)|\n"
# The end of a sentence, the conjunction after it, or a conjunction in the middle of one.
_BOUNDARY = re.compile(rf"(?P<end>{_SENTENCE_END})\s*(?:(?:{_WORDS})\s+)?|[\s,،]+(?:{_WORDS})\s+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
# "vissza" or "receipt" alone says something only in the sentence that it stands in.
_FEWEST_WORDS = 2
# Whoever sends a long text tells one story; its sentences are no requests of their own.
_LONGEST_TEXT = 300
_MOST_BOUNDARIES = 4
_MOST_PARTS = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What a part was understood as."""

    intent: str
    confidence: float


@dataclass(frozen=True)
class Requests:
    """Decides where to cut, by the rules of data/shared/requests.yml, where each field is explained."""

    sure: float
    no_requests: frozenset[str]
    answers: frozenset[str]
    questions: frozenset[str]
    one_matter: Sequence[frozenset[str]]

    @classmethod
    def read(cls, file: Path) -> "Requests":
        rules = read_yaml(file)
        lists = {name: frozenset(rules[name]) for name in ("no_requests", "answers", "questions")}
        return cls(rules["sure"], one_matter=[frozenset(intents) for intents in rules["one_matter"]], **lists)

    def choose(
        self, partitions: Sequence[tuple[str, ...]], readings: Mapping[str, Reading], open_question: str | None
    ) -> tuple[str, ...]:
        """The partition whose least sure part is the surest; an empty one when the message stays whole.

        `open_question` is the slot that a form asks for.
        """
        if open_question is not None and open_question not in self.questions:
            return ()
        fitting = [
            parts
            for parts in partitions
            if self._are_requests({part: readings[part] for part in parts}, open_question is not None)
        ]
        return max(fitting, key=lambda parts: min(readings[part].confidence for part in parts), default=())

    def _are_requests(self, parts: Mapping[str, Reading], is_question_open: bool) -> bool:
        are_requests = all(self._is_request(part, reading, is_question_open) for part, reading in parts.items())
        intents = [reading.intent for reading in parts.values()]
        return are_requests and not any(self._is_one_matter(*pair) for pair in combinations(intents, 2))

    def _is_request(self, part: str, reading: Reading, is_question_open: bool) -> bool:
        if reading.confidence < self.sure or reading.intent in self.no_requests:
            return False
        return is_question_open if reading.intent in self.answers else len(_WORD.findall(part)) >= _FEWEST_WORDS

    def _is_one_matter(self, one: str, other: str) -> bool:
        return one == other or any({one, other} <= matter for matter in self.one_matter)


def partitions_of(text: str) -> list[tuple[str, ...]]:
    """All ways of cutting a message into two or three parts; none when there is nowhere to cut."""
    if len(text) > _LONGEST_TEXT:
        return []
    boundaries = [
        (max(match.start(), match.end("end")), match.end())
        for match in _BOUNDARY.finditer(text)
        if match.start() and match.end() < len(text)
    ]
    if len(boundaries) > _MOST_BOUNDARIES:
        return []
    found = []
    for count in range(1, _MOST_PARTS):
        for chosen in combinations(boundaries, count):
            starts, ends = [0, *(end for _, end in chosen)], [*(start for start, _ in chosen), len(text)]
            parts = tuple(text[start:end].strip() for start, end in zip(starts, ends, strict=True))
            if all(_is_said(part) for part in parts):
                found.append(parts)
    return found


def _is_said(part: str) -> bool:
    """Whether it begins with words. To Rasa a text that begins with a slash is a pressed button; nobody types one."""
    word = _WORD.search(part)
    return word is not None and "/" not in part[: word.start()]
