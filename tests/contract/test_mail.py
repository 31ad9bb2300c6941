"""What every mailer must do with a mail: in memory, into a folder, and through a real SMTP server."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from connectors.contracts.mail import Attachment, Mail, Mailer
from connectors.errors import Rejected, Unavailable
from connectors.mailer import create_mailer
from connectors.registry import vendors_of
from connectors.settings import Settings
from connectors.vendors import smtp_mail
from connectors.vendors.folder_mail import FolderMailer
from connectors.vendors.memory_mail import MemoryMailer
from connectors.vendors.smtp_mail import SmtpMailer
from tests.fixtures.smtp_server import SmtpServer

SENDER = "Lumen & Oak <help@lumen-oak.example>"
PDF = Attachment("faktura č. 872.pdf", "application/pdf", b"%PDF-1.7\r\n.\r\n\x00\xff")
MAIL = Mail(
    to="zofie@example.cz",
    subject="Váš kód · کد شما · Ваш код",
    text="Dobrý den,\n.\nváš kód je 4711.\nکد شما ۴۷۱۱ است.\n" + "dlouhý řádek " * 200 + "\nFrom tomorrow on.\n",
    attachments=(PDF,),
)


@dataclass(frozen=True, slots=True)
class PostOffice:
    """A mailer, and the mails that have arrived."""

    mailer: Mailer
    arrived: Callable[[], Sequence[EmailMessage]]


def _folder(tmp_path: Path, _stack: ExitStack) -> PostOffice:
    folder = tmp_path / "var" / "mailbox"
    parser = BytesParser(policy=policy.default)
    return PostOffice(
        FolderMailer(folder, SENDER),
        lambda: [parser.parsebytes(file.read_bytes()) for file in sorted(folder.glob("*.eml"))],
    )


def _smtp(_tmp_path: Path, stack: ExitStack) -> PostOffice:
    server = stack.enter_context(SmtpServer().running())
    mailer = SmtpMailer(smtp_mail.SmtpServer("127.0.0.1", server.port, "none"), SENDER)

    def arrived() -> Sequence[EmailMessage]:
        assert server.complaints == []
        return [envelope.message for envelope in server.taken]

    return PostOffice(mailer, arrived)


OFFICES = {"folder": _folder, "smtp": _smtp}


@pytest.fixture(params=sorted(OFFICES))
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PostOffice]:
    with ExitStack() as stack:
        yield OFFICES[request.param](tmp_path, stack)


def test_every_vendor_of_the_registry_is_tested() -> None:
    assert set(vendors_of("mail")) == {"memory", "smtp"}


def test_a_mail_arrives_as_it_was_written_in_every_script(office: PostOffice) -> None:
    office.mailer.send(MAIL)
    (message,) = office.arrived()
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, MAIL.to, MAIL.subject)
    body = message.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == MAIL.text
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type()) == (PDF.name, PDF.media_type)
    assert attachment.get_content() == PDF.content


def test_a_mail_says_that_a_machine_wrote_it_and_when(office: PostOffice) -> None:
    office.mailer.send(MAIL)
    office.mailer.send(MAIL)
    first, second = office.arrived()
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"].datetime.tzinfo is not None
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"].endswith("@lumen-oak.example>")


@pytest.mark.parametrize(
    "to",
    [
        "",
        "zofie",
        "zofie@",
        "@example.cz",
        "a@b@example.cz",
        "one@example.cz, two@example.cz",
        "one@example.cz;two@example.cz",
        "Žofie <zofie@example.cz>",
        "zofie@example.cz\r\nBcc: everybody@example.cz",
        "zofie@example.cz\nBcc: everybody@example.cz",
        "zofie@example.cz\n",
        "zo fie@example.cz",
        "zofie\u2028@example.cz",
        "zofie@example..cz",
        "all: zofie@example.cz;",
        "zofie@[127.0.0.1]",
        "zofie@" + "x" * 64 + ".cz",
    ],
)
def test_what_is_not_the_address_of_one_person_is_rejected(office: PostOffice, to: str) -> None:
    with pytest.raises(Rejected):
        office.mailer.send(replace(MAIL, to=to))
    assert list(office.arrived()) == []


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x85"])
def test_a_subject_cannot_smuggle_in_a_header(office: PostOffice, line_break: str) -> None:
    with pytest.raises(Rejected, match="control character"):
        office.mailer.send(replace(MAIL, subject=f"Hello{line_break}Bcc: everybody@example.cz"))
    attachment = replace(PDF, name=f"a{line_break}Content-Type: text/html")
    with pytest.raises(Rejected, match="control character"):
        office.mailer.send(replace(MAIL, attachments=(attachment,)))
    assert list(office.arrived()) == []


def test_a_text_that_is_no_text_is_rejected(office: PostOffice) -> None:
    with pytest.raises(Rejected, match="cannot be written"):
        office.mailer.send(replace(MAIL, text="half a letter: \ud83d"))
    with pytest.raises(Rejected, match="cannot be written"):
        office.mailer.send(replace(MAIL, subject="half a letter: \ud83d"))
    assert list(office.arrived()) == []


def test_a_domain_in_other_letters_is_written_as_name_servers_know_it(office: PostOffice) -> None:
    office.mailer.send(replace(MAIL, to="zofie@bücher.example"))
    (message,) = office.arrived()
    assert message["To"].addresses[0].addr_spec == "zofie@xn--bcher-kva.example"


def test_every_mailer_can_be_tried(office: PostOffice) -> None:
    mailer = office.mailer
    assert isinstance(mailer, FolderMailer | SmtpMailer)
    assert mailer.check().endswith(".")
    assert MemoryMailer().check().endswith(".")


def test_a_secret_in_a_mail_is_not_shown_in_logs() -> None:
    assert "4711" not in repr(MAIL)
    assert "hunter2" not in repr(smtp_mail.SmtpServer("mail.test", 25, "tls", "shop", "hunter2"))


def test_a_mailer_in_memory_remembers_what_it_took_and_takes_nothing_while_it_is_down() -> None:
    mailer = MemoryMailer()
    mailer.send(MAIL)
    mailer.is_down = True
    with pytest.raises(Unavailable):
        mailer.send(MAIL)
    assert mailer.sent == [MAIL]


def test_mail_in_a_folder_is_readable_by_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    FolderMailer(folder, SENDER).send(MAIL)
    (file,) = folder.iterdir()
    assert file.suffix == ".eml"
    assert [path.stat().st_mode & 0o077 for path in (folder, file)] == [0, 0]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "mailbox").touch()
    mailer = FolderMailer(tmp_path / "mailbox", SENDER)
    with pytest.raises(Unavailable, match=str(tmp_path / "mailbox")):
        mailer.send(MAIL)
    with pytest.raises(Unavailable, match=str(tmp_path / "mailbox")):
        mailer.check()


def test_without_a_mail_server_mail_goes_into_a_folder_of_the_data_folder(tmp_path: Path) -> None:
    create_mailer(Settings(_env_file=None, data_dir=tmp_path)).send(MAIL)
    assert len(list((tmp_path / "mailbox").glob("*.eml"))) == 1


def test_with_a_mail_server_mail_goes_there_with_the_name_and_sender_of_the_settings(tmp_path: Path) -> None:
    with SmtpServer(accounts={"shop": "hunter2"}).running() as server:
        settings = Settings.model_validate(
            {
                "data_dir": tmp_path,
                "smtp_host": "127.0.0.1",
                "smtp_port": server.port,
                "smtp_security": "none",
                "smtp_user": "shop",
                "smtp_password": "hunter2",
                "mail_from": "Shop <shop@example.com>",
            }
        )
        create_mailer(settings).send(MAIL)
        (envelope,) = server.taken
    assert (envelope.user, envelope.sender, envelope.recipients) == ("shop", "shop@example.com", (MAIL.to,))
    assert not (tmp_path / "mailbox").exists()
