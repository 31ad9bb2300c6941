"""Mail through an SMTP server."""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from connectors.contracts.mail import Mail, UnconfirmedError
from connectors.contracts.names import MAIL
from connectors.errors import AuthFailed, ConnectorError, Rejected, Unavailable
from connectors.http.reach import Allowed
from connectors.vendor import Setting, SettingKind, Setup, Vendor
from connectors.vendors.mail_message import build_message
from connectors.vendors.mail_reach import ANYWHERE, connect

TIMEOUT_SECONDS = 10
# For the mail itself, and for what the server says to it. RFC 5321 4.5.3.2.6 grants ten minutes, which a customer in a
# chat and an alert do not have. What is not answered by then is unconfirmed, so that nothing is doubled by it.
TEXT_SECONDS = 60
START_MAIL, TAKEN = 354, 250
TEMPORARY = range(400, 500)
LOGIN_WANTED = 530  # RFC 4954


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes. `security`: tls from the first byte, starttls, or none (only on a trusted network)."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class SmtpMailer:
    """One connection a mail: what a shop sends is little, and a kept connection dies silently."""

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        trust: ssl.SSLContext | None = None,
        allowed: Allowed = ANYWHERE,
    ) -> None:
        """`trust` says whose certificates are believed; those of the machine unless given."""
        self._server = server
        self._sender = sender
        self._trust = trust
        self._allowed = allowed

    def send(self, mail: Mail) -> None:
        message = build_message(mail, self._sender)
        with self._connect() as connection:
            try:
                connection.send_message(message)
            except smtplib.SMTPNotSupportedError as error:
                raise Rejected(f"The mail server {self._server.host} cannot write to {mail.to}.") from error
            except smtplib.SMTPRecipientsRefused as error:
                codes = {code for code, _text in error.recipients.values()}
                raise _refusal(f"The mail server refuses the address {mail.to}", min(codes)) from error
            except smtplib.SMTPResponseException as error:
                raise _refusal(f"The mail server {self._server.host} refuses the mail", error.smtp_code) from error
            except _UnansweredError as error:
                raise UnconfirmedError(
                    f"The mail server {self._server.host} was given the mail and did not say whether it takes it; "
                    "look whether it arrived."
                ) from error

    def check(self) -> str:
        with self._connect():
            return f"The mail server {self._server.host} answers."

    @contextmanager
    def _connect(self) -> Iterator[smtplib.SMTP]:
        """A connection ready to take mail; whatever goes wrong before that is said to be no fault of the mail."""
        try:
            connection = self._open()
            try:
                self._introduce(connection)
                yield connection
                # The mail is taken by now: a lost goodbye must not make us send it again.
                with suppress(smtplib.SMTPException, OSError):
                    connection.quit()
            finally:
                connection.close()
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code in TEMPORARY:
                raise self._unavailable(error) from error
            raise AuthFailed(f"The mail server {self._server.host} refuses our name or password.") from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._unavailable(error) from error

    def _open(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            return _encrypted(self._reach)(server.host, server.port, timeout=TIMEOUT_SECONDS, context=self._context())
        return _plain(self._reach)(server.host, server.port, timeout=TIMEOUT_SECONDS)

    def _reach(self) -> socket.socket:
        server = self._server
        is_encrypted = server.security != "none"
        return connect(server.host, server.port, TIMEOUT_SECONDS, self._allowed, is_encrypted=is_encrypted)

    def _introduce(self, connection: smtplib.SMTP) -> None:
        if self._server.security == "starttls":
            connection.starttls(context=self._context())
        connection.ehlo_or_helo_if_needed()
        if self._server.user is not None:
            connection.login(self._server.user, self._server.password or "")

    def _context(self) -> ssl.SSLContext:
        return self._trust or ssl.create_default_context()

    def _unavailable(self, error: Exception) -> Unavailable:
        server = self._server
        return Unavailable(
            f"The mail server {server.host}:{server.port} ({server.security}) takes no mail now: {error}."
        )


class _UnansweredError(Exception):
    """The whole mail was handed over, and no answer came that can be understood."""


class _Dialogue(smtplib.SMTP):
    """What is said to a server; a mail that was handed over whole is told from one that was not."""

    def data(self, msg: bytes) -> tuple[int, bytes]:  # type: ignore[override]
        """The final dot is a part of what is sent: as long as sending fails, the server has no mail."""
        code, reply = self.docmd("DATA")
        if code != START_MAIL:
            raise smtplib.SMTPDataError(code, reply)
        self._wait_at_most(TEXT_SECONDS)
        self.send(re.sub(rb"(?m)^\.", b"..", msg) + (b"" if msg.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        try:
            code, reply = self.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise _UnansweredError from error
        if code not in range(200, 600):
            raise _UnansweredError
        self._wait_at_most(TIMEOUT_SECONDS)
        # By the first digit (RFC 5321 4.3.2); smtplib knows this one alone.
        return (TAKEN if code in range(200, 300) else code), reply

    def _wait_at_most(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


def _plain(reach: Callable[[], socket.socket]) -> type[smtplib.SMTP]:
    class Plain(_Dialogue):
        def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
            return reach()

    return Plain


def _encrypted(reach: Callable[[], socket.socket]) -> type[smtplib.SMTP_SSL]:
    class Encrypted(_Dialogue, smtplib.SMTP_SSL):
        def _get_socket(self, host: str, _port: int, _timeout: float) -> socket.socket:
            return self.context.wrap_socket(reach(), server_hostname=host)

    return Encrypted


def _make(_contract: str, setup: Setup) -> SmtpMailer:
    given = setup.settings
    server = SmtpServer(
        given["host"], int(given["port"]), given["security"], given["user"] or None, given["password"] or None
    )
    allowed = setup.reach if isinstance(setup.reach, Allowed) else Allowed(setup.reach)
    return SmtpMailer(server, given["sender"], allowed=allowed)


def _refusal(sentence: str, code: int) -> ConnectorError:
    if code == LOGIN_WANTED:
        return AuthFailed(f"{sentence} (SMTP {code}): it wants a name and a password.")
    return (Unavailable if code in TEMPORARY else Rejected)(f"{sentence} (SMTP {code}).")


VENDOR = Vendor(
    "smtp",
    (MAIL,),
    _make,
    (
        Setting("host", SettingKind.HOST),
        Setting("port", SettingKind.NUMBER, 587, minimum=1, maximum=65535, is_destination=True),
        Setting("security", SettingKind.CHOICE, "starttls", choices=("starttls", "tls", "none"), is_destination=True),
        Setting("user", SettingKind.TEXT, "", is_required=False),
        Setting("password", SettingKind.SECRET, "", is_required=False),
        Setting("sender", SettingKind.TEXT),
    ),
)
