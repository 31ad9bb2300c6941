"""Effects through the outbox: what was under way when a process died is looked up, given to a person, or sent again."""

from decimal import Decimal

import pytest

from automations.engine.outbox import EFFECT_NOT_CONFIRMED
from automations.engine.run_loop import EngineStopping
from connectors.database.models.work import RunState
from connectors.database.session import Database
from tests.unit.engine.paying_office import Bank, PayingOffice

DONE = ("done", "done")


def killed_while_paying_c(office: PayingOffice) -> str:
    office.bank.dies_after = {"c"}
    run_id = office.start()
    with pytest.raises(EngineStopping):
        office.execute(run_id)
    assert office.states(run_id)["c"] == ("in_progress", "sending")
    return run_id


def test_a_payment_that_was_under_way_is_looked_up_and_not_made_again(database: Database) -> None:
    office = PayingOffice(database, can_look=True)
    run = office.execute(killed_while_paying_c(office))
    assert (run.state, run.resumed) == (RunState.SUCCEEDED, 1)
    assert office.bank.times_paid() == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert office.items(run.id)["c"].effect_reference == "REF-c"
    assert office.events(run.id, "c")[-2:] == ["effect_checked", "effect_found"]


def test_a_payment_that_nobody_can_look_up_is_left_to_a_person(database: Database) -> None:
    office = PayingOffice(database)
    run = office.execute(killed_while_paying_c(office))
    assert run.state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert office.states(run.id) == {"a": DONE, "b": DONE, "c": ("failed", "unknown"), "d": DONE}
    (reason,) = office.items(run.id)["c"].reasons
    assert (reason["code"], reason["owner"]) == (EFFECT_NOT_CONFIRMED, "technical")
    assert office.bank.times_paid() == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_an_effect_that_bears_repeating_is_sent_again_under_its_key(database: Database) -> None:
    office = PayingOffice(database, is_idempotent=True)
    run = office.execute(killed_while_paying_c(office))
    assert run.state == RunState.SUCCEEDED
    assert [key for item, key in office.bank.paid if item == "c"] == [f"pay:c:{run.id}"] * 2


def test_an_effect_says_in_the_log_when_it_left_and_when_it_was_confirmed(database: Database) -> None:
    office = PayingOffice(database)
    run = office.execute(office.start())
    assert office.events(run.id, "a") == ["looked_up", "effect_sending", "effect_confirmed"]
    told = [event for event in office.events(run.id) if event.startswith(("run_", "batch_"))]
    assert told == ["run_started", "batch_decided", "batch_decided", "run_finished"]


def test_a_refused_effect_fails_alone_with_its_owner(database: Database) -> None:
    office = PayingOffice(database, Bank(refuses={"b"}))
    run = office.execute(office.start())
    assert office.states(run.id) == {"a": DONE, "b": ("failed", "refused"), "c": DONE, "d": DONE}
    assert office.items(run.id)["b"].owner == "treasury"


def test_the_worth_of_an_effect_stands_with_its_item(database: Database) -> None:
    office = PayingOffice(database)
    item = office.items(office.execute(office.start()).id)["a"]
    assert (item.amount, item.currency, item.attempts) == (Decimal(2), "EUR", 1)


def test_a_dry_run_puts_nothing_into_the_outbox(database: Database) -> None:
    office = PayingOffice(database)
    run = office.execute(office.start(is_dry_run=True))
    assert set(office.states(run.id).values()) == {("done", None)}
    assert office.bank.paid == []
