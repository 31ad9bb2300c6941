"""Commands for supplier invoices: trying other limits on those that were decided before."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json
from bot.commands.reports import day_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.operations_api.what_if import WhatIfAnswer

invoices_app = typer.Typer(no_args_is_help=True, help="Supplier invoices.")

ACTOR = "command line"
MOST_LISTED = 50
Day = Annotated[str, typer.Option(help="issue date, such as 2026-11-22")]


def register(app: typer.Typer) -> None:
    app.add_typer(invoices_app, name="invoices")


@invoices_app.command("what-if", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def what_if(
    context: typer.Context,
    last: Annotated[int, typer.Option(min=1, max=10_000, help="how many of the last invoices")] = 500,
    since: Day = "",
    until: Day = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """What other limits would make of the last invoices; nothing is changed.

    Each parameter of the job is an option: --price-tolerance-percent 2 --level 2-way. `job show invoice-matching`
    names them all. What is not given stays as it is at present.
    """
    from automations.engine.parameters import ParameterError
    from automations.invoices.recorded import JOB_NAME, Chosen
    from automations.invoices.what_if_desk import ask_what_if, limits_of
    from bot.operations_api.what_if import answer_facts

    given = limits_in(context.args)
    chosen = Chosen(last, day_in(since), day_in(until))
    office = office_or_fail()
    job = limits_of(office.engine.catalogue.find(JOB_NAME))
    try:
        with explained_errors():
            answer = answer_facts(ask_what_if(office.database, job, chosen, given, ACTOR))
    except ParameterError as error:
        fail(str(error), 2)
    if json:
        print_json(answer.model_dump())
        return
    _print(answer)


def limits_in(words: "Sequence[str]") -> dict[str, str]:
    """`--price-tolerance-percent 2` and `--level=2-way` as parameters by name."""
    limits: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            fail(f"{word!r} belongs to no option; write --price-tolerance-percent 2", 2)
        name, equals, value = word.removeprefix("--").partition("=")
        if not equals and not rest:
            fail(f"--{name} needs a value; write --{name} 2, or --{name} '' for not set", 2)
        limits[name.replace("-", "_")] = value if equals else rest.pop(0)
    return limits


def _print(answer: "WhatIfAnswer") -> None:
    typer.echo(f"{answer.tried} invoices decided again, {len(answer.changes)} change; {answer.left_out} not on record")
    for title, shifts in (("", answer.statuses), ("by reason", answer.reasons), ("by supplier", answer.suppliers)):
        if title:
            typer.echo(title)
        for name, shift in shifts.items():
            before, after = shift.before, shift.after
            money = ", ".join(
                f"{before.amounts.get(one, '0')} -> {after.amounts.get(one, '0')} {one}"
                for one in sorted({*before.amounts, *after.amounts})
            )
            typer.echo(f"  {name:28} {before.count:6} -> {after.count:6}  {money}")
    for change in answer.changes[:MOST_LISTED]:
        signs = " ".join([*(f"+{code}" for code in change.came), *(f"-{code}" for code in change.went)])
        money = f"{change.amount} {change.currency}"
        typer.echo(f"{change.item_id:8}  {change.before} -> {change.after}  {change.title}  {money}  {signs}")
    if len(answer.changes) > MOST_LISTED:
        typer.echo(f"... and {len(answer.changes) - MOST_LISTED} more: --json has them all")
