"""Files of a conversation: agents load what customers sent, and send some themselves."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy import select
from starlette.responses import Response

from bot.channels.chat_files import REFUSALS, as_download
from bot.conversations.ownership import OwnershipError, require_owner
from bot.services.attachments import Attachments
from bot.services.file_content import RefusedFileError
from bot.staff.inbox_desk import CONFLICT, NOT_FOUND, AtInbox, Desk
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation
from connectors.database.models.people import AuditEntry
from connectors.errors import NotFound, Unavailable

NO_ROOM = 503
# Pictures are loaded with the page, each time it is drawn: more than once in this time says nothing new.
TOLD_AGAIN_AFTER = timedelta(hours=1)

router = APIRouter(prefix="/conversations/{conversation_id}/attachments")


@router.get("/{attachment_id}")
def download(desk: AtInbox, attachment_id: str) -> Response:
    """The bytes of a file of this conversation, to be saved; the audit log says who took them."""
    try:
        file = _attachments(desk).open(attachment_id, desk.conversation_id)
    except NotFound:
        return desk.pages.page(desk.request, "inbox/file_gone.html", NOT_FOUND, visitor=desk.visitor, section="inbox")
    _record_load(desk, attachment_id, utc_now())
    return as_download(file)


@router.post("")
async def upload(desk: AtInbox, name: Annotated[str, Query(min_length=1, max_length=500)]) -> Response:
    """Keep a file that the next answer names; the body is the file itself."""
    content = await desk.request.body()
    return await run_in_threadpool(_keep, desk, name, content)


def _record_load(desk: Desk, attachment_id: str, now: datetime) -> None:
    """By the file's id only: entries stay for ever, and a name may tell of the customer."""
    agent = desk.visitor.user.email
    recent = select(AuditEntry.id).where(
        AuditEntry.object_type == "attachment",
        AuditEntry.object_id == attachment_id,
        AuditEntry.actor == agent,
        AuditEntry.at > now - TOLD_AGAIN_AFTER,
    )
    with desk.database.read() as session:
        is_told = session.scalars(recent.limit(1)).first() is not None
    if not is_told:
        with desk.database.write() as session:
            record_audit(
                session, agent, "attachment.load", "attachment", attachment_id, conversation=desk.conversation_id
            )


def _keep(desk: Desk, name: str, content: bytes) -> Response:
    try:
        with desk.database.read() as session:
            conversation = session.get(Conversation, desk.conversation_id)
            if conversation is None:
                raise OwnershipError("inbox.error.not_yours")
            require_owner(conversation, desk.visitor.user)
        kept = _attachments(desk).keep(desk.conversation_id, Author.AGENT, name, content)
    except OwnershipError as error:
        return _refuse(desk, CONFLICT, error.code)
    except RefusedFileError as error:
        return _refuse(desk, REFUSALS[error.code][0], f"inbox.file.{error.code}")
    except Unavailable:
        return _refuse(desk, NO_ROOM, "inbox.file.no_room")
    return JSONResponse({"id": kept.id, "name": kept.name, "size": kept.size}, 201)


def _refuse(desk: Desk, status_code: int, key: str) -> Response:
    """In the agent's language: the composer shows the sentence beside the file's name."""
    return JSONResponse({"message": desk.pages.catalogue.translator(desk.language)(key)}, status_code)


def _attachments(desk: Desk) -> Attachments:
    attachments: Attachments = desk.request.app.state.attachments
    return attachments
