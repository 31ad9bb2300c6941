"""Trying other limits on invoices that a run has decided: what is recorded is enough to decide them again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations.engine.job import ItemOutcome
from automations.engine.parameters import check_parameters
from automations.invoices.facts import read_facts
from automations.invoices.record import read_billed
from automations.invoices.what_if import RecordedInvoice, WhatIf, try_limits
from automations.jobs.invoice_matching import JOB
from automations.rules.matching.match import MatchStatus
from connectors.contracts.overrides import ApprovedOverride
from connectors.contracts.purchasing import (
    PlannedCharge,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    UnitConversion,
)
from connectors.vendors.memory_purchasing import MemoryPurchasing
from tests.unit.invoice_office import NOW, Office, codes, open_office, ubl

MATCHED, WAITING, HELD = MatchStatus.MATCHED, MatchStatus.WAITING, MatchStatus.EXCEPTION


def limits(**parameters: Any) -> dict[str, Any]:
    return check_parameters(JOB, parameters)


def recorded(outcomes: Sequence[ItemOutcome], dry_run: str = "") -> list[RecordedInvoice | None]:
    """What is read back of a run's items."""
    found: list[RecordedInvoice | None] = []
    for number, outcome in enumerate(outcomes, start=1):
        facts = read_facts(outcome.detail)
        if facts is None:
            found.append(None)
            continue
        found.append(
            RecordedInvoice(
                item_id=number,
                run_id="run",
                dry_run=dry_run,
                title=outcome.title,
                decided_on=NOW.date(),
                was_matched=outcome.outcome == "matched",
                billed=read_billed(outcome.detail),
                facts=facts,
                overrides=tuple(ApprovedOverride(**one) for one in outcome.detail.get("overridden", ())),
            )
        )
    return found


def office_with(*documents: bytes) -> Office:
    office = open_office()
    for number, content in enumerate(documents, start=1):
        office.source.add(f"{number:02}.xml", content)
    return office


def ask(outcomes: Sequence[ItemOutcome], present: dict[str, Any], **tried: Any) -> WhatIf:
    return try_limits(recorded(outcomes), present, limits(**tried))


def test_a_wider_price_limit_lets_a_held_invoice_pass_and_says_how_much_money_moves() -> None:
    outcomes = office_with(ubl(price="40.60")).run()
    answer = ask(outcomes, limits(), price_tolerance_percent="2")
    (change,) = answer.changes
    assert (change.before, change.after) == (HELD, MATCHED)
    assert (change.came, change.went, change.stays) == ((), ("PRICE_OVER",), ())
    held, matched = answer.statuses[HELD], answer.statuses[MATCHED]
    assert (held.before.amounts, held.after.amounts) == ({"EUR": Decimal("406.00")}, {})
    assert (matched.before.count, matched.after.count) == (0, 1)
    assert answer.reasons["PRICE_OVER"].after.count == 0
    assert answer.suppliers["Acme s.r.o."].before.count == 1


def test_a_narrower_limit_holds_an_invoice_that_has_passed() -> None:
    outcomes = office_with(ubl(price="40.60")).run(price_tolerance_percent="2")
    (change,) = ask(outcomes, limits(price_tolerance_percent="2"), price_tolerance_percent="1").changes
    assert (change.before, change.after, change.came) == (MATCHED, HELD, ("PRICE_OVER",))


def test_at_the_limit_it_still_passes() -> None:
    outcomes = office_with(ubl(price="40.60")).run()
    assert ask(outcomes, limits(), price_tolerance_percent="1.5").statuses[MATCHED].after.count == 1
    assert ask(outcomes, limits(), price_tolerance_percent="1.49").statuses[MATCHED].after.count == 0


def test_a_hold_that_other_limits_do_not_touch_stays() -> None:
    outcomes = office_with(ubl(quantity="70", price="40.60")).run()
    (change,) = ask(outcomes, limits(), price_tolerance_percent="2").changes
    assert (change.before, change.after, change.went) == (HELD, HELD, ("PRICE_OVER",))
    assert change.stays == ("QTY_OVER_RECEIVED",)


def test_the_present_limits_tried_again_change_nothing() -> None:
    outcomes = office_with(ubl("A-1", "70"), ubl("A-2", price="41"), ubl("A-3", "5", order="PO-9"), ubl("A-4")).run()
    answer = ask(outcomes, limits())
    assert answer.changes == []
    assert [shift.before.count for shift in answer.statuses.values()] == [
        shift.after.count for shift in answer.statuses.values()
    ]
    assert answer.tried == 4


def test_of_two_invoices_for_one_delivery_only_the_first_would_pass() -> None:
    """60 of 100 came: with a wider price limit the first 30 pass, and then only 30 are left for the next 40."""
    outcomes = office_with(ubl("A-1", "30", "40.60"), ubl("A-2", "40", "40.80", day="2026-11-11")).run()
    assert [codes(outcome) for outcome in outcomes] == [{"PRICE_OVER"}, {"PRICE_OVER"}]
    first, second = ask(outcomes, limits(), price_tolerance_percent="2").changes
    assert (first.after, first.went) == (MATCHED, ("PRICE_OVER",))
    assert (second.after, second.came, second.went) == (HELD, ("QTY_OVER_RECEIVED",), ("PRICE_OVER",))


def test_what_a_newly_held_invoice_had_billed_is_free_for_the_next() -> None:
    outcomes = office_with(ubl("A-1", "40", "40.60"), ubl("A-2", "40", day="2026-11-11")).run(
        price_tolerance_percent="2"
    )
    assert [outcome.outcome for outcome in outcomes] == ["matched", "held"]
    first, second = ask(outcomes, limits(price_tolerance_percent="2"), price_tolerance_percent="1").changes
    assert (first.after, second.after) == (HELD, MATCHED)


def test_another_level_no_longer_waits_for_goods() -> None:
    order = replace(open_office().purchasing.find_orders(["PO-1"])["PO-1"])
    nothing_came = replace(order, lines=(replace(order.lines[0], received=Decimal(0)),))
    office = Office(purchasing=MemoryPurchasing([nothing_came]))
    office.source.add("a.xml", ubl())
    (change,) = ask(office.run(), limits(), level="2-way").changes
    assert (change.before, change.after, change.went) == (WAITING, MATCHED, ("NOT_RECEIVED",))


def test_a_shorter_wait_for_goods_holds_what_waited_with_the_same_reason() -> None:
    order = open_office().purchasing.find_orders(["PO-1"])["PO-1"]
    office = Office(
        purchasing=MemoryPurchasing([replace(order, lines=(replace(order.lines[0], received=Decimal(0)),))])
    )
    office.source.add("a.xml", ubl(day="2026-11-10"))
    (change,) = ask(office.run(), limits(), receipt_days=9).changes
    assert (change.before, change.after, change.came, change.stays) == (WAITING, HELD, (), ("NOT_RECEIVED",))
    assert ask(office.run(), limits(), receipt_days=10).changes == []


def test_a_narrower_limit_for_near_duplicates_lets_one_go_and_a_wider_one_finds_more() -> None:
    documents = (ubl("A-1", "10"), ubl("B-7", "10", "40.30", day="2026-11-12"))
    outcomes = office_with(*documents).run(price_tolerance_percent="5")
    assert codes(outcomes[1]) == {"NEAR_AMOUNT_AND_DATE"}
    present = limits(price_tolerance_percent="5")
    (gone,) = ask(outcomes, present, price_tolerance_percent="5", near_duplicate_days=1).changes
    assert (gone.before, gone.after, gone.went) == (HELD, MATCHED, ("NEAR_AMOUNT_AND_DATE",))
    far = office_with(*documents).run(price_tolerance_percent="5", near_duplicate_days=1)
    (came,) = ask(far, present | {"near_duplicate_days": 1}, price_tolerance_percent="5").changes
    assert came.came == ("NEAR_AMOUNT_AND_DATE",)


def test_what_was_found_outside_the_matching_stays_whatever_the_limits() -> None:
    outcomes = office_with(ubl(total="500.00", price="40.60")).run()
    assert "ARITHMETIC" in codes(outcomes[0])
    (change,) = ask(outcomes, limits(), price_tolerance_percent="2", total_tolerance_absolute="1000").changes
    assert change.after is HELD
    assert "ARITHMETIC" in change.stays


def test_a_credit_note_gives_back_what_it_credits() -> None:
    office = office_with(ubl("A-1", "60"), ubl("C-1", "20", "40.60", day="2026-11-11", credit=True))
    outcomes = office.run()
    assert ask(outcomes, limits()).changes == []
    assert [outcome.outcome for outcome in outcomes] == [
        "matched" if verdict is MATCHED else "held" for verdict in _verdicts(outcomes)
    ]


def test_units_and_planned_charges_are_decided_as_they_were() -> None:
    """10 cases of 12 at 480 a case, when the order counts pieces at 40; the order plans freight."""
    lines = (
        PurchaseOrderLine("1", "LAMP", Decimal(200), "H87", Decimal("40.00"), received=Decimal(200)),
        PurchaseOrderLine("2", "SHADE", Decimal(100), "H87", Decimal("20.00"), received=Decimal(100)),
    )
    order = PurchaseOrder(
        "PO-1",
        "Acme s.r.o.",
        "EUR",
        date(2026, 10, 1),
        PurchaseOrderState.OPEN,
        lines,
        (PlannedCharge("FC", Decimal(50)),),
    )
    purchasing = MemoryPurchasing([order], conversions=[UnitConversion("CS", "H87", Decimal(12), "LAMP")])
    office = Office(purchasing=purchasing)
    office.source.add("a.xml", ubl(quantity="10", price="489.60").replace(b'unitCode="H87"', b'unitCode="CS"'))
    outcomes = office.run()
    assert codes(outcomes[0]) == {"PRICE_OVER"}
    assert ask(outcomes, limits(), price_tolerance_percent="2").statuses[MATCHED].after.count == 1
    assert ask(outcomes, limits(), price_tolerance_percent="1.99").changes == []


def test_an_invoice_recorded_without_its_facts_is_left_out_and_counted() -> None:
    (outcome,) = office_with(ubl()).run()
    old = replace(outcome, detail={name: value for name, value in outcome.detail.items() if name != "facts"})
    answer = ask([old], limits(), level="2-way")
    assert (answer.tried, answer.left_out, answer.changes) == (0, 1, [])


def test_what_two_people_let_pass_stays_matched_whatever_the_limits_and_is_not_counted_as_gained() -> None:
    office = office_with(ubl(price="40.60"))
    (held,) = office.run()
    (reason,) = held.reasons
    people = {"reason": "Agreed on the phone", "requested_by": "a@x", "approved_by": "b@x"}
    office.overrides.add(
        held.effect_key or "",
        ApprovedOverride(reason.code, reason.where or "", reason.found or "", reason.expected or "", **people),
    )
    outcomes = office.run()
    assert [outcome.outcome for outcome in outcomes] == ["matched"]
    answer = ask(outcomes, limits(), price_tolerance_percent="2")
    assert answer.changes == []
    assert (answer.statuses[MATCHED].before.count, answer.statuses[MATCHED].after.count) == (1, 1)


def test_invoices_of_a_dry_run_bill_nothing_for_those_of_real_runs() -> None:
    tried = recorded(office_with(ubl("A-1", "60", "40.60")).run(dry_run=True), dry_run="dry")
    real = recorded(office_with(ubl("A-2", "60")).run())
    both = [*tried, *(invoice and replace(invoice, item_id=9) for invoice in real)]
    answer = try_limits(both, limits(), limits(price_tolerance_percent="2"))
    assert answer.statuses[MATCHED].after.count == 2


def _verdicts(outcomes: Sequence[ItemOutcome]) -> list[MatchStatus]:
    """What the present limits make of recorded invoices, one by one."""
    return [
        next(status for status, shift in try_limits([one], limits(), limits()).statuses.items() if shift.before.count)
        for one in recorded(outcomes)
    ]


bills = st.lists(
    st.tuples(
        st.integers(1, 80),
        st.decimals("38", "44", places=2),
        st.sampled_from(["PO-1", "PO-1", "PO-9"]),
        st.booleans(),
        st.sampled_from(["EUR", "EUR", "CZK"]),
    ),
    min_size=1,
    max_size=6,
)
percents = st.sampled_from([None, "0", "2", "5", "100"])


def bill_office(documents: Sequence[Any]) -> Office:
    return office_with(
        *(
            ubl(f"N-{place}", str(quantity), str(price), order=order, credit=credit, currency=currency)
            for place, (quantity, price, order, credit, currency) in enumerate(documents)
        )
    )


@settings(max_examples=60, deadline=None)
@given(bills, percents, percents)
def test_deciding_again_says_what_a_run_with_these_limits_says(documents: Any, price: Any, quantity: Any) -> None:
    """From what a run with no limits has recorded the same verdicts follow as from the inbox itself."""
    tried = {"price_tolerance_percent": price, "quantity_tolerance_percent": quantity}
    answer = try_limits(recorded(bill_office(documents).run()), limits(), limits(**tried))
    really = bill_office(documents).run(**tried)
    counted = {status: answer.statuses[status].after.count for status in MatchStatus}
    words = {MATCHED: "matched", WAITING: "waiting", HELD: "held"}
    assert counted == {status: sum(one.outcome == word for one in really) for status, word in words.items()}
    reasons = {code: shift.after.count for code, shift in answer.reasons.items() if shift.after.count}
    found = [code for outcome in really for code in codes(outcome)]
    assert reasons == {code: found.count(code) for code in set(found)}


@settings(max_examples=40, deadline=None)
@given(bills, percents, percents)
def test_no_money_gets_lost_between_before_and_after(documents: Any, present: Any, tried: Any) -> None:
    outcomes = bill_office(documents).run(price_tolerance_percent=present)
    answer = ask(outcomes, limits(price_tolerance_percent=present), price_tolerance_percent=tried)
    for side in ("before", "after"):
        stakes = [getattr(shift, side) for shift in answer.statuses.values()]
        assert sum(stake.count for stake in stakes) == answer.tried == len(documents)
        assert sum(sum(stake.amounts.values()) for stake in stakes) == sum(one.amount or 0 for one in outcomes)
    assert all(set(one.came).isdisjoint(one.went) for one in answer.changes)


@pytest.mark.parametrize("text", ["9" * 300, "not a number"])
def test_figures_too_long_to_be_recorded_are_told_as_an_arithmetic_error(text: str) -> None:
    (outcome,) = office_with(ubl()).run()
    lines = [{**outcome.detail["lines"][0], "quantity": text[:199] + "…"}]
    with pytest.raises(ArithmeticError):
        read_facts({**outcome.detail, "lines": lines})
