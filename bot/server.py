"""The two listeners of a web process: the public one, and the private one for Rasa."""

import asyncio
import contextlib
import gc
import resource
from collections.abc import Iterator

import uvicorn

from bot.application import create_application
from bot.office import Office
from bot.private_api import create_private_api
from bot.rasa.secret import rasa_secret

GRACE_SECONDS = 3
# Proxies keep an idle connection for a minute. Whoever closes first must be the one who sends, or what is sent is lost.
IDLE_SECONDS = 75
MOST_OPEN_FILES = 65_536


class _QuietServer(uvicorn.Server):
    """A server that leaves the signals to its caller."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(office: Office, stop: asyncio.Event, has_engine: bool = True) -> None:
    """Serve both listeners until `stop` is set."""
    settings = office.settings
    public = _server(create_application(office, has_engine), settings.host, settings.port, settings.trusted_proxies)
    private_api = create_private_api(office.database, office.texts, office.actions, rasa_secret(settings.secret))
    private = _server(private_api, settings.private_host, settings.private_port)

    async def end() -> None:
        await stop.wait()
        public.should_exit = private.should_exit = True

    allow_many_connections()
    keep_what_is_loaded()
    await asyncio.gather(public.serve(), private.serve(), end())


def allow_many_connections() -> None:
    """Every open widget and inbox holds a connection; a process has only 1,024 until it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def keep_what_is_loaded() -> None:
    """Modules, templates and texts stay: the garbage collector need not stop a request to look at them again."""
    gc.collect()
    gc.freeze()


def _server(app: object, host: str, port: int, trusted_proxies: str = "") -> _QuietServer:
    return _QuietServer(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=trusted_proxies or None,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=IDLE_SECONDS,
        )
    )
