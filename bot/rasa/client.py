"""Asking Rasa for the bot's answer to one message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter

from bot.texts import Button, Rendered
from connectors.errors import AuthFailed, ConnectorError, Rejected, Unavailable

CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 60
LOAD_TIMEOUT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class BotMessage:
    """What the bot is asked. `sender` is conversation id + bot session; `text` is neutralised or a payload."""

    sender: str
    text: str
    seq: int


@dataclass(frozen=True, slots=True)
class Understood:
    """What the assistant made of one request in a message; a message may hold several.

    `ranking` are intents with their confidence, best first; `responses` the keys of what was said to it; `amounts` the
    sums of money that it names ("154.30 EUR").
    """

    text: str
    intent: str
    confidence: float
    ranking: Sequence[tuple[str, float]] = ()
    is_angry: bool = False
    responses: Sequence[str] = ()
    amounts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the assistant says to a message, and how it understood it."""

    messages: Sequence[Rendered]
    understood: Sequence[Understood] = ()


class Assistant(Protocol):
    """Whatever understands and decides; in production Rasa.

    Raises:
        Unavailable: it is down; the message can be asked again later.
        Rejected: it broke on this message.
    """

    def reply(self, message: BotMessage) -> Reply: ...


class RasaClient:
    """Talks to our channel inside Rasa over a kept-alive connection."""

    def __init__(self, base_url: str, secret: str, pool_size: int = 16) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {secret}"
        self._session.mount("http://", HTTPAdapter(pool_maxsize=pool_size))
        self._session.mount("https://", HTTPAdapter(pool_maxsize=pool_size))

    def reply(self, message: BotMessage) -> Reply:
        answer = self._post(
            "/webhooks/twinoffice/turn", {"sender": message.sender, "text": message.text, "seq": message.seq}
        )
        understood = tuple(_to_understood(part) for part in answer.get("understood", ()))
        return Reply([_to_rendered(part) for part in answer["messages"]], understood)

    def parse(self, text: str) -> Mapping[str, Any]:
        """Rasa's understanding of a text: intent, ranking, entities."""
        return dict(self._post("/model/parse", {"text": text}, token=True))

    def is_ready(self) -> bool:
        """Whether Rasa answers and has a model loaded."""
        try:
            response = self._session.get(f"{self._base_url}/webhooks/twinoffice/ready", timeout=CONNECT_TIMEOUT_SECONDS)
        except requests.RequestException:
            return False
        return response.status_code == HTTPStatus.OK

    def served_model(self) -> str:
        """The name of the file that Rasa serves.

        Raises:
            Unavailable: Rasa does not answer now, or has no model.
        """
        return str(self._call("GET", "/status", token=True)["model_file"])

    def load_model(self, model: Path) -> None:
        """Let Rasa serve another model; messages wait until it has it.

        Raises:
            Unavailable: Rasa does not answer now.
            Rejected: it cannot load this file, and serves what it served before.
        """
        self._call("PUT", "/model", {"model_file": str(model)}, token=True, timeout_seconds=LOAD_TIMEOUT_SECONDS)

    def _post(self, path: str, body: Mapping[str, Any], token: bool = False) -> Any:
        return self._call("POST", path, body, token=token)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        token: bool = False,
        timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> Any:
        params = {"token": str(self._session.headers["Authorization"]).removeprefix("Bearer ")} if token else None
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                json=body,
                params=params,
                timeout=(CONNECT_TIMEOUT_SECONDS, timeout_seconds),
            )
        except requests.ReadTimeout as error:
            # It took the message and hangs on it: waiting for ever would strand the customer.
            raise Rejected(f"Rasa did not answer this message within {timeout_seconds:.0f} s") from error
        except requests.RequestException as error:
            raise Unavailable("Rasa does not answer") from error
        if response.status_code == HTTPStatus.OK:
            return response.json()
        if response.status_code == HTTPStatus.NO_CONTENT:
            return None
        raise _error_for(response.status_code)


def _error_for(status: int) -> ConnectorError:
    if status == HTTPStatus.UNAUTHORIZED:
        return AuthFailed("Rasa does not accept our secret; both must run with the same TWINOFFICE_SECRET_KEY")
    if status in {HTTPStatus.CONFLICT, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}:
        return Unavailable(f"Rasa is not ready (HTTP {status})")
    return Rejected(f"Rasa broke on this message (HTTP {status})")


def _to_rendered(part: Mapping[str, Any]) -> Rendered:
    buttons = tuple(Button(b["title"], b["payload"]) for b in part.get("buttons") or ())
    return Rendered(part.get("text") or "", buttons)


def _to_understood(part: Mapping[str, Any]) -> Understood:
    return Understood(
        text=part["text"],
        intent=part["intent"],
        confidence=part["confidence"],
        ranking=tuple((guess["name"], guess["confidence"]) for guess in part["ranking"]),
        is_angry=part["is_angry"],
        responses=tuple(part["responses"]),
        amounts=tuple(part.get("amounts", ())),
    )
