"""Our input channel inside Rasa: authenticated, one message per call, and an error is an error.

Runs in Rasa's own Python 3.10 environment. Rasa's REST channel answers 200 with whatever was collected
when something breaks, knows no secret, and puts senders without a name into one conversation.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse


class TurnInput(InputChannel):
    """POST /webhooks/twinoffice/turn with {"sender", "text", "seq"} answers {"messages": [...]}."""

    @classmethod
    def name(cls) -> str:
        return "twinoffice"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "TurnInput":
        secret = (credentials or {}).get("secret")
        if not secret:
            cls.raise_missing_credentials_exception()
        return cls(str(secret))

    def __init__(self, secret: str) -> None:
        self._expected = f"Bearer {secret}".encode()

    def _is_ours(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(errors="surrogateescape"), self._expected)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        turn = Blueprint("twinoffice_turn")

        @turn.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            is_ready = agent is not None and agent.is_ready()
            return response.json({"ready": is_ready}, status=200 if is_ready else 503)

        @turn.route("/turn", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not self._is_ours(request):
                return response.json({"error": "unauthorised"}, status=401)
            body = request.json
            collector = CollectingOutputChannel()
            message = UserMessage(
                body["text"],
                collector,
                body["sender"],
                input_channel=self.name(),
                metadata={"seq": body["seq"]},
            )
            # An exception is left to Sanic, which logs it and answers 500.
            await on_new_message(message)
            return response.json({"messages": collector.messages})

        return turn
