"""Mail through SMTP: what the server's refusals mean, and how the connection is protected."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest

from connectors.contracts.mail import Mail, UnconfirmedError
from connectors.errors import AuthFailed, ConnectorError, Rejected, Unavailable
from connectors.vendors import smtp_mail
from connectors.vendors.smtp_mail import SmtpMailer
from tests.fixtures.smtp_server import CERTIFICATE, HANG_UP, SmtpServer

MAIL = Mail("zofie@example.cz", "Hello", "Hello.\n")


def _mailer(
    server: SmtpServer,
    security: Literal["tls", "starttls", "none"] = "none",
    user: str | None = None,
    password: str | None = None,
    trust: ssl.SSLContext | None = None,
) -> SmtpMailer:
    address = smtp_mail.SmtpServer("127.0.0.1", server.port, security, user, password)
    return SmtpMailer(address, "help@lumen-oak.example", trust)


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer().running() as server:
        yield server


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("GREETING", "554 5.7.1 no service for you", Unavailable),  # about us, not about the mail
        ("GREETING", "421 too many connections", Unavailable),
        ("GREETING", HANG_UP, Unavailable),
        ("EHLO", HANG_UP, Unavailable),
        ("MAIL", "452 4.3.1 no room", Unavailable),
        ("MAIL", "553 5.1.8 no such sender", Rejected),
        ("RCPT", "450 4.2.0 greylisted", Unavailable),
        ("RCPT", "421 4.3.2 going down", Unavailable),
        ("RCPT", "550 5.1.1 no such person", Rejected),
        ("DATA", "451 4.3.0 later", Unavailable),
        ("DATA", "554 5.5.1 no", Rejected),
        ("TEXT", "451 4.7.1 later", Unavailable),
        ("TEXT", "554 5.7.1 looks like spam", Rejected),
    ],
)
def test_what_may_work_later_is_told_from_what_never_will(
    server: SmtpServer, command: str, answer: str, error: type[ConnectorError]
) -> None:
    server.answers[command] = answer
    with pytest.raises(error) as raised:
        _mailer(server).send(MAIL)
    assert type(raised.value) is error
    assert server.taken == []
    del server.answers[command]
    _mailer(server).send(MAIL)
    assert len(server.taken) == 1


def test_a_server_that_takes_the_mail_and_thinks_about_it_is_waited_for(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_mail, "TIMEOUT_SECONDS", 0.5)
    server.thinks_seconds = 1
    _mailer(server).send(MAIL)
    assert len(server.taken) == 1


@pytest.mark.parametrize(("answer", "seconds"), [(HANG_UP, 0.0), ("what", 0.0), ("250 taken", 2.0)])
def test_a_mail_that_was_handed_over_whole_and_not_answered_is_unconfirmed(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch, answer: str, seconds: float
) -> None:
    monkeypatch.setattr(smtp_mail, "TEXT_SECONDS", 0.5)
    server.says_of_taken, server.thinks_seconds = answer, seconds
    with pytest.raises(UnconfirmedError, match="did not say whether"):
        _mailer(server).send(MAIL)
    assert len(server.taken) == 1


def test_a_mail_that_did_not_get_there_whole_is_sent_again(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_mail, "TEXT_SECONDS", 0.5)
    server.answers["READING"] = HANG_UP
    with pytest.raises(Unavailable) as raised:
        _mailer(server).send(replace(MAIL, text="long\n" * 5_000_000))
    assert type(raised.value) is Unavailable
    assert server.taken == []


def test_a_mail_arrives_as_it_was_written_also_with_dots_at_the_beginning_of_lines(server: SmtpServer) -> None:
    _mailer(server).send(replace(MAIL, text=".\n..two\n.one\nlast"))
    assert server.taken[0].message.get_content().split() == [".", "..two", ".one", "last"]


@pytest.mark.parametrize("goodbye", [HANG_UP, "500 what", "421 going down"])
def test_a_mail_that_was_taken_is_sent_whatever_happens_to_the_goodbye(server: SmtpServer, goodbye: str) -> None:
    server.answers["QUIT"] = goodbye
    _mailer(server).send(MAIL)
    assert len(server.taken) == 1


def test_a_refusal_says_who_refuses_what(server: SmtpServer) -> None:
    server.answers["RCPT"] = "550 5.1.1 no such person"
    with pytest.raises(Rejected, match=r"refuses the address zofie@example\.cz \(SMTP 550\)\."):
        _mailer(server).send(MAIL)


def test_an_address_that_the_server_cannot_write_is_rejected(server: SmtpServer) -> None:
    with pytest.raises(Rejected, match=r"cannot write to žofie@example\.cz"):
        _mailer(server).send(replace(MAIL, to="žofie@example.cz"))


def test_a_server_that_is_not_there_is_unavailable_with_its_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there
        absent = SmtpServer(port=taken.getsockname()[1])
        with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{absent.port}"):
            _mailer(absent).send(MAIL)
        with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{absent.port}"):
            _mailer(absent).check()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_and_password_travel_encrypted(security: Literal["starttls", "tls"]) -> None:
    server = SmtpServer(offers_starttls=security == "starttls", is_tls=security == "tls", accounts={"shop": "hunter2"})
    with server.running():
        mailer = _mailer(server, security, "shop", "hunter2", _trust())
        assert "answers" in mailer.check()
        mailer.send(MAIL)
    (envelope,) = server.taken
    assert (envelope.is_encrypted, envelope.user) == (True, "shop")
    assert server.complaints == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_gets_neither_mail_nor_password(security: Literal["starttls", "tls"]) -> None:
    server = SmtpServer(offers_starttls=security == "starttls", is_tls=security == "tls", accounts={"shop": "hunter2"})
    with server.running(), pytest.raises(Unavailable, match="certificate"):
        _mailer(server, security, "shop", "hunter2").send(MAIL)
    assert server.taken == []


def test_a_server_without_encryption_gets_nothing_when_encryption_was_asked_for(server: SmtpServer) -> None:
    with pytest.raises(Unavailable, match=r"\(starttls\).*STARTTLS"):
        _mailer(server, "starttls").send(MAIL)
    with pytest.raises(Unavailable, match=r"\(tls\)"):
        _mailer(server, "tls", trust=_trust()).send(MAIL)
    assert server.taken == []


def test_a_wrong_password_is_said_to_be_wrong_and_never_shown() -> None:
    with SmtpServer(accounts={"shop": "hunter2"}).running() as server:
        mailer = _mailer(server, user="shop", password="hunter3")
        with pytest.raises(AuthFailed, match="name or password") as raised:
            mailer.send(MAIL)
        assert "hunter3" not in str(raised.value)
        with pytest.raises(AuthFailed, match="name or password"):
            mailer.check()
    assert server.taken == []


def test_a_server_that_cannot_check_passwords_now_is_unavailable() -> None:
    server = SmtpServer(accounts={"shop": "hunter2"}, answers={"AUTH": "454 4.7.0 later"})
    with server.running(), pytest.raises(Unavailable):
        _mailer(server, user="shop", password="hunter2").send(MAIL)


def test_a_server_that_wants_a_name_and_gets_none_says_so() -> None:
    server = SmtpServer(accounts={"shop": "hunter2"})
    with server.running(), pytest.raises(AuthFailed, match="530"):
        _mailer(server).send(MAIL)
