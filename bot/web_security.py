"""What every answer carries and every request must not exceed: headers and the size of a body."""

import re
from contextlib import suppress

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.setup_model import LARGEST_FILE

MAX_BODY_BYTES = 1024 * 1024
# Files come by these routes alone; each of them says who may send one.
UPLOAD_PATH = re.compile(r"/api/chat/attachments|/staff/conversations/[0-9a-f]{32}/attachments")

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NOTHING_THERE = {"detail": {"code": "not_found", "message": "There is nothing at this address."}}
_NO_MULTIPART = {"detail": {"code": "unsupported_media_type", "message": "Send JSON or a plain form."}}


def _too_large(limit: int) -> dict[str, dict[str, str]]:
    return {"detail": {"code": "body_too_large", "message": f"The body is larger than {limit} bytes."}}


class BodyTooLargeError(Exception):
    """More bytes arrived than any request of ours needs."""


def _is_multipart(scope: Scope) -> bool:
    return any(
        name == b"content-type" and value.lstrip().lower().startswith(b"multipart/") for name, value in scope["headers"]
    )


def _refusal_of(scope: Scope) -> JSONResponse | None:
    """The answer to what is not even read."""
    if "\0" in scope["path"]:
        # PostgreSQL takes none in any text, and no name of ours has one.
        return JSONResponse(_NOTHING_THERE, status_code=404, headers=HEADERS)
    if _is_multipart(scope):
        # No form of ours is one, and their fields are decoded with any codec the sender names, however slow.
        return JSONResponse(_NO_MULTIPART, status_code=415, headers=HEADERS)
    return None


class WebSecurity:
    """ASGI middleware: security headers on every answer, 413 for bodies that are too large, 415 for multipart."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal_of(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        has_answered = is_too_large = False
        received = 0
        limit = LARGEST_FILE if UPLOAD_PATH.fullmatch(scope["path"]) else MAX_BODY_BYTES

        async def send_with_headers(message: Message) -> None:
            nonlocal has_answered
            if is_too_large and not has_answered:
                return  # whatever the application makes of a body that it could not read
            if message["type"] == "http.response.start":
                has_answered = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        async def receive_limited() -> Message:
            nonlocal received, is_too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                is_too_large = True
                raise BodyTooLargeError
            return message

        with suppress(BodyTooLargeError):
            await self._app(scope, receive_limited, send_with_headers)
        if is_too_large and not has_answered:
            is_too_large = False
            await JSONResponse(_too_large(limit), status_code=413)(scope, receive, send_with_headers)
