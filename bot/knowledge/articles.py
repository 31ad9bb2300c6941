"""The help articles: reading `data/<language>/knowledge/*.md`, and how customers ask for each."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bot.understanding.data_files import read_yaml

# Messages of this intent are examples of what no article answers.
FOREIGN = "out_of_scope"
_PARTS = re.compile(r"\A---\n(?P<about>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_ANNOTATION = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True, slots=True)
class Passage:
    """One section of an article; `text` is Markdown."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """`intents` are those whose training messages ask for this article; `asked` are more such questions."""

    slug: str
    title: str
    passages: Sequence[Passage]
    intents: Sequence[str] = ()
    asked: Sequence[str] = ()


class Library:
    """All articles of the data folder, read when they are asked for."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder

    @cached_property
    def languages(self) -> Sequence[str]:
        return sorted(folder.parent.name for folder in self._folder.glob("*/knowledge") if folder.is_dir())

    def articles(self, language: str) -> Sequence[Article]:
        return [_read_article(path) for path in self._article_files(language)]

    def article(self, language: str, slug: str) -> Article | None:
        return next((article for article in self.articles(language) if article.slug == slug), None)

    def questions(self, language: str) -> Sequence[tuple[str, str]]:
        """(article or "" for none, what customers write), from the articles and the training messages."""
        by_intent = _read_examples(self._example_files(language))
        found = [("", example) for example in by_intent.get(FOREIGN, ())]
        for article in self.articles(language):
            examples = [example for intent in article.intents for example in by_intent.get(intent, ())]
            found.extend((article.slug, example) for example in (*article.asked, *examples))
        return found

    def checksum(self, language: str) -> str:
        """Changes when an article or a training message does."""
        digest = hashlib.sha256()
        for path in (*self._article_files(language), *self._example_files(language)):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _article_files(self, language: str) -> Sequence[Path]:
        return sorted((self._folder / language / "knowledge").glob("*.md"))

    def _example_files(self, language: str) -> Sequence[Path]:
        return sorted((self._folder / language / "nlu").glob("*.yml"))


def _read_article(path: Path) -> Article:
    parts = _PARTS.match(path.read_text(encoding="utf-8"))
    if parts is None:
        raise ValueError(f"{path} must begin with a title between two lines of three dashes")
    about: Mapping[str, Any] = yaml.load(parts["about"], yaml.CSafeLoader)
    _, *sections = re.split(r"^## ", parts["body"], flags=re.MULTILINE)
    passages = [Passage(heading.strip(), text.strip()) for heading, _, text in (s.partition("\n") for s in sections)]
    return Article(path.stem, about["title"], passages, about.get("intents", ()), about.get("asked", ()))


def _read_examples(files: Sequence[Path]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for path in files:
        for block in read_yaml(path)["nlu"]:
            lines = [line.removeprefix("- ") for line in block["examples"].splitlines() if line.startswith("- ")]
            found.setdefault(block["intent"], []).extend(_ANNOTATION.sub(r"\1", line).strip() for line in lines)
    return found
