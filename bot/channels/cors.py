"""Which web sites may embed the chat: those of the settings and those that admins entered, asked at each request."""

from collections.abc import Collection

import structlog
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.setup import ChannelSetups
from connectors.database.failures import DATABASE_FAILURES

# Everything else of ours is for pages of our own.
PATHS = "/api/chat/"

log = structlog.get_logger(__name__)


class ChatOrigins(CORSMiddleware):
    """ASGI middleware. No cookies are allowed: customers are known by the token of their session."""

    def __init__(self, app: ASGIApp, setups: ChannelSetups, always: Collection[str]) -> None:
        """`always` are the origins that the installation's settings name."""
        super().__init__(
            app,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
            expose_headers=["Content-Disposition", "ETag", "Retry-After"],
        )
        self._setups = setups
        self._always = frozenset(always)
        self.allow_origins = self._always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATHS):
            await self.app(scope, receive, send)
            return
        if "origin" in Headers(scope=scope):
            await self._renew()
        await super().__call__(scope, receive, send)

    async def _renew(self) -> None:
        try:
            setup = await run_in_threadpool(self._setups.web)
        except DATABASE_FAILURES as error:
            # The request itself is answered by what the application makes of it; what was known stays.
            log.warning("allowed origins not read", reason=str(getattr(error, "orig", error)))
            return
        self.allow_origins = self._always | set(setup.allowed_origins)
