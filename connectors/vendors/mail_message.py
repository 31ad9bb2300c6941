"""A mail of ours as an Internet message (RFC 5322)."""

import re
import unicodedata
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from html import escape

from connectors.contracts.mail import Mail
from connectors.errors import Rejected

# One plain address: what could start a second address or a display name is not in it.
_ADDRESS = re.compile(r"([^\s@,;:<>()\[\]\\\"]+)@([^\s@,;:<>()\[\]\\\"]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Seven bits: not every server on the way takes more.
_POLICY = policy.default.clone(cte_type="7bit")


def build_message(mail: Mail, sender: str) -> EmailMessage:
    """Raises Rejected when the address is no address of one person, or something cannot stand in a mail."""
    message = EmailMessage(_POLICY)
    try:
        message["From"] = sender
        message["To"] = _read_address(mail.to)
        # Where a message itself breaks a long subject that is not ASCII it loses a space; the older class does not.
        message.set_raw("Subject", Header(_one_line(mail.subject), header_name="Subject").encode())
        message["Date"] = formatdate(usegmt=True)
        domain = _domain(sender) or None
        message["Message-ID"] = f"<{mail.key}@{domain}>" if mail.key and domain else make_msgid(domain=domain)
        if mail.thread and domain:
            # No mail of this id was ever sent; programs put together what refers to the same.
            message["References"] = f"<{mail.thread}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        if mail.is_right_to_left:
            message.add_alternative(_right_to_left(mail.text), subtype="html")
        for attachment in mail.attachments:
            main, _, sub = attachment.media_type.partition("/")
            name = _one_line(attachment.name)
            message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=name)
    except ValueError as error:
        raise Rejected(f"The mail cannot be written: {error}") from error
    return message


def own_key(message_id: str, sender: str) -> str | None:
    """The key of a mail that this sender sent under this Message-ID; None of somebody else's mail."""
    key, _, domain = message_id.strip("<>").rpartition("@")
    return key if key and domain.lower() == _domain(sender).lower() else None


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].strip("> ")


def _read_address(written: str) -> Address:
    """Raises ValueError when it is not one address."""
    parts = _ADDRESS.fullmatch(written.strip())
    if parts is None or _CONTROL.search(written):
        raise ValueError(f"{written!r} is no e-mail address")
    # A domain in letters of any script travels as the name servers know it.
    domain = parts[2].encode("idna")
    if not parts[2].isascii() and domain.decode("idna") != unicodedata.normalize("NFKC", parts[2]).lower():
        # Python knows the rules of 2003, by which faß.de is fass.de; since 2010 that may be somebody else's.
        raise ValueError(f"the domain of {written!r} is to be given as name servers know it, xn--…")
    return Address(username=parts[1], domain=domain.decode())


def _right_to_left(text: str) -> str:
    """Each line finds its own direction within a page that runs from the right, so that numbers stay readable."""
    lines = "".join(f'<div dir="auto">{escape(line) or "&nbsp;"}</div>' for line in text.split("\n"))
    return f'<!doctype html><html dir="rtl"><body dir="rtl" style="text-align: right">{lines}</body></html>'


def _one_line(text: str) -> str:
    """Raises ValueError when a control character, such as a line break, is in the text."""
    if _CONTROL.search(text):
        raise ValueError("a line break or another control character stands in its subject or in a file name")
    return text
