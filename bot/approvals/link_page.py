"""The page behind a link by mail: it shows what is asked, and only its form decides, as that one approver."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import Response

from automations.engine.approval_decisions import (
    ApprovalChangedError,
    Decided,
    DecisionRefusedError,
    ReasonMissingError,
    decide_approval,
)
from automations.engine.approval_lists import ListedApproval, find_approval
from bot.approvals.links import PATH, ApprovalLinks
from bot.channels.rate_limit import RateLimit
from bot.console.words import Words
from bot.office import Office
from bot.pages.rendering import Pages
from bot.web_address import address_of
from connectors.database.base import utc_now
from connectors.database.models.approvals import ApprovalLink, Verdict
from connectors.database.models.people import User

LOADS_PER_MINUTE = 30
# What stands here is for one person: no copy is kept on the way, no search engine shows it, no other site hears of it.
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
MAX_FIELD_LENGTH = 2000

router = APIRouter(include_in_schema=False)


@router.get(PATH + "{token}")
def show_question(request: Request, token: str) -> Response:
    """What is asked. Nothing is decided by looking: mail scanners open every link."""
    _limit(request)
    office: Office = request.app.state.office
    now = utc_now()
    with office.database.read() as session:
        link = _links(request).find(session, token, now)
        shown = find_approval(session, link.user.email, link.approval_id, now) if link else None
    if link is None or shown is None:
        return _refuse(request)
    return _page(request, link.user, shown=shown)


@router.post(PATH + "{token}")
def decide(
    request: Request,
    token: str,
    verdict: Annotated[Verdict, Form()],
    version: Annotated[int, Form(ge=0, le=2**31 - 1)],
    reason: Annotated[str, Form(max_length=MAX_FIELD_LENGTH)] = "",
) -> Response:
    """Decide as the person whom the link was sent to; the link is used up by it."""
    _limit(request)
    office: Office = request.app.state.office
    now = utc_now()
    try:
        with office.database.write() as session:
            link = _links(request).find(session, token, now, to_use=True)
            if link is None:
                return _refuse(request)
            decided = decide_approval(
                session,
                link.approval_id,
                link.user.email,
                verdict,
                reason.replace("\0", ""),
                now,
                channel="link",
                version=version,
            )
            link.used_at = now
    except (ReasonMissingError, ApprovalChangedError, DecisionRefusedError) as error:
        return _explain(request, token, error)
    return _page(request, link.user, verdict=verdict, decided=decided)


def _explain(request: Request, token: str, error: Exception) -> Response:
    """The question again, with what is wrong; the link is not used up."""
    office: Office = request.app.state.office
    now = utc_now()
    with office.database.read() as session:
        link: ApprovalLink | None = _links(request).find(session, token, now)
        shown = find_approval(session, link.user.email, link.approval_id, now) if link else None
    if link is None or shown is None:
        return _refuse(request)
    return _page(request, link.user, 409, shown=shown, problem=problem_key(error))


def problem_key(error: Exception) -> str:
    """The page text for what kept a decision from being made."""
    if isinstance(error, DecisionRefusedError):
        return f"approvals.refusal.{error.refusal.value}"
    return "approvals.error.changed" if isinstance(error, ApprovalChangedError) else "approvals.error.reason"


def _page(
    request: Request,
    user: User,
    status_code: int = 200,
    shown: ListedApproval | None = None,
    problem: str | None = None,
    verdict: Verdict | None = None,
    decided: Decided | None = None,
) -> Response:
    pages: Pages = request.app.state.pages
    office: Office = request.app.state.office
    language = pages.language_of(request)
    html = pages.text(
        language,
        "approvals/link.html",
        words=Words(pages, language, office.engine.catalogue),
        user=user,
        shown=shown,
        problem=problem,
        verdict=verdict,
        decided=decided,
    )
    return Response(html, status_code, PRIVATE | {"Vary": "Cookie, Accept-Language"}, "text/html; charset=utf-8")


def _refuse(request: Request) -> Response:
    """One answer for a link that is forged, used, or over: nobody learns which it is."""
    pages: Pages = request.app.state.pages
    html = pages.text(pages.language_of(request), "approvals/link_refused.html")
    return Response(html, 404, PRIVATE | {"Vary": "Cookie, Accept-Language"}, "text/html; charset=utf-8")


def _links(request: Request) -> ApprovalLinks:
    links: ApprovalLinks = request.app.state.approval_links
    return links


def _limit(request: Request) -> None:
    limit: RateLimit = request.app.state.approval_link_limit
    if not limit.allows(address_of(request)):
        refusal = {"code": "too_many_requests", "message": "Too many requests from this address."}
        raise HTTPException(429, refusal, headers={"Retry-After": str(limit.retry_after_seconds)})
