"""What jobs left open reaches whoever answers for it: a page for staff of any role, and the item behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from automations.engine.approver_groups import ensure_group, find_active_user, set_member
from automations.engine.item_record import record_outcomes
from automations.engine.job import ItemOutcome, Reason
from automations.engine.run_record import begin_run, create_run, finish_run
from bot.staff import accounts
from connectors.database.base import utc_now
from connectors.database.models.people import Role, User
from connectors.database.models.work import ItemState, RunItem
from tests.integration.console_house import PASSWORD, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

PETR, BOSS = "petr@example.com", "boss@example.com"


class TaskHouse(ConsoleHouse):
    """Petr answers for accounts payable, the boss manages Jana; both are agents."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with self.database.write() as session:
            for email in (PETR, BOSS):
                accounts.add_user(session, email, email.partition("@")[0], Role.AGENT, PASSWORD, "test")
            petr = find_active_user(session, PETR)
            assert petr is not None
            set_member(session, ensure_group(session, "accounts_payable", utc_now()), petr, {}, "test")

    def leaves_open(self, job: str, *outcomes: ItemOutcome, dry: bool = False) -> list[RunItem]:
        now = utc_now()
        with self.database.write() as session:
            run = create_run(session, job, {}, "test", now=now, is_dry_run=dry)
            begin_run(session, run.id, now)
            record_outcomes(session, run.id, outcomes, now)
            finish_run(session, run.id, now)
            return list(session.scalars(select(RunItem).where(RunItem.run_id == run.id).order_by(RunItem.id)))

    def browser(self, email: str) -> Browser:
        with self.database.read() as session:
            return Browser(self, session.scalars(select(User).where(User.email == email)).one())


def held_invoice(owner: str = "accounts_payable") -> ItemOutcome:
    reasons = (Reason("ARITHMETIC", owner, found="1", expected="2"),)
    return ItemOutcome(f"a#{owner}", f"Invoice of {owner}", ItemState.EXCEPTION, "held", reasons, owner=owner)


def held_slip(manager: str = BOSS) -> ItemOutcome:
    """Human resources look for an account, her manager for a punch; the gross is nobody's business."""
    reasons = (
        Reason("NO_BANK_ACCOUNT", "human_resources"),
        Reason("MISSING_PUNCH", "manager", where="2026-10-05"),
        Reason("NEGATIVE_NET", "payroll", found="-123.45"),
    )
    detail = {"manager_email": manager.upper(), "gross": "44444.00", "currency": "CZK"}
    return ItemOutcome("CZ-1", "Jana", ItemState.EXCEPTION, "held", reasons, detail, "human_resources")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TaskHouse]:
    house = TaskHouse(tmp_path)
    yield house
    house.close()


def path_of(item: RunItem) -> str:
    return f"/console/runs/{item.run_id}/items/{item.id}"


def test_an_owner_finds_the_task_and_opens_it_and_no_other(house: TaskHouse) -> None:
    own, other = house.leaves_open("invoice-matching", held_invoice(), held_invoice("procurement"))
    petr = house.browser(PETR)
    page = petr.opens("/console/tasks")
    assert path_of(own) in page
    assert path_of(other) not in page
    assert "Invoice of accounts_payable" in text_of(petr.opens(path_of(own)))
    assert petr.client.get(path_of(other)).status_code == 403
    assert petr.client.get("/console/exceptions").status_code == 403


def test_a_manager_finds_the_task_of_their_people_with_its_own_reason_and_no_pay(house: TaskHouse) -> None:
    (item,) = house.leaves_open("payroll-preparation", held_slip())
    boss = house.browser(BOSS)
    assert path_of(item) in boss.opens("/console/tasks")
    told = text_of(boss.opens(path_of(item)))
    assert "2026" in told
    assert "MISSING_PUNCH" in told
    assert "NO_BANK_ACCOUNT" not in told
    assert "123" not in told
    assert "44" not in told.replace(item.run_id, "")
    assert house.browser(PETR).client.get(path_of(item)).status_code == 403


def test_a_manager_without_a_group_finds_the_page_in_the_navigation(house: TaskHouse) -> None:
    assert 'href="/console/tasks"' in house.browser(BOSS).opens("/console/review")


def test_whoever_a_warning_of_pay_is_meant_for_reads_that_warning_alone(house: TaskHouse) -> None:
    warnings = [
        {"code": "VARIANCE_OVER", "owner": "accounts_payable", "found": "12.5"},
        {"code": "MISSING_PUNCH", "owner": "manager", "where": "2026-10-05"},
    ]
    detail = {"gross": "44444.00", "currency": "CZK", "warnings": warnings, "manager_email": BOSS}
    prepared = ItemOutcome("CZ-1", "Jana", ItemState.DONE, "prepared", detail=detail)
    (item,) = house.leaves_open("payroll-preparation", prepared)
    told = text_of(house.browser(PETR).opens(path_of(item)))
    assert "VARIANCE_OVER" in told
    assert "MISSING_PUNCH" not in told
    assert "44" not in told.replace(item.run_id, "")
    assert "MISSING_PUNCH" in text_of(house.browser(BOSS).opens(path_of(item)))
    assert Browser(house, house.agent).client.get(path_of(item)).status_code == 403


def test_what_a_dry_run_found_is_nobodys_task(house: TaskHouse) -> None:
    (item,) = house.leaves_open("invoice-matching", held_invoice(), dry=True)
    petr = house.browser(PETR)
    assert path_of(item) not in petr.opens("/console/tasks")
    assert petr.client.get(path_of(item)).status_code == 403


def test_who_answers_for_nothing_is_told_why_the_page_is_empty(house: TaskHouse) -> None:
    house.leaves_open("invoice-matching", held_invoice())
    page = text_of(Browser(house, house.agent).opens("/console/tasks"))
    assert "Nothing waits for you" in page
    assert "You are in no group that is named like an owner" in page


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_the_page_speaks_every_language(house: TaskHouse, language: str) -> None:
    house.leaves_open("invoice-matching", held_invoice())
    petr = find_active_user_of(house, PETR)
    page = Browser(house, petr, language).opens("/console/tasks")
    assert f'lang="{language}"' in page
    assert "Invoice of accounts_payable" in page


def find_active_user_of(house: TaskHouse, email: str) -> User:
    with house.database.read() as session:
        user = find_active_user(session, email)
    assert user is not None
    return user
