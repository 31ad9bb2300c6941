"""The pages on which members of staff read and answer tickets."""

from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.front_desk import BadTextError, check_text
from bot.pages.rendering import Pages
from bot.services.ticket_answers import TicketDesk, TicketGoneError
from bot.staff.guard import StaffVisitor, Visitor, keep_pace
from connectors.contracts.tickets import TicketState
from connectors.database.base import utc_now
from connectors.errors import ConnectorError

NOT_FOUND, CONFLICT, UNPROCESSABLE, UNAVAILABLE = 404, 409, 422, 503

log = structlog.get_logger()
router = APIRouter(prefix="/staff/tickets", include_in_schema=False, dependencies=[Depends(keep_pace)])


@dataclass(frozen=True, slots=True)
class Desk:
    """One request to these pages."""

    request: Request
    visitor: Visitor
    tickets: TicketDesk

    def page(self, template: str, status_code: int = 200, **values: Any) -> Response:
        pages: Pages = self.request.app.state.pages
        return pages.page(
            self.request,
            f"tickets/{template}",
            status_code,
            visitor=self.visitor,
            section="tickets",
            now=utc_now(),
            **values,
        )

    def show(self, number: str, status_code: int = 200, notice: str = "", text: str = "") -> Response:
        """The page of one ticket; `text` is an answer that could not be sent and is not to be lost."""
        found = self.tickets.read(number)
        if found is None:
            return self.page("missing.html", NOT_FOUND)
        return self.page("ticket.html", status_code, found=found, notice=notice, text=text)


def _desk(request: Request, visitor: StaffVisitor) -> Desk:
    tickets: TicketDesk = request.app.state.tickets
    return Desk(request, visitor, tickets)


AtDesk = Annotated[Desk, Depends(_desk)]


@router.get("")
def list_tickets(desk: AtDesk, state: Annotated[TicketState, Query()] = TicketState.OPEN) -> Response:
    return desk.page("list.html", tickets=desk.tickets.list_tickets(state), counts=desk.tickets.count(), state=state)


@router.get("/{number}")
def show_ticket(desk: AtDesk, number: str) -> Response:
    return desk.show(number)


@router.post("/{number}/answer")
def answer_ticket(desk: AtDesk, number: str, text: Annotated[str, Form()] = "") -> Response:
    text = text.replace("\r\n", "\n").strip()
    try:
        check_text(text)
        desk.tickets.answer(number, desk.visitor.user, text)
    except BadTextError as error:
        return desk.show(number, UNPROCESSABLE, f"inbox.error.{error.code}", text)
    except TicketGoneError as error:
        return desk.show(number, CONFLICT, error.code, text)
    except ConnectorError as error:
        log.warning("ticket answer was not sent", ticket=number, reason=error.reason)
        return desk.show(number, UNAVAILABLE, "tickets.error.mail", text)
    return _back(number)


@router.post("/{number}/close")
def close_ticket(desk: AtDesk, number: str) -> Response:
    try:
        desk.tickets.close(number, desk.visitor.user)
    except TicketGoneError as error:
        return desk.show(number, CONFLICT, error.code)
    return _back(number)


@router.post("/{number}/reopen")
def reopen_ticket(desk: AtDesk, number: str) -> Response:
    try:
        desk.tickets.reopen(number, desk.visitor.user)
    except TicketGoneError as error:
        return desk.show(number, CONFLICT, error.code)
    return _back(number)


def _back(number: str) -> Response:
    return RedirectResponse(f"/staff/tickets/{number}", status_code=303)
