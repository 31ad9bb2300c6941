"""Liveness and readiness of a process, component by component."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.telegram_switch import TelegramSwitch
from bot.office import Office

router = APIRouter(tags=["health"])

OK, DOWN, OFF = "ok", "down", "off"


@router.get("/healthz")
async def is_alive() -> dict[str, str]:
    """The process is up."""
    return {"status": OK}


@router.get("/readyz")
async def is_ready(request: Request) -> JSONResponse:
    """Every component with its state; 503 until all were ready once, later failures show as `degraded`."""
    state = request.app.state
    components = await run_in_threadpool(_components, state.office, state.telegram, state.has_engine)
    # A channel that is down keeps nobody else waiting.
    is_complete = all(value != DOWN for name, value in components.items() if name != "telegram")
    state.was_ready = getattr(state, "was_ready", False) or is_complete
    status = "ready" if is_complete else "degraded" if state.was_ready else "starting"
    body: dict[str, Any] = {"status": status, "components": components}
    return JSONResponse(body, status_code=200 if state.was_ready else 503)


def _components(office: Office, telegram: TelegramSwitch, has_engine: bool) -> dict[str, str]:
    return {
        "database": _state(_database_answers(office)),
        "rasa": _state(office.rasa.is_ready()),
        "engine": _state(office.engine.is_healthy) if has_engine else OFF,
        "alerts": _state(office.alerts.is_healthy) if has_engine else OFF,
        "web": OK,
        "telegram": _state(telegram.is_healthy) if telegram.is_on else OFF,
    }


def _state(is_fine: bool) -> str:
    return OK if is_fine else DOWN


def _database_answers(office: Office) -> bool:
    try:
        office.database.ping()
    except SQLAlchemyError:
        return False
    return True
