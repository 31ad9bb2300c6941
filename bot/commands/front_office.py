"""Commands of the front office: talk in the terminal, and look at the understanding."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import errors, explained_errors, fail, print_json, settings_or_fail

if TYPE_CHECKING:
    import requests

    from bot.rasa.client import RasaClient

nlu_app = typer.Typer(no_args_is_help=True, help="What the assistant understands.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

ANSWER_SECONDS = 10.0


def register(app: typer.Typer) -> None:
    app.command("chat")(chat)
    app.add_typer(nlu_app, name="nlu")


def chat(language: Annotated[str | None, typer.Option(help="en, cs, hu, is, fa or ru")] = None) -> None:
    """Talk to the running product in the terminal; an empty line or Ctrl-D ends."""
    import requests

    settings = settings_or_fail()
    api = f"http://{settings.host}:{settings.port}/api/chat"
    with requests.Session() as http:
        http.trust_env = False
        try:
            _talk(http, api, language)
        except requests.RequestException:
            fail(f"Nothing answers at {api}. Start the product with: make run")


def _talk(http: "requests.Session", api: str, language: str | None) -> None:
    started = http.post(f"{api}/sessions", json={"language": language}, timeout=10)
    if not started.ok:
        fail(started.json()["detail"]["message"])
    http.headers["Authorization"] = f"Bearer {started.json()['token']}"
    seen = _print_news(http, api, 0, 0)
    for text in _typed_lines():
        sent = http.post(f"{api}/messages", json={"text": text, "client_message_id": uuid.uuid4().hex}, timeout=10)
        if sent.ok:
            seen = _print_news(http, api, max(seen, sent.json()["seq"]), ANSWER_SECONDS)
        else:
            errors.print(sent.json()["detail"]["message"])


def _typed_lines() -> Iterator[str]:
    """Until an empty line, or the end of what is typed or piped in."""
    with suppress(typer.Abort):
        while text := typer.prompt("you", default="", show_default=False, prompt_suffix="> "):
            yield text


def _print_news(http: "requests.Session", api: str, after: int, wait_seconds: float) -> int:
    answer = http.get(f"{api}/messages", params={"after": after, "wait": wait_seconds}, timeout=wait_seconds + 10)
    if not answer.ok:
        fail(answer.json()["detail"]["message"])
    for message in answer.json()["messages"]:
        if message["author"] != "customer":
            typer.echo(f"{message['author']}: {message['text']}")
            for button in message.get("buttons", ()):
                typer.echo(f"    [{button['title']}]")
        after = message["seq"]
    return int(after)


@nlu_app.command("parse")
def parse(text: str) -> None:
    """What the assistant makes of a text, as JSON."""
    with explained_errors(), understanding() as rasa:
        answer = rasa.parse(text)
    print_json({"intent": answer["intent"], "entities": answer["entities"], "ranking": answer["intent_ranking"][:5]})


@nlu_app.command("evaluate")
def evaluate(
    file: Annotated[Path, typer.Argument(help="CSV with the columns text, lang, intent, or a folder of such files")],
    json: Json = False,
    report: Annotated[Path | None, typer.Option(help="Write a summary in Markdown to this file.")] = None,
) -> None:
    """Measure the assistant on labelled messages."""
    from bot.behaviour_evaluation import merge_report
    from bot.evaluation import EvaluationRow, measure, read_labelled_texts, write_report

    files = sorted(file.glob("*.csv")) if file.is_dir() else [file]
    try:
        rows = [row for path in files for row in read_labelled_texts(path)]
    except ValueError as error:
        fail(str(error), 2)
    guesses = []
    with explained_errors(), understanding() as rasa:
        for number, (text, lang, intent) in enumerate(rows, 1):
            if number % 500 == 0:
                errors.print(f"{number} of {len(rows)}")
            guess = rasa.parse(text)["intent"]
            guesses.append(EvaluationRow(text, lang, intent, guess["name"] or "", guess["confidence"]))
    measured = measure(guesses)
    if report is not None:
        old = report.read_text(encoding="utf-8") if report.exists() else ""
        report.write_text(merge_report(old, write_report(measured)), encoding="utf-8")
    if json:
        print_json(measured)
        return
    for language, figures in measured["languages"].items():
        foreign = figures["out_of_scope"]
        typer.echo(
            f"{language}: {figures['rows']} rows, accuracy {figures['accuracy']:.3f}, "
            f"macro F1 {figures['macro_f1']:.3f}, "
            f"foreign accepted {foreign['false_accepts']:.3f}, ours refused {foreign['false_rejects']:.3f}"
        )


@nlu_app.command("benchmark")
def benchmark(
    train: Annotated[Path, typer.Option(help="CSV with the columns sentence, label")],
    test: Annotated[Path, typer.Option(help="CSV with the columns sentence, label")],
    out_of_scope: Annotated[str, typer.Option(help="the label of foreign rows")] = "NO_NODES_DETECTED",
    _json: Json = True,
) -> None:
    """Train the shipped classifier on one file and test it on another; the answer is always JSON."""
    import subprocess

    from bot.rasa.environment import RASA_PYTHON, ensure_environment, environment_variables
    from connectors.settings import PROJECT_ROOT

    with explained_errors():
        ensure_environment()
    command = [str(RASA_PYTHON), "-m", "bot.understanding.benchmark", "--train", str(train.resolve())]
    command += ["--test", str(test.resolve()), "--out-of-scope", out_of_scope]
    done = subprocess.run(command, cwd=PROJECT_ROOT, env=environment_variables(), check=False)  # noqa: S603
    raise typer.Exit(done.returncode)


@contextmanager
def understanding() -> "Iterator[RasaClient]":
    """The Rasa that runs, or one started for this command."""
    from bot.rasa.client import RasaClient
    from bot.rasa.process import temporary_rasa
    from bot.rasa.secret import rasa_secret

    settings = settings_or_fail()
    running = RasaClient(settings.rasa, rasa_secret(settings.secret))
    if running.is_ready():
        yield running
        return
    with temporary_rasa(settings) as client:
        yield client
