"""What a request is answered that cannot be served: `{"detail": {"code", "message"}}`, whatever went wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.responses import Response

from bot.web_security import HEADERS
from connectors.database.failures import DATABASE_FAILURES
from connectors.errors import ConnectorError, RateLimited

log = structlog.get_logger()


class Problem(BaseModel):
    """Why a request was refused: a word for programs and a sentence for people."""

    code: str
    message: str


class Refusal(BaseModel):
    detail: Problem


# What any request to the operations API may be answered.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "The body cannot be read."},
    401: {"model": Refusal, "description": "No token, or one that is unknown, expired or revoked."},
    403: {"model": Refusal, "description": "The token's role does not allow this."},
    404: {"model": Refusal, "description": "There is nothing of this name or id."},
    409: {"model": Refusal, "description": "It is not, or no longer, in a state that allows this."},
    413: {"model": Refusal, "description": "The body is too long."},
    422: {"model": Refusal, "description": "Something is missing or has the wrong type or value."},
    429: {"model": Refusal, "description": "Too much in a short time; Retry-After says how long to wait."},
    503: {
        "model": Refusal,
        "description": "The database, the engine or a connected system is busy or away; nothing was stored.",
    },
}
SOURCE_AWAY_SECONDS = 5
# Starlette's own refusals have no code.
_NAMELESS = {
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address does not take this method; see Allow."),
}


def add_error_answers(app: FastAPI) -> None:
    for failure in DATABASE_FAILURES:
        app.add_exception_handler(failure, _answer_locked_database)
    app.add_exception_handler(ConnectorError, _answer_silent_source)
    app.add_exception_handler(RequestValidationError, _answer_bad_request)
    app.add_exception_handler(HTTPStatus.BAD_REQUEST, _answer_unreadable_body)
    for status in _NAMELESS:
        app.add_exception_handler(status, _answer_nameless)
    app.add_exception_handler(Exception, _answer_failure)


def problem(
    status: int, code: str, message: str, retry_after: int | None = None, headers: Mapping[str, str] | None = None
) -> HTTPException:
    """A refusal to raise; `retry_after` in seconds."""
    waiting = {"Retry-After": str(retry_after)} if retry_after else {}
    return HTTPException(status, {"code": code, "message": message}, {**waiting, **(headers or {})} or None)


async def _answer_locked_database(request: Request, error: Exception) -> JSONResponse:
    log.error("database unavailable", path=request.url.path, reason=str(getattr(error, "orig", error)))
    message = "Our database is busy or unavailable. Nothing was stored; please try again in a moment."
    return _refuse(503, "database_unavailable", message, {"Retry-After": "5"})


async def _answer_silent_source(request: Request, error: Exception) -> JSONResponse:
    """A connected system is down, or refuses us: nothing that the caller did wrong."""
    log.warning("source unavailable", path=request.url.path, error=type(error).__name__)
    reason = error.reason if isinstance(error, ConnectorError) else str(error)
    wait = ceil(error.retry_after) if isinstance(error, RateLimited) else SOURCE_AWAY_SECONDS
    return _refuse(503, "source_unavailable", reason, {"Retry-After": str(wait)})


async def _answer_bad_request(_request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own answer would send back what it was sent, and fails where that is not valid Unicode."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    message = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in problems)
    return _refuse(422, "bad_request", message.encode(errors="replace").decode())


async def _answer_unreadable_body(_request: Request, _error: Exception) -> JSONResponse:
    return _refuse(400, "unreadable_body", "The body cannot be read; send it in UTF-8.")


async def _answer_nameless(request: Request, error: Exception) -> Response:
    if not isinstance(error, AnyHTTPException) or not isinstance(error.detail, str):
        return await http_exception_handler(request, error)  # type: ignore[arg-type]
    code, message = _NAMELESS[HTTPStatus(error.status_code)]
    return _refuse(error.status_code, code, message, error.headers)


async def _answer_failure(request: Request, error: Exception) -> JSONResponse:
    """The server logs the trace. This answer is made outside the middleware, so it brings the headers itself."""
    log.error("request failed", path=request.url.path, error=type(error).__name__)
    return _refuse(500, "internal_error", "Something went wrong on our side. Please try again.", HEADERS)


def _refuse(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": {"code": code, "message": message}}, status_code=status, headers=headers)
