"""The pages on which an admin connects a system: form, trial, preview of its mapping, pause, removal, history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.connection_form import draft_in, draft_of, form_fields, new_draft
from bot.console.connection_words import ConnectionWords
from bot.console.connections import CONNECTIONS, ConnectionCheck, path_of
from bot.console.form_fields import version_in
from bot.console.frame import CONFLICT, UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from connectors.connections.desk import ConnectionChangedError
from connectors.connections.draft import ConnectionDraft, DraftError
from connectors.connections.health import read_stretches
from connectors.connections.info import ConnectionInfo
from connectors.connections.stored import names_of_secrets
from connectors.database.models.work import Connection, ConnectionStretch
from connectors.errors import ConnectorError, NotFound
from connectors.registry import VENDORS
from connectors.vendor import PreviewRow, SettingKind, Vendor

HISTORY_ROWS = 50
# For tests: it forgets everything at the next start.
NOT_OFFERED = "memory"

router = APIRouter(prefix="/connections")


@dataclass(frozen=True, slots=True)
class Edited:
    """What the form shows beside its fields."""

    problems: Mapping[str, str] = field(default_factory=dict)
    result: ConnectionCheck | None = None
    rows: Sequence[PreviewRow] | None = None
    status: int = 200


@router.get("/new")
def show_new(frame: ConsoleFrame, vendor: str = "") -> Response:
    """First the systems there are, then the form of the chosen one."""
    chosen = VENDORS.get(vendor)
    if chosen is None:
        vendors = [vendor for vendor in VENDORS.values() if vendor.name != NOT_OFFERED]
        return frame.page("connection_vendors.html", tab="connections", vendors=vendors)
    return _editor(frame, chosen, new_draft(chosen))


@router.post("")
def add_connection(frame: ConsoleFrame, form: PostedForm) -> Response:
    """Saved only when the trial succeeded."""
    vendor = VENDORS.get(form.get("vendor", ""))
    if vendor is None:
        return frame.missing()
    draft = draft_in(form, vendor, form.get("name", ""))
    try:
        frame.office.connections.add(draft, frame.visitor.user.email)
    except DraftError as error:
        return _editor(frame, vendor, draft, shown=Edited(error.problems, status=UNPROCESSABLE))
    except ConnectorError as error:
        return _editor(frame, vendor, draft, shown=_failed(draft, error))
    return see_other(f"{path_of(draft.name)}?done=saved")


@router.post("/try")
def try_draft(frame: ConsoleFrame, request: Request, form: PostedForm) -> Response:
    """Try what stands in the form, without saving it."""
    return _experiment(frame, request, form, is_preview=False)


@router.post("/preview")
def preview_draft(frame: ConsoleFrame, request: Request, form: PostedForm) -> Response:
    """Real rows, and what the mapping that stands in the form makes of them."""
    return _experiment(frame, request, form, is_preview=True)


def _experiment(frame: Frame, request: Request, form: Mapping[str, str], *, is_preview: bool) -> Response:
    vendor = VENDORS.get(form.get("vendor", ""))
    if vendor is None:
        return frame.missing()
    draft = draft_in(form, vendor, form.get("name", ""))
    saved = _find(frame, draft.name) if form.get("version") else None
    shown = _look(frame, draft, is_preview=is_preview)
    if "HX-Request" in request.headers:
        return frame.page("connection_trial.html", vendor=vendor, shown=shown, setting_words=_words(frame))
    return _editor(frame, vendor, draft, saved, shown)


def _look(frame: Frame, draft: ConnectionDraft, *, is_preview: bool) -> Edited:
    desk = frame.office.connections
    try:
        checked = desk.check(draft)
        if is_preview:
            return Edited(rows=desk.preview(checked))
        return Edited(result=ConnectionCheck(draft.name, True, desk.try_out(checked)))
    except DraftError as error:
        return Edited(error.problems, status=UNPROCESSABLE)
    except ConnectorError as error:
        return Edited(result=ConnectionCheck(draft.name, False, error.reason))


@router.post("/{name:path}/change")
def change_connection(frame: ConsoleFrame, name: str, form: PostedForm) -> Response:
    row = _find(frame, name)
    vendor = VENDORS.get(row.vendor) if row else None
    if row is None or vendor is None:
        return frame.missing()
    draft = draft_in(form, vendor, name)
    try:
        frame.office.connections.change(draft, version_in(form), frame.visitor.user.email)
    except DraftError as error:
        return _editor(frame, vendor, draft, row, Edited(error.problems, status=UNPROCESSABLE))
    except ConnectionChangedError:
        return _editor(frame, vendor, draft, row, Edited({"": "changed"}, status=CONFLICT))
    except ConnectorError as error:
        return _editor(frame, vendor, draft, row, _failed(draft, error))
    return see_other(f"{path_of(name)}?done=saved")


@router.post("/{name:path}/pause")
def pause_connection(frame: ConsoleFrame, name: str) -> Response:
    try:
        frame.office.connections.pause(name, frame.visitor.user.email)
    except NotFound:
        return frame.missing()
    return see_other(f"{path_of(name)}?done=paused")


@router.post("/{name:path}/resume")
def resume_connection(frame: ConsoleFrame, name: str) -> Response:
    """Only what works serves again."""
    row = _find(frame, name)
    if row is None:
        return frame.missing()
    try:
        frame.office.connections.resume(name, frame.visitor.user.email)
    except ConnectorError as error:
        vendor = VENDORS.get(row.vendor)
        if vendor is None:
            return frame.missing()
        draft = draft_of(_info(frame, name), vendor)
        return _editor(frame, vendor, draft, row, _failed(draft, error))
    return see_other(f"{path_of(name)}?done=resumed")


@router.get("/{name:path}/remove")
def ask_removal(frame: ConsoleFrame, name: str) -> Response:
    row = _find(frame, name)
    return frame.page("connection_remove.html", tab="connections", connection=row) if row else frame.missing()


@router.post("/{name:path}/remove")
def remove_connection(frame: ConsoleFrame, name: str) -> Response:
    try:
        frame.office.connections.remove(name, frame.visitor.user.email)
    except NotFound:
        return frame.missing()
    return see_other(f"{CONNECTIONS}?done=removed")


@router.get("/{name:path}")
def show_connection(frame: ConsoleFrame, name: str) -> Response:
    """The form of a saved connection, and how it fared."""
    row = _find(frame, name)
    vendor = VENDORS.get(row.vendor) if row else None
    if row is None or vendor is None:
        return frame.missing()
    return _editor(frame, vendor, draft_of(_info(frame, name), vendor), row)


def _editor(
    frame: Frame,
    vendor: Vendor,
    draft: ConnectionDraft,
    saved: Connection | None = None,
    shown: Edited = Edited(),
) -> Response:
    """`saved` is the connection that the form changes, None for a new one."""
    kept = names_of_secrets(frame.office.connectors.workshop, saved) if saved else frozenset()
    return frame.page(
        "connection.html",
        shown.status,
        tab="connections",
        vendor=vendor,
        setting_words=_words(frame),
        draft=draft,
        fields=form_fields(vendor, draft, kept),
        has_mapping=any(setting.kind is SettingKind.MAPPING for setting in vendor.settings),
        connection=saved,
        stretches=_history(frame, saved) if saved else (),
        shown=shown,
        done=frame.request.query_params.get("done", ""),
    )


def _words(frame: Frame) -> ConnectionWords:
    return ConnectionWords(frame.words.text_or, frame.words.figure)


def _failed(draft: ConnectionDraft, error: ConnectorError) -> Edited:
    return Edited(result=ConnectionCheck(draft.name, False, error.reason), status=UNPROCESSABLE)


def _find(frame: Frame, name: str) -> Connection | None:
    return frame.office.connections.find(name)


def _info(frame: Frame, name: str) -> ConnectionInfo:
    return next(info for info in frame.office.connectors.list_connections() if info.name == name)


def _history(frame: Frame, saved: Connection) -> Sequence[ConnectionStretch]:
    with frame.office.database.read() as session:
        return read_stretches(session, saved.id, HISTORY_ROWS)
