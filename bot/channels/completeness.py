"""Which languages lack words: what a company wrote in one language, its customers may expect in theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.channels.setup_model import WebSetup


@dataclass(frozen=True, slots=True, order=True)
class OwnText:
    """Something the company wrote: `kind` is text, label, choices or proactive; `name` says which."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """`wanted` is what was written in any language; `missing` what of it this language lacks."""

    wanted: int
    missing: tuple[OwnText, ...]

    @property
    def written(self) -> int:
        return self.wanted - len(self.missing)

    @property
    def is_complete(self) -> bool:
        return not self.missing


def completeness_of(setup: WebSetup, languages: Sequence[str]) -> Mapping[str, Completeness]:
    """By language. What nobody wrote is not missed: there the product's own words stand."""
    written: dict[OwnText, set[str]] = {}
    for text, language in _written(setup):
        written.setdefault(text, set()).add(language)
    return {language: Completeness(len(written), _missing(written, language)) for language in languages}


def _missing(written: Mapping[OwnText, set[str]], language: str) -> tuple[OwnText, ...]:
    return tuple(sorted(text for text, known in written.items() if language not in known))


def _written(setup: WebSetup) -> Iterator[tuple[OwnText, str]]:
    for language, own in setup.texts.items():
        yield from ((OwnText("text", key), language) for key in own)
    for field in setup.pre_chat:
        yield from ((OwnText("label", field.name), language) for language in field.labels)
        yield from ((OwnText("choices", field.name), language) for language in field.choices)
    for message in setup.proactive:
        yield from ((OwnText("proactive", message.name), language) for language in message.texts)
