"""Commands that measure how the dialogue behaves: whose anger is noticed, and which messages are cut in two."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.front_office import Json, nlu_app, understanding
from bot.commands.output import errors, explained_errors, fail, print_json

if TYPE_CHECKING:
    from bot.rasa.client import RasaClient

Report = Annotated[Path | None, typer.Option(help="Put the figures as a section into this Markdown file.")]


def register() -> None:
    nlu_app.command("evaluate-mood")(evaluate_mood)
    nlu_app.command("evaluate-requests")(evaluate_requests)


def evaluate_mood(
    folder: Annotated[Path, typer.Argument(help="folder of <language>.csv with the columns text, mood")],
    json: Json = False,
    report: Report = None,
) -> None:
    """Measure whose anger the assistant notices."""
    from bot.behaviour_evaluation import MoodRow, measure_moods, read_moods, write_mood_section

    try:
        rows = read_moods(folder)
    except ValueError as error:
        fail(str(error), 2)
    with explained_errors(), understanding() as rasa:
        seen = [MoodRow(language, is_angry, _looks_angry(rasa, text)) for text, language, is_angry in rows]
    measured = measure_moods(seen)
    _write(report, write_mood_section(measured))
    if json:
        print_json({"languages": measured})
        return
    for language, figures in measured.items():
        typer.echo(
            f"{language}: {figures['rows']} rows, precision {figures['precision']:.3f}, recall {figures['recall']:.3f}"
        )


def evaluate_requests(
    folder: Annotated[Path, typer.Argument(help="folder of CSV files with the columns text, lang, intent")],
    json: Json = False,
    report: Report = None,
) -> None:
    """Measure how many messages with one request would be cut in two."""
    from bot.behaviour_evaluation import write_request_section

    with explained_errors(), understanding() as rasa:
        found = list(_cuts(rasa, folder))
    measured: dict[str, dict[str, Any]] = {}
    for language in sorted({language for language, _, _ in found}):
        cut = [parts for other, _, parts in found if other == language]
        measured[language] = {"rows": len(cut), "cut": round(sum(map(bool, cut)) / len(cut), 4)}
    _write(report, write_request_section(measured))
    if json:
        wrong = [{"lang": language, "text": text, "parts": parts} for language, text, parts in found if parts]
        print_json({"languages": measured, "cut": wrong})
        return
    for language, figures in measured.items():
        typer.echo(f"{language}: {figures['rows']} rows, cut {figures['cut']:.4f}")


def _cuts(rasa: "RasaClient", folder: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(language, text, the parts it is cut into) of each message."""
    from bot.behaviour_evaluation import cut
    from bot.evaluation import read_labelled_texts
    from bot.understanding.requests import Reading, Requests, partitions_of
    from connectors.settings import DATA_FOLDER

    requests = Requests.read(DATA_FOLDER / "shared" / "requests.yml")
    for file in sorted(folder.glob("*.csv")):
        errors.print(file.name)
        for text, language, _ in read_labelled_texts(file):
            readings = {}
            for part in {part for parts in partitions_of(text) for part in parts}:
                intent = rasa.parse(part)["intent"]
                readings[part] = Reading(intent["name"], intent["confidence"])
            yield language, text, cut(text, requests, readings)


def _looks_angry(rasa: "RasaClient", text: str) -> bool:
    return any(entity["entity"] == "mood" for entity in rasa.parse(text)["entities"])


def _write(report: Path | None, section: str) -> None:
    from bot.behaviour_evaluation import merge_report

    if report is not None:
        old = report.read_text(encoding="utf-8") if report.exists() else ""
        report.write_text(merge_report(old, section), encoding="utf-8")
