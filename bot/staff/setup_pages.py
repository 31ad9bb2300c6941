"""Pages on which admins prepare the agents' work: prepared answers, labels, and who takes how much when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.conversations.live import STAFF, Live
from bot.pages.rendering import Pages
from bot.pages.week_form import WeekFormError, read_week, week_form, write_week
from bot.services.business_hours import BusinessHours
from bot.staff.availability import MAX_CAPACITY, read_team, set_limits, set_taking
from bot.staff.canned_replies import CannedReplyError, delete_reply, replies_by_shortcut, save_reply
from bot.staff.guard import AdminVisitor, Visitor, keep_pace
from bot.staff.labels import COLOURS, LabelError, all_labels, delete_label, save_label
from connectors.database.base import utc_now
from connectors.database.models.inbox import Label
from connectors.database.models.people import User
from connectors.database.session import Database

UNPROCESSABLE = 422
MAX_FIELD_LENGTH = 20_000
LARGEST_ID = 2**31 - 1
TEXT_PREFIX = "text."

router = APIRouter(prefix="/staff/setup", include_in_schema=False, dependencies=[Depends(keep_pace)])


async def _read_form(request: Request) -> Mapping[str, str]:
    form = await request.form()
    return {
        name: value[:MAX_FIELD_LENGTH].replace("\0", "") for name, value in form.multi_items() if isinstance(value, str)
    }


Form = Annotated[Mapping[str, str], Depends(_read_form)]


@dataclass(frozen=True, slots=True)
class SetupFrame:
    """One request of an admin to these pages."""

    request: Request
    visitor: Visitor

    @property
    def database(self) -> Database:
        database: Database = self.request.app.state.database
        return database

    @property
    def actor(self) -> str:
        return self.visitor.user.email

    @property
    def locale(self) -> str:
        pages: Pages = self.request.app.state.pages
        return pages.languages[pages.language_of(self.request)].locale

    def page(self, name: str, status_code: int = 200, **values: Any) -> Response:
        pages: Pages = self.request.app.state.pages
        values = {"problem": "", "given": {}, "problem_of": "", **values}
        return pages.page(
            self.request,
            f"inbox/setup_{name}.html",
            status_code,
            visitor=self.visitor,
            section="inbox",
            page=name,
            done=self.request.query_params.get("done") == "saved",
            **values,
        )

    def ask(
        self, page: str, kind: str, name: str, fields: Mapping[str, str], languages: Sequence[str] = ()
    ) -> Response:
        """Whether `name` shall really go; `fields` say which it is, `languages` (codes) what it was written in."""
        pages: Pages = self.request.app.state.pages
        return pages.page(
            self.request,
            "inbox/setup_remove.html",
            visitor=self.visitor,
            section="inbox",
            page=page,
            done=False,
            kind=kind,
            name=name,
            fields=fields,
            written=[pages.languages[code].name for code in languages if code in pages.languages],
        )

    def back(self, name: str) -> Response:
        """To the page after a change; the agents' open inboxes take it over at once."""
        live: Live = self.request.app.state.live
        live.publish(STAFF)
        return RedirectResponse(f"/staff/setup/{name}?done=saved", status_code=303)


def _frame(request: Request, visitor: AdminVisitor) -> SetupFrame:
    return SetupFrame(request, visitor)


AtSetup = Annotated[SetupFrame, Depends(_frame)]


@dataclass(frozen=True, slots=True)
class RefusedMember:
    """The form of an agent as it was filled in, the text that says why it cannot be saved, and codes by day."""

    form: Mapping[str, str]
    problem: str
    days: Mapping[str, str] = field(default_factory=dict)


@router.get("/replies")
def show_replies(frame: AtSetup) -> Response:
    return _replies(frame)


@router.post("/replies")
def change_reply(frame: AtSetup, form: Form) -> Response:
    """The texts of one shortcut in all languages."""
    texts = {name.removeprefix(TEXT_PREFIX): value for name, value in form.items() if name.startswith(TEXT_PREFIX)}
    pages: Pages = frame.request.app.state.pages
    known = {code: text for code, text in texts.items() if code in pages.languages}
    try:
        with frame.database.write() as session:
            save_reply(session, form.get("shortcut", ""), known, frame.actor)
    except CannedReplyError as error:
        return _replies(frame, UNPROCESSABLE, problem=error.code, given=form)
    return frame.back("replies")


@router.post("/replies/delete")
def remove_reply(frame: AtSetup, form: Form) -> Response:
    """Asks first: texts in several languages are lost."""
    shortcut = form.get("shortcut", "")
    with frame.database.write() as session:
        known = replies_by_shortcut(session).get(shortcut)
        if known is not None and not _is_confirmed(form):
            return frame.ask("replies", "reply", f"/{shortcut}", {"shortcut": shortcut}, sorted(known))
        delete_reply(session, shortcut, frame.actor)
    return frame.back("replies")


@router.get("/labels")
def show_labels(frame: AtSetup) -> Response:
    return _labels(frame)


@router.post("/labels")
def change_label(frame: AtSetup, form: Form) -> Response:
    """A label's name and colour; without `id` it is a new one."""
    label_id = _number(form.get("id", ""), LARGEST_ID)
    try:
        with frame.database.write() as session:
            save_label(session, label_id, form.get("name", ""), form.get("colour", ""), frame.actor)
    except LabelError as error:
        return _labels(frame, UNPROCESSABLE, problem=error.code, problem_of=form.get("id", ""), given=form)
    return frame.back("labels")


@router.post("/labels/delete")
def remove_label(frame: AtSetup, form: Form) -> Response:
    """Asks first: conversations that carry it lose it."""
    label_id = _number(form.get("id", ""), LARGEST_ID) or 0
    with frame.database.write() as session:
        label = session.get(Label, label_id)
        if label is not None and not _is_confirmed(form):
            return frame.ask("labels", "label", label.name, {"id": str(label_id)})
        delete_label(session, label_id, frame.actor)
    return frame.back("labels")


@router.get("/team")
def show_team(frame: AtSetup) -> Response:
    return _team(frame)


@router.post("/team")
def change_member(frame: AtSetup, form: Form) -> Response:
    """How many conversations an agent has at once, and when they work."""
    capacity = _number(form.get("capacity", ""), MAX_CAPACITY)
    if capacity is None:
        return _team(frame, RefusedMember(form, "inbox.error.capacity"))
    try:
        hours = read_week(form)
    except WeekFormError as error:
        return _team(frame, RefusedMember(form, "inbox.error.hours", error.problems))
    with frame.database.write() as session:
        user = session.get(User, form.get("user", ""))
        if user is not None:
            set_limits(session, user.id, capacity, hours, frame.actor)
            set_taking(session, user, is_taking="is_taking" in form, actor=frame.actor)
    return frame.back("team")


def _replies(frame: SetupFrame, status_code: int = 200, **values: Any) -> Response:
    with frame.database.read() as session:
        replies = replies_by_shortcut(session)
    edited = frame.request.query_params.get("edit", "")
    return frame.page("replies", status_code, replies=replies, edited=edited if edited in replies else "", **values)


def _labels(frame: SetupFrame, status_code: int = 200, **values: Any) -> Response:
    with frame.database.read() as session:
        labels = all_labels(session)
    return frame.page("labels", status_code, labels=labels, colours=COLOURS, **values)


def _team(frame: SetupFrame, refused: RefusedMember | None = None) -> Response:
    hours: BusinessHours = frame.request.app.state.hours
    with frame.database.read() as session:
        team = read_team(session, hours.calendar(), utc_now())
    weeks = {member.user.id: week_form(write_week(member.hours), frame.locale) for member in team}
    values: dict[str, Any] = {"team": team, "weeks": weeks, "most": MAX_CAPACITY}
    if refused is None:
        return frame.page("team", **values)
    user_id = refused.form.get("user", "")
    weeks[user_id] = week_form(refused.form, frame.locale, refused.days)
    return frame.page("team", UNPROCESSABLE, problem=refused.problem, problem_of=user_id, given=refused.form, **values)


def _is_confirmed(form: Mapping[str, str]) -> bool:
    return form.get("confirmed") == "yes"


def _number(written: str, largest: int) -> int | None:
    """A whole number from 1 to `largest`."""
    if not (written.isascii() and written.isdigit() and len(written) <= 10):
        return None
    return int(written) if 1 <= int(written) <= largest else None
