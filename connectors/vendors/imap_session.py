"""One visit to an IMAP server: connected, logged in, and every failure named as ours."""

import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError, UnexpectedCommandStatusError
from imap_tools.mailbox import BaseMailBox

from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected, Unavailable
from connectors.http.reach import Allowed
from connectors.vendors.mail_reach import connect

TIMEOUT_SECONDS = 20
PATIENCE_SECONDS = 60.0
# RFC 5530: what a server says beside NO.
_BUSY = ("UNAVAILABLE", "INUSE", "SERVERBUG")
_FORBIDDEN = ("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED", "NOPERM")


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where mail lies. `security`: tls from the first byte, starttls, or none (only on a trusted network)."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class _Box(BaseMailBox):
    """imap_tools' mailbox over a connection that goes to the address that was checked."""

    def __init__(self, server: ImapServer, allowed: Allowed, trust: ssl.SSLContext) -> None:
        self._server = server
        self._allowed = allowed
        self._trust = trust
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        server, trust = self._server, self._trust
        if server.security == "tls":
            return _encrypted(self._connect, trust)(server.host, server.port, ssl_context=trust)
        client = _plain(self._connect)(server.host, server.port)
        try:
            if server.security == "starttls":
                client.starttls(trust)
        except (OSError, imaplib.IMAP4.error):
            # A handshake that failed has closed the connection already.
            with suppress(OSError):
                client.shutdown()
            raise
        return client

    def _connect(self) -> socket.socket:
        server = self._server
        is_encrypted = server.security != "none"
        return connect(server.host, server.port, TIMEOUT_SECONDS, self._allowed, is_encrypted=is_encrypted)


def _plain(connect: Callable[[], socket.socket]) -> type[imaplib.IMAP4]:
    class Plain(imaplib.IMAP4):
        def _create_socket(self, _timeout: float | None) -> socket.socket:
            return connect()

    return Plain


def _encrypted(connect: Callable[[], socket.socket], trust: ssl.SSLContext) -> type[imaplib.IMAP4_SSL]:
    class Encrypted(imaplib.IMAP4_SSL):
        def _create_socket(self, _timeout: float | None) -> socket.socket:
            return trust.wrap_socket(connect(), server_hostname=self.host)

    return Encrypted


@contextmanager
def visit(server: ImapServer, allowed: Allowed, trust: ssl.SSLContext | None = None) -> Iterator[BaseMailBox]:
    """A visit that is logged in with no folder selected.

    `trust` says whose certificates are believed; those of the machine unless given.
    """
    with explain_failures(server):
        box = _Box(server, allowed, trust or ssl.create_default_context())
        try:
            _log_in(box, server)
            _learn_capabilities(box)
            yield box
            # What was asked for is done by now: a lost goodbye is no failure of it.
            with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
                box.logout()
        finally:
            with suppress(OSError):
                box.client.shutdown()


@contextmanager
def explain_failures(server: ImapServer) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"The certificate of the mail server {server} is not valid for it ({error.verify_message}); "
            "correct it there, or the address here."
        ) from error
    except MailboxLoginError as error:
        raise _refused_login(server, _said(error)) from error
    except UnexpectedCommandStatusError as error:
        raise _refused(server, error) from error
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        # abort, a subclass: the connection is gone, or the answer was none.
        raise Unavailable(
            f"The mail server {server} ({server.security}) does not answer as it should: {_short(str(error))}. "
            "Check host, port and security, and that it runs."
        ) from error


def _log_in(box: BaseMailBox, server: ImapServer) -> None:
    try:
        if server.user.isascii() and server.password.isascii():
            box.login(server.user, server.password, initial_folder=None)
        else:
            box.login_utf8(server.user, server.password, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        # Never `error` itself in the sentence of a BAD answer: some servers repeat the command.
        raise _refused_login(server, str(error)) from None


def _learn_capabilities(box: BaseMailBox) -> None:
    """Many servers tell strangers of few; imaplib asks once, before the log-in."""
    _, told = box.client.capability()
    if told and told[-1]:
        box.client.capabilities = tuple(told[-1].decode("ascii", "replace").upper().split())


def _refused_login(server: ImapServer, said: str) -> ConnectorError:
    code = _code(said)
    if code == "LIMIT":
        return RateLimited(f"The mail server {server} lets us in no more often for now.", PATIENCE_SECONDS)
    if code in _BUSY:
        return Unavailable(f"The mail server {server} cannot let anybody in now ({code}).")
    if code == "PRIVACYREQUIRED":
        return AuthFailed(f"The mail server {server} takes passwords encrypted only: choose tls or starttls.")
    return AuthFailed(f"The mail server {server} refuses the name or the password of {server.user}.")


def _refused(server: ImapServer, error: UnexpectedCommandStatusError) -> ConnectorError:
    said = _said(error)
    code = _code(said)
    if code in _BUSY:
        return Unavailable(f"The mail server {server} cannot do this now: {said}.")
    if code == "LIMIT":
        return RateLimited(f"The mail server {server} asks for patience: {said}.", PATIENCE_SECONDS)
    if code in _FORBIDDEN:
        return AuthFailed(f"The mail server {server} does not let {server.user} do this: {said}.")
    if isinstance(error, MailboxFolderSelectError) or code in ("NONEXISTENT", "TRYCREATE"):
        return NotFound(f"The mail server {server} has no such folder: {said}.")
    return Rejected(f"The mail server {server} refuses this: {said}.")


def is_for_now(error: UnexpectedCommandStatusError) -> bool:
    """Whether a NO is about the server, or about us; not about what was asked for."""
    return said_code(error) in (*_BUSY, *_FORBIDDEN, "LIMIT")


def said_code(error: UnexpectedCommandStatusError) -> str:
    """The code in brackets beside a NO, or nothing."""
    return _code(_said(error))


def _said(error: UnexpectedCommandStatusError) -> str:
    data: Any = error.command_result[1]
    words = [one.decode("utf-8", "replace") for one in data or () if isinstance(one, bytes)]
    return _short(" ".join(words))


def _code(said: str) -> str:
    found = re.search(r"\[([A-Z]+)", said.upper())
    return found[1] if found else ""


def _short(text: str) -> str:
    return " ".join(text.split())[:200].rstrip(".")
