"""Our own sample e-invoices, as text that a test may change before it is read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.reader import read_invoice

SAMPLES = Path(__file__).parents[2] / "fixtures" / "einvoice"
Refusal = Callable[..., UnreadableDocumentError]


@pytest.fixture(scope="session")
def ubl_invoice() -> str:
    return (SAMPLES / "ubl_invoice.xml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def ubl_credit_note() -> str:
    return (SAMPLES / "ubl_credit_note.xml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def cii_invoice() -> str:
    return (SAMPLES / "cii_invoice.xml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def sample_bytes() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture(scope="session")
def change() -> Callable[[str, str, str], str]:
    def replace_once(text: str, old: str, new: str) -> str:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the sample"
        return text.replace(old, new)

    return replace_once


@pytest.fixture(scope="session")
def refusal_of() -> Refusal:
    """Reads what must be refused and returns the refusal."""

    def read(content: bytes | str, name: str = "") -> UnreadableDocumentError:
        with pytest.raises(UnreadableDocumentError) as caught:
            read_invoice(content.encode() if isinstance(content, str) else content, name)
        assert caught.value.reason.endswith("."), "a reason is made of sentences"
        return caught.value

    return read
