"""The pages of proactive messages: what the bubble says unasked, where, when, and how often to one visitor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from bot.channels.named_entries import leave_out, put
from bot.channels.setup_model import ProactiveMessage
from bot.console.channel_parts import ask_first, by_language, of_entry, part_page, removal_page, save_web, saved
from bot.console.frame import ConsoleFrame, Frame, PostedForm
from bot.console.setup_problems import problems_of

NUMBERS = ("seconds", "times", "days")

router = APIRouter(prefix="/channels/web")


@dataclass(frozen=True, slots=True)
class Draft:
    """As it stands in the editor; numbers as they were typed."""

    name: str = ""
    is_on: bool = True
    path: str = "/"
    seconds: str = "20"
    times: str = "1"
    days: str = "7"
    texts: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("name", "is_on", "path", *NUMBERS, "texts")}


@router.get("/proactive")
def show_proactive(frame: ConsoleFrame) -> Response:
    setup, version = frame.office.setups.read_web()
    return part_page(frame, "proactive", messages=setup.proactive, version=version)


@router.get("/message")
def show_message(frame: ConsoleFrame, name: str = "") -> Response:
    """The editor of a message; without a name for a new one."""
    setup, version = frame.office.setups.read_web()
    found = next((one for one in setup.proactive if one.name == name), None)
    if found is None:
        return frame.missing() if name else _editor(frame, Draft(), "", str(version))
    numbers = {name: str(getattr(found, name)) for name in NUMBERS}
    draft = Draft(found.name, found.is_on, found.path, **numbers, texts=found.texts)
    return _editor(frame, draft, found.name, str(version))


@router.post("/message")
def save_message(frame: ConsoleFrame, form: PostedForm) -> Response:
    """`old_name` is the message that is changed; none adds one."""
    old = form.get("old_name", "")
    draft = Draft(
        form.get("name", "").strip(),
        form.get("is_on") == "true",
        form.get("path", "").strip(),
        **{name: form.get(name, "").strip() for name in NUMBERS},
        texts=by_language(form, "text", frame.pages.languages),
    )
    try:
        checked = ProactiveMessage.model_validate(draft.document())
    except ValidationError as error:
        return _editor(frame, draft, old, form.get("version", ""), problems_of(error))
    setup, _version = frame.office.setups.read_web()
    entries = put(setup.proactive, old, checked) if old else [*setup.proactive, checked]
    problems = save_web(frame, form, {"proactive": entries})
    if problems:
        return _editor(frame, draft, old, form.get("version", ""), of_entry(problems))
    return saved("/web/proactive")


@router.get("/message/delete")
def confirm_deletion(frame: ConsoleFrame, name: str = "") -> Response:
    setup, version = frame.office.setups.read_web()
    found = next((one for one in setup.proactive if one.name == name), None)
    return frame.missing() if found is None else removal_page(frame, "message", name, found.texts, version)


@router.post("/message/delete")
def delete_message(frame: ConsoleFrame, form: PostedForm) -> Response:
    if form.get("confirmed") != "yes":
        return ask_first("message", form)
    setup, _version = frame.office.setups.read_web()
    problems = save_web(frame, form, {"proactive": leave_out(setup.proactive, form.get("name", ""))})
    if problems:
        setup, version = frame.office.setups.read_web()
        return part_page(frame, "proactive", problems, messages=setup.proactive, version=version)
    return saved("/web/proactive")


def _editor(
    frame: Frame, draft: Draft, old_name: str, version: str, problems: Mapping[str, str] | None = None
) -> Response:
    return part_page(
        frame, "message", problems, draft=draft, old_name=old_name, version=version, about=frame.pages.languages
    )
