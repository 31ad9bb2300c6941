"""Links to invoices: each names one invoice, carries its own signature, and works for a week."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

VALID = timedelta(days=7)
PATH = "/documents/invoices/"


@dataclass(frozen=True, slots=True)
class InvoiceReference:
    """Which invoice, and in which language it is printed."""

    order_number: str
    invoice_number: str
    language: str


@dataclass(frozen=True, slots=True)
class InvoiceLink:
    url: str
    valid_until: datetime


class InvoiceLinks:
    """Makes tokens of the form `<base64url of the reference and its end>.<base64url of their HMAC>` and reads them."""

    def __init__(self, secret_key: str, base_url: str, now: Callable[[], datetime]) -> None:
        # A key of its own, so that no other signature of ours can stand for one of these.
        self._key = hmac.new(secret_key.encode(), b"invoice links", hashlib.sha256).digest()
        self._base_url = base_url
        self._now = now

    def make(self, reference: InvoiceReference) -> InvoiceLink:
        until = self._now() + VALID
        content = json.dumps([*asdict(reference).values(), int(until.timestamp())]).encode()
        token = f"{_encode(content)}.{_encode(self._sign(content))}"
        return InvoiceLink(f"{self._base_url}{PATH}{token}", until)

    def read(self, token: str) -> InvoiceReference | None:
        """What a token stands for; None when it is not ours or its time is over."""
        try:
            content, signature = (_decode(part) for part in token.split(".", maxsplit=1))
        except (ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(signature, self._sign(content)):
            return None
        order_number, invoice_number, language, until = json.loads(content)
        is_over = datetime.fromtimestamp(until, UTC) < self._now()
        return None if is_over else InvoiceReference(order_number, invoice_number, language)

    def _sign(self, content: bytes) -> bytes:
        return hmac.new(self._key, content, hashlib.sha256).digest()


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(part: str) -> bytes:
    return base64.b64decode(part.encode("ascii") + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
