"""Recording what a real system answers, and replaying it where there is none: for tests of connectors."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from connectors.errors import Rejected
from connectors.http.answer import HttpAnswer
from connectors.http.exchange import Authenticate, Broken, Exchange

SIGNS_OF_SIGNING_IN = (b"access_token", b"refresh_token", b"grant_type", b"client_secret", b"password", b"db.login")
# What connectors look at; the others may hold cookies and other secrets.
KEPT_HEADERS = ("Content-Type", "Link", "Retry-After", "ETag")


class Sender(Protocol):
    """What a client sends its requests through: an Exchange, or one of those here."""

    def prepare(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authenticate: Authenticate | None = None,
    ) -> PreparedRequest: ...

    def attempt(self, prepared: PreparedRequest, seconds: float) -> HttpAnswer | Broken: ...

    def close(self) -> None: ...


class Recorder:
    """Passes everything on and appends each answer to a file of JSON lines.

    Of a request it writes method, path, and a hash of its query and body: neither host nor headers. Exchanges in which
    somebody signs in are left out, so that no credentials are written.
    """

    def __init__(self, exchange: Exchange, path: Path) -> None:
        self._exchange = exchange
        self._path = path
        self.prepare = exchange.prepare
        self.close = exchange.close

    def attempt(self, prepared: PreparedRequest, seconds: float) -> HttpAnswer | Broken:
        answer = self._exchange.attempt(prepared, seconds)
        if isinstance(answer, HttpAnswer) and not _signs_in(prepared, answer):
            line = {
                "request": _name(prepared),
                "status": answer.status,
                "headers": {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers},
                "body": base64.b64encode(answer.body).decode(),
            }
            with self._path.open("a") as file:
                file.write(json.dumps(line) + "\n")
        return answer


class Replay:
    """Answers from such a file; the same request again gets the answer that came next, and in the end the last one."""

    def __init__(self, exchange: Exchange, path: Path) -> None:
        """Of `exchange` only the way to prepare requests is used; nothing is sent."""
        self.prepare = exchange.prepare
        self.close = exchange.close
        self._answers: dict[str, list[HttpAnswer]] = {}
        for name, answer in _read(path):
            self._answers.setdefault(name, []).append(answer)

    def attempt(self, prepared: PreparedRequest, seconds: float) -> HttpAnswer | Broken:
        name = _name(prepared)
        answers = self._answers.get(name)
        if answers is None:
            raise Rejected(f"The recording has no answer to {name}; record it anew.")
        return answers.pop(0) if len(answers) > 1 else answers[0]


def _signs_in(prepared: PreparedRequest, answer: HttpAnswer) -> bool:
    return any(sign in text for sign in SIGNS_OF_SIGNING_IN for text in (_body(prepared), answer.body))


def _name(prepared: PreparedRequest) -> str:
    parts = urlsplit(prepared.url or "")
    digest = hashlib.sha256(parts.query.encode() + b"\0" + _body(prepared)).hexdigest()[:16]
    return f"{prepared.method} {parts.path} {digest}"


def _body(prepared: PreparedRequest) -> bytes:
    body = prepared.body or b""
    return body.encode() if isinstance(body, str) else bytes(body)


def _read(path: Path) -> Iterator[tuple[str, HttpAnswer]]:
    with path.open() as file:
        for line in map(json.loads, file):
            headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(line["headers"])
            yield line["request"], HttpAnswer(line["status"], headers, base64.b64decode(line["body"]), "the recording")
