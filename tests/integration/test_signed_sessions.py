"""Sessions of customers whom the shop vouches for: one contact however often they come, and nobody else's."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.application import create_application
from bot.office import Office
from bot.services.customers import Customers
from bot.services.identities import AnotherPersonError, Identities
from bot.services.signed_identity import SignedPerson
from bot.services.tickets import TicketDraft, Tickets
from bot.services.verification import CODE, verify_conversation
from connectors.database.base import utc_now
from connectors.database.models.conversation import ChannelIdentity, Conversation, Ticket
from connectors.database.models.people import AuditEntry
from connectors.demo.seed import DEMO_ORDER_NUMBER, seed_demo
from connectors.registry import Connectors
from connectors.vendors.memory_orders import MemoryOrders
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.days import TODAY
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.signed import EMMA, KEYS, identity_of
from tests.fixtures.web_office import Chat, build_web_office, sign_in

pytestmark = pytest.mark.integration

PERSON = SignedPerson("customer-7", "emma.novak@example.com", "Emma Novak")
OTHER = SignedPerson("customer-8", "liam.oconnor@example.com", "Liam O'Connor")


@pytest.fixture
def front(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def identities(front: FrontOffice) -> Identities:
    return Identities(front.database, TEXTS, Customers(front.database, Connectors.in_memory(MemoryOrders())))


def open_as(front: FrontOffice, person: SignedPerson, token: str) -> Conversation:
    return front.conversation(identities(front).open("web", token, "en", "192.0.2.1", person))


def claim(front: FrontOffice, conversation_id: str, person: SignedPerson) -> bool:
    """As the browser that has the conversation."""
    opens_it = select(ChannelIdentity.external_id).where(ChannelIdentity.conversation_id == conversation_id)
    with front.database.read() as session:
        token_hash = session.scalars(opens_it.where(ChannelIdentity.channel == "web")).one()
    return identities(front).claim(conversation_id, person, token_hash, f"after {token_hash}")


def test_a_customer_who_returns_is_the_same_contact_with_another_conversation(front: FrontOffice) -> None:
    first, second = open_as(front, PERSON, "one"), open_as(front, PERSON, "two")
    assert first.id != second.id
    assert first.contact_id == second.contact_id
    assert (second.verified_email, second.verified_by) == ("emma.novak@example.com", "signed")
    assert open_as(front, OTHER, "three").contact_id != first.contact_id


def test_a_customer_with_a_new_address_is_still_the_same(front: FrontOffice) -> None:
    first = open_as(front, PERSON, "one")
    moved = open_as(front, SignedPerson("customer-7", "emma@new.example"), "two")
    assert moved.contact_id == first.contact_id
    assert moved.verified_email == "emma@new.example"


def test_an_anonymous_conversation_becomes_the_persons_with_all_it_left(front: FrontOffice) -> None:
    known = open_as(front, PERSON, "one")
    anonymous = front.open()
    number = Tickets(front.database).open_ticket(anonymous, "turn", TicketDraft("Lamp", "Broken", "x@example.com"))
    claim(front, anonymous, PERSON)
    claimed = front.conversation(anonymous)
    assert (claimed.contact_id, claimed.verified_by) == (known.contact_id, "signed")
    with front.database.read() as session:
        assert session.scalars(select(Ticket.contact_id).where(Ticket.number == number)).one() == known.contact_id


def test_a_conversation_of_somebody_else_cannot_be_claimed(front: FrontOffice) -> None:
    signed, proved = open_as(front, PERSON, "one").id, front.open()
    with front.database.write() as session:
        verify_conversation(session, session.get_one(Conversation, proved), PERSON.email, CODE)
    for conversation_id in (signed, proved):
        with pytest.raises(AnotherPersonError):
            claim(front, conversation_id, OTHER)
        assert front.conversation(conversation_id).verified_email == PERSON.email
    with front.database.read() as session:
        refused = select(AuditEntry.object_id).where(AuditEntry.action == "contact.verify_refused")
        assert set(session.scalars(refused)) == {signed, proved}


def test_the_same_address_is_not_the_same_person_where_the_shop_says_so(front: FrontOffice) -> None:
    signed = open_as(front, PERSON, "one").id
    with pytest.raises(AnotherPersonError):
        claim(front, signed, SignedPerson("customer-9", PERSON.email))


def test_who_proved_the_address_by_a_code_may_sign_in_as_its_owner(front: FrontOffice) -> None:
    proved = front.open()
    with front.database.write() as session:
        verify_conversation(session, session.get_one(Conversation, proved), PERSON.email, CODE)
    claim(front, proved, PERSON)
    assert front.conversation(proved).verified_by == "signed"


@pytest.fixture
def make_http(tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    offices: list[Office] = []

    def make(**settings: Any) -> TestClient:
        office = build_web_office(tmp_path, ScriptedAssistant(), identity_keys=KEYS, **settings)
        seed_demo(office.database, tmp_path, TODAY)
        offices.append(office)
        return TestClient(create_application(office, has_engine=False), raise_server_exceptions=False)

    with capture_logs():
        yield make
    for office in offices:
        office.turns.stop()
        office.database.close()


def start(http: TestClient, **body: Any) -> Chat:
    answer = http.post("/api/chat/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return Chat(http, answer.json()["token"])


def identity(**changes: Any) -> str:
    return identity_of(EMMA, utc_now(), **changes)


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_a_signed_customer_is_welcomed_by_name_with_open_orders_first(
    make_http: Callable[..., TestClient], language: str
) -> None:
    http = make_http()
    (welcome,) = start(http, language=language, identity=identity()).read()["messages"]
    assert welcome["text"] == TEXTS.render("welcome_known", language, {"name": "Emma Novak"}).text
    titles = [button["title"] for button in welcome["buttons"]]
    shipped = {"number": DEMO_ORDER_NUMBER, "state": "shipped"}
    assert TEXTS.render("order_button", language, shipped).text in titles[:-3]
    assert titles[-3:] == [button.title for button in TEXTS.render("welcome", language).buttons]


def test_the_language_of_the_customer_counts_where_the_page_names_none(make_http: Callable[..., TestClient]) -> None:
    http = make_http()
    assert start(http, identity=identity(locale="hu-HU")).read()["language"] == "hu"
    assert start(http, identity=identity(locale="hu-HU"), language="cs").read()["language"] == "cs"


@pytest.mark.parametrize("token", ["", "a.b.c", base64.b64encode(b"x" * 60).decode()])
def test_a_wrong_identity_starts_no_session(make_http: Callable[..., TestClient], token: str) -> None:
    answer = make_http().post("/api/chat/sessions", json={"identity": token})
    assert answer.status_code == 401
    assert answer.json()["detail"]["code"] == "identity_malformed"


@pytest.mark.parametrize(
    ("changes", "code"), [({"exp": 1}, "identity_expired"), ({"exp": 9_999_999_999}, "identity_too_long")]
)
def test_an_identity_out_of_its_time_says_so(
    make_http: Callable[..., TestClient], changes: dict[str, Any], code: str
) -> None:
    answer = make_http().post("/api/chat/sessions", json={"identity": identity(**changes)})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (401, code)


def test_without_an_identity_nobody_is_known_or_greeted_by_name(make_http: Callable[..., TestClient]) -> None:
    (welcome,) = start(make_http(), language="en").read()["messages"]
    assert welcome["text"] == TEXTS.render("welcome", "en").text


def test_a_conversation_goes_on_verified_after_the_customer_signs_in(make_http: Callable[..., TestClient]) -> None:
    with make_http() as http:
        chat = start(http, language="en")
        chat.ask("hello")
        answer = http.post("/api/chat/identity", json={"identity": identity()}, headers=chat.headers)
        assert answer.status_code == 200
        chat.token = answer.json()["token"]
        assert len(chat.read()["messages"]) == 3
        other = identity_of({"sub": "customer-8", "email": "liam@example.com"}, utc_now())
        refused = http.post("/api/chat/identity", json={"identity": other}, headers=chat.headers)
        assert (refused.status_code, refused.json()["detail"]["code"]) == (409, "another_person")
        assert http.post("/api/chat/identity", json={"identity": identity()}).status_code == 401


def test_who_copied_the_token_before_the_customer_signed_in_reads_no_further(
    make_http: Callable[..., TestClient],
) -> None:
    with make_http() as http:
        copied = start(http, language="en")
        copied.ask("hello")
        own = sign_in(copied, identity())
        assert own.token != copied.token
        for path in ("messages", "events", "conversations", "tickets", "transcript?format=txt"):
            assert http.get(f"/api/chat/{path}", headers=copied.headers).status_code == 401
        assert copied.send("hello").status_code == 401
        assert len(own.ask("hello again")) == 1


def test_signing_in_again_on_the_next_page_keeps_the_token(make_http: Callable[..., TestClient]) -> None:
    with make_http() as http:
        own = sign_in(start(http, language="en"), identity())
        assert sign_in(own, identity()).token == own.token
        assert start(http, identity=identity()).send("hello").status_code == 202
        assert own.send("hello").status_code == 202


def test_of_two_tabs_that_sign_in_at_once_one_is_told_that_its_token_ended(
    make_http: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_http() as http:
        chat = start(http, language="en")
        faster: list[Chat] = []
        first = Identities.claim

        def claim_second(self: Identities, conversation_id: str, person: SignedPerson, *hashes: str) -> bool:
            monkeypatch.setattr(Identities, "claim", first)
            faster.append(sign_in(chat, identity()))
            return first(self, conversation_id, person, *hashes)

        monkeypatch.setattr(Identities, "claim", claim_second)
        late = http.post("/api/chat/identity", json={"identity": identity()}, headers=chat.headers)
        assert (late.status_code, late.json()["detail"]["code"]) == (401, "unknown_session")
        assert faster[0].send("hello").status_code == 202


def test_a_session_as_a_signed_customer_ends_the_token_of_the_one_before(make_http: Callable[..., TestClient]) -> None:
    with make_http() as http:
        before = start(http, language="en")
        before.ask("hello")
        answer = http.post("/api/chat/sessions", json={"identity": identity()}, headers=before.headers)
        now = Chat(http, answer.json()["token"])
        found = http.get("/api/chat/conversations", headers=now.headers).json()
        (listed,) = [one for one in found if one["id"] != answer.json()["session_id"]]
        assert http.get("/api/chat/messages", headers=before.headers).status_code == 401
        again = http.post(f"/api/chat/conversations/{listed['id']}/token", headers=now.headers).json()
        assert len(Chat(http, again["token"]).read()["messages"]) == 3


def test_who_signs_out_leaves_no_token_behind_and_keeps_the_conversation(
    make_http: Callable[..., TestClient],
) -> None:
    with make_http() as http:
        here = start(http, identity=identity())
        here.ask("hello")
        (listed,) = http.get("/api/chat/conversations", headers=here.headers).json()
        assert http.post("/api/chat/sign-out", headers=here.headers).status_code == 204
        assert http.get("/api/chat/messages", headers=here.headers).status_code == 401
        assert http.post("/api/chat/sign-out", headers=here.headers).status_code == 401
        again = start(http, identity=identity())
        other = http.post(f"/api/chat/conversations/{listed['id']}/token", headers=again.headers).json()
        assert len(Chat(http, other["token"]).read()["messages"]) == 3


def test_where_an_identity_is_required_nobody_chats_without_one(make_http: Callable[..., TestClient]) -> None:
    with make_http(identity_required=True) as http:
        refused = http.post("/api/chat/sessions", json={"language": "cs"})
        assert (refused.status_code, refused.json()["detail"]["code"]) == (403, "identity_required")
        assert start(http, identity=identity()).send("hello").status_code == 202


def test_a_conversation_from_before_the_identity_was_required_is_closed_until_the_customer_signs_in(
    make_http: Callable[..., TestClient],
) -> None:
    chat = start(make_http(), language="en")
    with make_http(identity_required=True) as http:
        assert Chat(http, chat.token).send("hello").status_code == 403
        for path in ("messages", "events"):
            assert http.get(f"/api/chat/{path}", headers=chat.headers).status_code == 403
        assert http.post("/api/chat/typing", headers=chat.headers).status_code == 403
        signed = http.post("/api/chat/identity", json={"identity": identity()}, headers=chat.headers)
        assert Chat(http, signed.json()["token"]).send("hello").status_code == 202


def test_no_token_and_no_address_gets_into_the_log(make_http: Callable[..., TestClient]) -> None:
    token = identity(exp=1)
    with capture_logs() as logs:
        http = make_http()
        start(http, identity=identity())
        http.post("/api/chat/sessions", json={"identity": token})
    assert token not in str(logs)
    assert EMMA["email"] not in str(logs)
