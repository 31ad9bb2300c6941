"""The private listener: Rasa calls actions and texts here. It is never reachable by a customer."""

import asyncio
import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import structlog
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.conversations.turn import conversation_of
from bot.texts import DEFAULT_LANGUAGE, Texts
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database

log = structlog.get_logger()


class NlgRequest(BaseModel):
    """What Rasa's NLG callback sends; only these fields are read."""

    response: str
    arguments: dict[str, Any] = {}
    tracker: dict[str, Any]


def create_private_api(database: Database, texts: Texts, actions: Sequence[Action], secret: str) -> FastAPI:
    """The application behind Rasa's `action_endpoint` and `nlg`; every call needs the shared secret."""
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, dependencies=[Depends(_require_secret(secret))])
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)

    @api.post("/actions")
    def run_action(call: dict[str, Any]) -> JSONResponse:
        # Actions are synchronous services: they run in a worker thread with a loop of their own.
        try:
            result = asyncio.run(executor.run(call))
        except ActionExecutionRejection as rejection:
            return JSONResponse({"error": "rejected", "action_name": rejection.action_name}, status_code=400)
        return JSONResponse(result.model_dump() if isinstance(result, BaseModel) else result)

    @api.post("/nlg")
    def make_text(call: NlgRequest) -> dict[str, Any]:
        language = _language_of(database, conversation_of(call.tracker["sender_id"]))
        arguments = dict(call.arguments)
        choices = arguments.pop("choices", ())
        rendered = texts.render(call.response, language, arguments)
        buttons = [texts.button_of(choice, language) for choice in choices] or rendered.buttons
        shown = [{"title": button.title, "payload": button.payload} for button in buttons]
        return {"text": rendered.text, "buttons": shown, "metadata": {"response": call.response}}

    @api.exception_handler(RequestValidationError)
    async def answer_bad_call(_request: Request, _error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": "this is no call of Rasa's"}, status_code=422)

    @api.exception_handler(Exception)
    async def answer_failure(request: Request, error: Exception) -> JSONResponse:
        # rasa-sdk's own server would send the request's body back; the log has the trace.
        log.error("private call failed", path=request.url.path, error=type(error).__name__)
        return JSONResponse({"error": "the action failed"}, status_code=500)

    return api


def _require_secret(secret: str) -> Callable[[str], None]:
    expected = f"Bearer {secret}".encode()

    def check(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), expected):
            raise HTTPException(401)

    return check


def _language_of(database: Database, conversation_id: str) -> str:
    with database.read() as session:
        conversation = session.get(Conversation, conversation_id)
        return conversation.language if conversation else DEFAULT_LANGUAGE
