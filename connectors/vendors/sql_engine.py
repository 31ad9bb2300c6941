"""Opening somebody else's database for reading: only where the policy allows, and never to write."""

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import URL, Dialect, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from connectors.errors import Rejected, Unavailable
from connectors.http.reach import Allowed, Reach, check_address

CONNECT_SECONDS = 10
POOL_SIZE, MOST_ABOVE = 2, 3
_LOOPBACK = "127.0.0.1"
_STEPS_BETWEEN_LOOKS = 10_000
# How the setting `tls` is called by libpq.
_SSL_MODES = {"plain": "disable", "encrypted": "require", "verified": "verify-full"}
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def open_reading(settings: Mapping[str, Any], reach: Reach | Allowed) -> Engine:
    """An engine that can only read; connecting happens at the first query.

    Raises:
        Rejected: the address is none, holds what it must not hold, or its driver is not installed.
    """
    url = _read_address(str(settings["address"]))
    try:
        if url.get_backend_name() == "sqlite":
            return _open_file(url, float(settings["timeout_seconds"]))
        login = url.set(username=settings.get("user") or url.username, password=settings.get("password") or None)
        engine = create_engine(
            login,
            pool_size=POOL_SIZE,
            max_overflow=MOST_ABOVE,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
            connect_args=_server_options(url, settings),
        )
    except NoSuchModuleError as error:
        raise Rejected(f"Twinoffice knows no database called {url.drivername!r}; correct the address.") from error
    except ModuleNotFoundError as error:
        raise Rejected(f"The Python package {error.name} is not installed; install it beside Twinoffice.") from error
    _guard_address(engine, reach, is_encrypted=settings.get("tls") != "plain")
    return engine.execution_options(postgresql_readonly=True)


def _read_address(written: str) -> URL:
    try:
        url = make_url(written.strip())
    except (ArgumentError, ValueError) as error:
        raise Rejected(
            "This is no address of a database; write it like postgresql://db.example.com:5432/erp."
        ) from error
    if url.password:
        raise Rejected("The address must not hold the password; write it into its own field.")
    if url.query:
        raise Rejected("The address must end with the name of the database; options after a ? are not taken.")
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def _open_file(url: URL, seconds: float) -> Engine:
    path = Path(url.database or "")
    if not path.is_absolute():
        raise Rejected("Name an SQLite file with its whole path, like sqlite:////srv/erp/erp.sqlite.")
    if not path.is_file():
        raise Unavailable(f"There is no file {path}; check the path, and that the disk is there.")
    engine = create_engine(f"sqlite:///{path.as_uri()}?mode=ro&uri=true", pool_size=POOL_SIZE, max_overflow=MOST_ABOVE)

    @event.listens_for(engine, "connect")
    def _only_read(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "before_cursor_execute")
    def _set_deadline(_connection: Any, cursor: Any, *_statement: Any) -> None:
        until = monotonic() + seconds
        cursor.connection.set_progress_handler(lambda: monotonic() > until, _STEPS_BETWEEN_LOOKS)

    return engine


def _server_options(url: URL, settings: Mapping[str, Any]) -> dict[str, Any]:
    url.get_dialect()
    if url.get_backend_name() != "postgresql":
        if settings.get("tls") != "plain":
            raise Rejected(
                f"Twinoffice cannot encrypt connections to {url.get_backend_name()} itself: "
                "reach it inside your own network, or through a tunnel, and choose no encryption here."
            )
        return {}
    milliseconds = int(settings["timeout_seconds"]) * 1000
    return {
        # Prepared from the first time on: the server then takes one statement at a time and no more.
        "prepare_threshold": 0,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "twinoffice",
        "sslmode": _SSL_MODES[str(settings.get("tls") or "encrypted")],
        "options": f"-c default_transaction_read_only=on -c statement_timeout={milliseconds}",
    }


def _guard_address(engine: Engine, reach: Reach | Allowed, *, is_encrypted: bool) -> None:
    allowed = reach if isinstance(reach, Allowed) else Allowed(reach)

    @event.listens_for(engine, "do_connect")
    def _check(dialect: Dialect, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        host, port = str(options.get("host") or _LOOPBACK), int(options.get("port") or 0)
        addresses = [_LOOPBACK] if host.startswith("/") else _look_up(host, port)
        for address in addresses:
            check_address(address, allowed, is_encrypted=is_encrypted)
        if dialect.name == "postgresql" and not host.startswith("/"):
            # The very address that was checked: a name must not change its meaning in between.
            options.update(host=host, hostaddr=addresses[0])


def _look_up(host: str, port: int) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(f"The name {host} leads nowhere; check how it is written.") from error
    return [str(entry[4][0]).partition("%")[0] for entry in found]
