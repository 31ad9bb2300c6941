"""What a request is answered that cannot be served: `{"detail": {"code", "message"}}`, whatever went wrong."""

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from bot.web_security import HEADERS
from connectors.database.failures import DATABASE_FAILURES

log = structlog.get_logger()


def add_error_answers(app: FastAPI) -> None:
    for failure in DATABASE_FAILURES:
        app.add_exception_handler(failure, _answer_locked_database)
    app.add_exception_handler(RequestValidationError, _answer_bad_request)
    app.add_exception_handler(HTTPStatus.BAD_REQUEST, _answer_unreadable_body)
    app.add_exception_handler(Exception, _answer_failure)


async def _answer_locked_database(request: Request, error: Exception) -> JSONResponse:
    log.error("database unavailable", path=request.url.path, reason=str(getattr(error, "orig", error)))
    message = "Our database is busy or unavailable. Nothing was stored; please try again in a moment."
    return _refuse(503, "database_unavailable", message, {"Retry-After": "5"})


async def _answer_bad_request(_request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own answer would send back what it was sent, and fails where that is not valid Unicode."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    message = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in problems)
    return _refuse(422, "bad_request", message.encode(errors="replace").decode())


async def _answer_unreadable_body(_request: Request, _error: Exception) -> JSONResponse:
    return _refuse(400, "unreadable_body", "The body cannot be read; send it in UTF-8.")


async def _answer_failure(request: Request, error: Exception) -> JSONResponse:
    """The server logs the trace. This answer is made outside the middleware, so it brings the headers itself."""
    log.error("request failed", path=request.url.path, error=type(error).__name__)
    return _refuse(500, "internal_error", "Something went wrong on our side. Please try again.", HEADERS)


def _refuse(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": {"code": code, "message": message}}, status_code=status, headers=headers)
