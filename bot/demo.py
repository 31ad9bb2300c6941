"""The demonstration: the company's data and the demo accounts, which exist nowhere else."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from bot.staff.accounts import add_user
from connectors.database.models.people import Role, User
from connectors.database.session import Database
from connectors.demo.seed import seed_demo


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


def prepare_demo(database: Database, data_dir: Path, today: date) -> None:
    """Seed the demo company and its accounts; doing it again changes nothing."""
    seed_demo(database, data_dir, today)
    with database.write() as session:
        for account in DEMO_ACCOUNTS:
            if session.scalar(select(User.id).where(User.email == account.email)) is None:
                add_user(session, account.email, account.name, account.role, account.password, actor="demo")
