"""Customer-visible texts: response keys become text in the customer's language, with values by locale."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from persiantools.jdatetime import JalaliDate

from bot.understanding.data_files import read_yaml

DEFAULT_LANGUAGE = "en"
# Babel formats numbers by locale, but always with Latin digits.
DIGITS = {"arabext": str.maketrans("0123456789.,", "۰۱۲۳۴۵۶۷۸۹٫٬")}


@dataclass(frozen=True, slots=True)
class Button:
    """A quick reply; `payload` is what it means to Rasa and never leaves our process."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Rendered:
    text: str
    buttons: tuple[Button, ...] = ()


class Language:
    """One folder of `data/`: responses, terms, and the words by which the language is asked for."""

    def __init__(self, folder: Path) -> None:
        self.code = folder.name
        self._folder = folder
        about = read_yaml(folder / "language.yml")
        self.name: str = about["name"]
        self.locale: str = about["locale"]
        self.numbering_system: str = about["numbering_system"]
        self.direction: str = about["direction"]
        words = "|".join(re.escape(word.casefold()) for word in about["named"])
        # Whole words: "enska" is English, and stands inside "íslenska".
        self.named = re.compile(rf"(?<!\w)(?:{words})(?!\w)")

    @cached_property
    def responses(self) -> Mapping[str, Any]:
        return _read_folder(self._folder / "responses")

    @cached_property
    def terms(self) -> Mapping[str, Any]:
        return _read_folder(self._folder / "terms")


class Texts:
    """All languages of the data folder."""

    def __init__(self, data_folder: Path) -> None:
        folders = sorted(path.parent for path in data_folder.glob("*/language.yml"))
        self.languages: dict[str, Language] = {folder.name: Language(folder) for folder in folders}

    def supports(self, language: str) -> bool:
        return language in self.languages

    def render(self, key: str, language: str, arguments: Mapping[str, Any] | None = None) -> Rendered:
        """The text of a response key.

        Raises:
            KeyError: no such key in this language; a test makes sure that this cannot happen.
        """
        response = self.languages[language].responses[key]
        formatter = _LocaleFormatter(self, language)
        text = formatter.vformat(response["text"], (), arguments or {})
        lines = [line for line in text.split("\n") if line.strip()]
        buttons = tuple(Button(b["title"], b["payload"]) for b in response.get("buttons", ()))
        return Rendered("\n".join(lines), buttons)

    def button_of(self, choice: Mapping[str, str], language: str) -> Button:
        """A button made at run time: its `title` is given, or is the word for a `term`."""
        title = choice.get("title") or str(self.languages[language].terms[choice["term"]])
        return Button(title, choice["payload"])

    def language_asked_for(self, text: str) -> str | None:
        """The language that a message names, in whatever language it names it; the last one wins."""
        asked = {
            match.end(): code
            for code, language in self.languages.items()
            for match in language.named.finditer(text.casefold())
        }
        return asked[max(asked)] if asked else None


class _LocaleFormatter(Formatter):
    """`{value:kind}`: date, time (ISO text), money ({"amount", "currency"}), number, country (ISO code), term,
    list ([{"key", …}]).

    `{value:plural.day}` is a count with its word; the term `day` has a text with `{n}` for each plural category.
    """

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts = texts
        self._language = texts.languages[language]

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "date":
                return format_day(date.fromisoformat(value), self._language.locale)
            case "time":
                return self._digits(
                    format_time(time.fromisoformat(value), format="short", locale=self._language.locale)
                )
            case "money":
                return self._format_money(Decimal(value["amount"]), value["currency"])
            case "number":
                return self._digits(format_decimal(Decimal(str(value)), locale=self._language.locale))
            case "country":
                return str(Locale.parse(self._language.locale).territories[value])
            case "localised":
                return str(value.get(self._language.code) or value["en"])
            case "term":
                return str(self._language.terms[value])
            case "list":
                return "\n".join(self._texts.render(part["key"], self._language.code, part).text for part in value)
        if format_spec.startswith("plural."):
            return self._count(Decimal(str(value)), format_spec.removeprefix("plural."))
        return str(value)

    def _count(self, number: Decimal, term: str) -> str:
        category = Locale.parse(self._language.locale).plural_form(number)
        shown = self._digits(format_decimal(number, locale=self._language.locale))
        return str(self._language.terms[term][category]).replace("{n}", shown)

    def _format_money(self, amount: Decimal, currency: str) -> str:
        return self._digits(format_currency(amount, currency, locale=self._language.locale))

    def _digits(self, number: str) -> str:
        return number.translate(DIGITS.get(self._language.numbering_system, {}))


def format_day(day: date, locale: str) -> str:
    """A calendar day as people of the locale write it; Iranians use the Solar Hijri calendar."""
    if locale == "fa_IR":
        jalali = JalaliDate(day)  # type: ignore[no-untyped-call]
        return str(jalali.strftime("%d %B %Y", locale="fa")).lstrip("۰")
    return format_date(day, format="long", locale=locale)


def _read_folder(folder: Path) -> Mapping[str, Any]:
    """The keys of all files of a folder.

    Raises:
        ValueError: two files have the same key.
    """
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yml")):
        part = read_yaml(path)
        if twice := found.keys() & part.keys():
            raise ValueError(f"{path}: {', '.join(sorted(twice))} stands in another file of the folder, too")
        found.update(part)
    return found
