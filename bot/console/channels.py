"""The page of the channels: how each is doing, which web sites embed the chat, and what customers may send."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from bot.channels.completeness import completeness_of
from bot.channels.setup_model import FILE_KINDS, LARGEST_FILE, MEGABYTE
from bot.channels.telegram_setup import TelegramDesk
from bot.console.channel_parts import lines_in, part_page, save_web, saved
from bot.console.frame import ConsoleFrame, Frame, PostedForm
from connectors.database.base import utc_now

SWITCHES = ("has_articles", "has_transcript", "has_rating")

router = APIRouter(prefix="/channels")


@router.get("")
def show_channels(frame: ConsoleFrame) -> Response:
    setup, _version = frame.office.setups.read_web()
    calendar, now = frame.office.hours.calendar(), utc_now()
    is_open = calendar.is_open(now)
    return part_page(
        frame,
        "overview",
        setup=setup,
        completeness=completeness_of(setup, list(frame.pages.languages)),
        telegram=TelegramDesk(frame.office.setups, frame.office.settings).facts(),
        is_open=is_open,
        until=calendar.closes_at(now) if is_open else calendar.next_opening(now),
        address=frame.office.settings.public_base_url,
    )


@router.get("/web/sites")
def show_sites(frame: ConsoleFrame) -> Response:
    setup, version = frame.office.setups.read_web()
    return _sites_page(frame, "\n".join(setup.allowed_origins), str(version))


@router.post("/web/sites")
def change_sites(frame: ConsoleFrame, form: PostedForm) -> Response:
    """One address a line; of what was pasted only scheme, host and port are kept."""
    written = form.get("origins", "")
    problems = save_web(frame, form, {"allowed_origins": lines_in(written)})
    if problems:
        return _sites_page(frame, written, form.get("version", ""), problems)
    return saved("/web/sites")


@router.get("/web/files")
def show_files(frame: ConsoleFrame) -> Response:
    setup, version = frame.office.setups.read_web()
    megabytes = f"{setup.largest_file / MEGABYTE:g}"
    switches = {name: getattr(setup, name) for name in SWITCHES}
    return _files_page(frame, str(version), setup.file_kinds, megabytes, switches)


@router.post("/web/files")
def change_files(frame: ConsoleFrame, form: PostedForm) -> Response:
    kinds = frozenset(kind for kind in FILE_KINDS if form.get(f"kind.{kind}") == "true")
    switches = {name: form.get(name) == "true" for name in SWITCHES}
    written = form.get("megabytes", "").strip()
    changes = {"file_kinds": kinds, "largest_file": _bytes_in(written), **switches}
    problems = save_web(frame, form, changes)
    if problems:
        return _files_page(frame, form.get("version", ""), kinds, written, switches, problems)
    return saved("/web/files")


def _sites_page(frame: Frame, origins: str, version: str, problems: Mapping[str, str] | None = None) -> Response:
    settings = frame.office.settings
    return part_page(
        frame,
        "sites",
        problems,
        origins=origins,
        version=version,
        fixed=[one.strip() for one in settings.allowed_origins.split(",") if one.strip()],
        address=settings.public_base_url,
    )


def _files_page(
    frame: Frame,
    version: str,
    kinds: frozenset[str],
    megabytes: str,
    switches: Mapping[str, bool],
    problems: Mapping[str, str] | None = None,
) -> Response:
    return part_page(
        frame,
        "files",
        problems,
        version=version,
        kinds=kinds,
        all_kinds=FILE_KINDS,
        megabytes=megabytes,
        most_megabytes=LARGEST_FILE // MEGABYTE,
        switches=switches,
    )


def _bytes_in(written: str) -> int:
    """What is no number of megabytes is as much out of range as nought is."""
    try:
        megabytes = float(written.replace(",", "."))
    except ValueError:
        return 0
    return int(megabytes * MEGABYTE) if 0 < megabytes < MEGABYTE else 0
