"""What this process counts, in the text format of Prometheus."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.operations_api.guard import Viewer

router = APIRouter(prefix="/metrics", tags=["metrics"])


@router.get("", response_class=Response)
def show_metrics(_caller: Viewer) -> Response:
    """Requests to connected systems by connection and outcome, their seconds and retries; figures of the process."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
