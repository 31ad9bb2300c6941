"""Business hours from our tables and the country's holidays, and the stars that customers give."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from bot.conversations.stars import star_buttons
from bot.rasa.client import Understood
from bot.services.business_hours import BusinessHours
from bot.services.ratings import Ratings
from bot.texts import Rendered
from connectors.database.models.service import Closure, OpeningHours, Rating
from connectors.database.models.understanding import ReviewReason, UnderstoodTurn
from connectors.settings import Settings
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration

WEDNESDAY = datetime(2026, 12, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


@pytest.fixture
def hours(office: FrontOffice) -> BusinessHours:
    with office.database.write() as session:
        session.add_all(OpeningHours(weekday=weekday, opens="09:00", closes="18:00") for weekday in range(5))
        day = date(2026, 12, 28)
        session.add(Closure(first_day=day, last_day=day, name="Stocktaking"))
    return BusinessHours(office.database, TEXTS, Settings(_env_file=None), now=lambda: WEDNESDAY)


def test_public_holidays_and_own_closures_close_the_office(hours: BusinessHours) -> None:
    calendar = hours.calendar()
    assert calendar.is_open(WEDNESDAY)
    opening = calendar.next_opening(WEDNESDAY)
    assert opening is not None
    assert opening.date() == date(2026, 12, 29)
    closed = [day for day, _ in calendar.closed_within(WEDNESDAY, 14)]
    assert closed == [date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Christmas Eve", "stocktaking", "New Year's Day"]),
        ("cs", ["Štědrý den", "inventura", "Nový rok"]),
        ("is", ["aðfangadagur", "vörutalning", "nýársdagur"]),
        ("fa", ["شب کریسمس", "انبارگردانی", "سال نو میلادی"]),
    ],
)
def test_closed_days_have_names_in_the_language(hours: BusinessHours, language: str, names: list[str]) -> None:
    closed = dict(hours.calendar().closed_within(WEDNESDAY, 14))
    days = [date(2026, 12, 24), date(2026, 12, 28), date(2027, 1, 1)]
    assert [hours.name_of(day, closed[day], language) for day in days] == names


def test_holidays_of_another_country_have_its_own_names(office: FrontOffice) -> None:
    iceland = BusinessHours(office.database, TEXTS, Settings(_env_file=None, holiday_country="IS"))
    day = date(2027, 6, 17)
    name = iceland._holidays(2027)[day]
    assert iceland.name_of(day, name, "is") == "Þjóðhátíðardagurinn"
    assert iceland.name_of(day, name, "hu") == name


def test_a_stretch_has_one_rating_and_the_last_word_counts(office: FrontOffice) -> None:
    ratings, conversation_id = Ratings(office.database), office.open()
    ratings.rate(conversation_id, 1, 2, "slow")
    ratings.rate(conversation_id, 1, 4, None)
    ratings.rate(conversation_id, 2, 5, None)
    with office.database.read() as session:
        kept = session.scalars(select(Rating).order_by(Rating.bot_session)).all()
    assert [(one.bot_session, one.score, one.comment) for one in kept] == [(1, 4, "slow"), (2, 5, None)]
    assert ratings.is_rated(conversation_id, 2)
    assert not ratings.is_rated(conversation_id, 3)


def test_the_stars_after_a_conversation_rate_the_stretch_that_ended() -> None:
    best, *_, worst = star_buttons(3)
    assert (best.title, best.payload) == ("★★★★★", '/feedback{"rating":"5","stretch":"3"}')
    assert (worst.title, worst.payload) == ("★☆☆☆☆", '/feedback{"rating":"1","stretch":"3"}')


@pytest.mark.parametrize(("typed", "meant"), [("4", "4"), ("five stars!", "5"), ("★★", "2")])
def test_a_rating_that_is_typed_after_the_stars_is_the_same_as_a_pressed_one(
    office: FrontOffice, typed: str, meant: str
) -> None:
    office.assistant.script["bye"] = [Rendered("Goodbye."), Rendered("How was it?", star_buttons(1))]
    conversation_id = office.open()
    office.hear(conversation_id, "bye")
    office.hear(conversation_id, typed)
    assert office.assistant.questions[-1] == f'/feedback{{"rating":"{meant}","stretch":"1"}}'
    assert office.said(conversation_id, "customer")[-1] == typed


def test_a_number_is_a_rating_right_behind_the_stars_only(office: FrontOffice) -> None:
    office.assistant.script["bye"] = [Rendered("How was it?", star_buttons(1))]
    conversation_id = office.open()
    for said in ("5", "bye", "how late are you open?", "5"):
        office.hear(conversation_id, said)
    assert office.assistant.questions == ["5", "bye", "how late are you open?", "5"]


def test_a_question_that_no_article_answers_waits_for_review(office: FrontOffice) -> None:
    unanswered = Understood("do you sponsor clubs", "partnership", 0.95, responses=["knowledge_none"])
    answered = Understood("who can sell your mugs", "partnership", 0.95, responses=["knowledge_answer"])
    office.assistant.understood = {one.text: [one] for one in (unanswered, answered)}
    conversation_id = office.open()
    office.hear(conversation_id, unanswered.text)
    office.hear(conversation_id, answered.text)
    with office.database.read() as session:
        turns = session.scalars(select(UnderstoodTurn).order_by(UnderstoodTurn.seq)).all()
    assert [turn.review_reason for turn in turns] == [ReviewReason.UNANSWERED, None]
