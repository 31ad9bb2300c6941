"""Files, places and cards from Telegram are kept for the people who answer, and theirs arrive there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.setup_model import LARGEST_FILE, WebSetup
from bot.channels.telegram_parts import TelegramParts
from bot.conversations.store import add_message, lock_conversation
from bot.texts import Rendered
from connectors.database.models.conversation import Attachment, AttachmentKind, Author
from tests.fixtures import chat_files as files
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.telegram_methods import Fault
from tests.fixtures.telegram_office import (
    conversation_with,
    deliveries_to,
    mode_beside,
    receive_as,
    running,
    telegram_parts,
    telegram_settings,
)
from tests.fixtures.telegram_server import Person, TelegramServer

pytestmark = pytest.mark.integration

KARL = Person(73, "Karl", "de")
LARGEST_OF_SETUP = WebSetup().largest_file
FILM = files.mp4(b"vide", b"soun")
# What Telegram tells of every film: it counts a round one by its side.
SHAPE: dict[str, Any] = {"width": 9, "height": 9, "length": 9}


def text(key: str, **values: Any) -> str:
    return TEXTS.render(key, "en", values).text


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as opened:
        receive_as(opened, mode_beside(database_url))
        yield opened


@pytest.fixture
def parts(office: FrontOffice, server: TelegramServer, tmp_path: Path) -> TelegramParts:
    return telegram_parts(office, telegram_settings(server, tmp_path))


def kept(office: FrontOffice) -> list[Attachment]:
    """In the order of their messages."""
    with office.database.read() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.seq)))


def wait_for_state(office: FrontOffice, state: str, count: int = 1) -> list[Attachment]:
    office.wait_until(lambda: [file.state for file in kept(office) if file.seq is not None] == [state] * count)
    return kept(office)


def send_as_colleague(office: FrontOffice, parts: TelegramParts, words: str, *kept_files: tuple[str, bytes]) -> None:
    conversation_id = conversation_with(office, KARL)
    ids = [parts.attachments.keep(conversation_id, Author.AGENT, name, content).id for name, content in kept_files]
    with office.database.write() as session:
        conversation = lock_conversation(session, conversation_id)
        add_message(session, conversation, Author.AGENT, Rendered(words), attachments=ids)


def greet(server: TelegramServer) -> None:
    server.write(KARL, "/start")
    server.wait_for_texts(KARL.id, 1)


def test_a_photo_is_kept_in_its_largest_size_and_the_customer_hears_so(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    content = files.picture("JPEG", 64)
    with running(office, parts, server):
        server.send_photo(KARL, content)
        assert server.wait_for_texts(KARL.id, 2)[1] == text("attachment_kept")
        [photo] = wait_for_state(office, "ready")
    assert (photo.kind, photo.media_type, photo.seq) == (AttachmentKind.PHOTO, "image/jpeg", 2)
    assert parts.attachments.open(photo.id, photo.conversation_id).path.read_bytes() == content
    assert office.assistant.questions == []


def test_the_words_under_a_photo_are_answered(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.send_photo(KARL, media_group_id="album-1", caption="it came broken")
        server.send_photo(KARL, media_group_id="album-1")
        server.send_photo(KARL, media_group_id="album-1")
        answers = server.wait_for_texts(KARL.id, 3)
        wait_for_state(office, "ready", 3)
    assert answers.count(text("attachment_kept")) == 1
    assert office.assistant.questions == ["it came broken"]
    shown = office.desk.read(conversation_with(office, KARL), 1).messages
    assert [(m["text"], len(m["attachments"])) for m in shown if m["author"] == "customer"] == [
        ("it came broken", 1),
        ("", 1),
        ("", 1),
    ]


@pytest.mark.parametrize(
    ("kind", "name", "content", "expected"),
    [
        ("document", "invoice.pdf", files.PDF, ("document", "invoice.pdf", "application/pdf")),
        ("voice", "ignored", files.VOICE, ("voice", "voice.ogg", "audio/ogg")),
        ("audio", "hum.ogg", files.VOICE, ("voice", "hum.ogg", "audio/ogg")),
        ("audio", "hum.mp3", files.MP3, ("voice", "hum.mp3", "audio/mpeg")),
        ("audio", "hum.m4a", files.mp4(b"soun"), ("voice", "hum.m4a", "audio/mp4")),
        ("video", "IMG_4711.MOV", FILM, ("document", "IMG_4711.MOV", "video/mp4")),
        ("video", "lamp.webm", files.webm(b"V_VP9", b"A_OPUS"), ("document", "lamp.webm", "video/webm")),
        ("document", "lamp.mp4", FILM, ("document", "lamp.mp4", "video/mp4")),
        ("video_note", "ignored", FILM, ("document", "video.mp4", "video/mp4")),
        ("animation", "dance.mp4", FILM, ("document", "dance.mp4", "video/mp4")),
    ],
)
def test_documents_and_recordings_are_kept(
    office: FrontOffice,
    server: TelegramServer,
    parts: TelegramParts,
    kind: str,
    name: str,
    content: bytes,
    expected: tuple[str, str, str],
) -> None:
    with running(office, parts, server):
        server.send_file(KARL, name, content, kind, duration=4, **SHAPE)
        [file] = wait_for_state(office, "ready")
    assert (file.kind, file.name, file.media_type) == expected


def test_a_place_and_a_contact_card_are_kept_with_what_they_say(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    castle = {"latitude": 50.0909, "longitude": 14.4005}
    with running(office, parts, server):
        server.send(KARL, location=castle)
        server.send(KARL, location=castle, venue={"location": castle, "title": "Castle", "address": "Hradčany 1"})
        server.send(KARL, contact={"first_name": "Eva", "last_name": "Malá", "phone_number": "+420601000111"})
        place, venue, card = wait_for_state(office, "ready", 3)
    assert (place.kind, place.name, place.detail) == ("location", "50.09090, 14.40050", castle)
    assert (venue.name, venue.detail["name"]) == ("Castle", "Castle, Hradčany 1")
    assert (card.kind, card.detail) == ("contact", {"name": "Eva Malá", "phone": "+420601000111"})


def test_somebody_who_shares_their_way_is_heard_once(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.send(KARL, location={"latitude": 50.1, "longitude": 14.4, "live_period": 900})
        server.wait_for_texts(KARL.id, 2)
        server.edit(KARL, "", location={"latitude": 50.2, "longitude": 14.5, "live_period": 900})
        server.write(KARL, "nearly there")
        assert server.wait_for_texts(KARL.id, 3)[2] == "echo: nearly there"
    assert len(kept(office)) == 1


def test_a_sticker_says_what_it_shows_and_what_nobody_can_read_is_answered_so(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    sticker = {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9}
    sticker |= {"is_animated": False, "is_video": False, "emoji": "👍"}
    with running(office, parts, server):
        server.send(KARL, sticker=sticker)
        server.send(KARL, dice={"emoji": "🎲", "value": 4})
        answers = server.wait_for_texts(KARL.id, 3)
    assert sorted(answers[1:]) == sorted(["echo: 👍", text("telegram_unreadable")])


@pytest.mark.parametrize(
    ("kind", "given", "content", "name"),
    [
        ("audio", {}, files.MP3, "audio.mp3"),
        ("video", {}, FILM, "video.mp4"),
        ("animation", {}, FILM, "animation.mp4"),
        ("animation", {"mime_type": "image/gif"}, files.picture("GIF"), "animation.gif"),
    ],
)
def test_a_recording_without_a_name_gets_one_and_its_words_are_answered(
    office: FrontOffice,
    server: TelegramServer,
    parts: TelegramParts,
    kind: str,
    given: dict[str, Any],
    content: bytes,
    name: str,
) -> None:
    with running(office, parts, server):
        server.send_file(KARL, "", content, kind, caption="look how it flickers", duration=3, **SHAPE, **given)
        assert server.wait_for_texts(KARL.id, 2)[1] == "echo: look how it flickers"
        [file] = wait_for_state(office, "ready")
    assert (file.name, file.detail["seconds"]) == (name, 3)
    assert parts.attachments.open(file.id, file.conversation_id).path.read_bytes() == content
    [said] = [m for m in office.desk.read(file.conversation_id, 1).messages if m["author"] == "customer"]
    assert (said["text"], [shown["name"] for shown in said["attachments"]]) == ("look how it flickers", [name])


@pytest.mark.parametrize("kind", ["video", "video_note", "animation"])
@pytest.mark.parametrize("content", [b"MZ\x90\x00 a program", files.picture(), files.mp4(), b"<html>"])
def test_what_only_says_that_it_is_a_film_is_refused(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts, kind: str, content: bytes
) -> None:
    with running(office, parts, server):
        server.send_file(KARL, "lamp.mp4", content, kind, duration=3, **SHAPE)
        refused = wait_for_state(office, "missing")[0]
        server.wait_until(lambda: text("telegram_file_refused", name=refused.name) in server.texts_to(KARL.id))
    assert refused.detail["reason"] == "content_differs"


def test_films_are_taken_where_voice_is_and_where_the_company_wants_them(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    parts.setups.change_web(WebSetup(file_kinds=frozenset({"video"})), 0, "admin@example.com")
    with running(office, parts, server):
        server.send_file(KARL, "lamp.mp4", FILM, "video", duration=3, **SHAPE)
        wait_for_state(office, "ready")
        parts.setups.change_web(WebSetup(file_kinds=frozenset({"pdf"})), 1, "admin@example.com")
        server.send_file(KARL, "again.mp4", FILM, "video", duration=3, **SHAPE)
        server.wait_until(lambda: text("telegram_file_refused", name="again.mp4") in server.texts_to(KARL.id))
    assert [(file.state, file.detail.get("reason")) for file in kept(office)] == [
        ("ready", None),
        ("missing", "kind_not_allowed"),
    ]


def test_of_a_live_photo_the_photo_is_kept(office: FrontOffice, server: TelegramServer, parts: TelegramParts) -> None:
    moving = {"file_id": "l", "file_unique_id": "l", "duration": 2, "width": 9, "height": 9}
    with running(office, parts, server):
        server.send_photo(KARL, live_photo=moving)
        wait_for_state(office, "ready")
    assert [file.name for file in kept(office)] == ["photo.jpg"]


def test_the_words_under_what_nobody_can_read_are_answered_and_the_rest_is_answered_so(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.send(KARL, hologram={"file_id": "h"}, caption="look how it flickers")
        answers = server.wait_for_texts(KARL.id, 3)
    assert sorted(answers[1:]) == sorted(["echo: look how it flickers", text("telegram_unreadable")])


def test_an_edit_of_the_words_under_a_photo_keeps_the_photo_once(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.send_photo(KARL, caption="brokn")
        server.wait_for_texts(KARL.id, 2)
        sent = server.last_update["message"]["photo"]
        server.edit(KARL, None, caption="broken", photo=sent)
        office.wait_until(lambda: office.said(conversation_with(office, KARL), "customer") == ["broken"])
        server.edit(KARL, None, photo=sent)
        office.wait_until(lambda: office.said(conversation_with(office, KARL), "customer") == [""])
    assert len(kept(office)) == 1


def test_a_photo_that_replaces_another_is_kept_beside_it(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    first, second = files.picture("JPEG", 64), files.picture("JPEG", 96)
    with running(office, parts, server):
        server.send_photo(KARL, first, caption="the lamp")
        server.wait_for_texts(KARL.id, 2)
        server.replace_photo(KARL, second, caption="the lamp, sharper")
        wait_for_state(office, "ready", 2)
        server.repeat(server.last_update)
        replaced = server.last_update["edited_message"]["photo"]
        server.edit(KARL, None, caption="the lamp, sharpest", photo=replaced)
        server.wait_until(lambda: server.world.updates == [])
    paths = [parts.attachments.open(file.id, file.conversation_id).path for file in kept(office)]
    assert [path.read_bytes() for path in paths] == [first, second]
    assert office.said(conversation_with(office, KARL), "customer") == ["the lamp, sharpest", ""]


def test_what_is_not_what_its_name_says_is_refused_and_both_sides_know(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.send_file(KARL, "invoice\u202efdp.exe", b"MZ\x90\x00 a program")
        refused = wait_for_state(office, "missing")[0]
        server.wait_until(lambda: text("telegram_file_refused", name=refused.name) in server.texts_to(KARL.id))
    assert refused.detail["reason"] in {"kind_not_allowed", "content_differs"}
    assert "\u202e" not in refused.name


@pytest.mark.parametrize("announced", [21 * 1024 * 1024, LARGEST_OF_SETUP + 1])
def test_a_file_that_is_too_large_is_not_even_asked_for(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts, announced: int
) -> None:
    with running(office, parts, server):
        server.send_file(KARL, "film.pdf", files.PDF, file_size=announced)
        answers = server.wait_for_texts(KARL.id, 2)
        wait_for_state(office, "missing")
    assert answers[1:] == [text("telegram_file_too_large", limit=LARGEST_OF_SETUP // (1024 * 1024))]
    assert server.world.calls.count("getFile") == 0


def test_a_file_of_21_megabytes_that_was_announced_smaller_is_given_up(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.send_file(KARL, "film.pdf", files.PDF + bytes(LARGEST_FILE + 1024 * 1024), file_size=1000)
        refused = wait_for_state(office, "missing")[0]
        server.wait_until(lambda: text("telegram_file_too_large", limit=10) in server.texts_to(KARL.id))
    assert refused.detail["reason"] == "too_large"


def test_a_file_is_fetched_when_telegram_is_well_again(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    server.fail_next("getFile", Fault(status=502), Fault(cut_before=True))
    server.fail_next("download", Fault(status=500), Fault(cut_before=True))
    with running(office, parts, server):
        server.send_file(KARL, "invoice.pdf", files.PDF)
        wait_for_state(office, "ready")
    assert server.world.calls.count("download") == 3


def test_a_file_that_telegram_has_no_more_is_given_up(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.fail_next("getFile", Fault(status=502))
        server.send_file(KARL, "invoice.pdf", files.PDF)
        server.world.files.clear()
        assert wait_for_state(office, "missing")[0].detail["reason"] == "not_available"


def test_an_update_with_a_file_that_arrives_again_keeps_it_once(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.send_file(KARL, "invoice.pdf", files.PDF)
        wait_for_state(office, "ready")
    server.repeat(server.last_update)
    with running(office, parts, server):
        server.wait_until(lambda: server.world.updates == [])
        server.write(KARL, "and?")
        server.wait_for_texts(KARL.id, 3)
    assert len(kept(office)) == 1


def test_a_colleague_s_files_arrive_after_the_words_a_picture_as_photo(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    picture = files.picture("PNG", 32)
    with running(office, parts, server):
        greet(server)
        send_as_colleague(office, parts, "Here you are", ("lamp.png", picture), ("invoice.pdf", files.PDF))
        server.wait_until(lambda: len(server.files_to(KARL.id)) == 2)
        office.wait_until(lambda: all(d.delivered_at for d in deliveries_to(office, conversation_with(office, KARL))))
    assert server.texts_to(KARL.id)[1:] == ["Here you are"]
    assert server.files_to(KARL.id) == [("photo", picture), ("document", files.PDF)]
    assert server.world.sent[-1]["document"]["file_name"] == "invoice.pdf"


def test_a_file_without_words_arrives_and_a_failure_between_two_repeats_neither(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        greet(server)
        server.fail_next("sendDocument", Fault(), Fault(status=500), Fault(retry_after=1))
        send_as_colleague(office, parts, "", ("one.pdf", files.PDF), ("two.pdf", files.PDF))
        send_as_colleague(office, parts, "that is all")
        assert server.wait_for_texts(KARL.id, 2)[1:] == ["that is all"]
    assert [m["document"]["file_name"] for m in server.world.sent if "document" in m] == ["one.pdf", "two.pdf"]
    assert server.world.too_early == []


def test_a_picture_that_telegram_cannot_show_goes_as_a_document(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        greet(server)
        server.fail_next("sendPhoto", Fault(status=400))
        send_as_colleague(office, parts, "", ("wide.png", files.picture()))
        server.wait_until(lambda: len(server.files_to(KARL.id)) == 1)
    assert server.files_to(KARL.id)[0][0] == "document"


def test_a_file_that_is_gone_from_our_disk_is_a_failed_delivery(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        greet(server)
        file = parts.attachments.keep(conversation_with(office, KARL), Author.AGENT, "one.pdf", files.PDF)
        parts.attachments.open(file.id, file.conversation_id).path.unlink()
        with office.database.write() as session:
            conversation = lock_conversation(session, file.conversation_id)
            add_message(session, conversation, Author.AGENT, Rendered(""), attachments=[file.id])
        office.wait_until(lambda: deliveries_to(office, file.conversation_id)[-1].failure is not None)
    assert "gone" in (deliveries_to(office, conversation_with(office, KARL))[-1].failure or "")
