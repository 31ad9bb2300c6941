"""The schedule editor of the console over HTTP: preview, saving, and what is refused."""

import pytest

from tests.integration.console_house import JOB, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

WEEKDAYS = {"kind": "cron", "line": "30 6 * * mon-fri", "timezone": "Europe/Prague", "is_enabled": "true"}


def _save(admin: Browser, house: ConsoleHouse, **fields: str) -> tuple[int, str]:
    schedule = house.schedule()
    form = {"version": str(schedule.version), **WEEKDAYS, "p.level": "3-way", **fields}
    answer = admin.posts(f"{JOB}/schedules/{schedule.id}", **form)
    return answer.status_code, answer.text


def test_the_preview_shows_ten_firings_and_tells_the_two_nights_of_autumn_apart(admin: Browser) -> None:
    page = admin.opens(f"{JOB}/preview", kind="cron", line="30 6 * * mon-fri", timezone="Europe/Prague")
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
    assert sentence in text_of(
        admin.client.get(f"{JOB}/preview", params={"kind": "cron", "line": cron, "timezone": timezone}).text
    )


def test_a_saved_schedule_counts_at_once_and_is_audited(house: ConsoleHouse, admin: Browser) -> None:
    status, _page = _save(admin, house, line="0 5 * * *", **{"p.price_tolerance_percent": "1.5"})
    assert status == 303
    schedule = house.schedule()
    assert (schedule.timing["line"], schedule.version, schedule.parameters["price_tolerance_percent"]) == (
        "0 5 * * *",
        2,
        "1.5",
    )
    (entry,) = house.audited("schedule.change")
    assert entry.actor == "ops@example.com"
    assert "Every day at 05:00" in admin.opens(JOB, done="saved")


def test_a_schedule_is_switched_off_by_clearing_its_mark(house: ConsoleHouse, admin: Browser) -> None:
    status, _page = _save(admin, house, is_enabled="")
    assert status == 303
    assert not house.schedule().is_enabled
    assert "not planned" in admin.opens("/console/jobs")


def test_a_wrong_schedule_is_not_saved_and_every_field_is_told_at_once(house: ConsoleHouse, admin: Browser) -> None:
    status, page = _save(admin, house, line="30 25 * * *", **{"p.receipt_days": "soon"})
    assert status == 422
    assert 'id="line-problem"' in page
    assert "Days to wait for a receipt must be a whole number between 0 and 365." in page
    assert 'value="30 25 * * *"' in page
    assert house.schedule().version == 1


def test_a_schedule_that_somebody_changed_meanwhile_is_not_overwritten(house: ConsoleHouse, admin: Browser) -> None:
    _save(admin, house, line="0 5 * * *")
    status, page = _save(admin, house, version="1", line="0 9 * * *")
    assert status == 409
    assert "somebody else changed this schedule" in page
    assert "Every day at 05:00" in page
    assert 'value="0 9 * * *"' in page
    assert house.schedule().timing["line"] == "0 5 * * *"


def test_a_second_schedule_can_be_added(house: ConsoleHouse, admin: Browser) -> None:
    answer = admin.posts(f"{JOB}/schedules", **{**WEEKDAYS, "line": "0 20 * * sun"})
    assert answer.status_code == 303
    assert len(house.audited("schedule.create")) == 1
    assert "Sunday at 20:00" in admin.opens(JOB, done="created")


MONTH_END = {"kind": "month_day", "rule": "last_working_day", "time": "18:00", "timezone": "Europe/Prague"}


def _path(house: ConsoleHouse) -> str:
    return f"{JOB}/schedules/{house.schedule().id}"


def test_a_working_day_rule_is_saved_with_its_rules_and_told_in_words(house: ConsoleHouse, admin: Browser) -> None:
    rules = {
        "overlap": "queue_one",
        "missed": "all",
        "alarm_minutes": "30",
        "calendar_country": "CZ",
        "name": "Month end",
    }
    status, _page = _save(admin, house, **MONTH_END, **rules)
    assert status == 303
    schedule = house.schedule()
    assert schedule.timing == {"kind": "month_day", "rule": "last_working_day", "time": "18:00"}
    assert (schedule.overlap, schedule.missed, schedule.alarm_minutes) == ("queue_one", "all", 30)
    page = admin.opens("/console/schedules")
    assert "Last working day of each month at 18:00" in page
    assert "Czechia" in page
    assert 'value="month_day" id="kind-month_day" checked' in admin.opens(_path(house))


def test_the_preview_shows_what_a_holiday_leaves_out(admin: Browser) -> None:
    query = {"kind": "cron", "line": "0 6 24-28 12 *", "timezone": "Europe/Prague", "calendar_country": "CZ"}
    page = admin.opens(f"{JOB}/preview", **query)
    assert page.count("<li>") == 10
    assert page.count('class="left-out"') >= 3
    assert "Christmas Eve" in text_of(page)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "interval", "every": "0"}, "a whole number of at least 1"),
        ({**MONTH_END, "rule": "nth_working_day", "n": "24"}, "a number from 1 to 23"),
        ({**MONTH_END, "rule": "nth_working_day", "n": "23", "month-2": "true"}, "a number from 1 to 23"),
        ({**MONTH_END, "time": "late"}, "a time of day like 18:00"),
        ({"kind": "cron", "line": "0 6 1 1 *", "calendar_country": "CZ"}, "it never fires"),
        ({"alarm_minutes": "often"}, "1 to 10080 minutes"),
        ({"overlap": "fight"}, "while the run before is at work"),
    ],
)
def test_each_wrong_field_is_told_in_words(
    house: ConsoleHouse, admin: Browser, fields: dict[str, str], sentence: str
) -> None:
    status, page = _save(admin, house, **fields)
    assert status == 422
    assert sentence in text_of(page)
    assert house.schedule().version == 1


def test_a_schedule_is_paused_and_resumed_from_the_list(house: ConsoleHouse, admin: Browser) -> None:
    assert admin.posts(f"{_path(house)}/pause").status_code == 303
    assert not house.schedule().is_enabled
    assert "paused" in admin.opens("/console/schedules", done="paused")
    assert admin.posts(f"{_path(house)}/resume").status_code == 303
    assert house.schedule().is_enabled
    assert [len(house.audited(f"schedule.{action}")) for action in ("pause", "resume")] == [1, 1]


def test_a_schedule_is_deleted_after_a_question_and_is_gone_from_every_page(
    house: ConsoleHouse, admin: Browser
) -> None:
    path = _path(house)
    assert "cannot be undone" in admin.opens(f"{path}/delete")
    assert admin.posts(f"{path}/delete").status_code == 303
    assert admin.client.get(path).status_code == 404
    assert admin.posts(f"{path}/pause").status_code == 404
    assert "Weekday mornings" not in admin.opens("/console/schedules")
    assert len(house.audited("schedule.delete")) == 1


def test_a_back_fill_is_shown_with_its_number_before_it_starts(house: ConsoleHouse, admin: Browser) -> None:
    path = f"{_path(house)}/backfill"
    days = {"first_day": "2026-11-02", "last_day": "2026-11-04", "mode": "real"}
    assert "Start 3 runs for real" in admin.opens(path, **days)
    assert house.runs() == []
    assert "number of runs has changed" in admin.posts(path, **days, count="7").text
    assert admin.posts(path, **days, count="3").status_code == 303
    assert len([run for run in house.runs() if run.is_backfill]) == 3
    page = admin.opens(path, **days)
    assert "Left out because they ran already: 3" in page


def test_company_days_are_added_and_removed(house: ConsoleHouse, admin: Browser) -> None:
    days = {"first_day": "2030-12-24", "last_day": "2030-12-31", "name": "Christmas", "kind": "closed"}
    assert admin.posts("/console/closures", **days).status_code == 303
    page = admin.opens("/console/closures")
    assert "Christmas" in page
    assert admin.posts("/console/closures", **{**days, "last_day": "2030-12-01"}).status_code == 422
    (entry,) = house.audited("closure.create")
    assert admin.posts(f"/console/closures/{entry.object_id}/delete").status_code == 303
    assert "Christmas" not in admin.opens("/console/closures")


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_the_pages_of_schedules_exist_in_every_language(house: ConsoleHouse, language: str) -> None:
    admin = Browser(house, house.admin, language)
    path = _path(house)
    for page in ("/console/schedules", path, f"{path}/delete", f"{path}/backfill", "/console/closures"):
        assert f'lang="{language}"' in admin.opens(page)


def test_an_agent_sees_no_schedules(house: ConsoleHouse) -> None:
    agent = Browser(house, house.agent)
    for page in ("/console/schedules", "/console/closures", f"{_path(house)}/backfill"):
        assert agent.client.get(page).status_code == 403
    assert agent.posts(f"{_path(house)}/delete").status_code == 403
    assert house.schedule().deleted_at is None
