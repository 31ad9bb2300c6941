"""What the statuses of other systems mean, how patience is read, and what is never quoted."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected, Unavailable
from connectors.http.answer import HttpAnswer
from connectors.http.client import Limits
from connectors.http.outcomes import DEFAULT_PATIENCE_SECONDS, judge_answer, read_retry_after

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def answer(status: int, body: bytes = b"", **headers: str) -> HttpAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status, CaseInsensitiveDict({"Content-Type": "application/json"} | named), body, "erp.example")


@pytest.mark.parametrize(
    ("status", "error", "may_pass"),
    [
        (301, Rejected, False), (302, Rejected, False), (400, Rejected, False), (401, AuthFailed, False),
        (403, AuthFailed, False), (404, NotFound, False), (405, Rejected, False), (407, AuthFailed, False),
        (408, Unavailable, True), (409, Rejected, False), (410, NotFound, False), (418, Rejected, False),
        (422, Rejected, False), (425, Unavailable, True), (429, RateLimited, True), (500, Unavailable, True),
        (501, Rejected, False), (502, Unavailable, True), (503, Unavailable, True), (504, Unavailable, True),
        (520, Unavailable, True), (100, Unavailable, True),
    ],
)  # fmt: skip
def test_every_status_has_one_meaning(status: int, error: type[ConnectorError], may_pass: bool) -> None:
    failure = judge_answer(answer(status), NOW)
    assert failure is not None
    assert (type(failure.error), failure.may_pass) == (error, may_pass)
    assert failure.error.reason.startswith("erp.example ")
    assert str(status) in failure.error.reason


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_no_failure(status: int) -> None:
    assert judge_answer(answer(status), NOW) is None


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_after_a_fault_over_there_nobody_knows_whether_it_was_done(status: int) -> None:
    failure = judge_answer(answer(status), NOW)
    assert failure is not None
    assert not failure.is_untouched


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0", 0.0), ("120", 120.0), ("Sun, 22 Nov 2026 09:00:30 GMT", 30.0), ("Sun, 22 Nov 2026 08:00:00 GMT", 0.0),
        ("", None), ("soon", None), ("-5", None), ("1.5", None), ("٣", None), ("9" * 20, None),
        ("Sun, 22 Nov 2026 09:00:30 +99999999999999999999", None), ("Sun, 22 Nov 99999 09:00:30 GMT", None),
    ],
)  # fmt: skip
def test_patience_is_seconds_or_a_date(written: str, seconds: float | None) -> None:
    assert read_retry_after(written, NOW) == seconds


def test_who_asks_for_patience_without_saying_how_much_gets_some() -> None:
    failure = judge_answer(answer(429), NOW)
    assert failure is not None
    assert isinstance(failure.error, RateLimited)
    assert failure.error.retry_after == DEFAULT_PATIENCE_SECONDS
    assert Limits().wait_seconds > DEFAULT_PATIENCE_SECONDS


@pytest.mark.parametrize(
    "body",
    [
        b'{"detail": "quantity must be positive"}', b'{"message": "quantity must be positive"}',
        b'{"error": {"message": "quantity must be positive"}}', b'{"error": "quantity must be positive"}',
        b'{"error": "invalid", "error_description": "quantity must be positive"}',
    ],
)  # fmt: skip
def test_what_the_system_says_is_wrong_stands_in_the_reason(body: bytes) -> None:
    failure = judge_answer(answer(422, body), NOW)
    assert failure is not None
    assert "quantity must be positive" in failure.error.reason


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"detail": 7}', b'{"detail": "  "}', b"\xff\xfe{"])
def test_a_refusal_that_says_nothing_still_has_a_reason(body: bytes) -> None:
    failure = judge_answer(answer(422, body), NOW)
    assert failure is not None
    assert failure.error.reason == "erp.example refuses the request (status 422)."


def test_a_quote_is_short_and_keeps_no_line_breaks() -> None:
    failure = judge_answer(answer(400, b'{"detail": "one\\ntwo\\u001b[31m' + b"x" * 999 + b'"}'), NOW)
    assert failure is not None
    assert failure.error.reason.isprintable()
    assert len(failure.error.reason) < 300


def test_a_system_that_repeats_our_secret_is_not_quoted() -> None:
    body = b'{"detail": "unknown header Bearer s3cret"}'
    failure = judge_answer(answer(400, body), NOW, secrets=("s3cret",))
    assert failure is not None
    assert "s3cret" not in failure.error.reason


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b"\xff\xfe"]
)
def test_what_is_no_json_is_unavailable(body: bytes) -> None:
    with pytest.raises(Unavailable):
        answer(200, body).json()


@pytest.mark.parametrize("media_type", ["text/html", "application/xml", "text/plain; charset=utf-8"])
def test_another_media_type_is_named(media_type: str) -> None:
    wrong = HttpAnswer(200, {"Content-Type": media_type}, b"{}", "erp.example")
    with pytest.raises(Unavailable, match=media_type.partition(";")[0]):
        wrong.json()


@pytest.mark.parametrize("media_type", ["application/json", "application/problem+json; charset=utf-8", ""])
def test_amounts_are_exact(media_type: str) -> None:
    document = HttpAnswer(200, {"Content-Type": media_type}, b'{"sum": 0.1, "n": 3}').json()
    assert str(document["sum"]) == "0.1"
    assert document["n"] == 3


@given(
    st.one_of(st.text(), st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]?\w*", fullmatch=True))
)
def test_whatever_stands_for_patience_is_seconds_or_nothing(written: str) -> None:
    seconds = read_retry_after(written, NOW)
    assert seconds is None or seconds >= 0
