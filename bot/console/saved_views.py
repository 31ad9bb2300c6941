"""Saved views: filters that people keep under a name, for themselves or for the team, and open a list with."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.frame import ConsoleFrame, Frame, PostedForm, see_other
from bot.console.list_filters import ItemList, RunList
from connectors.database.audit import record_audit
from connectors.database.models.console import SavedView
from connectors.database.models.people import User

LIST_PATHS = {"runs": "/console/runs", "items": "/console/items", "exceptions": "/console/exceptions"}
FIELDS = {"runs": RunList().fields, "items": ItemList().fields, "exceptions": ItemList().fields}
MAX_NAME, MAX_QUERY, MAX_VIEWS = 60, 1000, 50
# An address with this alone is the list without any view, where a person has a default.
EVERYTHING = "view=all"

router = APIRouter(prefix="/views")


def read_views(session: Session, page: str, user: User) -> Sequence[SavedView]:
    """The person's own views of a list and those shared by others, by name."""
    query = select(SavedView).where(
        SavedView.page == page, or_(SavedView.user_id == user.id, SavedView.is_shared.is_(True))
    )
    return session.scalars(query.order_by(SavedView.name, SavedView.id)).all()


def default_of(frame: Frame, request: Request, page: str) -> Response | None:
    """Where a list opens that was asked for without any filter: at the person's default view, if there is one."""
    if request.url.query:
        return None
    query = select(SavedView.query).where(
        SavedView.page == page, SavedView.user_id == frame.visitor.user.id, SavedView.is_default.is_(True)
    )
    with frame.office.database.read() as session:
        address = session.scalar(query.limit(1))
    return see_other(f"{LIST_PATHS[page]}?{address}") if address else None


@router.post("")
def save_view(frame: ConsoleFrame, form: PostedForm) -> Response:
    """Keep the filter that the list shows; a name that exists already gets the new filter."""
    page, name = form.get("page", ""), form.get("name", "").strip()[:MAX_NAME]
    if page not in LIST_PATHS:
        return frame.missing()
    address = clean_filter(page, form.get("query", ""))
    if name and address:
        user = frame.visitor.user
        wishes = {wish: form.get(wish) == "true" for wish in ("is_shared", "is_default")}
        with frame.office.database.write() as session:
            keep_view(session, user, page, name, address, **wishes, actor=user.email)
    return see_other(f"{LIST_PATHS[page]}?{address or EVERYTHING}")


@router.post("/{view_id}/delete")
def delete_view(frame: ConsoleFrame, view_id: str) -> Response:
    """Remove a view of one's own."""
    user = frame.visitor.user
    with frame.office.database.write() as session:
        view = remove_view(session, user, view_id, user.email)
    return see_other(f"{LIST_PATHS[view.page]}?{view.query}") if view else frame.missing()


@router.post("/{view_id}/default")
def choose_default(frame: ConsoleFrame, view_id: str) -> Response:
    """Open the list with this view from now on, or no more if it was so."""
    with frame.office.database.write() as session:
        view = _own(session, frame.visitor.user, view_id)
        if view is None:
            return frame.missing()
        is_default = not view.is_default
        if is_default:
            _clear_default(session, view.user_id, view.page)
        view.is_default = is_default
    return see_other(f"{LIST_PATHS[view.page]}?{view.query}")


def _own(session: Session, user: User, view_id: str) -> SavedView | None:
    view = session.get(SavedView, view_id)
    return view if view is not None and view.user_id == user.id else None


def remove_view(session: Session, user: User, view_id: str, actor: str) -> SavedView | None:
    """Remove a view of this person; returns it, or None if they have no such one."""
    view = _own(session, user, view_id)
    if view is not None:
        session.delete(view)
        record_audit(session, actor, "view.delete", "saved_view", view.id, name=view.name)
    return view


def keep_view(
    session: Session, user: User, page: str, name: str, address: str, *, is_shared: bool, is_default: bool, actor: str
) -> SavedView | None:
    """Keep a clean filter for a person, under a name that may exist already; None if they keep too many.

    A view that is the default stays so where `is_default` is false.
    """
    own = session.scalars(select(SavedView).where(SavedView.page == page, SavedView.user_id == user.id)).all()
    view = next((one for one in own if one.name == name), None)
    if view is None:
        if len(own) >= MAX_VIEWS:
            return None
        view = SavedView(user_id=user.id, page=page, name=name, query=address)
        session.add(view)
    view.query = address
    view.is_shared = is_shared
    if is_default:
        _clear_default(session, user.id, page)
        view.is_default = True
    session.flush()
    record_audit(session, actor, "view.save", "saved_view", view.id, name=name, is_shared=view.is_shared)
    return view


def _clear_default(session: Session, user_id: str, page: str) -> None:
    session.execute(
        update(SavedView).where(SavedView.user_id == user_id, SavedView.page == page).values(is_default=False)
    )


def clean_filter(page: str, address: str) -> str:
    """The part of an address that is a filter of this list; nothing else is ever followed."""
    pairs = [(name, value) for name, value in parse_qsl(address) if name in FIELDS[page]]
    return urlencode(pairs)[:MAX_QUERY]
