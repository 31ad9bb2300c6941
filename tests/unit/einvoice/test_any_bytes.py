"""Whatever the bytes: an invoice or a refusal with a known code, and nothing else."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contracts.documents import Invoice, UnreadableDocumentError
from connectors.einvoice.arithmetic import check_arithmetic
from connectors.einvoice.reader import read_invoice
from connectors.einvoice.refusal import RefusalCode

SAMPLES = Path(__file__).parents[2] / "fixtures" / "einvoice"
VALID = [(SAMPLES / f"{name}.xml").read_bytes() for name in ("ubl_invoice", "ubl_credit_note", "cii_invoice")]
NASTY = [
    b"NaN",
    b"1E999999",
    b"-",
    b"",
    b"<!--",
    b"]]>",
    b"&a;",
    b"<!DOCTYPE x>",
    b"\0",
    b"\xff\xfe",
    b"\xc3",
    b"<",
    b">",
]
CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _read(content: bytes) -> Invoice | UnreadableDocumentError:
    try:
        return read_invoice(content, "any.xml")
    except UnreadableDocumentError as refusal:
        return refusal


def _assert_read_or_refused(content: bytes) -> None:
    outcome = _read(content)
    if isinstance(outcome, Invoice):
        check_arithmetic(outcome)
    else:
        assert outcome.code in set(RefusalCode)
        assert outcome.reason


@CALM
@given(st.binary(max_size=400))
def test_arbitrary_bytes(content: bytes) -> None:
    _assert_read_or_refused(content)


@CALM
@given(
    st.sampled_from([b"<?xml ", b"<", b"\xff\xfe<\0", b"\0<", b'<?xml version="1.0" encoding="']),
    st.binary(max_size=200),
)
def test_arbitrary_bytes_that_begin_like_xml(start: bytes, rest: bytes) -> None:
    _assert_read_or_refused(start + rest)


@CALM
@given(st.data())
def test_arbitrary_damage_to_a_valid_file(data: st.DataObject) -> None:
    content = data.draw(st.sampled_from(VALID))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 40)))
        content = content[:start] + data.draw(st.sampled_from(NASTY) | st.binary(max_size=8)) + content[end:]
    _assert_read_or_refused(content)


@CALM
@given(st.sampled_from(VALID), st.text(max_size=30), st.data())
def test_arbitrary_text_in_place_of_a_value(sample: bytes, value: str, data: st.DataObject) -> None:
    pieces = sample.decode().split(">")
    leaves = [index for index, piece in enumerate(pieces) if "</" in piece and not piece.startswith("<")]
    chosen = data.draw(st.sampled_from(leaves))
    escaped = value.replace("&", "&amp;").replace("<", "&lt;")
    pieces[chosen] = escaped + pieces[chosen][pieces[chosen].index("</") :]
    _assert_read_or_refused(">".join(pieces).encode("utf-8", errors="ignore"))
