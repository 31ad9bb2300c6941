"""Commands of the assistant's models: train, compare with the one that serves, promote, roll back."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.output import errors, explained_errors, fail, office_or_fail, print_json, settings_or_fail

if TYPE_CHECKING:
    from connectors.database.models.understanding import AssistantModel

models_app = typer.Typer(no_args_is_help=True, help="Models of the assistant.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the audit log.")]

ACTOR = "command line"
# The exit code of `train --compare` tells the verdict; what could not be compared is left to a person.
EXIT_CODES = {"not_worse": 0, "worse": 1, "first": 3, "unmeasured": 3, "unreadable": 3}
FIGURES = {"accuracy": "understood rightly", "false_accepts": "foreign accepted", "false_rejects": "ours refused"}


def register(app: typer.Typer) -> None:
    app.command("train")(train)
    app.add_typer(models_app, name="models")


def train(
    out: Annotated[Path | None, typer.Option(help="Write the model to this file instead.")] = None,
    force: Annotated[bool, typer.Option(help="Train although nothing changed.")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Add what people approved, and compare with the model that serves.")
    ] = False,
    promote: Annotated[
        bool, typer.Option("--promote", help="With --compare: let it serve if it is not worse.")
    ] = False,
    json: Json = False,
) -> None:
    """Train the assistant when its config or data changed.

    With --compare the exit code is 0 when the new model is worse in no language, 1 when it is, 3 when there was
    nothing to compare, 2 when it could not be trained.
    """
    if compare:
        _train_and_compare(promote, json)
        return
    from bot.rasa.environment import ensure_environment
    from bot.rasa.model import TrainingOrder, current_model
    from bot.rasa.model import train as train_model

    log_file = settings_or_fail().data_dir / "logs" / "training.log"
    model = out or current_model()
    with explained_errors():
        ensure_environment()
        if force or not model.exists():
            with errors.status("Training the assistant …"):
                train_model(TrainingOrder(model), log_file)
            errors.print(f"Trained: {model}")
        else:
            errors.print(f"Nothing changed since {model} was trained; --force trains again.")


@models_app.command("list")
def list_models(json: Json = False) -> None:
    """All models, the newest first."""
    from bot.learning.models import list_models as query

    with office_or_fail().database.read() as session:
        models = query(session)
    if json:
        print_json([_describe(model) for model in models])
        return
    for model in models:
        verdict = model.report.get("verdict", "")
        typer.echo(f"{model.created_at:%Y-%m-%d %H:%M}  {model.state:10} {verdict:10} {model.id}  {model.file}")


@models_app.command("promote")
def promote_model(model_id: str, reason: Reason) -> None:
    """Let a model serve in spite of its comparison, or without one."""
    from bot.learning.models import ModelError, promote
    from connectors.database.base import utc_now

    office = office_or_fail()
    try:
        with office.database.write() as session:
            model = promote(session, office.shelf, model_id, ACTOR, utc_now(), reason)
    except ModelError as error:
        fail(_sentence(error.code), 2)
    errors.print(f"{model.file} is the active model; a running product serves it within seconds.")


@models_app.command("rollback")
def roll_back_model(reason: Reason) -> None:
    """Let the model serve that did so before."""
    from bot.learning.models import ModelError, roll_back

    office = office_or_fail()
    try:
        with office.database.write() as session:
            model = roll_back(session, office.shelf, ACTOR, reason)
    except ModelError as error:
        fail(_sentence(error.code), 2)
    errors.print(f"{model.file} is the active model again; a running product serves it within seconds.")


@models_app.command("cancel")
def cancel_training(model_id: str) -> None:
    """Stop a training, wherever it goes on; one that is over stays as it is."""
    with explained_errors():
        office_or_fail().retraining.cancel(model_id, ACTOR)


def _train_and_compare(promotes: bool, json: bool) -> None:
    from bot.learning.retraining import TrainingRefusedError
    from bot.rasa.environment import ensure_environment

    office = office_or_fail()
    with explained_errors():
        ensure_environment()
    try:
        with errors.status("Training and comparing …"):
            model = office.retraining.run(ACTOR, promotes)
    except TrainingRefusedError as refusal:
        if refusal.code.endswith("nothing_new"):
            errors.print(_sentence(refusal.code))
            return
        fail(_sentence(refusal.code), 2)
    if model.failure:
        fail(f"Not trained: {model.failure}", 2)
    if json:
        print_json(_describe(model))
    else:
        _print_comparison(model.report)
        errors.print(f"{model.file}: {model.state}, model {model.id}")
    raise typer.Exit(EXIT_CODES[model.report["verdict"]])


def _print_comparison(report: Mapping[str, Any]) -> None:
    for texts, languages in report["sets"].items():
        typer.echo(f"{texts} messages, before → after")
        for language, figures in languages.items():
            parts = [f"{name} {_change(figures, key)}" for key, name in FIGURES.items()]
            typer.echo(f"  {language}  {figures['after']['rows']:5} rows   {'   '.join(parts)}")
    for one in report["worse"]:
        typer.echo(f"worse: {one['language']}, {one['texts']}, {one['figure']}: {one['before']} → {one['after']}")
    typer.echo(f"verdict: {report['verdict']}{': ' + report['detail'] if report['detail'] else ''}")


def _change(figures: Mapping[str, Any], key: str) -> str:
    before = f"{figures['before'][key]:.1%}" if figures["before"] else "–"
    return f"{before:>6} → {figures['after'][key]:6.1%}"


def _describe(model: "AssistantModel") -> dict[str, Any]:
    return {
        "id": model.id,
        "file": model.file,
        "state": model.state,
        "examples": model.examples,
        "started_by": model.started_by,
        "created_at": model.created_at.isoformat(),
        "activated_at": model.activated_at and model.activated_at.isoformat(),
        "failure": model.failure,
        "report": model.report,
    }


def _sentence(code: str) -> str:
    from bot.pages.catalogue import Catalogue
    from connectors.settings import DATA_FOLDER

    return Catalogue(DATA_FOLDER).translator("en")(code)
