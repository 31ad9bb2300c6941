"""Telling approvers by mail what waits for them, in their language, with a link for each question."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session, joinedload

from automations.engine.approval_decisions import UNDECIDED_RUN_STATES, deciders_of
from automations.engine.approval_lists import totals_of
from automations.engine.approvals import OPEN_STATES
from automations.engine.discovery import JobCatalogue
from bot.approvals.links import ApprovalLinks
from bot.console.words import Words
from bot.pages.rendering import Pages
from connectors.contracts.mail import Mail, Mailer
from connectors.database.base import utc_now
from connectors.database.models.approvals import Approval, ApprovalLink
from connectors.database.models.work import Run
from connectors.database.session import Database
from connectors.errors import ConnectorError

BATCH = 100
LINKS_A_MAIL = 20
# A mail that was begun and not noted as sent is sent again after this: the process that sent it has died.
SENDING_TAKES_AT_MOST = timedelta(minutes=5)
DEFAULT_LANGUAGE = "en"

log = structlog.get_logger(__name__)


class ApprovalMailer:
    """Any number of processes may tell; each link is sent once, or again where a process died while sending."""

    def __init__(
        self,
        database: Database,
        pages: Pages,
        jobs: JobCatalogue,
        mailer: Mailer,
        links: ApprovalLinks,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._pages = pages
        self._jobs = jobs
        self._mailer = mailer
        self._links = links
        self._now = now

    def tell_due(self) -> int:
        """Send what is due; returns how many mails were taken."""
        self._make_links()
        return sum(self._send(links) for links in self._claim())

    def _make_links(self) -> None:
        with self._database.read() as session:
            if session.scalar(_untold().limit(1)) is None:
                return
        now = self._now()
        with self._database.write() as session:
            for approval in session.scalars(_untold().limit(BATCH).with_for_update(skip_locked=True, of=Approval)):
                deciders = deciders_of(session, approval, now)
                if not deciders:
                    log.warning("nobody_may_approve", approval=approval.id, group=approval.group.name)
                session.add_all(self._links.make(approval, user, now) for user in deciders)
                approval.told_at = now

    def _claim(self) -> list[list[ApprovalLink]]:
        """The links of each person and run that are due, which no other process sends meanwhile."""
        now = self._now()
        is_due = (ApprovalLink.sent_at.is_(None), ApprovalLink.send_after <= now)
        with self._database.read() as session:
            if session.scalar(select(ApprovalLink.id).where(*is_due).limit(1)) is None:
                return []
        together: dict[tuple[str, str], list[ApprovalLink]] = {}
        with self._database.write() as session:
            _drop_pointless(session, now)
            query = select(ApprovalLink, Approval.run_id).join(Approval, Approval.id == ApprovalLink.approval_id)
            query = query.where(*is_due).options(joinedload(ApprovalLink.user)).order_by(Approval.id).limit(BATCH)
            for link, run_id in session.execute(query.with_for_update(skip_locked=True, of=ApprovalLink)):
                link.send_after = now + SENDING_TAKES_AT_MOST
                together.setdefault((link.user_id, run_id), []).append(link)
        return list(together.values())

    def _send(self, links: Sequence[ApprovalLink]) -> bool:
        """One mail; what the server does not take now stays due."""
        try:
            self._mailer.send(self._write(links))
        except ConnectorError as error:
            # The reason may name the address.
            log.warning("approver_not_told", links=len(links), error=type(error).__name__)
            return False
        with self._database.write() as session:
            for link in links:
                session.get_one(ApprovalLink, link.id).sent_at = self._now()
        return True

    def _write(self, links: Sequence[ApprovalLink]) -> Mail:
        user = links[0].user
        language = user.language if user.language in self._pages.languages else DEFAULT_LANGUAGE
        words = Words(self._pages, language, self._jobs)
        query = select(Approval).where(Approval.id.in_([link.approval_id for link in links]))
        with self._database.read() as session:
            rows = session.scalars(query.options(joinedload(Approval.item))).all()
        approvals = {approval.id: approval for approval in rows}
        job = words.job_title(rows[0].job)
        return Mail(
            user.email,
            words.text("approvals.mail.subject", count=words.figure(str(len(links))), job=job),
            self._pages.text(
                language,
                "approvals/mail.txt",
                words=words,
                name=user.name,
                job=job,
                lines=[(approvals[link.approval_id], self._links.url(link.id)) for link in links[:LINKS_A_MAIL]],
                more=max(0, len(links) - LINKS_A_MAIL),
                totals=totals_of(rows),
                is_confidential=self._jobs.is_confidential(rows[0].job),
                deadline=min(approval.deadline for approval in rows),
                console=self._links.console_url,
            ),
        )


def _untold() -> Select[Approval]:
    """Open questions that nobody has been told about and that can be decided; whole runs once they are complete."""
    under_way = select(Run.id).where(Run.id == Approval.run_id, Run.state.in_(UNDECIDED_RUN_STATES))
    return select(Approval).where(
        Approval.state.in_(OPEN_STATES),
        Approval.told_at.is_(None),
        Approval.people_needed > 0,
        or_(Approval.item_id.is_not(None), ~under_way.exists()),
    )


def _drop_pointless(session: Session, now: datetime) -> None:
    """Links that were never sent and whose question is closed, or whose time is over."""
    closed = select(Approval.id).where(Approval.id == ApprovalLink.approval_id, Approval.state.not_in(OPEN_STATES))
    session.execute(
        delete(ApprovalLink)
        .where(ApprovalLink.sent_at.is_(None), or_(ApprovalLink.expires_at <= now, closed.exists()))
        .execution_options(synchronize_session=False)
    )
