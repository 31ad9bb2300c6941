"""What the pages of channels share: the frame around each of them, and saving one part of the widget's set-up."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.responses import Response

from bot.channels.setup import ChangedMeanwhileError
from bot.console.frame import CONFLICT, UNPROCESSABLE, Frame, see_other
from bot.console.setup_problems import CHANGED, problems_of

CHANNELS = "/console/channels"
# The pages in the order of their navigation, with their addresses below CHANNELS.
PARTS = (
    ("overview", ""),
    ("theme", "/web/theme"),
    ("texts", "/web/texts"),
    ("form", "/web/form"),
    ("proactive", "/web/proactive"),
    ("files", "/web/files"),
    ("sites", "/web/sites"),
    ("hours", "/hours"),
    ("telegram", "/telegram"),
)
# Pages that belong to another in the navigation.
EDITORS = {"field": "form", "message": "proactive"}


def part_page(
    frame: Frame, part: str, /, problems: Mapping[str, str] | None = None, template: str = "", **values: Any
) -> Response:
    """A page of PARTS or an editor, or another `template` in its place.

    `problems` are codes by field; the one under "" is of the form as a whole.
    """
    found, place = problems or {}, EDITORS.get(part, part)
    status = 200 if not found else CONFLICT if found.get("") == CHANGED else UNPROCESSABLE
    return frame.page(
        f"channels/{template or part}.html",
        status,
        tab="channels",
        place=place,
        places=PARTS,
        reload=f"{CHANNELS}{dict(PARTS)[place]}",
        problems=found,
        is_saved="done" in frame.request.query_params,
        **values,
    )


def saved(path: str) -> Response:
    """Back to a page of ours, which says that it is done."""
    return see_other(f"{CHANNELS}{path}{'&' if '?' in path else '?'}done=saved")


def save_web(frame: Frame, form: Mapping[str, str], changes: Mapping[str, Any]) -> Mapping[str, str]:
    """Put parts of the widget's set-up in place; what is wrong with them, nothing when they are saved."""
    setup, version = frame.office.setups.read_web()
    if str(version) != form.get("version"):
        return {"": CHANGED}
    try:
        frame.office.setups.change_web(setup.with_changes(changes), version, frame.visitor.user.email)
    except ValidationError as error:
        return problems_of(error)
    except ChangedMeanwhileError:
        return {"": CHANGED}
    return {}


def of_entry(problems: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with a list of named entries, told at the one that was just put into it."""
    codes = list(problems.values())
    return {"name": "name_taken"} if "name_taken" in codes else {"": codes[0]}


def removal_page(frame: Frame, editor: str, name: str, texts: Mapping[str, str], version: int) -> Response:
    """Asks before an entry of one of EDITORS goes, with all that was written in it."""
    names = [about.name for code, about in frame.pages.languages.items() if code in texts]
    return part_page(
        frame, editor, template="remove", editor=editor, name=name, texts=texts, names=names, version=version
    )


def ask_first(editor: str, form: Mapping[str, str]) -> Response:
    """To the page that asks: nothing goes by one wrong click."""
    return see_other(f"{CHANNELS}/web/{editor}/delete?{urlencode({'name': form.get('name', '')})}")


def by_language(form: Mapping[str, str], prefix: str, languages: Mapping[str, Any]) -> dict[str, str]:
    """What was written under `prefix.<language>`; languages without anything are left out."""
    written = {code: form.get(f"{prefix}.{code}", "").strip() for code in languages}
    return {code: text for code, text in written.items() if text}


def lines_in(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
