"""The conversation to take along, in the customer's language: as a file, or by mail."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from bot.channels.chat_records import TranscriptAddress
from bot.channels.setup import ChannelSetups
from bot.channels.web_api import REFUSED, ConversationId, Desk, refuse_flood
from bot.services.transcript_mail import TooManyTranscriptsError, Transcripts
from bot.web_errors import Refusal, problem
from connectors.errors import Rejected

MEDIA_TYPES = {"txt": "text/plain", "html": "text/html"}
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()},
    },
    404: {"model": Refusal, "description": "This chat offers no transcripts."},
}

router = APIRouter(prefix="/api/chat/transcript", tags=["chat"], responses=REFUSED)


@router.get("", response_class=Response, responses=_FILE)
def download(
    request: Request,
    conversation_id: ConversationId,
    desk: Desk,
    format: Annotated[Literal["txt", "html"], Query()] = "txt",
) -> Response:
    """All that was said, as a file."""
    refuse_flood(request, conversation_id)
    transcripts = _offered(request)
    with desk.database.read() as session:
        content = transcripts.write(session, conversation_id, format)
    name = f'attachment; filename="chat-{conversation_id[:8]}.{format}"'
    return Response(content, media_type=MEDIA_TYPES[format], headers={**HEADERS, "Content-Disposition": name})


@router.post("", status_code=204, responses={404: _FILE[404]})
def send(request: Request, desk: Desk, conversation_id: ConversationId, to: TranscriptAddress) -> Response:
    """All that was said, by mail; three times a conversation."""
    refuse_flood(request, conversation_id)
    transcripts = _offered(request)
    try:
        with desk.database.write() as session:
            transcripts.mail(session, conversation_id, to.email)
    except TooManyTranscriptsError as error:
        sentence = "No more transcripts are sent of this conversation, or to this address; download it instead."
        raise problem(429, "too_many_transcripts", sentence, retry_after=error.retry_after_seconds) from error
    except Rejected as error:
        raise problem(422, "bad_address", error.reason) from error
    return Response(status_code=204)


def _offered(request: Request) -> Transcripts:
    setups: ChannelSetups = request.app.state.setups
    if not setups.web().has_transcript:
        raise problem(404, "not_offered", "This chat offers no transcripts.")
    transcripts: Transcripts = request.app.state.transcripts
    return transcripts
