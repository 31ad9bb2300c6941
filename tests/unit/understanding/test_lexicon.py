"""The lexicon reads the same concepts out of every language, in whatever form a word stands."""

from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from bot.understanding.data_files import DATA_FOLDER
from bot.understanding.lexicon import Lexicon, Sayings, read_lexicon, romanise
from bot.understanding.normaliser import normalise

LANGUAGES = sorted(path.parent.name for path in DATA_FOLDER.glob("*/language.yml"))
MARKS = {"SMALL_WORD", "VERB_PREFIX"}


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return read_lexicon(normalise)


def read(lexicon: Lexicon, text: str) -> Sayings:
    return lexicon.read(normalise(text))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "where is my order"),
        ("cs", "kde je moje objednávka"),
        ("cs", "kde je moje objednavka"),
        ("hu", "hol van a rendelésem"),
        ("is", "hvar er pöntunin mín"),
        ("fa", "سفارشم کجاست"),
        ("ru", "где мой заказ"),
        ("ru", "gde moi zakaz"),
    ],
)
def test_one_question_is_the_same_in_every_language(lexicon: Lexicon, language: str, text: str) -> None:
    sayings = read(lexicon, text)
    assert sayings.language == language
    assert {"WHERE", "ORDER"} <= {concept for meanings in sayings.concepts for concept in meanings}


@pytest.mark.parametrize("text", ["nedorazilo to", "هنوز نرسیده"])
def test_a_beginning_that_denies_is_read_apart_from_its_word(lexicon: Lexicon, text: str) -> None:
    assert {"NOT", "ARRIVE"} <= {concept for meanings in read(lexicon, text).concepts for concept in meanings}


def test_a_phrase_goes_before_its_words(tmp_path: Path) -> None:
    write(tmp_path, {"HOW": "how", "HOW_MUCH": "how_much", "MANY": "much"})
    lexicon = read_lexicon(normalise, tmp_path)
    assert read(lexicon, "How much How").concepts == (("HOW_MUCH",), ("HOW",))
    assert read(lexicon, "how very much").concepts == (("HOW",), ("MANY",))


def test_the_longest_beginning_and_the_whole_word_decide(tmp_path: Path) -> None:
    write(tmp_path, {"ORDER": "order*", "TIDY": "orderly", "OBEY": "ord*"})
    lexicon = read_lexicon(normalise, tmp_path)
    assert read(lexicon, "ordered orderly ordain or").concepts == (("ORDER",), ("TIDY",), ("OBEY",))


def test_a_word_with_two_meanings_says_both(tmp_path: Path) -> None:
    write(tmp_path, {"LIGHT": "light", "EASY": "light"})
    assert read(read_lexicon(normalise, tmp_path), "light").concepts == (("LIGHT", "EASY"),)


def test_small_words_tell_the_language_and_say_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"SMALL_WORD": "the is"})
    assert read(read_lexicon(normalise, tmp_path), "the is") == Sayings("en", ())


@pytest.mark.parametrize("text", ["", "?", "語" * 40, "ne", "#", "🦄"])
def test_no_text_breaks_it(lexicon: Lexicon, text: str) -> None:
    assert isinstance(read(lexicon, text), Sayings)


def test_without_lists_nothing_is_said(tmp_path: Path) -> None:
    assert read(read_lexicon(normalise, tmp_path), "where is it") == Sayings("", ())


@pytest.mark.parametrize(("typed", "same"), [("заказ", "zakaz"), ("ещё", "eshche"), ("хочу", "khochu")])
def test_russian_is_read_in_either_script(typed: str, same: str) -> None:
    assert romanise(normalise(typed)) == romanise(normalise(same))


def test_every_concept_is_said_in_every_language_of_ours() -> None:
    languages = defaultdict(set)
    for language in LANGUAGES:
        for concept in yaml.safe_load((DATA_FOLDER / language / "concepts.yml").read_text(encoding="utf-8")):
            languages[concept].add(language)
    missing = {concept: set(LANGUAGES) - found for concept, found in languages.items() if found != set(LANGUAGES)}
    assert {concept: where for concept, where in missing.items() if concept not in MARKS} == {}


def write(folder: Path, concepts: dict[str, str]) -> None:
    (folder / "en").mkdir()
    (folder / "en" / "concepts.yml").write_text(yaml.safe_dump(concepts, sort_keys=False), encoding="utf-8")
