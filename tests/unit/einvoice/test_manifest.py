"""The runner of `make einvoices`: our own samples pass, and every kind of difference is told."""

import csv
from pathlib import Path

import pytest

from tests.einvoices.manifest import ManifestError, Row, failure_of, read_manifest
from tests.einvoices.run import main

SAMPLES = Path(__file__).parents[2] / "fixtures" / "einvoice"
ROWS = read_manifest(SAMPLES / "manifest.csv")


def _row(file: str, expect: str) -> Row:
    return next(row for row in ROWS if (row["file"], row["expect"]) == (file, expect))


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row['expect']}-{row['file']}") for row in ROWS])
def test_our_own_samples_are_read_held_or_refused_as_their_manifest_says(row: Row) -> None:
    assert failure_of(row, SAMPLES) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "credit_note"),
        ("id", "HV-2026/0418"),
        ("issue_date", "2026-11-03"),
        ("type_code", "384"),
        ("currency", "CZK"),
        ("seller", "Hřebík & Vrut"),
        ("buyer", ""),
        ("order_reference", "PO-2032"),
        ("line_count", "4"),
        ("line_total", "150.01"),
        ("net_total", ""),
        ("tax_total", "783.75"),
        ("gross_total", "191.36"),
        ("prepaid", ""),
        ("rounding", "0.35"),
        ("payable", "many"),
        ("attachments_in_xml", "0"),
        ("attachments_in_pdf", "1"),
    ],
)
def test_a_header_field_that_differs_is_named(name: str, value: str) -> None:
    row = {**_row("ubl_invoice.xml", "read"), name: value}
    assert (failure_of(row, SAMPLES) or "").startswith(f"{name}: expected ")


@pytest.mark.parametrize(
    ("file", "as_expected", "changes", "told"),
    [
        ("ubl_invoice.xml", "read", {"expect": "refuse", "rule": "not well-formed"}, "expected a refusal"),
        ("ubl_invoice.xml", "read", {"expect": "flag", "rule": "BR-CO-16"}, "held for nothing, but not for BR-CO-16"),
        ("ubl_invoice.xml", "read", {"expect": "flag", "rule": "the sums are wrong"}, "held for nothing"),
        ("wrong_sums.xml", "flag", {"expect": "read"}, "held for BR-CO-10, BR-CO-16"),
        ("wrong_sums.xml", "flag", {"rule": "BR-CO-10 BR-CO-13"}, "but not for BR-CO-13"),
        ("error_page.xml", "refuse", {"expect": "read"}, "refused: NOT_AN_INVOICE"),
        ("error_page.xml", "refuse", {"expect": "read_or_refuse"}, "refused without the name of its format"),
        ("ubl_invoice.xml", "read", {"file": "gone.xml"}, "there is no file"),
        ("ubl_invoice.xml", "read", {"expect": "reed"}, "none of read, flag, refuse, read_or_refuse"),
        ("ubl_invoice.xml", "read", {"line_count": "three"}, "raised ValueError"),
    ],
)
def test_another_end_than_expected_is_told(file: str, as_expected: str, changes: dict[str, str], told: str) -> None:
    assert told in (failure_of({**_row(file, as_expected), **changes}, SAMPLES) or "")


def test_the_runner_counts_and_names_what_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tmp_path / "manifest.csv"
    good = _row("ubl_invoice.xml", "read")
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, good)
        writer.writeheader()
        writer.writerows([good, {**good, "payable": "1"}, good])
    assert main([str(manifest), str(SAMPLES)]) == 1
    assert capsys.readouterr().out == ("ubl_invoice.xml payable: expected 1, got 100.00\n2 passed, 1 failed\n")
    assert main([str(SAMPLES / "manifest.csv")]) == 0
    assert capsys.readouterr().out == f"{len(ROWS)} passed, 0 failed\n"


def test_a_file_that_is_no_manifest_says_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,expect\n", encoding="utf-8")
    with pytest.raises(ManifestError, match="lacks the columns attachments_in_pdf"):
        read_manifest(manifest)
    assert main([str(manifest)]) == 2
    assert "lacks the columns" in capsys.readouterr().err
