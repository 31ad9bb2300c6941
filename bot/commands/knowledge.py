"""Commands about the help articles."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.output import explained_errors, fail, print_json

knowledge_app = typer.Typer(no_args_is_help=True, help="The help articles and the search in them.")
QUESTIONS_FOLDER = Path("tests/fixtures/knowledge")


def register(app: typer.Typer) -> None:
    app.add_typer(knowledge_app, name="knowledge")


@knowledge_app.callback()
def _group() -> None:
    """A group even with one command."""


@knowledge_app.command("evaluate")
def evaluate(
    folder: Annotated[Path, typer.Argument(help="<language>.csv with the columns question, slug, heading")] = (
        QUESTIONS_FOLDER
    ),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Measure the search on questions, in a database of its own."""
    import tempfile

    from bot.knowledge.articles import Library
    from bot.knowledge.evaluation import AskedQuestion, Outcome, measure, write_table
    from bot.services.knowledge import ANSWERS_FROM, Knowledge
    from connectors.database.migrate import migrate
    from connectors.database.session import Database
    from connectors.settings import DATA_FOLDER

    asked = {file.stem: _read_questions(file) for file in sorted(folder.glob("*.csv"))}
    if not asked:
        fail(f"{folder} has no files like en.csv. Name the folder of the questions.", 2)
    with explained_errors(), tempfile.TemporaryDirectory() as scratch:
        database = Database(f"sqlite:///{scratch}/knowledge.sqlite")
        migrate(database)
        knowledge = Knowledge(database, Library(DATA_FOLDER))
        knowledge.refresh()
        measured = {}
        for language, rows in asked.items():
            ranked = [(AskedQuestion(*row), knowledge.rank(row[0], language)) for row in rows]
            measured[language] = measure(
                [Outcome(question, found, bool(found) and found[0].score >= ANSWERS_FROM) for question, found in ranked]
            )
        database.close()
    if json:
        print_json({"languages": measured})
    else:
        typer.echo(write_table(measured), nl=False)


def _read_questions(file: Path) -> list[tuple[str, list[str], list[str]]]:
    """Several slugs or headings that are right are separated by |."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return [
                (row["question"], _parts(row["slug"]), _parts(row.get("heading") or ""))
                for row in csv.DictReader(lines)
            ]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        fail(f"{file} cannot be read as CSV with the columns question, slug, heading: {error!r}", 2)


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]
