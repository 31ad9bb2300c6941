"""Mail through an SMTP server."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from connectors.contracts.mail import Mail
from connectors.errors import AuthFailed, ConnectorError, Rejected, Unavailable
from connectors.vendors.mail_message import build_message

TIMEOUT_SECONDS = 10
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

    def __init__(self, server: SmtpServer, sender: str, trust: ssl.SSLContext | None = None) -> None:
        """`trust` says whose certificates are believed; those of the machine unless given."""
        self._server = server
        self._sender = sender
        self._trust = trust

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
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=self._context())
        return smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)

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


def _refusal(sentence: str, code: int) -> ConnectorError:
    if code == LOGIN_WANTED:
        return AuthFailed(f"{sentence} (SMTP {code}): it wants a name and a password.")
    return (Unavailable if code in TEMPORARY else Rejected)(f"{sentence} (SMTP {code}).")
