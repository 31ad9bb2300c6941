"""Our input channel inside Rasa: authenticated, one message per call, and an error is an error.

Runs in Rasa's own Python 3.10 environment. Rasa's REST channel answers 200 with whatever was collected
when something breaks, knows no secret, and puts senders without a name into one conversation.
"""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.understanding.requests import Reading, Requests, partitions_of

REQUESTS_FILE = Path(__file__).resolve().parents[2] / "data" / "shared" / "requests.yml"
ANGRY = "angry"
# What one part of a message names, the others mean as well: "where is 10482, and can I still cancel it?"
COMMON_ENTITIES = frozenset({"order_number", "ticket_number", "email", "phone", "postcode", "product"})

Parsed = dict[str, Any]
Handle = Callable[[UserMessage], Awaitable[None]]


class Collector(CollectingOutputChannel):
    """Collects what is said, and under which keys of the texts."""

    def __init__(self) -> None:
        super().__init__()
        self.responses: list[str] = []

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        about = message.get("metadata") or {}
        if "response" in about and not about.get("is_repeated"):
            self.responses.append(about["response"])
        await super().send_response(recipient_id, message)


class TurnInput(InputChannel):
    """POST /webhooks/twinoffice/turn with {"sender", "text", "seq"} answers {"messages": [...], "understood": [...]}.

    What was understood: {"text", "intent", "confidence", "ranking", "is_angry", "responses", "amounts"} for each.
    """

    @classmethod
    def name(cls) -> str:
        return "twinoffice"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "TurnInput":
        secret = (credentials or {}).get("secret")
        if not secret:
            cls.raise_missing_credentials_exception()
        return cls(str(secret), Requests.read(REQUESTS_FILE))

    def __init__(self, secret: str, requests: Requests) -> None:
        self._expected = f"Bearer {secret}".encode()
        self._requests = requests

    def _is_ours(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(errors="surrogateescape"), self._expected)

    def blueprint(self, on_new_message: Handle) -> Blueprint:
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
            # An exception is left to Sanic, which logs it and answers 500.
            return response.json(await self.serve(request.app.ctx.agent, on_new_message, request.json))

        return turn

    async def serve(self, agent: Agent, handle: Handle, call: dict[str, Any]) -> dict[str, Any]:
        """Have Rasa answer every request of one message, one after the other."""
        sender = call["sender"]
        whole = await agent.parse_message(call["text"])
        requests = await self._requests_of(agent, sender, whole)
        messages: list[dict[str, Any]] = []
        understood: list[dict[str, Any]] = []
        for part in requests:
            question = await _open_question(agent, sender) if len(requests) > 1 else None
            if messages and question:
                # It is asked again after the next answer: a question that waits for an answer stands last.
                messages.pop()
            # To a form that is open already, what another part named would look like an answer.
            request = part if question else _with_entities_of(requests, part)
            collector = Collector()
            message = UserMessage(
                request["text"],
                collector,
                sender,
                input_channel=self.name(),
                metadata={"seq": call["seq"]},
                parse_data=request,
            )
            await handle(message)
            messages += collector.messages
            understood.append(_describe(request, collector.responses, _is_angry(whole)))
        return {"messages": messages, "understood": understood}

    async def _requests_of(self, agent: Agent, sender: str, whole: Parsed) -> Sequence[Parsed]:
        """The message as it was parsed, or its parts when each is a request of its own."""
        text = whole["text"]
        partitions = [] if text.startswith("/") else partitions_of(text)
        if not partitions:
            return [whole]
        parsed = {part: await agent.parse_message(part) for part in {part for parts in partitions for part in parts}}
        readings = {part: Reading(one["intent"]["name"], one["intent"]["confidence"]) for part, one in parsed.items()}
        parts = self._requests.choose(partitions, readings, await _open_question(agent, sender))
        return [parsed[part] for part in parts] or [whole]


async def _open_question(agent: Agent, sender: str) -> str | None:
    """The slot that a form of this conversation asks for."""
    tracker = await agent.tracker_store.retrieve(sender)
    if tracker is None or tracker.active_loop_name is None:
        return None
    slot: str | None = tracker.get_slot("requested_slot")
    return slot


def _with_entities_of(requests: Sequence[Parsed], part: Parsed) -> Parsed:
    """The part with what only the others name."""
    own = {entity["entity"] for entity in part["entities"]}
    named = [entity for other in requests for entity in other["entities"] if entity["entity"] in COMMON_ENTITIES - own]
    return {**part, "entities": [*part["entities"], *named]}


def _is_angry(parsed: Parsed) -> bool:
    return any(entity["entity"] == "mood" and entity["value"] == ANGRY for entity in parsed["entities"])


def _describe(parsed: Parsed, responses: Sequence[str], is_angry: bool) -> dict[str, Any]:
    return {
        "text": parsed["text"],
        "intent": parsed["intent"]["name"] or "",
        "confidence": parsed["intent"]["confidence"],
        "ranking": parsed.get("intent_ranking", [])[:5],
        "is_angry": is_angry,
        "responses": responses,
        "amounts": [entity["value"] for entity in parsed["entities"] if entity["entity"] == "amount"],
    }
