"""Mails of ours arrive with the words that were written, in any language."""

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.mail import Mail
from connectors.errors import Rejected
from connectors.vendors.mail_message import build_message

WORDS = ("Копия", "вашего", "разговора", "с", "نشانی", "účet", "Rechnung", "RE-26-1187", "😀😀", "x" * 30, "=", "?")


def arrived(subject: str) -> bytes:
    return build_message(Mail("emma@example.com", subject, "Hello"), "shop@example.com").as_bytes()


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join))
def test_a_subject_is_read_as_it_was_written_however_long(subject: str) -> None:
    raw = arrived(subject)
    assert message_from_bytes(raw, policy=default)["Subject"] == subject
    assert raw.isascii()
    assert max(len(line) for line in raw.splitlines()) <= 78


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.z", "a\x00b", "\ud800"])
def test_a_subject_that_is_no_line_of_text_is_refused(subject: str) -> None:
    with pytest.raises(Rejected):
        arrived(subject)
