"""The job "invoice matching": what a later run says of a hold that went, and what two people let pass."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from automations.engine.job import Reason
from connectors.contracts.overrides import ApprovedOverride
from connectors.database.models.work import ItemState
from tests.unit.invoice_office import Office, codes, open_office, received_order, ubl

SUPPLIER = "supplier=Acme s.r.o."
SAMPLES = Path(__file__).parents[1] / "fixtures" / "einvoice"


@pytest.fixture
def office() -> Office:
    return open_office()


def test_the_next_run_says_that_a_hold_went_because_goods_came(office: Office) -> None:
    office.source.add("a.xml", ubl(quantity="61"))
    office.run()
    office.purchasing.receive("PO-1", "1", Decimal(5))
    (outcome,) = office.run()
    assert outcome.outcome == "matched"
    assert outcome.detail["released"] == [
        {"code": "QTY_OVER_RECEIVED", "where": "1", "change": "received", "before": "60", "after": "65"}
    ]


def test_a_hold_that_went_with_a_credit_note_says_so(office: Office) -> None:
    """60 of 60 received are billed; 5 of them credited make room for 5."""
    office.source.add("a.xml", ubl("A-1", "60"))
    office.source.add("b.xml", ubl("A-2", "5", day="2026-11-12"))
    office.run()
    office.source.add("c.xml", ubl("C-1", "5", day="2026-11-11", credit=True))
    outcome = next(each for each in office.run() if each.detail["file"] == "b.xml")
    assert outcome.outcome == "matched"
    assert outcome.detail["released"] == [
        {"code": "QTY_OVER_RECEIVED", "where": "1", "change": "billed", "before": "60", "after": "55"}
    ]


def test_a_hold_that_went_with_a_changed_limit_says_so(office: Office) -> None:
    office.source.add("a.xml", ubl(price="41.00"))
    office.run()
    (outcome,) = office.run(price_tolerance_percent="3")
    assert [(one["code"], one["change"]) for one in outcome.detail["released"]] == [("PRICE_OVER", "settings")]


def test_an_item_that_stays_held_still_says_which_hold_went(office: Office) -> None:
    office.source.add("a.xml", ubl(quantity="61", price="41.00"))
    office.run()
    office.purchasing.receive("PO-1", "1", Decimal(5))
    (outcome,) = office.run()
    assert codes(outcome) == {"PRICE_OVER"}
    assert [one["code"] for one in outcome.detail["released"]] == ["QTY_OVER_RECEIVED"]


def overriding(office: Office, **changes: str) -> None:
    """Two people let pass the price of 41.00 for 40.00 of the file a.xml."""
    (held,) = office.run(dry_run=True)
    figures = {"code": "PRICE_OVER", "place": "1", "found": "41.00", "expected": "40.00"} | changes
    override = ApprovedOverride(**figures, reason="Agreed on the phone", requested_by="a@x", approved_by="b@x")
    office.overrides.add(held.effect_key or "", override)


def test_what_two_people_let_pass_is_posted_and_shows_who_they_were(office: Office) -> None:
    office.source.add("a.xml", ubl(price="41.00"))
    overriding(office)
    (outcome,) = office.run()
    assert (outcome.outcome, outcome.reasons) == ("matched", ())
    assert [(one["code"], one["approved_by"]) for one in outcome.detail["overridden"]] == [("PRICE_OVER", "b@x")]
    assert office.billed() == 10


@pytest.mark.parametrize(
    "changes", [{"expected": "39.00"}, {"found": "40.50"}, {"place": "2"}, {"code": "PRICE_UNDER"}]
)
def test_an_override_counts_only_for_the_very_figures_it_was_given_for(office: Office, changes: dict[str, str]) -> None:
    office.source.add("a.xml", ubl(price="41.00"))
    overriding(office, **changes)
    assert codes(office.run()[0]) == {"PRICE_OVER"}


def test_an_override_lets_one_hold_pass_and_not_the_others(office: Office) -> None:
    office.source.add("a.xml", ubl(quantity="61", price="41.00"))
    overriding(office)
    assert codes(office.run()[0]) == {"QTY_OVER_RECEIVED"}


def test_what_only_waits_besides_an_override_goes_on_waiting(office: Office) -> None:
    ordered = received_order()
    office.purchasing.add(replace(ordered, lines=(replace(ordered.lines[0], received=Decimal(0)),)))
    office.source.add("a.xml", ubl("A-1", "5", "26.00", order="PO-2"))
    overriding(office, found="26.00", expected="25.00")
    (outcome,) = office.run()
    assert (outcome.state, codes(outcome)) == (ItemState.WAITING, {"NOT_RECEIVED"})


def test_what_was_taken_back_while_the_document_waited_for_consent_is_not_posted(office: Office) -> None:
    office.source.add("a.xml", ubl(price="41.00"))
    overriding(office)
    work = office.start()
    outcomes = work.decide(work.plan())
    office.overrides.withdraw(outcomes[0].effect_key or "")
    (answer,) = work.apply(outcomes).values()
    assert isinstance(answer, Reason)
    assert answer.code == "EFFECT_REFUSED"
    assert office.billed() == 0


def test_an_invoice_without_an_order_cannot_be_let_pass(office: Office) -> None:
    office.source.add("a.xml", ubl(order="PO-404"))
    overriding(office, code="NO_ORDER", place="", found="PO-404", expected="")
    assert codes(office.run()[0]) == {"NO_ORDER"}
