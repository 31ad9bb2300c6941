"""Invoices inside a PDF: taken out by name, with limits; a hostile or empty PDF is refused with its reason."""

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, TextStringObject

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice import pdf
from connectors.einvoice.reader import read_invoice, read_invoices
from tests.unit.einvoice.conftest import Refusal


def picture(*files: tuple[str, bytes]) -> bytes:
    """A page that looks like an invoice, with these files attached."""
    page = FPDF()
    page.add_page()
    writer = PdfWriter(clone_from=PdfReader(BytesIO(bytes(page.output()))))
    for name, content in files:
        writer.add_attachment(name, content)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def packed(content: bytes, *, filters: Any = None) -> bytes:
    """A PDF whose invoice is compressed, as real ones are."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(picture(("factur-x.xml", b"x")))))
    stream = StreamObject()
    stream._data = zlib.compress(content, 9)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode") if filters is None else filters
    names = writer.root_object["/Names"]["/EmbeddedFiles"]["/Names"]  # type: ignore[index]
    names[1].get_object()["/EF"][NameObject("/F")] = writer._add_object(stream)
    return written(writer)


@pytest.mark.parametrize("name", ["factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "Factur-X.XML"])
def test_the_invoice_in_a_pdf_is_read_by_its_name(cii_invoice: str, name: str) -> None:
    alone = read_invoice(cii_invoice.encode())
    (invoice,) = read_invoices(picture((name, cii_invoice.encode())), "invoice.pdf")
    assert invoice == alone
    assert invoice.pdf_attachments == 0


def test_a_compressed_invoice_is_unpacked(ubl_invoice: str) -> None:
    assert read_invoice(packed(ubl_invoice.encode())) == read_invoice(ubl_invoice.encode())


def test_other_files_are_counted_and_not_opened(cii_invoice: str) -> None:
    content = picture(
        ("time sheet.xls", b"\xd0\xcf"), ("factur-x.xml", cii_invoice.encode()), ("photo.png", b"\x89PNG")
    )
    assert read_invoice(content).pdf_attachments == 2


def test_the_newest_name_wins_over_an_older_one(cii_invoice: str) -> None:
    content = picture(("zugferd-invoice.xml", b"<old/>"), ("factur-x.xml", cii_invoice.encode()))
    assert read_invoice(content).pdf_attachments == 1


@pytest.mark.parametrize(
    "files",
    [(), (("invoice.xml", b"<Invoice/>"),), (("photo.png", b"\x89PNG"),)],
    ids=["none", "unknown name", "photo"],
)
def test_a_pdf_without_an_invoice_is_refused_with_what_to_ask_for(
    refusal_of: Refusal, files: tuple[tuple[str, bytes], ...]
) -> None:
    refusal = refusal_of(picture(*files), "invoice.pdf")
    assert refusal.code == "PDF_NOT_XML"
    assert "factur-x.xml" in refusal.reason


def test_an_encrypted_pdf_is_refused_as_such(refusal_of: Refusal, cii_invoice: str) -> None:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(picture(("factur-x.xml", cii_invoice.encode())))))
    writer.encrypt("secret", algorithm="RC4-128")
    assert "encrypted" in refusal_of(written(writer)).reason


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "EMPTY"),
        (b"%PDF-1.7", "NOT_XML"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DTD_FORBIDDEN"),
        (b'<?xml version="1.0" encoding="UTF-8-W/O-BOM"?><a/>', "WRONG_ENCODING"),
        (b"<order/>", "NOT_AN_INVOICE"),
    ],
)
def test_what_is_wrong_with_the_xml_is_said_as_of_any_other(refusal_of: Refusal, xml: bytes, code: str) -> None:
    assert refusal_of(picture(("factur-x.xml", xml))).code == code


def test_a_bomb_is_refused_before_it_fills_the_memory(refusal_of: Refusal) -> None:
    """100 MB of spaces are 100 kB of PDF."""
    assert refusal_of(packed(b" " * 100_000_000)).code in {"PDF_NOT_XML", "TOO_LARGE"}


def test_an_invoice_above_the_limit_is_refused(refusal_of: Refusal) -> None:
    assert refusal_of(packed(b"<a/>" + b" " * pdf.MAX_XML_BYTES)).code == "TOO_LARGE"


@pytest.mark.parametrize("names", [["/FlateDecode", "/FlateDecode"], ["/JBIG2Decode"], ["/Crypt"]])
def test_an_unusual_packing_is_refused(refusal_of: Refusal, names: list[str]) -> None:
    filters = ArrayObject(NameObject(name) for name in names)
    refusal = refusal_of(packed(b"<a/>", filters=filters))
    assert (refusal.code, "unusual" in refusal.reason) == ("PDF_NOT_XML", True)


def with_tree(change: Callable[[PdfWriter, DictionaryObject], None]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(picture(("factur-x.xml", b"<a/>")))))
    tree = DictionaryObject()
    reference = writer._add_object(tree)
    writer.root_object["/Names"][NameObject("/EmbeddedFiles")] = reference  # type: ignore[index]
    change(writer, tree)
    return written(writer)


def test_a_tree_of_files_that_leads_back_to_itself_ends(refusal_of: Refusal) -> None:
    def ring(_writer: PdfWriter, tree: DictionaryObject) -> None:
        tree[NameObject("/Kids")] = ArrayObject([tree.indirect_reference, tree.indirect_reference])

    assert refusal_of(with_tree(ring)).code == "TOO_LARGE"


def test_very_many_files_are_refused(refusal_of: Refusal) -> None:
    def many(writer: PdfWriter, tree: DictionaryObject) -> None:
        stream = StreamObject()
        held = DictionaryObject({NameObject("/F"): writer._add_object(stream)})
        names = ArrayObject()
        for number in range(pdf.MAX_FILES + 1):
            specification = DictionaryObject(
                {NameObject("/F"): TextStringObject(f"{number}.txt"), NameObject("/EF"): held}
            )
            names += [TextStringObject(str(number)), writer._add_object(specification)]
        tree[NameObject("/Names")] = names

    assert refusal_of(with_tree(many)).code == "TOO_LARGE"


SAMPLE = picture(("factur-x.xml", b"<order/>"))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.binary(min_size=1, max_size=8), st.booleans())
def test_a_damaged_pdf_is_read_or_refused_and_nothing_else_happens(place: int, junk: bytes, cut: bool) -> None:
    damaged = SAMPLE[:place] + junk + (b"" if cut else SAMPLE[place + len(junk) :])
    with pytest.raises(UnreadableDocumentError) as refusal:
        read_invoice(b"%PDF-" + damaged.removeprefix(b"%PDF-"))
    assert refusal.value.reason.endswith(".")
