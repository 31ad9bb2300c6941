"""The demonstration: the company's data and the demo accounts, which exist nowhere else."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.approver_groups import ensure_group, find_active_user, list_groups, set_member
from automations.rules.amounts import read_amounts
from bot.staff.accounts import add_user
from bot.staff.canned_replies import replies_by_shortcut, save_reply
from bot.understanding.data_files import read_yaml
from connectors.database.base import utc_now
from connectors.database.models.people import Role, User
from connectors.database.session import Database
from connectors.demo.seed import seed_demo
from connectors.settings import DATA_FOLDER


@dataclass(frozen=True, slots=True)
class DemoAccount:
    email: str
    name: str
    role: Role
    password: str


DEMO_ACCOUNTS = (
    DemoAccount("agent@example.com", "Jana Dvořáková", Role.AGENT, "demo-agent-2026"),
    DemoAccount("agent2@example.com", "Tomáš Novák", Role.AGENT, "demo-agent-2026"),
    DemoAccount("admin@example.com", "Sigríður Jónsdóttir", Role.ADMIN, "demo-admin-2026"),
)


# Who approves in the demo, and up to which amounts; finance is the group of invoice matching, purchasing
# that of purchase sending.
DEMO_APPROVERS = (
    ("finance", "agent@example.com", "CZK 250000, EUR 10000, GBP 8000, HUF 4000000, ISK 1500000"),
    ("finance", "agent2@example.com", "CZK 250000, EUR 10000, GBP 8000, HUF 4000000, ISK 1500000"),
    ("finance", "admin@example.com", ""),
    ("purchasing", "agent2@example.com", "CZK 50000, EUR 2000, GBP 1800, HUF 800000, ISK 300000"),
    ("purchasing", "admin@example.com", ""),
    ("management", "admin@example.com", ""),
    # Who answers for what jobs leave open; they are told by mail.
    *((owner, "agent@example.com", "") for owner in ("accounts_payable", "accounts_receivable", "human_resources")),
    *((owner, "agent2@example.com", "") for owner in ("procurement", "receiving", "master_data")),
    ("payroll", "admin@example.com", ""),
    ("technical", "admin@example.com", ""),
)


def prepare_demo(database: Database, data_dir: Path, today: date) -> None:
    """Seed the demo company and its accounts; doing it again changes nothing."""
    seed_demo(database, data_dir, today)
    with database.write() as session:
        for account in DEMO_ACCOUNTS:
            if session.scalar(select(User.id).where(User.email == account.email)) is None:
                add_user(session, account.email, account.name, account.role, account.password, actor="demo")
        _add_approvers(session)
        _add_replies(session)


def _add_approvers(session: Session) -> None:
    known = {group.name for group in list_groups(session)}
    for name, email, limits in DEMO_APPROVERS:
        user = find_active_user(session, email)
        if name not in known and user is not None:
            group = ensure_group(session, name, utc_now(), "demo")
            set_member(session, group, user, read_amounts(limits), "demo")


def _add_replies(session: Session) -> None:
    """Prepared answers in every language."""
    if replies_by_shortcut(session):
        return
    texts: dict[str, dict[str, str]] = {}
    for file in sorted(DATA_FOLDER.glob("*/demo_replies.yml")):
        for shortcut, text in read_yaml(file).items():
            texts.setdefault(shortcut, {})[file.parent.name] = text
    for shortcut, by_language in texts.items():
        save_reply(session, shortcut, by_language, "demo")
