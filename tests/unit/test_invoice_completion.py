"""The job "invoice matching": orders that no document names, units, limits by scope, more holds."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from automations.engine.parameters import ParameterError
from connectors.contracts.purchasing import (
    PlannedCharge,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    UnitConversion,
)
from connectors.database.models.work import ItemState
from connectors.vendors.memory_purchasing import MemoryPurchasing
from tests.unit.invoice_office import NOW, Office, codes, open_office, received_order, ubl, words

SUPPLIER = "supplier=Acme s.r.o."
SAMPLES = Path(__file__).parents[1] / "fixtures" / "einvoice"


@pytest.fixture
def office() -> Office:
    return open_office()


def test_a_booking_aid_without_lines_is_read_and_held_for_them(office: Office) -> None:
    """Factur-X MINIMUM: the header is right, but what was delivered cannot be compared."""
    office.purchasing.add(received_order("PO-3200"))
    office.source.add("aid.xml", (SAMPLES / "booking_aid.xml").read_bytes())
    (outcome,) = office.run()
    assert (outcome.state, outcome.amount) == (ItemState.EXCEPTION, Decimal("120.00"))
    reasons = {(reason.code, reason.where) for reason in outcome.reasons}
    assert ("FIELD_MISSING", "BG-25 (BR-16)") in reasons
    assert "ARITHMETIC" not in {code for code, _where in reasons}


def test_an_order_number_in_the_text_of_the_invoice_leads_to_the_order(office: Office) -> None:
    office.purchasing.add(replace(received_order("PO-2026-77"), supplier_reference="AB-990/1"))
    office.source.add("a.xml", ubl("A-1", "2", "25.00", order="", note="Our order ab-990/1 of October"))
    office.source.add("b.xml", ubl("A-2", "3", "25.00", order="", note="(your order po-2026-77)"))
    first, second = office.run()
    assert (first.outcome, second.outcome) == ("matched", "matched")
    assert {first.detail["found_by"], second.detail["found_by"]} == {"text"}
    assert first.detail["order"] == "PO-2026-77"


def test_an_order_named_in_the_text_in_another_currency_is_held_for_its_currency(office: Office) -> None:
    office.purchasing.add(replace(received_order("PO-2026-77"), currency="USD"))
    office.source.add("a.xml", ubl("A-1", "2", "25.00", order="", note="Your order PO-2026-77"))
    (outcome,) = office.run()
    assert "CURRENCY_DIFFERS" in codes(outcome)
    assert outcome.detail["order"] == "PO-2026-77"


def test_an_invoice_in_another_currency_is_held_and_shows_its_worth_at_the_rate_of_the_order(office: Office) -> None:
    """9,800.00 CZK at the 24.50 that counted on 1 October, the day of the order; the rate of today changes nothing."""
    rates = "2026-09-28 EUR CZK 24.50\n2026-11-19 EUR CZK 30"
    office.source.add("a.xml", ubl("A-1", "10", "980.00", currency="CZK"))
    (outcome,) = office.run(dry_run=True, exchange_rates=rates)
    assert "CURRENCY_DIFFERS" in codes(outcome)
    assert outcome.detail["converted"] == {
        "total": "400.00",
        "base": "EUR",
        "quote": "CZK",
        "rate": "24.50",
        "since": "2026-09-28",
    }
    (unknown,) = office.run(dry_run=True)
    assert codes(unknown) == codes(outcome)
    assert "converted" not in unknown.detail
    with pytest.raises(ParameterError, match="line 1"):
        office.run(exchange_rates="yesterday EUR CZK 24")


def test_a_text_that_names_two_orders_is_held_with_their_number(office: Office) -> None:
    office.purchasing.add(received_order("PO-2026-77"))
    office.purchasing.add(received_order("PO-2026-78"))
    office.source.add("a.xml", ubl("A-1", "2", "25.00", order="", note="PO-2026-77 and PO-2026-78"))
    (outcome,) = office.run()
    (reason,) = outcome.reasons
    assert (reason.code, reason.found, reason.owner) == ("ORDER_AMBIGUOUS", "2", "accounts_payable")
    assert outcome.state is ItemState.EXCEPTION


def test_without_any_number_the_supplier_and_the_lines_lead_to_the_order(office: Office) -> None:
    office.purchasing.add(received_order())
    office.source.add("a.xml", ubl("A-1", "5", "25.00", order="", item="VASE"))
    (outcome,) = office.run()
    assert (outcome.outcome, outcome.detail["order"], outcome.detail["found_by"]) == ("matched", "PO-2", "lines")
    assert office.purchasing.find_orders(["PO-2"])["PO-2"].lines[0].billed == 5


def test_two_orders_with_the_same_line_match_nothing_and_say_how_many_there_are(office: Office) -> None:
    for number in ("PO-2", "PO-3", "PO-4"):
        office.purchasing.add(received_order(number))
    office.source.add("a.xml", ubl("A-1", "5", "25.00", order="", item="VASE"))
    (outcome,) = office.run()
    assert [(reason.code, reason.found) for reason in outcome.reasons] == [("ORDER_AMBIGUOUS", "3")]


def test_what_this_run_has_billed_is_no_longer_open_for_the_next_document(office: Office) -> None:
    """8 vases ordered, 5 billed by the first document: 5 more do not fit any order."""
    office.purchasing.add(received_order())
    office.source.add("a.xml", ubl("A-1", "5", "25.00", order="", item="VASE", day="2026-11-10"))
    office.source.add("b.xml", ubl("A-2", "5", "25.00", order="", item="VASE", day="2026-11-11"))
    assert [codes(outcome) for outcome in office.run(near_duplicate_percent="")] == [set(), {"NO_ORDER"}]


def test_the_total_alone_leads_to_the_one_set_of_open_lines_with_that_sum(office: Office) -> None:
    """8 x 25 = 200 is open of no other order; the line gets the order line of the same amount."""
    office.purchasing.add(received_order())
    office.source.add("a.xml", ubl("A-1", "8", "25.00", order="", item="their own name of it"))
    (outcome,) = office.run()
    assert (outcome.outcome, outcome.detail["found_by"], outcome.detail["order"]) == ("matched", "total", "PO-2")


def test_a_credit_note_is_not_guessed_into_an_order(office: Office) -> None:
    office.purchasing.add(received_order())
    office.source.add("a.xml", ubl("C-1", "8", "25.00", order="", item="VASE", credit=True))
    assert codes(office.run()[0]) == {"NO_ORDER"}


def with_cases(price: str = "9.99") -> Office:
    """120 pieces ordered and received at 9.99 the dozen; invoices are in cases of 12."""
    line = PurchaseOrderLine(
        "1", "CUP", Decimal(120), "H87", Decimal(price), Decimal(12), received=Decimal(120), item_group="GLASS"
    )
    ordered = PurchaseOrder("PO-1", "Acme s.r.o.", "EUR", date(2026, 10, 1), PurchaseOrderState.OPEN, (line,))
    return Office(
        purchasing=MemoryPurchasing([ordered], conversions=[UnitConversion("XCS", "H87", Decimal(12), "CUP")])
    )


def test_cases_are_converted_to_pieces_in_quantity_and_price() -> None:
    office = with_cases()
    office.source.add("a.xml", ubl("A-1", "10", "9.99", item="CUP", uom="XCS"))
    (outcome,) = office.run()
    assert outcome.outcome == "matched"
    assert office.billed() == 120


def test_pieces_at_the_price_of_a_case_are_an_overbill_and_no_match() -> None:
    """120 pieces at 9.99 each are not 10 cases at 9.99: 1098.90 too much."""
    office = with_cases()
    office.source.add("a.xml", ubl("A-1", "120", "9.99", item="CUP"))
    (outcome,) = office.run()
    (reason,) = outcome.reasons
    assert (reason.code, reason.found, reason.expected) == ("PRICE_OVER", "119.88", "9.99")


def test_a_unit_that_nobody_can_convert_is_held() -> None:
    office = with_cases()
    office.source.add("a.xml", ubl("A-1", "10", "9.99", item="CUP", uom="XPX"))
    assert codes(office.run()[0]) == {"UOM_UNKNOWN"}


def test_an_order_is_found_by_lines_in_another_unit() -> None:
    office = with_cases()
    office.source.add("a.xml", ubl("A-1", "7", "9.99", item="CUP", uom="XCS", order=""))
    (outcome,) = office.run()
    assert (outcome.outcome, outcome.detail["found_by"]) == ("matched", "lines")
    assert office.billed() == 84


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", "held"),  # 2.5 % over
        ("company: price_tolerance_percent=3", "matched"),
        ("group=GLASS: price_tolerance_percent=3", "matched"),
        ("group=LAMPS: price_tolerance_percent=3", "held"),
        ("supplier=ACME S.R.O.: price_tolerance_percent=3", "matched"),
        ("supplier=Other: price_tolerance_percent=3", "held"),
        (
            f"{SUPPLIER}: price_tolerance_percent=1\n{SUPPLIER} | item=CUP: price_tolerance_percent=3",
            "matched",
        ),
        (
            f"{SUPPLIER}: price_tolerance_percent=3\n{SUPPLIER} | item=CUP: price_tolerance_percent=1",
            "held",
        ),
        ("supplier=Acme s.r.o.: price_tolerance_percent=1\ngroup=GLASS: price_tolerance_percent=3", "held"),
        ("item=CUP: price_tolerance_percent=none", "matched"),
        ("item=CUP: price_tolerance_percent=none, price_tolerance_absolute=0.20", "held"),
    ],
)
def test_the_narrowest_scope_that_sets_a_limit_counts(lines: str, expected: str) -> None:
    office = with_cases("10.00")
    office.source.add("a.xml", ubl("A-1", "10", "10.25", item="CUP", uom="XCS"))
    assert words(office.run(limits_by_scope=lines)) == {"a.xml": expected}


def test_the_level_is_set_per_supplier_or_item(office: Office) -> None:
    """61 of 60 received; 100 ordered."""
    office.source.add("a.xml", ubl(quantity="61"))
    assert words(office.run(dry_run=True, limits_by_scope="item=LAMP: level=2-way")) == {"a.xml": "matched"}
    assert words(office.run(dry_run=True, limits_by_scope="supplier=Acme s.r.o.: level=2-way")) == {"a.xml": "matched"}
    assert words(office.run(dry_run=True, limits_by_scope="supplier=Other: level=2-way")) == {"a.xml": "held"}


@pytest.mark.parametrize(
    "lines",
    [
        "price_tolerance_percent=3",
        "item=LAMP price",
        "colour=red: level=2-way",
        "item=LAMP: level=5-way",
        "item=A: price_tolerance_percent=-1",
    ],
)
def test_limits_that_cannot_be_read_are_refused_with_their_line(office: Office, lines: str) -> None:
    with pytest.raises(ParameterError, match="line 2"):
        office.start(limits_by_scope=f"item=LAMP: level=2-way\n{lines}")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, set()),
        ({"price_under_tolerance_percent": "5"}, set()),  # 38 is 5 % below 40
        ({"price_under_tolerance_percent": "4.9"}, {"PRICE_UNDER"}),
        ({"price_under_tolerance_absolute": "1.99"}, {"PRICE_UNDER"}),
        ({"quantity_under_tolerance_percent": "80"}, {"QTY_UNDER_RECEIVED"}),  # 10 of 60 received
        ({"quantity_under_tolerance_absolute": "50"}, set()),
    ],
)
def test_too_little_is_a_deviation_where_a_limit_for_it_is_set(
    office: Office, parameters: dict[str, Any], expected: set[str]
) -> None:
    office.source.add("a.xml", ubl(price="38.00"))
    assert codes(office.run(**parameters)[0]) == expected


def test_small_deviations_that_pass_each_line_are_held_by_the_amount_of_the_header(office: Office) -> None:
    """10 x 41 = 410, at the order price 400: 2.5 % over."""
    office.source.add("a.xml", ubl(price="41.00"))
    passing: dict[str, Any] = {"price_tolerance_percent": "3"}
    assert words(office.run(dry_run=True, **passing, header_value_tolerance_percent="2.5")) == {"a.xml": "matched"}
    (held,) = office.run(**passing, header_value_tolerance_absolute="9.99")
    (reason,) = held.reasons
    assert (reason.code, reason.found, reason.expected, reason.limit) == (
        "HEADER_VALUE_OVER",
        "410.00",
        "400.00",
        "9.99",
    )


def test_an_order_that_nobody_has_approved_is_held(office: Office) -> None:
    office.purchasing.add(replace(received_order(), state=PurchaseOrderState.DRAFT))
    office.source.add("a.xml", ubl("A-1", "5", "25.00", order="PO-2"))
    (outcome,) = office.run()
    assert [(reason.code, reason.found) for reason in outcome.reasons] == [("ORDER_NOT_APPROVED", "PO-2")]


def test_a_blocked_supplier_is_held_with_the_reason_and_goes_on_when_unblocked(office: Office) -> None:
    office.purchasing.block("Acme s.r.o.", "Its bank account is being checked.")
    office.source.add("a.xml", ubl())
    (outcome,) = office.run()
    (reason,) = outcome.reasons
    assert (reason.code, reason.found) == ("SUPPLIER_BLOCKED", "Its bank account is being checked.")
    office.purchasing.unblock("Acme s.r.o.")
    assert [outcome.outcome for outcome in office.run()] == ["matched"]


def test_a_document_of_a_day_to_come_is_held_until_that_day(office: Office) -> None:
    office.source.add("a.xml", ubl(day="2026-11-21"))
    (outcome,) = office.run()
    (reason,) = outcome.reasons
    assert (reason.code, reason.found, reason.expected) == ("ISSUED_IN_FUTURE", "2026-11-21", "2026-11-20")
    assert [one.outcome for one in office.run(now=NOW + timedelta(days=1))] == ["matched"]


def test_the_last_day_of_the_calendar_stops_no_run(office: Office) -> None:
    office.source.add("a.xml", ubl("A-1", day="9999-12-31", note="#SKONTO#TAGE=14#PROZENT=2.00#"))
    office.source.add("b.xml", ubl("A-2"))
    assert set(words(office.run(receipt_days=5)).values()) == {"held", "matched"}


def test_an_order_with_a_price_for_no_quantity_holds_its_own_invoices_only(office: Office) -> None:
    broken = received_order()
    office.purchasing.add(replace(broken, lines=(replace(broken.lines[0], price_per=Decimal(0)),)))
    office.source.add("a.xml", ubl("A-1", "5", "25.00", order="PO-2"))
    office.source.add("b.xml", ubl("A-2"))
    outcomes = {outcome.detail["file"]: outcome for outcome in office.run()}
    assert (outcomes["a.xml"].outcome, codes(outcomes["a.xml"])) == ("held", {"FIGURES_UNUSABLE"})
    assert (outcomes["a.xml"].state, outcomes["b.xml"].outcome) == (ItemState.EXCEPTION, "matched")


def test_an_order_with_a_price_for_no_quantity_hides_no_other_order_of_its_supplier(office: Office) -> None:
    office.purchasing.add(received_order())
    broken = received_order("PO-3", item="LAMP")
    office.purchasing.add(replace(broken, lines=(replace(broken.lines[0], price_per=Decimal(0)),)))
    office.source.add("a.xml", ubl("A-1", "5", "25.00", order="", item="VASE"))
    (outcome,) = office.run()
    assert (outcome.outcome, outcome.detail["order"]) == ("matched", "PO-2")


def test_figures_larger_than_any_amount_hold_their_document_only(office: Office) -> None:
    huge = ubl("A-1", "9999999999999", "1").replace(
        b"</b:PriceAmount>", b'</b:PriceAmount><b:BaseQuantity unitCode="H87">0.0000000000000000001</b:BaseQuantity>'
    )
    office.source.add("a.xml", huge.replace(b">1</b:PriceAmount>", b">9999999999999</b:PriceAmount>"))
    office.source.add("b.xml", ubl("A-2"))
    outcomes = {outcome.detail["file"]: outcome for outcome in office.run()}
    assert codes(outcomes["a.xml"]) == {"FIGURES_UNUSABLE"}
    assert outcomes["b.xml"].outcome == "matched"


def test_an_invoice_without_its_date_is_held_by_the_name_of_the_field(office: Office) -> None:
    office.source.add("a.xml", ubl(day=""))
    (outcome,) = office.run()
    assert [(reason.code, reason.where) for reason in outcome.reasons] == [("FIELD_MISSING", "BT-2 (BR-03)")]


def test_freight_that_the_order_plans_passes_with_its_tolerance(office: Office) -> None:
    line = PurchaseOrderLine("1", "VASE", Decimal(8), "H87", Decimal(25), received=Decimal(8))
    planned = replace(received_order(), lines=(line,), charges=(PlannedCharge("freight", Decimal(20)),))
    office.purchasing.add(planned)
    charge = (
        b"<a:AllowanceCharge><b:ChargeIndicator>true</b:ChargeIndicator>"
        b"<b:AllowanceChargeReasonCode>FC</b:AllowanceChargeReasonCode><b:Amount>22.00</b:Amount></a:AllowanceCharge>"
    )
    invoice = ubl("A-1", "8", "25.00", order="PO-2", total="222.00")
    invoice = invoice.replace(b"<a:LegalMonetaryTotal>", charge + b"<a:LegalMonetaryTotal>")
    invoice = invoice.replace(
        b'<b:TaxExclusiveAmount currencyID="EUR">200.00', b'<b:TaxExclusiveAmount currencyID="EUR">222.00'
    ).replace(b"<b:PayableAmount", b'<b:ChargeTotalAmount currencyID="EUR">22.00</b:ChargeTotalAmount><b:PayableAmount')
    office.source.add("a.xml", invoice)
    assert codes(office.run(dry_run=True)[0]) == {"CHARGE_OVER"}
    assert codes(office.run(dry_run=True, planned_charge_tolerance_percent="9.9")[0]) == {"CHARGE_OVER"}
    assert codes(office.run(dry_run=True, planned_charge_tolerance_percent="10")[0]) == set()
    assert codes(office.run(dry_run=True, planned_charge_tolerance_absolute="2")[0]) == set()


CSV = "supplier,number,issue_date,currency,order_reference,item,quantity,unit,unit_price,gross_total"


def test_a_csv_file_of_several_invoices_stays_until_the_last_of_them_is_posted(office: Office) -> None:
    """10, 55 and 3 of 60 received: the second waits for goods, the others are posted, and the file is kept."""
    rows = [
        f"Acme s.r.o.,A-{number},2026-11-{10 + number},EUR,PO-1,LAMP,{quantity},H87,40.00,{quantity * 40}.00"
        for number, quantity in ((1, 10), (2, 55), (3, 3))
    ]
    office.source.add("week.csv", "\n".join((CSV, *rows)).encode())
    first, second, third = office.run()
    assert [each.outcome for each in (first, second, third)] == ["matched", "held", "matched"]
    assert (first.detail["place"], first.detail["places"]) == (1, 3)
    assert len({each.effect_key for each in (first, second, third)}) == 3
    assert not office.source.archived
    assert office.billed() == 13
    office.purchasing.receive("PO-1", "1", Decimal(8))
    assert [outcome.outcome for outcome in office.run()] == ["already-posted", "matched", "already-posted"]
    assert [document.name for document in office.source.archived] == ["week.csv"]
    assert office.billed() == 68


def test_of_two_invoices_in_one_file_the_duplicate_is_told_by_its_own_place(office: Office) -> None:
    rows = [
        f"Acme s.r.o.,{number},2026-11-10,EUR,PO-1,LAMP,{quantity},H87,40.00,{quantity * 40}.00"
        for number, quantity in (("A-1", 3), ("A-2", 4))
    ]
    office.source.add("week.csv", "\n".join((CSV, *rows)).encode())
    office.source.add("x.xml", ubl("A-1", "3", day="2026-11-11"))
    *_, doubled = office.run(dry_run=True)
    assert {(reason.code, reason.where) for reason in doubled.reasons} >= {
        ("SAME_NUMBER", "A-1 (file week.csv, invoice 1)")
    }
    assert all("invoice 2" not in (reason.where or "") for reason in doubled.reasons)


def test_a_price_for_next_to_nothing_refuses_its_csv_file(office: Office) -> None:
    header = CSV + ",price_per"
    row = "Acme s.r.o.,A-1,2026-11-10,EUR,PO-1,LAMP,9999999999999,H87,9999999999999,1.00,0.0000000001"
    office.source.add("week.csv", f"{header}\n{row}\n".encode())
    (outcome,) = office.run()
    assert (outcome.outcome, codes(outcome)) == ("refused", {"BAD_VALUE"})


def test_a_csv_file_with_a_wrong_row_is_quarantined_with_the_number_of_the_row(office: Office) -> None:
    office.source.add("week.csv", f"{CSV}\nAcme s.r.o.,A-1,2026-11-10,EUR,PO-1,LAMP,ten,H87,40.00,400.00\n".encode())
    (outcome,) = office.run()
    assert (outcome.outcome, codes(outcome)) == ("refused", {"BAD_VALUE"})
    assert "row 2: quantity" in office.source.quarantined[0][1]
