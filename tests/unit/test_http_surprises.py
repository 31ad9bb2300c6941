"""What a server sends ends in an answer or a connector error, whatever it is, and never in our memory or our words."""

import base64
from collections.abc import Callable, Iterator

import pytest
from requests import PreparedRequest

from connectors.errors import ConnectorError, RateLimited, Rejected, Unavailable
from connectors.http.authentication import ApiKey, Basic
from connectors.http.client import Authenticate, HttpClient, Limits
from connectors.http.paging import PageKind, Paging, read_pages
from connectors.http.reach import Reach
from tests.fixtures.faulty_gateway import Answer, Fault, FaultyGateway, Request, System
from tests.fixtures.patience import Patience

LONG_TOKEN = "tok-" + "0123456789abcdef" * 5


@pytest.fixture
def ask() -> Iterator[Callable[..., HttpClient]]:
    """A client of a system that answers like this."""
    running: list[FaultyGateway] = []

    def client(system: System, **options: object) -> HttpClient:
        gateway = FaultyGateway(system)
        gateway.start()
        running.append(gateway)
        patience = Patience()
        return HttpClient(gateway.url, reach=Reach.LOOPBACK, now=patience.now, wait=patience.wait, **options)  # type: ignore[arg-type]

    yield client
    for gateway in running:
        gateway.kill()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(302, b"", {"Location": "http://["}), Rejected),
        (Answer(302, b"", {"Location": "/caf\xe9"}), Rejected),
        (Answer(302, b"", {}), Rejected),
        (Answer(429, b"", {"Retry-After": "Sun, 22 Nov 2026 09:00:30 +99999999999999999999"}), RateLimited),
        (Answer(503, b"", {"Retry-After": "Sun, 22 Nov 2026 09:00:30 +99999999999999999999"}), Unavailable),
        (Answer(200, b"{}", {"Content-Type": "\xe9"}), Unavailable),
        (Answer(200, b"{}", {"Content-Encoding": "gzip"}), Unavailable),
    ],
)  # fmt: skip
def test_headers_that_are_nonsense_end_in_a_connector_error(
    ask: Callable[..., HttpClient], answer: Answer, error: type[ConnectorError]
) -> None:
    with pytest.raises(error):
        ask(lambda _request: answer).get("x")


@pytest.mark.parametrize("link", ["http://[", "http://h:99999/x", "http://h:x/", "//[", "http://[v1.x]/"])
def test_a_link_to_the_next_page_that_is_none_is_rejected(ask: Callable[..., HttpClient], link: str) -> None:
    client = ask(lambda _request: Answer.of([{"id": 1}], Link=f'<{link}>; rel="next"'))
    with pytest.raises(Rejected):
        list(read_pages(client, "x", lambda rows: rows, lambda row: str(row["id"]), Paging(PageKind.LINK)))


def test_a_header_of_ours_that_cannot_be_sent_is_no_crash(ask: Callable[..., HttpClient]) -> None:
    def two_lines(request: PreparedRequest) -> PreparedRequest:
        request.headers["X-Key"] = "one\nX-Admin: 1"
        return request

    with pytest.raises(Unavailable):
        ask(lambda _request: Answer.of({}), authenticate=two_lines).get("x")


def test_a_redirect_without_end_is_read_up_to_the_limit_only() -> None:
    patience = Patience()
    with FaultyGateway(lambda _request: Answer(302, b"", {"Location": "/y"})).running() as gateway:
        gateway.fail_with(Fault.ENDLESS)
        client = HttpClient(
            gateway.url, reach=Reach.LOOPBACK, limits=Limits(answer_bytes=100_000), now=patience.now, wait=patience.wait
        )
        with pytest.raises(Rejected, match="smaller pages"):
            client.get("x")


def reason_of(client: HttpClient) -> str:
    with pytest.raises(Rejected) as caught:
        client.post_json("x", {"params": ["u", {"password": "hunter2 of ours"}]})
    return caught.value.reason


def says(text: str) -> System:
    return lambda _request: Answer.of({"detail": text}, 400)


def repeat_headers(request: Request) -> Answer:
    return Answer.of({"detail": f"{'x' * 150} {request.headers['authorization']}"}, 400)


def test_a_secret_that_a_long_refusal_ends_with_is_not_quoted_in_part(ask: Callable[..., HttpClient]) -> None:
    reason = reason_of(ask(repeat_headers, authenticate=ApiKey(LONG_TOKEN)))
    assert LONG_TOKEN[:8] not in reason


@pytest.mark.parametrize(
    ("authenticate", "said"),
    [
        (Basic("u", "hunter2 of ours"), "no password hunter2 of ours"),
        (Basic("u", "hunter2 of ours"), "no password hunter2"),
        (None, "bad params ['u', {'password': 'hunter2 of ours'}]"),
        (None, f"cannot read {base64.b64encode(b'hunter2 of ours').decode()}"),
        (None, "cannot read hunter2%20of%20ours"),
        (ApiKey("first second"), "unknown key first"),
    ],
)  # fmt: skip
def test_a_secret_of_the_connection_is_never_quoted(
    ask: Callable[..., HttpClient], authenticate: Authenticate | None, said: str
) -> None:
    client = ask(says(said), authenticate=authenticate, secrets=("hunter2 of ours", "first second"))
    assert "It says" not in reason_of(client)


def test_a_refusal_without_secrets_is_quoted(ask: Callable[..., HttpClient]) -> None:
    client = ask(says("quantity must be positive"), authenticate=ApiKey(LONG_TOKEN), secrets=("hunter2 of ours",))
    assert "quantity must be positive" in reason_of(client)
