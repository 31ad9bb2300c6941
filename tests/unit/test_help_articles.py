"""Help articles: how they are read, shortened, ranked and shown."""

from pathlib import Path

import pytest

from bot.actions.feedback import read_score
from bot.knowledge.articles import Article, Library, Passage
from bot.knowledge.evaluation import AskedQuestion, Outcome, measure
from bot.knowledge.ranking import Candidate, Ranked, Rarity, rank
from bot.knowledge.trigrams import searched_text, trigrams_of
from bot.pages.help import render_sections
from bot.services.knowledge import article_path, shorten
from connectors.settings import DATA_FOLDER

LANGUAGES = ["cs", "en", "fa", "hu", "is", "ru"]
NOTHING_KNOWN = Rarity({}, 100)


def test_accents_case_and_script_variants_do_not_matter() -> None:
    assert trigrams_of(searched_text("Vrácení peněz!")) == trigrams_of(searched_text("vraceni PENEZ"))
    assert trigrams_of(searched_text("کارت هديه")) == trigrams_of(searched_text("كارت هدیه"))
    assert trigrams_of(searched_text("a bc")) == {" a ", " bc", "bc "}
    assert trigrams_of(searched_text("?!")) == frozenset()


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("One. Two.", 100, "One. Two."),
        ("One is here. Two is there. Three is long.", 30, "One is here. Two is there."),
        ("It costs €4.90 and that is all. More.", 32, "It costs €4.90 and that is all."),
        ("Steps:\n\n1. First of all.\n2. Then.", 24, "Steps:\n\n1. First of all."),
        ("چند روز؟ سه روز کاری.", 10, "چند روز؟"),
        ("No end in sight at all", 10, "No end in…"),
    ],
)
def test_an_answer_ends_with_a_sentence(text: str, limit: int, kept: str) -> None:
    assert shorten(text, limit) == kept


def test_a_heading_counts_more_than_the_text_and_a_rare_word_more_than_a_common_one() -> None:
    in_text = Candidate("a", "A", "Something else", "All about refunds")
    in_heading = Candidate("b", "B", "All about refunds", "Something else")
    ranked = rank("refunds", [in_text, in_heading], [], NOTHING_KNOWN, NOTHING_KNOWN)
    assert [one.passage.slug for one in ranked] == ["b", "a"]
    common = Rarity(dict.fromkeys(trigrams_of(" the "), 100), 100)
    rare, often = Candidate("a", "", "", "oak and others"), Candidate("b", "", "", "the and others")
    ranked = rank("the oak", [often, rare], [], common, NOTHING_KNOWN)
    assert [one.passage.slug for one in ranked] == ["a", "b"]


def test_who_asks_like_others_did_gets_the_article_they_wanted_and_foreign_questions_count_against() -> None:
    passages = [Candidate("delivery", "", "How long", "days"), Candidate("warranty", "", "How long", "months")]
    asked = [("delivery", searched_text("when does it get here"))]
    best, other = rank("when will it get here", passages, asked, NOTHING_KNOWN, NOTHING_KNOWN)
    assert best.passage.slug == "delivery"
    assert best.score > other.score
    foreign = [("", searched_text("when will it get here"))]
    assert rank("when will it get here", passages, asked + foreign, NOTHING_KNOWN, NOTHING_KNOWN)[0].score < best.score


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_article_can_be_read_and_belongs_to_the_same_set(language: str) -> None:
    library = Library(DATA_FOLDER)
    articles = library.articles(language)
    assert [article.slug for article in articles] == [article.slug for article in library.articles("en")]
    assert all(article.title and article.passages for article in articles)
    assert all(passage.heading and passage.text for article in articles for passage in article.passages)
    wanted = {slug for slug, _ in library.questions(language)}
    assert wanted == {"", *(article.slug for article in articles)}


def test_an_article_without_a_title_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "knowledge"
    folder.mkdir(parents=True)
    (folder / "bad.md").write_text("## No title\n\nText", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.md must begin with a title"):
        Library(tmp_path).articles("en")


def test_an_article_becomes_html_without_any_html_of_its_own() -> None:
    article = Article(
        "a", "A", [Passage("Steps & co", "1. **Go**\n2. <script>x</script> ![i](http://x/y) [l](javascript:x)")]
    )
    (section,) = render_sections(article)
    assert section.anchor == "steps-co"
    assert "<li><strong>Go</strong></li>" in section.html
    for forbidden in ("<script", "<img", 'href="javascript'):
        assert forbidden not in section.html


def test_an_address_leads_to_the_section_of_an_article() -> None:
    assert article_path("cs", "payment", "Platba neprošla") == "/help/cs/payment#platba-neprosla"
    assert article_path("cs", "payment") == "/help/cs/payment"


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", 5),
        ("۴", 4),
        ("★★★☆☆", 3),
        ("⭐⭐", 2),
        ("I give you 1 star", 1),
        ("10", None),
        ("6", None),
        ("1 or 2", None),
    ],
)
def test_stars_and_numbers_are_ratings(text: str, score: int | None) -> None:
    assert read_score(text) == score


def test_the_measures_count_right_articles_right_passages_and_false_answers() -> None:
    right = Ranked(0.9, Candidate("delivery", "", "Cost", ""))
    wrong = Ranked(0.5, Candidate("payment", "", "Ways", ""))
    outcomes = [
        Outcome(AskedQuestion("a", ["delivery"], ["Cost"]), [right, wrong], True),
        Outcome(AskedQuestion("b", ["delivery"], ["Time"]), [right], False),
        Outcome(AskedQuestion("c", ["delivery"]), [wrong, right], True),
        Outcome(AskedQuestion("d", ["delivery"]), [], False),
        Outcome(AskedQuestion("e", []), [wrong], True),
        Outcome(AskedQuestion("f", []), [wrong], False),
    ]
    measured = measure(outcomes)
    shares = {key: measured[key] for key in ("hit_at_1", "hit_at_3", "passage_at_1", "answered_right", "false_answers")}
    assert shares == {
        "hit_at_1": 0.5, "hit_at_3": 0.75, "passage_at_1": 0.25, "answered_right": 0.25, "false_answers": 0.5
    }  # fmt: skip
    assert [one["question"] for one in measured["false"]] == ["e"]
