"""What a file is, found in its bytes: honest ones are taken, disguised and dangerous ones are not."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL.GifImagePlugin import GifImageFile

from bot.services.file_content import MAX_ENTRIES, MAX_FRAMES, MAX_NAME_LENGTH, RefusedFileError, clean_name, inspect
from tests.fixtures import chat_files as files

WHOLE = [
    ("a.png", files.picture()),
    ("a.jpg", files.phone_photo()),
    ("a.gif", files.picture("GIF")),
    ("a.webp", files.picture("WEBP")),
    ("a.docx", files.package(files.DOCX)),
    ("a.odt", files.open_document()),
]
ALL = frozenset({"image", "pdf", "text", "office", "audio", "video", "archive"})


@pytest.mark.parametrize(
    ("name", "content", "kind", "media_type"),
    [
        ("lamp.png", files.picture("PNG"), "image", "image/png"),
        ("lamp.jpg", files.picture("JPEG"), "image", "image/jpeg"),
        ("lamp.gif", files.picture("GIF"), "image", "image/gif"),
        ("lamp.webp", files.picture("WEBP"), "image", "image/webp"),
        ("IMG_4711.JPG", files.phone_photo(), "image", "image/jpeg"),
        ("no suffix", files.picture("PNG"), "image", "image/png"),
        ("faktura.pdf", files.PDF, "pdf", "application/pdf"),
        ("voice.ogg", files.VOICE, "audio", "audio/ogg"),
        ("song.mp3", files.MP3, "audio", "audio/mpeg"),
        ("memo.m4a", files.mp4(b"soun", brand=b"M4A "), "audio", "audio/mp4"),
        ("memo.mp4", files.mp4(b"soun", brand=b"mp42"), "audio", "audio/mp4"),
        ("memo.webm", files.webm(b"A_OPUS"), "audio", "audio/webm"),
        ("lamp.mp4", files.mp4(b"soun", b"vide"), "video", "video/mp4"),
        ("silent.mp4", files.mp4(b"vide"), "video", "video/mp4"),
        ("IMG_4711.MOV", files.mp4(b"vide", b"soun", brand=b"qt  "), "video", "video/quicktime"),
        ("lamp.webm", files.webm(b"V_VP9", b"A_OPUS"), "video", "video/webm"),
        ("lamp.mkv", files.webm(b"V_MPEG4/ISO/AVC", form=b"matroska"), "video", "video/webm"),
        ("orders.csv", "Číslo;Částka\n1;2,50\n".encode("cp1250"), "text", "text/csv"),
        ("note.txt", "نشانی من".encode(), "text", "text/plain"),
        ("letter.odt", files.open_document(), "office", "application/vnd.oasis.opendocument.text"),
        ("photos.zip", files.package("a.png", "b.png"), "archive", "application/zip"),
    ],
)
def test_what_customers_send_is_recognised_by_its_bytes(name: str, content: bytes, kind: str, media_type: str) -> None:
    found = inspect(name, content, ALL)
    assert (found.kind, found.media_type) == (kind, media_type)


def test_a_word_document_is_an_office_file() -> None:
    assert inspect("letter.docx", files.package("[Content_Types].xml", files.DOCX), ALL).kind == "office"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.png", b"", "is_empty"),
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "kind_not_allowed"),
        ("page.html", b"<html><script>alert(1)</script>", "kind_not_allowed"),
        ("page.txt", b"  <!DOCTYPE html><script>alert(1)</script>", "content_differs"),
        ("logo.txt", b"<svg onload=alert(1)>", "content_differs"),
        ("run.txt", b"#!/bin/sh\nrm -rf /", "content_differs"),
        ("setup.exe", b"MZ\x90\x00" + bytes(60), "kind_not_allowed"),
        ("setup.pdf", b"MZ\x90\x00" + bytes(60), "content_differs"),
        ("invoice.pif", files.PDF, "kind_not_allowed"),
        ("lamp.png", files.PDF, "content_differs"),
        ("lamp.pdf", files.picture(), "content_differs"),
        ("lamp.txt", files.VOICE, "content_differs"),
        ("lamp.mp4", b"MZ\x90\x00" + bytes(60), "content_differs"),
        ("lamp.mp4", files.picture(), "content_differs"),
        ("lamp.webm", b"<html><script>alert(1)</script>", "content_differs"),
        ("lamp.mov", files.mp4(b"soun"), "content_differs"),
        ("lamp.mp4", files.mp4(), "content_differs"),
        ("song.mp3", files.mp4(b"vide"), "content_differs"),
        ("lamp.jpg", files.mp4(b"vide"), "content_differs"),
        ("photo.heic", files.mp4(b"pict", brand=b"heic"), "kind_not_allowed"),
        ("letter.zip", files.package(files.DOCX), "content_differs"),
        ("invoice.pdf", b"<html>", "content_differs"),
        ("lamp.png", b"<svg/>", "content_differs"),
        ("cut.png", files.picture(side=64)[:100], "content_differs"),
        ("huge.png", files.giant_picture(), "is_bomb"),
        ("bomb.docx", files.bomb(), "is_bomb"),
        ("lying.odt", files.lying_bomb(), "content_differs"),
        ("cut.odt", files.cut_document(), "content_differs"),
        ("packed.odt", files.badly_packed_document(), "content_differs"),
        ("nested.zip", files.package("inner.zip"), "is_bomb"),
        ("many.zip", files.package(*(f"{number}.txt" for number in range(2_001))), "is_bomb"),
        ("macros.docm", files.package(files.DOCX, "word/vbaProject.bin"), "kind_not_allowed"),
        ("broken.docx", files.package(files.DOCX)[:40], "content_differs"),
        ("strange.docx", files.package("something.else"), "content_differs"),
        ("data.bin", b"\x01\x02\x03", "kind_not_allowed"),
        ("binary.csv", b"a;b\x00\x01", "content_differs"),
    ],
)
def test_what_may_harm_or_is_not_what_its_name_says_is_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(RefusedFileError) as refused:
        inspect(name, content, ALL)
    assert refused.value.code == code


def test_what_unpacks_to_more_than_it_says_is_not_unpacked() -> None:
    bomb = files.lying_bomb()
    tracemalloc.start()
    try:
        with suppress(RefusedFileError):
            inspect("lying.odt", bomb, ALL)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * 1024 * 1024


@pytest.mark.parametrize("declared", ["text\r\nSet-Cookie: a=b", "tëxt", "x" * 60, ""])
def test_a_document_cannot_say_that_it_is_anything_else(declared: str) -> None:
    with pytest.raises(RefusedFileError, match="content_differs"):
        inspect("letter.odt", files.open_document(f"application/vnd.oasis.opendocument.{declared}"), ALL)


def test_only_kinds_that_the_company_wants_are_taken() -> None:
    with pytest.raises(RefusedFileError, match="kind_not_allowed"):
        inspect("photos.zip", files.package("a.png"), ALL - {"archive"})
    with pytest.raises(RefusedFileError, match="kind_not_allowed"):
        inspect("lamp.mp4", files.mp4(b"vide"), ALL - {"video"})


@pytest.mark.parametrize(
    ("name", "content"),
    [("dance.gif", files.film(MAX_FRAMES + 1)), ("many.zip", files.package(*map(str, range(MAX_ENTRIES + 1))))],
)
def test_a_file_of_countless_parts_is_refused_without_looking_at_each(
    name: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a million frames of a pixel, or as many empty entries, fit into a file that may be sent."""
    monkeypatch.setattr("zipfile.ZipFile.infolist", lambda _package: pytest.fail("every entry became an object"))
    monkeypatch.setattr(GifImageFile, "n_frames", property(lambda _image: pytest.fail("all frames were counted")))
    with pytest.raises(RefusedFileError, match="is_bomb"):
        inspect(name, content, ALL)


@pytest.mark.parametrize("name", ["tool.pyz", "addon.xpi", "letter.docm", "sum.xlam", "app.appx"])
def test_a_program_that_is_packed_like_a_document_is_none(name: str) -> None:
    with pytest.raises(RefusedFileError, match="content_differs"):
        inspect(name, files.package(files.DOCX, "__main__.py"), ALL)


def test_a_film_of_some_frames_is_a_picture() -> None:
    assert inspect("dance.gif", files.film(50), ALL).media_type == "image/gif"


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\lamp.png", "lamp.png"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("  .hidden. ", "hidden"),
        ("///", "file"),
        ("účtenka č. 5.pdf", "účtenka č. 5.pdf"),
    ],
)
def test_names_are_kept_without_what_could_mislead(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


def test_a_long_name_keeps_its_suffix() -> None:
    name = clean_name("x" * 400 + ".pdf")
    assert len(name) == MAX_NAME_LENGTH
    assert name.endswith("x.pdf")


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_is_safe_and_stays_as_it_is_then(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= MAX_NAME_LENGTH
    assert not set(cleaned) & set("/\\\x00\n\u202e\u2066")
    assert clean_name(cleaned) == cleaned


@settings(deadline=None)
@given(
    st.binary(max_size=2_000), st.sampled_from(["a.png", "a.pdf", "a.docx", "a.txt", "a.ogg", "a.mp4", "a.zip", "a"])
)
def test_any_bytes_are_recognised_or_refused(content: bytes, name: str) -> None:
    try:
        found = inspect(name, content, ALL)
    except RefusedFileError:
        return
    assert found.kind in ALL


@settings(deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.data())
def test_damage_anywhere_in_a_file_raises_nothing_else(which: int, data: st.DataObject) -> None:
    name, whole = WHOLE[which]
    content = bytearray(whole)
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(RefusedFileError):
        assert inspect(name, bytes(content), ALL).kind in ALL
