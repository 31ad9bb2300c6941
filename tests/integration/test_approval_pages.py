"""Approving in the browser, through a link by mail, on the command line's and the API's side of the same rules."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select, update

from automations.engine.approver_groups import ensure_group, find_active_user, set_member
from automations.rules.amounts import read_amounts
from bot.approvals import link_page
from bot.approvals.links import ApprovalLinks
from bot.approvals.mail import ApprovalMailer
from bot.channels.rate_limit import RateLimit
from bot.staff import accounts
from connectors.contracts.mail import Mail
from connectors.database.base import utc_now
from connectors.database.models.approvals import Approval, ApprovalDecision, ApprovalLink
from connectors.database.models.people import Role, User
from connectors.database.models.work import Run, RunState
from connectors.vendors.memory_mail import MemoryMailer
from tests.integration.approval_house import wait_until_ended
from tests.integration.console_house import PASSWORD, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

PATH = "/console/approvals"
# Two documents of the demo: Thornbury 3,745.00 GBP and Sklo Bohemia 73,229.20 CZK.
LIMITS = "CZK 50000, EUR 50000, GBP 3000, HUF 9000000, ISK 9000000"
THORNBURY, SKLO = "Thornbury Textiles Ltd TT-2026-0118", "Sklo Bohemia s.r.o. FV-2026-0412"


class ApprovingHouse(ConsoleHouse):
    """The console's house, where Jana (agent) and the admin approve for finance, and mail is kept in memory."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.links = ApprovalLinks("x" * 40, "http://test")
        self.app.state.approval_links = self.links
        self.app.state.approval_link_limit = RateLimit(1000)
        self.app.include_router(link_page.router)
        self.mailbox = MemoryMailer()
        self.mailer = ApprovalMailer(
            self.database, self.app.state.pages, self.engine.catalogue, self.mailbox, self.links
        )
        with self.database.write() as session:
            accounts.add_user(session, "petr@example.com", "Petr", Role.AGENT, PASSWORD, "test")
        self.joins("jana@example.com", "GBP 5000, CZK 100000")
        self.joins("ops@example.com", "")

    def joins(self, email: str, limits: str) -> None:
        with self.database.write() as session:
            user = find_active_user(session, email)
            assert user is not None
            set_member(session, ensure_group(session, "finance", utc_now()), user, read_amounts(limits), "test")

    def approval(self, title: str) -> Approval:
        with self.database.read() as session:
            found = session.scalars(select(Approval)).all()
            return next(one for one in found if one.item is not None and one.item.title == title)

    def sent(self) -> list[Mail]:
        self.mailer.tell_due()
        return list(self.mailbox.sent)

    def link_to(self, title: str) -> str:
        """The path of the link in the mail, for this document."""
        text = self.sent()[0].text
        found = re.search(rf"{re.escape(title)}[^\n]*\n+http://test(/approve/\S+)", text)
        assert found, text
        return found[1]

    def decisions(self) -> list[tuple[str, str, str]]:
        with self.database.read() as session:
            said = session.scalars(select(ApprovalDecision).order_by(ApprovalDecision.id))
            return [(one.decided_by, one.verdict, one.channel) for one in said]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApprovingHouse]:
    house = ApprovingHouse(tmp_path)
    yield house
    house.close()


@pytest.fixture
def admin(house: ApprovingHouse) -> Browser:
    return Browser(house, house.admin)


@pytest.fixture
def jana(house: ApprovingHouse) -> Browser:
    return Browser(house, house.agent)


@pytest.fixture
def run(admin: Browser) -> Run:
    """A real run, started by the admin, that waits for two documents."""
    run = admin.runs_job("real", **{"p.approve_from": LIMITS})
    assert run.state == RunState.WAITING_FOR_APPROVAL
    return run


def test_without_anything_to_approve_the_page_says_when_there_will_be(jana: Browser) -> None:
    page = text_of(jana.opens(PATH))
    assert "Nothing waits for approval" in page
    assert "Groups of approvers" not in page


def test_who_approves_nothing_is_not_let_in(house: ApprovingHouse) -> None:
    with house.database.read() as session:
        petr = session.scalars(select(User).where(User.email == "petr@example.com")).one()
    visitor = Browser(house, petr)
    for path in (PATH, f"{PATH}/delegations", f"{PATH}/groups", f"{PATH}/1"):
        assert visitor.client.get(path).status_code == 403
    assert visitor.posts(f"{PATH}/1", verdict="approve", version="1").status_code == 403
    assert PATH not in visitor.opens("/console/review")


def test_nobody_without_a_login_is_let_in(house: ApprovingHouse) -> None:
    answer = TestClient(house.app, follow_redirects=False).get(PATH)
    assert answer.headers["location"].startswith("/login")


@pytest.mark.usefixtures("run")
def test_an_approver_sees_amount_maker_and_deadline_and_the_count_in_the_navigation(
    jana: Browser, admin: Browser
) -> None:
    page = text_of(jana.opens(PATH))
    for text in (THORNBURY, "£3,745.00", SKLO, "CZK73,229.20", "ops@example.com", "Approvals 2 wait for you"):
        assert text in page.replace("\xa0", ""), text
    own = admin.opens(PATH)
    assert "your own work" in own
    assert "pick." not in own
    assert "wait for you" not in own


def test_approving_one_lets_the_run_go_on_when_nothing_else_waits(
    house: ApprovingHouse, jana: Browser, run: Run
) -> None:
    asked = house.approval(THORNBURY)
    page = text_of(jana.opens(f"{PATH}/{asked.id}"))
    assert "Washed linen throw" in page
    answer = jana.posts(f"{PATH}/{asked.id}", verdict="approve", version=str(asked.version))
    assert answer.headers["location"] == f"{PATH}?done=approve"
    sklo = house.approval(SKLO)
    refused = jana.posts(f"{PATH}/{sklo.id}", verdict="reject", version=str(sklo.version), reason="")
    assert (refused.status_code, "A rejection needs a reason" in refused.text) == (409, True)
    jana.posts(f"{PATH}/{sklo.id}", verdict="reject", version=str(sklo.version), reason="Not ours.")
    ended = wait_until_ended(house.engine, run.id)
    assert ended.state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert "thornbury-textiles-TT-2026-0118.xml" not in house.inbox
    assert "sklo-bohemia-FV-2026-0412.xml" in house.inbox
    assert "Not ours." in jana.opens(f"{PATH}/{sklo.id}")
    assert text_of(jana.opens(PATH, state="decided")).count("Sklo Bohemia") == 1


@pytest.mark.usefixtures("run")
def test_the_maker_is_told_why_not(house: ApprovingHouse, admin: Browser) -> None:
    asked = house.approval(THORNBURY)
    answer = admin.posts(f"{PATH}/{asked.id}", verdict="approve", version=str(asked.version))
    assert (answer.status_code, "You started or changed this" in answer.text) == (409, True)
    assert house.decisions() == []


def test_many_are_approved_at_once_after_count_and_total(house: ApprovingHouse, jana: Browser, run: Run) -> None:
    picks = {f"pick.{house.approval(title).id}": "1" for title in (THORNBURY, SKLO)}
    question = jana.posts(f"{PATH}/bulk", **picks)
    text = text_of(question.text).replace("\xa0", "")
    for part in ("Count 2", "CZK73,229.20", "£3,745.00", "Approve (2)"):
        assert part in text, part
    assert house.decisions() == []
    done = jana.posts(f"{PATH}/bulk", confirmed="yes", **picks)
    assert done.headers["location"] == f"{PATH}?done=approve"
    assert wait_until_ended(house.engine, run.id).summary["outcomes"]["matched"] == 6
    assert len(house.decisions()) == 2


@pytest.mark.usefixtures("run")
def test_of_many_each_that_cannot_be_approved_says_why(house: ApprovingHouse, jana: Browser) -> None:
    house.joins("jana@example.com", "GBP 5000")
    picks = {f"pick.{house.approval(title).id}": "1" for title in (THORNBURY, SKLO)}
    answer = jana.posts(f"{PATH}/bulk", confirmed="yes", **picks)
    assert answer.status_code == 409
    assert "Approved: 1. Not approved: 1" in text_of(answer.text)
    assert "above your limit" in answer.text
    assert len(house.decisions()) == 1


def test_somebody_stands_in_for_the_days_named_and_is_taken_back(house: ApprovingHouse, jana: Browser) -> None:
    today = utc_now().astimezone(house.office.settings.zone).date()
    days = {"first": today.isoformat(), "last": (today + timedelta(days=1)).isoformat()}
    wrong = jana.posts(f"{PATH}/delegations", receiver="jana@example.com", **days)
    assert (wrong.status_code, "Nobody can stand in for themselves" in wrong.text) == (422, True)
    backwards = jana.posts(f"{PATH}/delegations", receiver="petr@example.com", first=days["last"], last="2020-01-01")
    assert "must not lie before the first" in backwards.text
    assert jana.posts(f"{PATH}/delegations", receiver="petr@example.com", **days).status_code == 303
    with house.database.read() as session:
        petr = session.scalars(select(User).where(User.email == "petr@example.com")).one()
    assert "Jana" in Browser(house, petr).opens(f"{PATH}/delegations")
    page = jana.opens(f"{PATH}/delegations")
    found = re.search(rf"{PATH}/delegations/(\w+)/end", page)
    assert found
    Browser(house, petr).posts(found[0])
    assert "Petr" in text_of(jana.opens(f"{PATH}/delegations")).split("Name somebody")[0], "only the giver ends it"
    jana.posts(found[0])
    assert "Nobody at present." in jana.opens(f"{PATH}/delegations")
    assert [len(house.audited(action)) for action in ("approval.delegate", "approval.end_delegation")] == [1, 1]


def test_admins_set_groups_members_and_limits(house: ApprovingHouse, admin: Browser) -> None:
    admin.posts(f"{PATH}/groups", name="warehouse")
    assert "Nobody is in this group" in admin.opens(f"{PATH}/groups")
    with house.database.write() as session:
        group = ensure_group(session, "warehouse", utc_now())
    members = f"{PATH}/groups/{group.id}/members"
    wrong = admin.posts(members, email="petr@example.com", limits="a lot")
    assert (wrong.status_code, "Write limits like" in wrong.text) == (422, True)
    assert admin.posts(members, email="petr@example.com", limits="eur 100").status_code == 303
    assert 'value="EUR 100"' in admin.opens(f"{PATH}/groups")
    admin.posts(f"{members}/remove", email="petr@example.com")
    assert 'value="EUR 100"' not in admin.opens(f"{PATH}/groups")
    (removed,) = house.audited("approver_group.remove_member")
    assert (removed.actor, removed.detail["group"]) == ("ops@example.com", "warehouse")


@pytest.mark.usefixtures("run")
def test_every_page_speaks_every_language(house: ApprovingHouse) -> None:
    for language in ("cs", "hu", "is", "fa", "ru"):
        admin = Browser(house, house.admin, language)
        for path in (PATH, f"{PATH}/{house.approval(SKLO).id}", f"{PATH}/delegations", f"{PATH}/groups"):
            assert f'lang="{language}"' in admin.opens(path)


class TestLink:
    """What an approver does with the link in a mail, without logging in."""

    @pytest.fixture
    def visitor(self, house: ApprovingHouse) -> TestClient:
        return TestClient(house.app, headers={"Accept-Language": "en"}, follow_redirects=False)

    def _presses(self, visitor: TestClient, path: str, verdict: str = "approve", reason: str = "") -> Response:
        return visitor.post(path, data={"verdict": verdict, "version": "1", "reason": reason})

    def test_the_mail_goes_to_who_may_decide_in_their_language_and_once(self, house: ApprovingHouse, run: Run) -> None:
        with house.database.write() as session:
            session.execute(update(User).where(User.email == "jana@example.com").values(language="cs"))
        (mail,) = house.sent()
        assert (mail.to, mail.subject.startswith("Je potřeba vaše schválení")) == ("jana@example.com", True)
        assert mail.text.count("http://test/approve/") == 2
        assert len(house.sent()) == 1

    def test_a_mail_that_is_not_taken_is_sent_later(self, house: ApprovingHouse, run: Run) -> None:
        house.mailbox.is_down = True
        assert house.mailer.tell_due() == 0
        house.mailbox.is_down = False
        assert house.sent() == [], "another process waits, in case this one is still sending"
        later = ApprovalMailer(
            house.database,
            house.app.state.pages,
            house.engine.catalogue,
            house.mailbox,
            house.links,
            lambda: utc_now() + timedelta(minutes=6),
        )
        assert later.tell_due() == 1

    def test_looking_decides_nothing_and_pressing_does(
        self, house: ApprovingHouse, run: Run, visitor: TestClient
    ) -> None:
        path = house.link_to(THORNBURY)
        for _ in range(3):
            page = visitor.get(path)
            assert page.status_code == 200
        text = text_of(page.text)
        assert all(part in text for part in (THORNBURY, "£3,745.00", "You decide as Jana"))
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert house.decisions() == []
        assert "Approved." in self._presses(visitor, path).text
        assert house.decisions() == [("jana@example.com", "approve", "link")]

    def test_it_works_once(self, house: ApprovingHouse, run: Run, visitor: TestClient) -> None:
        path = house.link_to(THORNBURY)
        self._presses(visitor, path)
        again = self._presses(visitor, path, "reject", "Changed my mind.")
        assert (again.status_code, visitor.get(path).status_code) == (404, 404)
        assert house.decisions() == [("jana@example.com", "approve", "link")]

    def test_a_rejection_without_reason_does_not_use_it_up(
        self, house: ApprovingHouse, run: Run, visitor: TestClient
    ) -> None:
        path = house.link_to(THORNBURY)
        assert "A rejection needs a reason" in self._presses(visitor, path, "reject").text
        assert "Rejected." in self._presses(visitor, path, "reject", "Too dear.").text

    def test_forged_expired_used_and_foreign_links_look_all_the_same(
        self, house: ApprovingHouse, run: Run, visitor: TestClient
    ) -> None:
        path = house.link_to(THORNBURY)
        used = house.link_to(SKLO)
        self._presses(visitor, used)
        forged = [path[:-1] + ("0" if path[-1] != "0" else "1"), "/approve/x", "/approve/" + "a" * 32 + "." + "b" * 64]
        answers = {visitor.get(one).text for one in (*forged, used)}
        with house.database.write() as session:
            session.execute(update(ApprovalLink).values(expires_at=utc_now() - timedelta(seconds=1)))
        answers |= {visitor.get(path).text, self._presses(visitor, path).text}
        assert len(answers) == 1
        assert "This link does not work" in answers.pop()
        assert len(house.decisions()) == 1

    def test_it_acts_only_as_its_approver_and_not_after_they_left(
        self, house: ApprovingHouse, run: Run, visitor: TestClient
    ) -> None:
        path = house.link_to(THORNBURY)
        house.joins("jana@example.com", "GBP 10")
        assert "above your limit" in self._presses(visitor, path).text
        with house.database.write() as session:
            session.execute(update(User).where(User.email == "jana@example.com").values(is_active=False))
        assert visitor.get(path).status_code == 404
        assert house.decisions() == []

    def test_who_tries_many_is_slowed_down(self, house: ApprovingHouse, visitor: TestClient) -> None:
        house.app.state.approval_link_limit = RateLimit(2)
        answers = [visitor.get("/approve/guess").status_code for _ in range(3)]
        assert answers == [404, 404, 429]

    def test_the_token_is_not_kept(self, house: ApprovingHouse, run: Run) -> None:
        token = house.link_to(THORNBURY).rpartition("/")[2]
        with house.database.read() as session:
            kept = [value for link in session.scalars(select(ApprovalLink)) for value in vars(link).values()]
        assert token not in kept
        assert token.rpartition(".")[2] not in kept
