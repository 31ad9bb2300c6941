"""A received message (RFC 5322) as a mail of ours: what somebody broke on the way is read as far as it goes."""

import mimetypes
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import unquote
from typing import Any, TypeVar

from imap_tools.consts import DEFAULT_EMAIL_DATE
from imap_tools.message import MailAttachment, MailMessage
from imap_tools.utils import decode_value
from lxml import etree, html

from connectors.contracts.mail import Attachment
from connectors.contracts.mailbox import DeliveryReport, ReceivedMail

# A file of 20 MB grows by a third on its way, and brings a text with it.
MAX_MAIL_BYTES = 30 * 1024 * 1024
MAX_ANSWERS = 100
TOO_LARGE = "The mail has {size:.1f} MB; more than {limit} MB are not read. Ask for its files one by one."
TOO_DEEP = "The mail holds mails within mails without end and cannot be read. Ask the sender to send it again."

# Without control characters and halves of letters, which no database takes.
_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+>")
_ADDRESS = r"""[^\s@,;:<>()\[\]\\"]+@[^\s@,;:<>()\[\]\\"]+"""
# A name and one address. What one program reads as another address than the next one does is nobody's.
_SENDER = re.compile(
    rf"""(?P<name>(?:"(?:[^"\\]|\\.)*"|\([^()"<>@,;:\\]*\)|[^()"<>@,;:\\])*)<(?P<email>{_ADDRESS})>|(?P<bare>{_ADDRESS})"""
)
_BLOCKS = ("br", "p", "div", "li", "tr", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr")
_UNSEEN = ("script", "style", "head", "title")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_Value = TypeVar("_Value")
# What reading something broken raises in the libraries.
_BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


def read_mail(raw: bytes, mail_id: str, size: int | None = None) -> ReceivedMail:
    """The mail of these bytes. With a `size` (in bytes) over the limit they are only its head."""
    try:
        message = MailMessage.from_bytes(raw)
        is_refused = (size or len(raw)) > MAX_MAIL_BYTES
        return _read(message, mail_id, _too_large(size or len(raw)) if is_refused else None)
    except RecursionError:
        return ReceivedMail(mail_id, "", "", "", refusal=TOO_DEEP)


def _too_large(size: int) -> str:
    return TOO_LARGE.format(size=size / 1024 / 1024, limit=MAX_MAIL_BYTES // 1024 // 1024)


def _read(message: MailMessage, mail_id: str, refusal: str | None) -> ReceivedMail:
    source = message.obj
    sender_name, sender = _or(lambda: _sender(source), ("", ""))
    reports = () if refusal else tuple(_read_reports(source))
    return ReceivedMail(
        id=mail_id,
        message_id=next(iter(_ids(source, "Message-ID")), ""),
        sender=sender,
        sender_name=sender_name,
        recipients=_or(lambda: tuple(address for address in (*message.to, *message.cc) if address), ()),
        subject=_line(_or(lambda: _subject(source), _header(source, "Subject"))),
        sent_at=_or(lambda: _moment(message.date), None),
        text="" if refusal else _text(message),
        attachments=() if refusal else tuple(_attachments(message)),
        answers=_answers(source),
        reports=reports,
        is_automatic=bool(reports) or _is_automatic(source),
        refusal=refusal,
    )


def _or(read: Callable[[], _Value], fallback: _Value) -> _Value:
    try:
        return read()
    except _BROKEN:
        return fallback


def _header(source: Message, name: str) -> str:
    return str(source.get(name, ""))


def _subject(source: Message) -> str:
    """A line break before a blank is not part of it, the blank is: the library would drop both."""
    written = source.get("Subject", "")
    unfolded = re.sub(r"[\r\n]+(?=[ \t])", "", written) if isinstance(written, str) else written
    return "".join(decode_value(*part) for part in decode_header(unfolded))


def _sender(source: Message) -> tuple[str, str]:
    """Name and address; both empty where the mail is not from exactly one."""
    written = [str(value) for name, value in source.raw_items() if name.lower() == "from"]
    unfolded = "".join(written).encode(errors="surrogateescape").decode(errors="replace").replace("\r", "")
    found = _SENDER.fullmatch(unfolded.replace("\n", "").strip())
    if len(written) != 1 or found is None:
        return "", ""
    address = found["email"] or found["bare"]
    name = "".join(decode_value(*part) for part in decode_header(unquote((found["name"] or "").strip())))
    return (_line(name), address) if _line(address) == address else ("", "")


def _ids(source: Message, name: str) -> list[str]:
    return _MESSAGE_ID.findall(_header(source, name))


def _answers(source: Message) -> tuple[str, ...]:
    """References ends with the mail that is answered; some programs write In-Reply-To alone."""
    ids = [*_ids(source, "References"), *_ids(source, "In-Reply-To")[:1]]
    return tuple(dict.fromkeys(reversed(ids[-MAX_ANSWERS:])))[::-1]


def _is_automatic(source: Message) -> bool:
    """RFC 3834, and what programs wrote before it."""
    submitted = _header(source, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = _header(source, "Precedence").strip().lower()
    is_answerless = _header(source, "Return-Path").strip() == "<>"
    return submitted not in ("", "no") or precedence in ("bulk", "junk", "list", "auto_reply") or is_answerless


def _moment(written: datetime) -> datetime | None:
    if written == DEFAULT_EMAIL_DATE:
        return None
    return (written if written.tzinfo else written.replace(tzinfo=UTC)).astimezone(UTC)


def _text(message: MailMessage) -> str:
    plain = _or(lambda: message.text, "")
    written = plain if plain.strip() else _or(lambda: _without_markup(message.html), "")
    return _CONTROL.sub("", written.replace("\r\n", "\n")).encode(errors="ignore").decode().strip()


def _without_markup(page: str) -> str:
    if not page.strip():
        return ""
    try:
        root = html.document_fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except etree.LxmlError:
        return ""
    for element in root.iter(*_BLOCKS):
        element.tail = "\n" + (element.tail or "")
    # What a browser shows: neither the text of scripts nor that of comments.
    seen: Any = root.xpath(f"//text()[not({' or '.join(f'ancestor::{name}' for name in _UNSEEN)})]")
    lines = (" ".join(line.split()) for line in "".join(map(str, seen)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _attachments(message: MailMessage) -> Iterator[Attachment]:
    """Files, also those of a mail that was forwarded as a file; not what belongs to the look of the text."""
    nothing: list[MailAttachment] = []
    for place, found in enumerate(_or(lambda: message.attachments, nothing), start=1):
        if found.content_type == "message/rfc822" or (found.content_id and found.content_type.startswith("image/")):
            continue
        content = _or(lambda found=found: found.payload, b"")  # type: ignore[misc]
        yield Attachment(_file_name(found, place), found.content_type, content)


def _file_name(found: MailAttachment, place: int) -> str:
    """Without folders and without what does not show: it is only ever shown and compared."""
    written = _line(_or(lambda: found.filename, "")).replace("\\", "/").rpartition("/")[2].strip(". ")
    return written or f"{place}{mimetypes.guess_extension(found.content_type) or ''}"


def _line(text: str) -> str:
    """One line of what can be shown; halves of letters are left out."""
    kept = "".join(letter for letter in text if letter.isprintable() or letter in "\t\n\u200c\u200d")
    return " ".join(kept.encode(errors="ignore").decode().split())


def _read_reports(source: Message) -> Iterator[DeliveryReport]:
    if source.get_content_type() != "multipart/report":
        return
    original = _original_id(source)
    for part in source.walk():
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for block in part.get_payload():
            if not isinstance(block, Message) or not block.get("Final-Recipient"):
                continue
            yield DeliveryReport(
                recipient=_typed(block, "Original-Recipient") or _typed(block, "Final-Recipient"),
                action=_header(block, "Action").strip().lower(),
                status=_line(_header(block, "Status").split("(")[0]),
                explanation=_line(_typed(block, "Diagnostic-Code")),
                original_id=original,
            )


def _typed(block: Message, name: str) -> str:
    """The value of a field of the form `rfc822; somebody@example.com`."""
    return _header(block, name).partition(";")[2].strip()


def _original_id(source: Message) -> str | None:
    """Of the mail that came back, or of its head alone."""
    parts = source.get_payload()
    for part in parts[1:] if isinstance(parts, list) else ():
        if not isinstance(part, Message):
            continue
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            returned = part.get_payload(0)
            return next(iter(_ids(returned, "Message-ID")), None) if isinstance(returned, Message) else None
        if part.get_content_type() == "text/rfc822-headers":
            head = part.get_payload(decode=True)
            found = re.search(rb"(?im)^Message-ID:\s*([^\r\n]*)", head if isinstance(head, bytes) else b"")
            return next(iter(_MESSAGE_ID.findall(found[1].decode("ascii", "replace"))), None) if found else None
    return None
