"""Reading mails that arrive: what was broken on the way is read as far as it goes, and nothing stops the others."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.mailbox import ReceivedMail
from connectors.mail_reading import MAX_MAIL_BYTES, read_mail
from tests.fixtures.letters import delivery_report, letter


def read(message: EmailMessage | bytes) -> ReceivedMail:
    return read_mail(message if isinstance(message, bytes) else message.as_bytes(), "1")


def headers(**changed: str) -> EmailMessage:
    message = letter()
    for name, value in changed.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"Subject: =?utf-8?B?kaputt!?=\r\n\r\nx", "=?utf-8?B?kaputt!?="),
        (b"Subject: =?no-such-charset?Q?caf=C3=A9?=\r\n\r\nx", "café"),
        ("Subject: příliš žluťoučký\r\n\r\nx".encode(), "příliš žluťoučký"),
        (b"Subject: =?iso-8859-2?Q?=BElu=BBou=E8k=FD?=\r\n\r\nx", "žluťoučký"),
        (b"Subject: one\r\n two\x00\x1b[31m\r\n\r\nx", "one two[31m"),
        (b"", ""),
        (b"\xff\xfe\x00", ""),
        (b"no head at all", ""),
    ],
)
def test_a_broken_subject_is_shown_as_far_as_it_goes(raw: bytes, subject: str) -> None:
    assert read(raw).subject == subject


def test_a_date_that_is_none_is_no_date() -> None:
    assert read(b"Date: yesterday\r\n\r\nx").sent_at is None
    assert read(b"Date: Sat, 99 Nov 2026 12:00:00 +0000\r\n\r\nx").sent_at is None
    assert read(b"Date: Fri, 31 Dec 9999 23:59:59 -0500\r\n\r\nx").sent_at is None
    naive = read(b"Date: Sat, 21 Nov 2026 12:00:00\r\n\r\nx").sent_at
    assert naive is not None
    assert naive.tzinfo is not None


@pytest.mark.parametrize(
    ("written", "sender", "name"),
    [
        ("Emma Novák <emma@example.com>", "emma@example.com", "Emma Novák"),
        ("=?utf-8?q?Nov=C3=A1k=2C_Emma?= <emma@example.com>", "emma@example.com", "Novák, Emma"),
        ('"Novák, \\"Emma\\"" <emma@example.com>', "emma@example.com", 'Novák, "Emma"'),
        ("emma@example.com", "emma@example.com", ""),
        ("<emma@example.com>", "emma@example.com", ""),
        ("A very long name\r\n <emma@example.com>", "emma@example.com", "A very long name"),
        ('"emma@example.com" <attacker@evil.com>', "attacker@evil.com", "emma@example.com"),
        ("emma@example.com <attacker@evil.com>", "", ""),
        ("emma@example.com, attacker@evil.com", "", ""),
        ("<emma@example.com> <attacker@evil.com>", "", ""),
        ("emma@example.com (x) <attacker@evil.com>", "", ""),
        ("friends: emma@example.com;", "", ""),
        ('"Emma <emma@example.com>', "", ""),
        ("emma@example.com\r\nFrom: attacker@evil.com", "", ""),
        ("emma\u200b@example.com", "", ""),
        ("Emma (Lumen & Oak) <emma.o'brien+shop@example.com>", "emma.o'brien+shop@example.com", "Emma (Lumen & Oak)"),
        ("emma", "", ""),
        ("", "", ""),
    ],
)
def test_a_mail_is_from_whom_it_says_in_one_way_only(written: str, sender: str, name: str) -> None:
    mail = read(f"From: {written}\r\n\r\nx".encode())
    assert (mail.sender, mail.sender_name) == (sender, name)


def test_halves_of_letters_and_control_characters_are_left_out() -> None:
    head = b"Content-Type: text/plain; charset=utf-7\r\nMessage-ID: <a\0b@x>\r\nReferences: <c\0d@x> <e@x>\r\n"
    mail = read(head + b"\r\n+2AA-hi")
    assert (mail.text, mail.message_id, mail.answers) == ("hi", "", ("<e@x>",))


@given(st.binary(max_size=300), st.sampled_from(["From", "Date", "Subject", "References", "Content-Type"]))
def test_whatever_stands_in_a_mail_it_can_be_read_and_kept(content: bytes, header: str) -> None:
    mail = read(f"{header}: ".encode() + content)
    for text in (mail.sender, mail.sender_name, mail.subject, mail.text, mail.message_id, *mail.answers):
        assert "\0" not in text.encode().decode()


def test_of_an_html_mail_the_text_is_read_without_what_does_not_show() -> None:
    message = EmailMessage()
    message.set_content(
        "<html><head><title>t</title><style>p{}</style></head><body><p>Dobrý&nbsp;den,</p>"
        "<div>کد شما<br>dvě</div><script>alert(1)</script></body></html>",
        subtype="html",
    )
    text = read(message).text
    assert [line for line in text.split("\n") if line] == ["Dobrý den,", "کد شما", "dvě"]


def test_files_in_a_mail_that_was_forwarded_as_a_file_are_found() -> None:
    outer = letter("Fwd: Invoice")
    outer.add_attachment(letter("Invoice", files=[("RE-1.xml", b"<a/>")]))
    assert [(file.name, file.content) for file in read(outer).attachments] == [("RE-1.xml", b"<a/>")]


def test_the_picture_in_a_signature_is_no_attachment() -> None:
    message = letter()
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", cid="<logo@example.com>")
    assert read(message).attachments == ()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("../../etc/passwd.xml", "passwd.xml"),
        ("C:\\Invoices\\RE 1.xml", "RE 1.xml"),
        ("=?utf-8?Q?=C3=BA=C4=8Det.xml?=", "účet.xml"),
        ("..", "2.xml"),
    ],
)
def test_a_file_name_is_a_name_and_no_path(written: str, name: str) -> None:
    raw = (
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; name="x.txt"\n\nx\n'
        f'--b\nContent-Type: text/xml\nContent-Disposition: attachment; filename="{written}"\n\n<a/>\n--b--\n'
    )
    assert read(raw.encode()).attachments[-1].name == name


def test_a_mail_without_end_within_itself_is_refused() -> None:
    depth = 3000
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    mail = read(head.encode())
    assert mail.refusal is not None
    assert "cannot be read" in mail.refusal


def test_of_a_mail_that_is_too_large_the_head_alone_is_read() -> None:
    mail = read_mail(letter("Large", "long text", files=[("a.xml", b"<a/>")]).as_bytes(), "1", MAX_MAIL_BYTES + 1)
    assert (mail.subject, mail.text, mail.attachments) == ("Large", "", ())
    assert "30.0 MB" in str(mail.refusal)


def test_the_thread_is_read_from_either_header_and_bounded() -> None:
    assert read(headers(In_Reply_To="<a@example.com> (yesterday)")).answers == ("<a@example.com>",)
    both = headers(References="<a@x> <b@x>", In_Reply_To="<b@x>")
    assert read(both).answers == ("<a@x>", "<b@x>")
    many = headers(References=" ".join(f"<{number}@x>" for number in range(500)))
    assert read(many).answers[-1] == "<499@x>"
    assert len(read(many).answers) == 100


@pytest.mark.parametrize(
    ("changed", "is_automatic"),
    [
        ({}, False),
        ({"Auto_Submitted": "no"}, False),
        ({"Auto_Submitted": "auto-replied; owner-email=x"}, True),
        ({"Precedence": "Bulk"}, True),
        ({"Return_Path": "<>"}, True),
        ({"Return_Path": "<emma@example.com>"}, False),
    ],
)
def test_what_no_person_wrote_is_known(changed: dict[str, str], is_automatic: bool) -> None:
    assert read(headers(**changed)).is_automatic is is_automatic


def test_a_report_says_which_mail_came_back_and_why() -> None:
    original = letter()
    (report,) = read(delivery_report(original.as_bytes(), "gone@example.com", "help@lumen-oak.example")).reports
    assert (report.recipient, report.action, report.status) == ("gone@example.com", "failed", "5.1.1")
    assert report.explanation == "550 5.1.1 <gone@example.com>: user unknown"
    assert report.original_id == original["Message-ID"]


def test_a_report_that_carries_the_whole_mail_names_it_too() -> None:
    original = letter()
    raw = delivery_report(b"X: y\n\n", "gone@example.com", "help@lumen-oak.example").as_bytes()
    whole = raw.replace(
        b"Content-Type: text/rfc822-headers\n\nX: y", b"Content-Type: message/rfc822\n\n" + bytes(original)
    )
    (report,) = read(whole).reports
    assert report.original_id == original["Message-ID"]
    (unknown,) = read(raw).reports
    assert unknown.original_id is None


def test_a_mail_that_only_looks_like_a_report_is_none() -> None:
    raw = b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\nhello\n--b--\n'
    assert read(raw).reports == ()
    assert read(letter("Undelivered Mail Returned to Sender")).reports == ()
