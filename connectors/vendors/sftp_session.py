"""A session with an SFTP server: connected to a checked address, its key compared, every failure named as ours."""

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import StringIO
from textwrap import wrap
from threading import RLock
from typing import Any

import paramiko

from connectors.errors import AuthFailed, ConnectorError, Rejected, Unavailable
from connectors.http.reach import Allowed
from connectors.vendors.mail_reach import connect
from connectors.vendors.put_aside import show

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 30.0
KEEP_ALIVE_SECONDS = 30
# paramiko logs what it raises as well; the reason of our error says what people have to know.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)
_KEY_ON_ONE_LINE = re.compile(r"(-----BEGIN [A-Z ]+-----)([^\n]+)(-----END [A-Z ]+-----)")
_KEY_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


@dataclass(frozen=True, slots=True)
class SftpServer:
    """Where files are fetched, and as whom. `host_key` is its fingerprint (SHA256:…) or its public key.

    A private key (OpenSSH or PEM text) goes before a password, which then opens the key.
    """

    host: str
    port: int
    user: str
    host_key: str
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class _Answer(paramiko.Message):
    def get_text(self) -> str:
        return self.get_string().decode("utf-8", "surrogateescape")


class _AnyNamesClient(paramiko.SFTPClient):
    """File names are bytes on a server: those that are no UTF-8 are kept as Python keeps them on this machine."""

    def _request(self, kind: int, *args: Any) -> tuple[int, paramiko.Message]:
        answered, answer = super()._request(kind, *args)  # type: ignore[misc]
        return answered, _Answer(answer.get_remainder())

    def _convert_status(self, answer: paramiko.Message) -> None:
        super()._convert_status(_Answer(answer.get_remainder()))  # type: ignore[misc]

    def _adjust_cwd(self, path: str | bytes) -> bytes:
        raw = path.encode("utf-8", "surrogateescape") if isinstance(path, str) else path
        adjusted: bytes = super()._adjust_cwd(raw)  # type: ignore[misc]
        return adjusted


class SftpSession:
    """One connection for all calls of a connector, made anew when it is gone. Calls of several threads queue up.

    Raises (from `use`):
        Unavailable: the server cannot be reached, does not answer, or has no such folder.
        AuthFailed: it refuses our credentials or the right to do this, or shows another key than it should.
        Rejected: the private key cannot be read, or the address is one that must not be called.
    """

    def __init__(self, server: SftpServer, allowed: Allowed) -> None:
        self._server = server
        self._allowed = allowed
        self._lock = RLock()
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    @contextmanager
    def use(self) -> Iterator[paramiko.SFTPClient]:
        with self._lock, self._explaining():
            yield self._connected()

    def close(self) -> None:
        with self._lock:
            if self._transport is not None:
                self._transport.close()
            self._transport = self._client = None

    def _connected(self) -> paramiko.SFTPClient:
        if self._client is not None and self._transport is not None and self._transport.is_active():
            return self._client
        self.close()
        link = connect(self._server.host, self._server.port, CONNECT_SECONDS, self._allowed, is_encrypted=True)
        try:
            self._transport = paramiko.Transport(link)
        except (paramiko.SSHException, OSError):
            link.close()
            raise
        self._transport.start_client(timeout=CONNECT_SECONDS)
        self._compare_key(self._transport)
        self._log_in(self._transport)
        client = _AnyNamesClient.from_transport(self._transport)
        channel = None if client is None else client.get_channel()
        if client is None or channel is None:
            raise Unavailable(f"The server {self._server} opens no SFTP session. Ask its owner to allow SFTP.")
        channel.settimeout(ANSWER_SECONDS)
        self._transport.set_keepalive(KEEP_ALIVE_SECONDS)
        self._client = client
        return client

    def _compare_key(self, transport: paramiko.Transport) -> None:
        shown = transport.get_remote_server_key()
        expected = self._server.host_key.strip()
        if not expected:
            raise Rejected(
                f"The server {self._server} shows the key {shown.fingerprint}. Ask its owner whether that is right, "
                "and enter it as the key of the server."
            )
        if expected.removesuffix("=") != shown.fingerprint and shown.get_base64() not in expected.split():
            raise AuthFailed(
                f"The server {self._server} shows the key {shown.fingerprint}, not the one that was entered. Somebody "
                "may stand in between: log-in and files were not sent. Ask its owner before you enter the new key."
            )

    def _log_in(self, transport: paramiko.Transport) -> None:
        if self._server.private_key.strip():
            transport.auth_publickey(self._server.user, _read_key(self._server.private_key, self._server.password))
        else:
            transport.auth_password(self._server.user, self._server.password)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except ConnectorError:
            if self._client is None:
                self.close()
            raise
        except paramiko.AuthenticationException as error:
            self.close()
            raise self._refused_login(error) from error
        except (TimeoutError, paramiko.SSHException, EOFError) as error:
            self.close()
            raise Unavailable(
                f"The server {self._server} does not answer as it should ({_said(error)}). "
                "Check host and port, and that its SSH service runs."
            ) from error
        except OSError as error:
            raise self._refused(error) from error

    def _refused_login(self, error: paramiko.AuthenticationException) -> AuthFailed:
        if isinstance(error, paramiko.BadAuthenticationType):
            ways = ", ".join(error.allowed_types)
            return AuthFailed(f"The server {self._server} does not let anybody in this way; it takes: {ways}.")
        what = "key" if self._server.private_key.strip() else "password"
        return AuthFailed(f"The server {self._server} refuses the name {self._server.user!r} or its {what}.")

    def _refused(self, error: OSError) -> ConnectorError:
        if error.errno == errno.EACCES:
            return AuthFailed(
                f"The server {self._server} does not let {self._server.user!r} do this ({_said(error)}). "
                "Ask its owner for the right to read, rename and write in the folder."
            )
        if error.errno != errno.ENOENT:
            # What SFTP has no number for: the connection may be as broken as the disk over there.
            self.close()
        return Unavailable(f"The server {self._server} could not do this: {_said(error)}.")


def _read_key(text: str, password: str) -> paramiko.PKey:
    def read(kind: type[paramiko.PKey]) -> paramiko.PKey | None:
        with suppress(paramiko.SSHException, ValueError, IndexError):
            return kind.from_private_key(StringIO(_with_lines(text)), password or None)
        return None

    key = next(filter(None, map(read, _KEY_KINDS)), None)
    if key is None:
        raise Rejected(
            "The private key cannot be read: it must be the text of an Ed25519, ECDSA or RSA key, its first and last "
            "line included; the password of a protected key is entered as the password."
        )
    return key


def _with_lines(text: str) -> str:
    """A field of one line takes the line breaks out of a key; its first and last line tell where they were."""
    parts = _KEY_ON_ONE_LINE.fullmatch(text.strip())
    if parts is None:
        return text.strip() + "\n"
    begin, body, end = parts.groups()
    return "\n".join((begin, *wrap("".join(body.split()), 70), end)) + "\n"


def _said(error: BaseException) -> str:
    said = show(" ".join(str(error).split())[:200])
    return said or type(error).__name__
