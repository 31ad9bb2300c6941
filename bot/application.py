"""The public web application: chat API, widget, shop page, staff pages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from bot.actions.order_tasks import invoice_links
from bot.approvals import link_page
from bot.approvals.links import ApprovalLinks
from bot.approvals.mail import ApprovalMailer
from bot.channels import chat_config, chat_conversations, chat_files, chat_help, chat_sessions, chat_transcript, web_api
from bot.channels.cors import ChatOrigins
from bot.channels.rate_limit import RateLimit
from bot.channels.telegram_parts import TelegramParts
from bot.channels.telegram_switch import TelegramSwitch
from bot.channels.telegram_webhook import router as telegram_router
from bot.channels.upload_gate import UploadGate
from bot.channels.waiting_places import WaitingPlaces
from bot.console import routes as console
from bot.conversations.access import IdentityEndedError
from bot.conversations.changes import Changes
from bot.conversations.live import STAFF
from bot.conversations.store import release_all_leases
from bot.health import router as health_router
from bot.office import Office
from bot.operations_api.routes import add_operations_api
from bot.pages import documents, help, shop
from bot.pages.rendering import create_pages
from bot.services.invoice_copies import InvoicePrinter
from bot.services.transcript_mail import Transcripts
from bot.staff import guard, inbox, login_pages, tickets
from bot.staff import setup_pages as inbox_setup
from bot.staff.guard import LoginRequiredError, RoleRequiredError
from bot.web_errors import add_error_answers
from bot.web_security import WebSecurity
from bot.widget import delivery as widget
from connectors.database.base import utc_now
from connectors.settings import DATA_FOLDER

POLL_SECONDS = 1.0
APPROVAL_MAIL_SECONDS = 3.0
HOUSEKEEPING_SECONDS = 600.0

log = structlog.get_logger()


def create_application(office: Office, has_engine: bool = True) -> FastAPI:
    """The application; its lifespan starts and stops the office's parts."""
    app = FastAPI(
        title="Twinoffice",
        version="0.1.0",
        lifespan=_lifespan(office, has_engine),
        docs_url=None,
        redoc_url=None,
    )
    app.state.office = office
    app.state.has_engine = has_engine
    app.state.desk = office.desk
    app.state.hours = office.hours
    app.state.database = office.database
    app.state.texts = office.texts
    app.state.live = office.live
    app.state.setups = office.setups
    app.state.attachments = office.attachments
    app.state.links = office.links
    app.state.connectors = office.connectors
    app.state.customers = office.customers
    app.state.library = office.library
    app.state.knowledge = office.knowledge
    app.state.identities = office.identities
    app.state.signed_identities = office.signed_identities
    app.state.settings = office.settings
    app.state.pages = create_pages(DATA_FOLDER, office.texts, office.settings.zone)
    app.state.transcripts = Transcripts(app.state.pages, office.mail_queue)
    app.state.tickets = office.tickets
    app.state.telegram = TelegramSwitch(_telegram_parts(office))
    app.state.invoice_links = invoice_links(office.settings)
    app.state.invoice_printer = InvoicePrinter.of(office.settings, office.texts)
    app.state.approval_links = ApprovalLinks(office.settings.secret, office.settings.public_base_url)
    _add_limits(app, office)
    _add_routes(app)
    add_error_answers(app)
    app.add_middleware(WebSecurity)
    origins = [one.strip() for one in office.settings.allowed_origins.split(",") if one.strip()]
    app.add_middleware(ChatOrigins, setups=office.setups, always=origins)
    return app


def _add_limits(app: FastAPI, office: Office) -> None:
    """How often whom may ask for what."""
    app.state.session_limit = RateLimit(office.settings.sessions_per_minute_per_address)
    app.state.document_limit = RateLimit(documents.LOADS_PER_MINUTE)
    app.state.search_limit = RateLimit(help.SEARCHES_PER_MINUTE)
    app.state.approval_link_limit = RateLimit(link_page.LOADS_PER_MINUTE)
    app.state.message_limit = RateLimit(
        office.settings.messages_per_minute_per_conversation, burst=web_api.MESSAGE_BURST
    )
    app.state.chat_limit = RateLimit(web_api.CALLS_PER_MINUTE)
    app.state.guess_limit = RateLimit(web_api.GUESSES_PER_MINUTE)
    app.state.waiting_places = WaitingPlaces()
    app.state.config_limit = RateLimit(chat_config.LOADS_PER_MINUTE)
    app.state.upload_slots = asyncio.Semaphore(chat_files.UPLOADS_AT_ONCE)
    app.state.upload_gate = UploadGate()
    app.state.staff_limit = RateLimit(guard.REQUESTS_PER_MINUTE)


def _add_routes(app: FastAPI) -> None:
    app.include_router(health_router)
    app.include_router(telegram_router)
    for chat in (web_api, chat_sessions, chat_config, chat_conversations, chat_transcript, chat_help, chat_files):
        app.include_router(chat.router)
    app.include_router(shop.router)
    app.include_router(widget.router)
    app.include_router(documents.router)
    app.include_router(help.router)
    app.include_router(link_page.router)
    app.include_router(login_pages.router)
    app.include_router(tickets.router)
    app.include_router(inbox_setup.router)
    app.include_router(inbox.router)
    app.include_router(console.router)
    add_operations_api(app)
    shop.mount_static_files(app)
    app.add_exception_handler(IdentityEndedError, web_api.refuse_ended)
    app.add_exception_handler(RoleRequiredError, login_pages.refuse_role)
    app.add_exception_handler(LoginRequiredError, login_pages.require_login)


def _telegram_parts(office: Office) -> TelegramParts:
    describe_waiting = office.handoffs.describe_waiting
    return TelegramParts(
        office.desk, office.setups, office.attachments, office.links, describe_waiting, office.settings
    )


def _lifespan(office: Office, has_engine: bool) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        office.live.bind(asyncio.get_running_loop())
        await asyncio.to_thread(_start_parts, office, has_engine)
        changes = asyncio.create_task(_announce_changes(office))
        approvers = asyncio.create_task(_send_mails(app))
        house = asyncio.create_task(_keep_house(office))
        telegram: TelegramSwitch = app.state.telegram
        telegram.start()
        try:
            yield
        finally:
            changes.cancel()
            approvers.cancel()
            house.cancel()
            await telegram.stop()
            await asyncio.to_thread(_stop_parts, office, has_engine)
            # What the tasks above had begun in threads ends before the database is closed under it.
            await asyncio.get_running_loop().shutdown_default_executor()
            office.database.close()

    return lifespan


def _start_parts(office: Office, has_engine: bool) -> None:
    if office.database.is_sqlite:
        # The only web process of this database: a lease from before belongs to a dead one.
        with office.database.write() as session:
            release_all_leases(session)
    office.turns.start()
    office.retraining.catch_up()
    office.keeper.start()
    if has_engine:
        office.engine.start()
        office.clock.start()
        office.alerts.start()
        office.mail_watch.start()


def _stop_parts(office: Office, has_engine: bool) -> None:
    office.keeper.stop()
    office.retraining.stop()
    if has_engine:
        office.mail_watch.stop()
        office.alerts.stop()
        office.clock.stop()
        office.engine.stop()
    office.turns.stop()


async def _announce_changes(office: Office) -> None:
    """Send notices, keep the inbox going, and tell everybody who waits what other processes changed; ours at once."""
    changes = Changes(office.database, utc_now())
    while True:
        await asyncio.sleep(POLL_SECONDS)
        try:
            await asyncio.to_thread(office.notices.send_due)
            dealt = await asyncio.to_thread(office.inbox_clock.tick)
            changed = {*dealt, *await asyncio.to_thread(changes.look, utc_now())}
        except SQLAlchemyError as error:
            log.warning("cannot look for changes and notices", reason=str(error))
            continue
        if changed:
            office.live.publish(*changed, STAFF)


async def _send_mails(app: FastAPI) -> None:
    """Mail what waits for consent, and notices, apart from everything else: a mail server may be slow."""
    office: Office = app.state.office
    mailer = ApprovalMailer(
        office.database,
        app.state.pages,
        office.engine.catalogue,
        office.mail_queue,
        app.state.approval_links,
    )
    while True:
        await asyncio.sleep(APPROVAL_MAIL_SECONDS)
        try:
            await asyncio.to_thread(mailer.tell_due)
            await asyncio.to_thread(office.notice_mails.queue_due)
            await asyncio.to_thread(office.mail_queue.send_due)
        except SQLAlchemyError as error:
            log.warning("cannot send what waits to be mailed", reason=str(error))


async def _keep_house(office: Office) -> None:
    """Remove uploads that no message took."""
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        try:
            await asyncio.to_thread(office.attachments.forget_orphans)
        except (SQLAlchemyError, OSError) as error:
            log.warning("cannot remove left uploads", reason=str(error))
