"""What keeps us from logging in to Tryton is named as what it is, not always as a wrong password."""

import json

import pytest

from connectors.errors import AuthFailed, ConnectorError, RateLimited, Unavailable
from connectors.http.client import HttpClient
from connectors.http.reach import Reach
from connectors.vendors.tryton.session import Account, TrytonSession
from tests.fixtures.faulty_gateway import Answer, FaultyGateway, Request
from tests.fixtures.patience import Patience


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (["database is locked", "Traceback …"], Unavailable),
        (["LoginException", ["code", "Code of your phone", "char"]], AuthFailed),
        (["RateLimitException", []], RateLimited),
    ],
)
def test_an_error_at_the_log_in_is_read_like_any_other(error: list[object], expected: type[ConnectorError]) -> None:
    patience = Patience()

    def tryton(request: Request) -> Answer:
        assert json.loads(request.body)["method"] == "common.db.login"
        return Answer.of({"id": 0, "error": error})

    with FaultyGateway(tryton).running() as gateway:
        session = TrytonSession(
            lambda authenticate: HttpClient(
                gateway.url, reach=Reach.LOOPBACK, authenticate=authenticate, now=patience.now, wait=patience.wait
            ),
            Account("twinoffice", "a password"),
        )
        with pytest.raises(expected):
            session.company()
