"""What a customer wants with their account, told by the words of their message; the words are data of each language."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from bot.understanding.data_files import read_yaml
from bot.understanding.normaliser import normalise


class AccountTopic(StrEnum):
    """`PROOF`: only to be verified, because something else waits for it."""

    OVERVIEW = "overview"
    DELETION = "deletion"
    COPY = "copy"
    CHANGE = "change"
    SIGN_IN = "sign_in"
    PROOF = "proof"


# Of several that fit, the first: who cannot sign in and wants everything deleted wants the latter.
READ_FROM_WORDS = (
    AccountTopic.DELETION,
    AccountTopic.COPY,
    AccountTopic.SIGN_IN,
    AccountTopic.CHANGE,
    AccountTopic.OVERVIEW,
)


class AccountTopics:
    """Reads `account.yml` of every language: by topic, beginnings of words that stand together in a message."""

    def __init__(self, data_folder: Path) -> None:
        self._signs: dict[AccountTopic, list[Sequence[str]]] = {topic: [] for topic in READ_FROM_WORDS}
        for path in sorted(data_folder.glob("*/account.yml")):
            signs: Mapping[str, Sequence[str]] = read_yaml(path)
            for topic, lines in signs.items():
                self._signs[AccountTopic(topic)] += [normalise(line).split() for line in lines]

    def topic_of(self, text: str) -> AccountTopic | None:
        """The topic, in whatever language it is written; None when the words do not tell."""
        words = normalise(text).split()
        return next((topic for topic in READ_FROM_WORDS if self._fits(topic, words)), None)

    def _fits(self, topic: AccountTopic, words: Sequence[str]) -> bool:
        return any(
            all(any(word.startswith(beginning) for word in words) for beginning in sign) for sign in self._signs[topic]
        )
