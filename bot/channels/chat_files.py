"""Files in the chat: customers send them and name them in a message; only their conversation can load them."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from bot.channels.chat_records import ChatAttachment
from bot.channels.upload_gate import UploadGate
from bot.channels.web_api import REFUSED, ConversationId, refuse_flood
from bot.services.attachments import Attachments, StoredFile
from bot.services.file_content import RefusedFileError
from bot.web_errors import Refusal, problem
from connectors.database.models.conversation import Author
from connectors.errors import NotFound, Unavailable

# A picture of fifty megapixels is two hundred megabytes while it is looked at.
UPLOADS_AT_ONCE = 4

REFUSALS: dict[str, tuple[int, str]] = {
    "is_empty": (422, "The file is empty."),
    "too_large": (413, "The file is larger than this chat takes."),
    "too_many": (409, "This conversation holds as many files as it may."),
    "kind_not_allowed": (415, "Files of this kind are not taken here."),
    "content_differs": (415, "The file is damaged, or is not what its name says."),
    "is_bomb": (415, "The file would unpack to far more than it is, or holds other archives."),
}
# Whatever a browser makes of the file: it runs nothing, loads nothing, and is saved rather than shown.
DOWNLOAD_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    408: {"model": Refusal, "description": "The file did not arrive in time."},
    409: {"model": Refusal, "description": "Too many files in this conversation."},
    413: {"model": Refusal, "description": "The file is too large."},
    415: {"model": Refusal, "description": "Files of this kind are not taken, or this one is not what it says."},
    422: {"model": Refusal, "description": "The file is empty, or its name is missing."},
    503: {"model": Refusal, "description": "There is no room for it just now."},
}
_BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

router = APIRouter(prefix="/api/chat/attachments", tags=["chat"], responses=REFUSED)


@router.post("", status_code=201, responses=_REFUSED, openapi_extra=_BYTES)
async def upload(
    request: Request,
    conversation_id: ConversationId,
    name: Annotated[str, Query(min_length=1, max_length=500, description="the file's name")],
) -> ChatAttachment:
    """Keep a file; a message that names its id within a day shows it."""
    refuse_flood(request, conversation_id)
    attachments: Attachments = request.app.state.attachments
    gate: UploadGate = request.app.state.upload_gate
    slots: asyncio.Semaphore = request.app.state.upload_slots
    try:
        async with gate.receive(request, conversation_id) as content, slots:
            kept = await run_in_threadpool(attachments.keep, conversation_id, Author.CUSTOMER, name, content)
    except RefusedFileError as error:
        status, sentence = REFUSALS[error.code]
        raise problem(status, error.code, sentence) from error
    except Unavailable as error:
        raise problem(503, "no_room", error.reason, retry_after=60) from error
    return ChatAttachment.model_validate(kept, from_attributes=True)


@router.get("/{attachment_id}", response_class=FileResponse, responses={404: {"model": Refusal}})
async def download(request: Request, conversation_id: ConversationId, attachment_id: str) -> FileResponse:
    """The bytes of a file of this conversation."""
    attachments: Attachments = request.app.state.attachments
    try:
        file = await run_in_threadpool(attachments.open, attachment_id, conversation_id)
    except NotFound as error:
        raise problem(404, "unknown_attachment", error.reason) from error
    return as_download(file)


def as_download(file: StoredFile) -> FileResponse:
    """To be saved under its name, whatever it is."""
    return FileResponse(file.path, media_type=file.media_type, filename=file.name, headers=DOWNLOAD_HEADERS)
