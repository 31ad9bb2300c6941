"""What every console route needs: the office's parts, who is logged in, and a way to answer with a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from automations.engine.approval_lists import WaitingApprovals, read_waiting
from bot.console.words import Words
from bot.office import Office
from bot.pages.formats import Formats
from bot.pages.rendering import Pages
from bot.staff.guard import AdminVisitor, StaffVisitor, Visitor
from connectors.database.base import utc_now

NOT_FOUND, CONFLICT, UNPROCESSABLE = 404, 409, 422
PARAMETER_PREFIX = "p."
# Limits for hundreds of suppliers; what is longer was not typed by a person.
MAX_FIELD_LENGTH = 20_000
LARGEST_ITEM_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One request to the console."""

    request: Request
    office: Office
    pages: Pages
    words: Words
    visitor: Visitor

    def page(self, template: str, /, status_code: int = 200, **values: Any) -> HTMLResponse:
        return self.pages.page(
            self.request,
            f"console/{template}",
            status_code,
            visitor=self.visitor,
            section="console",
            words=self.words,
            now=utc_now(),
            approvals_of_visitor=self.read_approvals,
            **values,
        )

    def read_approvals(self) -> WaitingApprovals:
        """What waits for the visitor's consent; for the navigation, and for who may see the pages of it."""
        with self.office.database.read() as session:
            return read_waiting(session, self.visitor.user.email, utc_now())

    @property
    def formats(self) -> Formats:
        """Dates and numbers as the page's language writes them."""
        return self.pages.formats[self.pages.language_of(self.request)]

    def missing(self) -> HTMLResponse:
        """The answer to an address that names nothing of ours."""
        return self.page("missing.html", NOT_FOUND, tab="")


def open_frame(request: Request, visitor: AdminVisitor) -> Frame:
    """The console's own pages, for admins."""
    return _frame(request, visitor)


def open_staff_frame(request: Request, visitor: StaffVisitor) -> Frame:
    """A page that agents may use, too."""
    return _frame(request, visitor)


def _frame(request: Request, visitor: Visitor) -> Frame:
    if "\0" in unquote(str(request.url)):
        # PostgreSQL refuses it in any text, and no name of ours has it.
        raise HTTPException(NOT_FOUND, {"code": "not_found", "message": "There is nothing at this address."})
    state = request.app.state
    office: Office = state.office
    pages: Pages = state.pages
    words = Words(pages, pages.language_of(request), office.engine.catalogue)
    return Frame(request, office, pages, words, visitor)


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a posted form, of each the last value, clipped where no field allows so much.

    One character more than is allowed is left, so that what is too long is refused and not cut.
    """
    form = await request.form()
    # PostgreSQL takes no NUL in a text.
    return {
        name: value[: MAX_FIELD_LENGTH + 1].replace("\0", "")
        for name, value in form.multi_items()
        if isinstance(value, str)
    }


def parameters_in(form: Mapping[str, str]) -> dict[str, str]:
    """The job's parameters among the fields of a form, without white space around them."""
    return {
        name.removeprefix(PARAMETER_PREFIX): value.strip()
        for name, value in form.items()
        if name.startswith(PARAMETER_PREFIX)
    }


def see_other(path: str) -> Response:
    return RedirectResponse(path, status_code=303)


ConsoleFrame = Annotated[Frame, Depends(open_frame)]
StaffFrame = Annotated[Frame, Depends(open_staff_frame)]
PostedForm = Annotated[Mapping[str, str], Depends(read_form)]
