"""The pages of the form before a chat: its questions, in the order in which customers see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from bot.channels.named_entries import leave_out, move, put
from bot.channels.setup_model import PreChatField
from bot.console.channel_parts import (
    ask_first,
    by_language,
    lines_in,
    of_entry,
    part_page,
    removal_page,
    save_web,
    saved,
)
from bot.console.frame import ConsoleFrame, Frame, PostedForm
from bot.console.setup_problems import problems_of

KINDS = get_args(PreChatField.model_fields["kind"].annotation)

router = APIRouter(prefix="/channels/web")


@dataclass(frozen=True, slots=True)
class Question:
    """As it stands in the editor; `answers` are lines by language."""

    name: str = ""
    kind: str = "text"
    is_required: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        choices = {language: lines_in(text) for language, text in self.answers.items()}
        return {
            "name": self.name,
            "kind": self.kind,
            "is_required": self.is_required,
            "labels": self.labels,
            "choices": choices if self.kind == "choice" else {},
        }


@router.get("/form")
def show_form(frame: ConsoleFrame) -> Response:
    setup, version = frame.office.setups.read_web()
    return part_page(frame, "form", fields=setup.pre_chat, version=version)


@router.get("/field")
def show_field(frame: ConsoleFrame, name: str = "") -> Response:
    """The editor of a question; without a name for a new one."""
    setup, version = frame.office.setups.read_web()
    found = next((one for one in setup.pre_chat if one.name == name), None)
    if found is None:
        return frame.missing() if name else _editor(frame, Question(), "", str(version))
    answers = {language: "\n".join(choices) for language, choices in found.choices.items()}
    question = Question(found.name, found.kind, found.is_required, found.labels, answers)
    return _editor(frame, question, found.name, str(version))


@router.post("/field")
def save_field(frame: ConsoleFrame, form: PostedForm) -> Response:
    """`old_name` is the question that is changed; none adds one."""
    languages, old = frame.pages.languages, form.get("old_name", "")
    question = Question(
        form.get("name", "").strip(),
        form.get("kind", ""),
        form.get("is_required") == "true",
        by_language(form, "label", languages),
        by_language(form, "choices", languages),
    )
    try:
        checked = PreChatField.model_validate(question.document())
    except ValidationError as error:
        return _editor(frame, question, old, form.get("version", ""), problems_of(error))
    setup, _version = frame.office.setups.read_web()
    entries = put(setup.pre_chat, old, checked) if old else [*setup.pre_chat, checked]
    problems = save_web(frame, form, {"pre_chat": entries})
    if problems:
        return _editor(frame, question, old, form.get("version", ""), of_entry(problems))
    return saved("/web/form")


@router.get("/field/delete")
def confirm_deletion(frame: ConsoleFrame, name: str = "") -> Response:
    setup, version = frame.office.setups.read_web()
    found = next((one for one in setup.pre_chat if one.name == name), None)
    return frame.missing() if found is None else removal_page(frame, "field", name, found.labels, version)


@router.post("/field/delete")
def delete_field(frame: ConsoleFrame, form: PostedForm) -> Response:
    if form.get("confirmed") != "yes":
        return ask_first("field", form)
    setup, _version = frame.office.setups.read_web()
    return _rearrange(frame, form, leave_out(setup.pre_chat, form.get("name", "")))


@router.post("/field/move")
def move_field(frame: ConsoleFrame, form: PostedForm) -> Response:
    setup, _version = frame.office.setups.read_web()
    return _rearrange(frame, form, move(setup.pre_chat, form.get("name", ""), -1 if form.get("to") == "up" else 1))


def _rearrange(frame: Frame, form: Mapping[str, str], entries: list[PreChatField]) -> Response:
    problems = save_web(frame, form, {"pre_chat": entries})
    if problems:
        setup, version = frame.office.setups.read_web()
        return part_page(frame, "form", problems, fields=setup.pre_chat, version=version)
    return saved("/web/form")


def _editor(
    frame: Frame, question: Question, old_name: str, version: str, problems: Mapping[str, str] | None = None
) -> Response:
    return part_page(
        frame,
        "field",
        problems,
        question=question,
        old_name=old_name,
        version=version,
        kinds=KINDS,
        about=frame.pages.languages,
    )
