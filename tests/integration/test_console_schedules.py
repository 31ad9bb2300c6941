"""The schedule editor of the console over HTTP: preview, saving, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.console_house import JOB, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

WEEKDAYS = {"cron": "30 6 * * mon-fri", "timezone": "Europe/Prague", "is_enabled": "true"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ConsoleHouse]:
    house = ConsoleHouse(tmp_path)
    yield house
    house.close()


@pytest.fixture
def admin(house: ConsoleHouse) -> Browser:
    return Browser(house, house.admin)


def _save(admin: Browser, house: ConsoleHouse, **fields: str) -> tuple[int, str]:
    schedule = house.schedule()
    form = {"version": str(schedule.version), **WEEKDAYS, "p.level": "3-way", **fields}
    answer = admin.posts(f"{JOB}/schedules/{schedule.id}", **form)
    return answer.status_code, answer.text


def test_the_preview_shows_ten_firings_and_tells_the_two_nights_of_autumn_apart(admin: Browser) -> None:
    page = admin.opens(f"{JOB}/preview", cron="30 6 * * mon-fri", timezone="Europe/Prague")
    assert page.count("<li>") == 10
    assert "Monday to Friday at 06:30" in page
    assert "UTC+01:00" in page


@pytest.mark.parametrize(
    ("cron", "timezone", "sentence"),
    [
        ("61 6 * * *", "Europe/Prague", "it goes from 0 to 59"),
        ("at dawn", "Europe/Prague", "A schedule has five fields"),
        ("0 0 30 2 *", "Europe/Prague", "never fires"),
        ("", "", "A schedule has five fields"),
        ("0 6 * * *", "Mars/Olympus", "There is no time zone “Mars/Olympus”"),
        ("0 6 * * *", "../../etc/passwd", "There is no time zone"),
        ("1," * 200 + "1 * * * *", "UTC", "longer than 200 characters"),
    ],
)
def test_a_wrong_schedule_is_answered_with_a_sentence(admin: Browser, cron: str, timezone: str, sentence: str) -> None:
    assert sentence in text_of(admin.client.get(f"{JOB}/preview", params={"cron": cron, "timezone": timezone}).text)


def test_a_saved_schedule_counts_at_once_and_is_audited(house: ConsoleHouse, admin: Browser) -> None:
    status, _page = _save(admin, house, cron="0 5 * * *", **{"p.price_tolerance_percent": "1.5"})
    assert status == 303
    schedule = house.schedule()
    assert (schedule.cron, schedule.version, schedule.parameters["price_tolerance_percent"]) == ("0 5 * * *", 2, "1.5")
    (entry,) = house.audited("schedule.change")
    assert entry.actor == "ops@example.com"
    assert "Every day at 05:00" in admin.opens(JOB, done="saved")


def test_a_schedule_is_switched_off_by_clearing_its_mark(house: ConsoleHouse, admin: Browser) -> None:
    status, _page = _save(admin, house, is_enabled="")
    assert status == 303
    assert not house.schedule().is_enabled
    assert "not planned" in admin.opens("/console")


def test_a_wrong_schedule_is_not_saved_and_every_field_is_told_at_once(house: ConsoleHouse, admin: Browser) -> None:
    status, page = _save(admin, house, cron="30 25 * * *", **{"p.receipt_days": "soon"})
    assert status == 422
    assert 'id="cron-problem"' in page
    assert "Days to wait for a receipt must be a whole number between 0 and 365." in page
    assert 'value="30 25 * * *"' in page
    assert house.schedule().version == 1


def test_a_schedule_that_somebody_changed_meanwhile_is_not_overwritten(house: ConsoleHouse, admin: Browser) -> None:
    _save(admin, house, cron="0 5 * * *")
    status, page = _save(admin, house, version="1", cron="0 9 * * *")
    assert status == 409
    assert "somebody else changed this schedule" in page
    assert "0 5 * * *" in page
    assert 'value="0 9 * * *"' in page
    assert house.schedule().cron == "0 5 * * *"


def test_a_second_schedule_can_be_added(house: ConsoleHouse, admin: Browser) -> None:
    answer = admin.posts(f"{JOB}/schedules", **{**WEEKDAYS, "cron": "0 20 * * sun"})
    assert answer.status_code == 303
    assert len(house.audited("schedule.create")) == 1
    assert "Sunday at 20:00" in admin.opens(JOB, done="created")
