"""The console speaks of jobs, reasons and figures in the language of the page."""

from datetime import UTC, datetime, timedelta

import pytest

from automations.engine.job import JobDefinition
from automations.engine.outbox import EFFECT_NOT_CONFIRMED, EFFECT_REFUSED
from automations.invoices import outcomes
from automations.invoices.inbox import NOT_HANDED_OVER
from automations.invoices.parameters import PARAMETERS
from automations.jobs import invoice_matching
from automations.rules.duplicates import DuplicateReason
from automations.rules.matching.holds import HoldOwner, HoldReason
from bot.console.words import TONES
from connectors.database.models.work import ItemState, RunState
from connectors.einvoice.refusal import RefusalCode
from tests.unit.console.translated import PAGES, WordsOf

TEXTS = PAGES.catalogue.texts
CODES = [*HoldReason, *DuplicateReason, *RefusalCode, NOT_HANDED_OVER, EFFECT_NOT_CONFIRMED, EFFECT_REFUSED]
OUTCOMES = [
    outcomes.MATCHED,
    outcomes.HELD,
    outcomes.WAITING,
    outcomes.REFUSED,
    outcomes.ALREADY_POSTED,
    outcomes.GONE,
]


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_every_reason_owner_outcome_and_state_has_a_text(language: str) -> None:
    keys = {f"console.reason.{code}" for code in CODES}
    keys |= {f"console.reason.{code}.advice" for code in [*HoldReason, *DuplicateReason, EFFECT_REFUSED]}
    keys |= {f"console.owner.{owner}" for owner in HoldOwner}
    keys |= {f"console.{kind}.invoice-matching.{word}" for word in OUTCOMES for kind in ("outcome", "next")}
    keys |= {f"console.run.{state}" for state in RunState} | {f"console.item.{state}" for state in ItemState}
    job = "console.job.invoice-matching"
    keys |= {f"{job}.{part}" for part in ("title", "description", "effect")}
    keys |= {f"{job}.{parameter.name}.{part}" for parameter in PARAMETERS for part in ("label", "help")}
    keys |= {f"console.unit.{parameter.unit}" for parameter in PARAMETERS if parameter.unit}
    assert keys - set(TEXTS[language]) == set()


def test_the_english_words_of_a_job_are_those_of_its_file(words_of: WordsOf) -> None:
    for parameter in PARAMETERS:
        assert words_of("en").parameter_label(invoice_matching.JOB, parameter) == parameter.label
    assert words_of("en").job_title("invoice-matching") == invoice_matching.JOB.title


def test_a_new_job_works_before_anybody_translates_it(words_of: WordsOf, job: JobDefinition) -> None:
    words = words_of("cs")
    share = job.parameters[0]
    assert words.job_title("count-stock") == "Count the stock"
    assert (words.parameter_label(job, share), words.parameter_help(job, share)) == ("Share", "How much")
    assert words.outcome("count-stock", "short") == "short"
    assert words.reason("TOO_FEW") == "TOO_FEW"
    assert words.advice("TOO_FEW") == ""


def test_a_run_of_a_job_that_was_removed_keeps_its_name(words_of: WordsOf) -> None:
    assert words_of("en").job_title("gone-job") == "gone-job"


def test_a_wrong_parameter_is_answered_with_what_it_has_to_be(words_of: WordsOf, job: JobDefinition) -> None:
    words = words_of("en")
    assert [words.parameter_problem(job, parameter) for parameter in job.parameters] == [
        "Share must be a number written like 2.5 between 0 and 100.",
        "Shelves must be a whole number, at least 1.",
        "Place must be one of: cellar, attic.",
    ]


def test_no_digit_of_a_price_is_rounded_away(words_of: WordsOf) -> None:
    assert words_of("en").amount("1234.56789", "EUR") == "€1,234.56789"
    assert words_of("en").amount("40", "EUR") == "€40.00"
    assert words_of("en").figure("0.00012") == "0.00012"


def test_figures_have_the_digits_of_the_language(words_of: WordsOf) -> None:
    assert words_of("fa").figure("1234.5") == "۱٬۲۳۴٫۵"
    assert words_of("cs").figure("1234.5") == "1\N{NO-BREAK SPACE}234,5"


@pytest.mark.parametrize("text", ["PO-77", "NaN", "Infinity", "3-way"])
def test_what_is_no_figure_is_shown_as_it_is(words_of: WordsOf, text: str) -> None:
    assert words_of("fa").figure(text) == text


def test_prices_are_told_in_the_currency_of_the_order_and_quantities_without_one(words_of: WordsOf) -> None:
    detail = {"currency": "USD", "order_currency": "EUR"}
    words = words_of("en")
    assert words.reason_figure("PRICE_OVER", "found", "48.5", detail) == "€48.50"
    assert words.reason_figure("TOTALS_DO_NOT_ADD_UP", "found", "48.5", detail) == "US$48.50"
    assert words.reason_figure("QTY_OVER_RECEIVED", "found", "48.5", detail) == "48.5"
    assert words.reason_figure("NEAR_AMOUNT_AND_DATE", "limit", "1", detail) == "1"
    assert words.reason_figure("PRICE_OVER", "where", "2", detail) == "2"


def test_a_sentence_is_told_apart_from_a_figure(words_of: WordsOf) -> None:
    words = words_of("en")
    assert words.is_sentence({"found": "The file ends in the middle."})
    assert not words.is_sentence({"found": "PO-77"})
    assert not words.is_sentence({"found": "12.", "expected": "13"})


def test_a_firing_is_told_in_the_time_zone_of_its_schedule(words_of: WordsOf) -> None:
    firing = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert words_of("en").firing(firing, "Europe/Prague") == "Sun 25 Oct 2026, 02:30"
    assert words_of("en").firing(firing, "Asia/Tehran") == "Sun 25 Oct 2026, 04:00"


def test_a_short_run_took_a_second_and_not_nothing(words_of: WordsOf) -> None:
    assert words_of("en").elapsed(timedelta(milliseconds=3)) == "1 second"
    assert words_of("en").elapsed(timedelta(minutes=5)) == "5 minutes"


def test_every_state_that_needs_attention_has_a_colour() -> None:
    calm = {"queued", "new", "skipped", "cancelled"}
    assert {*RunState, *ItemState} - set(TONES) == calm
