"""The calculation rules BR-CO-10 to BR-CO-17, one wrong figure at a time."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from connectors.contracts.documents import Invoice, InvoiceCharge, TaxSubtotal
from connectors.einvoice.arithmetic import ArithmeticFinding, check_arithmetic
from connectors.einvoice.reader import read_invoice


@pytest.fixture
def invoice(ubl_invoice: str) -> Invoice:
    """Lines 25 + 100 + 25 = 150, - 5 + 15 = 160, tax 28.35 + 3 = 31.35, gross 191.35, - 91 - 0.35 = 100."""
    return read_invoice(ubl_invoice.encode())


def _rules(invoice: Invoice) -> list[str]:
    return [finding.rule for finding in check_arithmetic(invoice)]


def test_the_samples_add_up(ubl_invoice: str, ubl_credit_note: str, cii_invoice: str) -> None:
    for text in (ubl_invoice, ubl_credit_note, cii_invoice):
        assert check_arithmetic(read_invoice(text.encode())) == ()


@pytest.mark.parametrize(
    ("field", "stated", "rules"),
    [
        # A wrong total also breaks the rule that builds on it.
        ("line_total", "151.00", ["BR-CO-10", "BR-CO-13"]),
        ("allowance_total", "6.00", ["BR-CO-11", "BR-CO-13"]),
        ("charge_total", "14.99", ["BR-CO-12", "BR-CO-13"]),
        ("net_total", "161.00", ["BR-CO-13", "BR-CO-15"]),
        ("tax_total", "31.36", ["BR-CO-14", "BR-CO-15"]),
        ("gross_total", "191.30", ["BR-CO-15", "BR-CO-16"]),
        ("prepaid", "90.00", ["BR-CO-16"]),
        ("rounding", "0.00", ["BR-CO-16"]),
        ("payable", "100.01", ["BR-CO-16"]),
    ],
)
def test_a_wrong_total_breaks_its_rule(invoice: Invoice, field: str, stated: str, rules: list[str]) -> None:
    assert _rules(replace(invoice, **{field: Decimal(stated)})) == rules  # type: ignore[arg-type]


def test_a_finding_carries_both_figures_and_their_difference(invoice: Invoice) -> None:
    assert check_arithmetic(replace(invoice, payable=Decimal("98.5"))) == (
        ArithmeticFinding("BR-CO-16", Decimal("98.50"), Decimal("100.00"), Decimal("-1.50")),
    )


def test_the_tax_of_each_row_is_its_rate_times_its_base(invoice: Invoice) -> None:
    rows = (TaxSubtotal("S", Decimal(21), Decimal(135), Decimal("29.35")), invoice.taxes[1])
    assert _rules(replace(invoice, taxes=rows)) == ["BR-CO-14", "BR-CO-17"]


def test_half_a_cent_of_tax_is_rounded_up(invoice: Invoice) -> None:
    # 25.50 x 27 % = 6.885; -25.50 mirrors it
    for base, tax, rules in (
        ("25.50", "6.89", []),
        ("25.50", "6.88", ["BR-CO-17"]),
        ("-25.50", "-6.89", []),
    ):
        rows = (TaxSubtotal("S", Decimal(27), Decimal(base), Decimal(tax)),)
        found = [rule for rule in _rules(replace(invoice, taxes=rows, tax_total=None)) if rule == "BR-CO-17"]
        assert found == rules


def test_an_icelandic_tax_may_be_rounded_to_whole_kronur(invoice: Invoice) -> None:
    # 1001 x 24 % = 240.24
    rows = (TaxSubtotal("S", Decimal(24), Decimal(1001), Decimal(240)),)
    assert "BR-CO-17" in _rules(replace(invoice, taxes=rows))
    assert "BR-CO-17" not in _rules(replace(invoice, taxes=rows, currency="ISK"))


def test_a_tax_row_without_a_rate_carries_no_tax(invoice: Invoice) -> None:
    exempt = TaxSubtotal("O", None, Decimal(100), Decimal(0))
    assert "BR-CO-17" not in _rules(replace(invoice, taxes=(exempt,)))
    assert "BR-CO-17" in _rules(replace(invoice, taxes=(replace(exempt, tax=Decimal(1)),)))


def test_quantity_times_price_is_no_rule(invoice: Invoice) -> None:
    assert (
        _rules(replace(invoice, lines=(replace(invoice.lines[0], unit_price=Decimal(999)), *invoice.lines[1:]))) == []
    )


def test_amounts_are_compared_to_the_cent(invoice: Invoice) -> None:
    assert _rules(replace(invoice, payable=Decimal("100.004"))) == []
    assert _rules(replace(invoice, payable=Decimal("100.005"))) == ["BR-CO-16"]


def test_a_total_that_is_not_stated_is_not_checked_and_not_missed(invoice: Invoice) -> None:
    bare = replace(
        invoice,
        line_total=None,
        allowance_total=None,
        charge_total=None,
        net_total=None,
        tax_total=None,
        gross_total=None,
    )
    assert _rules(bare) == []
    assert _rules(replace(bare, payable=Decimal(99))) == ["BR-CO-16"]


def test_without_lines_only_what_is_stated_is_compared(sample_bytes: Callable[[str], bytes]) -> None:
    aid = read_invoice(sample_bytes("booking_aid.xml"))
    assert _rules(aid) == []
    assert _rules(replace(aid, gross_total=Decimal(121))) == ["BR-CO-15"]
    assert _rules(replace(aid, payable=Decimal(90))) == []
    assert _rules(replace(aid, payable=Decimal(90), prepaid=Decimal(20))) == ["BR-CO-16"]
    assert _rules(replace(aid, line_total=Decimal(90), payable=Decimal(90))) == ["BR-CO-13", "BR-CO-16"]


def test_a_negative_allowance_of_a_correction_stays_an_allowance(invoice: Invoice) -> None:
    charges = (invoice.charges[0], InvoiceCharge("taken back", Decimal(5), is_allowance=True))
    correction = replace(
        invoice,
        charges=charges,
        allowance_total=Decimal(-5),
        net_total=None,
        tax_total=None,
        gross_total=None,
        payable=None,
    )
    assert _rules(correction) == []


def test_a_charge_without_a_name_is_told_by_its_sign(invoice: Invoice) -> None:
    charges = (InvoiceCharge("freight", Decimal(15)), InvoiceCharge("discount", Decimal(-5)))
    assert _rules(replace(invoice, charges=charges)) == []
