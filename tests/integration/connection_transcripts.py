"""Connects real servers at a terminal and writes what was said into docs/connectors.md: `make transcripts`."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.base import Base
from connectors.database.session import Database
from tests.fixtures import mail_server as mail
from tests.fixtures import rest_shop, sftp_server, tryton_server
from tests.fixtures.faulty_gateway import FaultyGateway
from tests.fixtures.filled_orders import add_orders
from tests.fixtures.smtp_server import CERTIFICATE
from tests.fixtures.sql_books import ORDERS

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "connectors.md"
BLOCK = re.compile(r"(<!-- transcript: [^\n]* -->\n).*?(<!-- end of transcript -->)", re.DOTALL)
LOOPBACK = ("--network", "127.0.0.0/8")
PRICES = "Artikl;Cena;Sklad\nLAMP-OAK;1 040,50;14\n"
LAMP = Order(
    "ORD-2026-0117",
    "emma@example.com",
    "Emma",
    date(2026, 11, 20),
    OrderState.PAID,
    (OrderItem("LAMP", "Oak lamp", Decimal(1), Decimal("129.95")),),
    Decimal("129.95"),
    "EUR",
)


@dataclass
class Terminal:
    """What is typed and said; addresses that differ from run to run are written as `port` and `folder`."""

    folder: Path
    lines: list[str] = field(default_factory=list)

    def run(self, *words: str, typed: str = "", is_told: bool = True) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "SSL_CERT_FILE": str(CERTIFICATE),
            "TWINOFFICE_DATA_DIR": str(self.folder / "var"),
            "TWINOFFICE_SECRET_KEY": "a key of transcripts, long enough for every purpose",
            "COLUMNS": "10000",
        }
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *words],
            cwd=ROOT,
            env=environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        if not is_told and done.returncode:
            raise RuntimeError(f"{shlex.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
        if is_told:
            said = [line for line in (done.stdout + done.stderr).splitlines() if " [" not in line[:45]]
            self.lines += [f"$ twinoffice {shlex.join(words)}", *map(self._shown, said)]

    def connect(self, name: str, contracts: tuple[str, ...], settings: dict[str, Any], secret: str, value: str) -> None:
        """Add a connection; its vendor is the first part of its name."""
        words = ["connection", "add", name, "--vendor", name.partition("-")[0], *LOOPBACK]
        words += ["--secret", secret] if secret else []
        for contract in contracts:
            words += ["--contract", contract]
        for setting, written in settings.items():
            words += ["--set", f"{setting}={self._argument(setting, written)}"]
        self.run(*words, typed=f"{value}\n", is_told=False)

    def _argument(self, setting: str, written: Any) -> str:
        if isinstance(written, int | str) and "\n" not in str(written):
            return str(written)
        file = self.folder / f"{setting}.txt"
        file.write_text(written if isinstance(written, str) else json.dumps(written))
        return f"@{file}"

    def _shown(self, line: str) -> str:
        line = line.replace(str(self.folder), "/srv")
        return re.sub(r"(127\.0\.0\.1:|port )\d{4,5}", r"\1…", line)


def main() -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        terminal = Terminal(Path(name))
        terminal.run("migrate", is_told=False)
        for play in (tryton, sql, rest, folder, sftp, mails):
            servers.enter_context(play(terminal))
        terminal.run("connection", "list")
    written = BLOCK.sub(
        lambda found: f"{found[1]}```\n" + "\n".join(terminal.lines) + f"\n```\n{found[2]}",
        DOCUMENT.read_text(encoding="utf-8"),
    )
    DOCUMENT.write_text(written, encoding="utf-8")


@contextmanager
def tryton(terminal: Terminal) -> Iterator[None]:
    work = terminal.folder / "tryton"
    work.mkdir()
    server = tryton_server.build_server(work)
    server.start()
    try:
        settings = {"address": server.host, "database": tryton_server.DATABASE, "user": tryton_server.ACCOUNT.user}
        contracts = ("purchasing", "inventory", "people", "orders", "catalogue", "contacts")
        terminal.connect("tryton-prague", contracts, settings, "password", tryton_server.ACCOUNT.password)
        terminal.run("connection", "test", "tryton-prague")
        terminal.run("connection", "change", "tryton-prague", "--secret", "password", typed="another\n")
        with server.away():
            terminal.run("connection", "test", "tryton-prague")
        terminal.run("connection", "test", "tryton-prague")
        terminal.run("connection", "history", "tryton-prague")
        yield
    finally:
        server.stop()


@contextmanager
def sql(terminal: Terminal) -> Iterator[None]:
    """PostgreSQL with a role that may only read."""
    owner = Database(os.environ["TWINOFFICE_TEST_POSTGRES_URL"])
    name = f"transcript_{uuid4().hex[:12]}"
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'read-only'"))
    books = Database(owner.engine.url.set(database=name).render_as_string(hide_password=False))
    try:
        Base.metadata.create_all(books.engine)
        add_orders(books, [LAMP])
        with books.write() as session:
            session.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"))
        url = books.engine.url
        settings = {
            "address": f"postgresql://{url.host}:{url.port}/{name}",
            "user": name,
            "tls": "plain",
            "queries": ORDERS,
        }
        terminal.connect("sql-webshop", ("orders",), settings, "password", "read-only")
        terminal.run("connection", "test", "sql-webshop")
        with books.write() as session:
            session.execute(text(f"REVOKE SELECT ON sales_order_items FROM {name}"))  # noqa: S608
        terminal.run("connection", "test", "sql-webshop")
        yield
    finally:
        books.close()
        with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            connection.execute(text(f"DROP ROLE {name}"))
        owner.close()


@contextmanager
def rest(terminal: Terminal) -> Iterator[None]:
    shop = rest_shop.shop_of_orders([LAMP], signing_in="bearer", paging="page")
    with FaultyGateway(shop).running() as gateway:
        settings = {
            **{name: value for name, value in rest_shop.SETTINGS.items() if name.startswith("order")},
            **rest_shop.PAGING["page"],
            "base_url": gateway.url,
            "authentication": "bearer",
        }
        terminal.connect("rest-shop", ("orders",), settings, "secret", rest_shop.SECRET)
        terminal.run("connection", "test", "rest-shop")
    terminal.run("connection", "test", "rest-shop")
    yield


@contextmanager
def folder(terminal: Terminal) -> Iterator[None]:
    inbox = terminal.folder / "inbox"
    inbox.mkdir()
    terminal.connect("folder-invoices", ("documents",), {"path": str(inbox)}, "", "")
    terminal.run("connection", "test", "folder-invoices")
    inbox.rmdir()
    terminal.run("connection", "test", "folder-invoices")
    yield


@contextmanager
def sftp(terminal: Terminal) -> Iterator[None]:
    work, drop = terminal.folder / "sshd", terminal.folder / "drop"
    work.mkdir()
    drop.mkdir()
    table = drop / "prices-2026-11.csv"
    table.write_text(PRICES, encoding="utf-8")
    os.utime(table, (table.stat().st_mtime - 60,) * 2)
    server = sftp_server.build_server(work)
    server.start()
    try:
        settings = {
            "host": "127.0.0.1",
            "port": server.port,
            "user": server.user,
            "private_key": server.private_key,
            "path": str(drop),
            "host_key": server.fingerprint,
            "decimal_sign": "comma",
            "columns": {"sku": "Artikl", "price": "Cena", "currency": "=CZK", "stock": "Sklad"},
        }
        terminal.connect("sftp-prices", ("catalogue",), settings, "password", "")
        terminal.run("connection", "test", "sftp-prices")
        terminal.run("connection", "preview", "sftp-prices")
        with server.away():
            terminal.run("connection", "test", "sftp-prices")
        yield
    finally:
        server.stop()


@contextmanager
def mails(terminal: Terminal) -> Iterator[None]:
    """dovecot and aiosmtpd, both with a certificate that the terminal was told to trust."""
    with mail.mail_server() as server:
        account = {"host": mail.HOST, "user": "invoices@example.com"}
        inbox = {**account, "port": server.tls_port, "security": "tls"}
        terminal.connect("imap-invoices", ("documents", "mailbox"), inbox, "password", mail.PASSWORD)
        terminal.run("connection", "test", "imap-invoices")
        terminal.run("connection", "change", "imap-invoices", "--secret", "password", typed="wrong\n")
        outbox = {"host": mail.HOST, "port": server.smtp_port, "security": "starttls", "sender": "us@example.com"}
        terminal.connect("smtp-office", ("mail",), outbox, "password", "")
        terminal.run("connection", "test", "smtp-office")
        yield


if __name__ == "__main__":
    main()
