"""The reader against real e-invoices, which stay outside the project: TWINOFFICE_CASES_DIR names their folder."""

import os
from pathlib import Path

import pytest

from tests.einvoices.manifest import FLAG, READ, READ_OR_REFUSE, REFUSE, Row, failure_of, read_manifest

CASES_DIR = os.environ.get("TWINOFFICE_CASES_DIR", "")
FOLDER = Path(CASES_DIR) / "einvoice"
if not CASES_DIR:
    pytest.skip(
        "real e-invoices not checked: set TWINOFFICE_CASES_DIR to the folder that holds einvoice/manifest.csv",
        allow_module_level=True,
    )

ROWS = read_manifest(FOLDER / "manifest.csv")


def test_the_manifest_has_rows_of_every_kind() -> None:
    assert {row["expect"] for row in ROWS} == {READ, FLAG, REFUSE, READ_OR_REFUSE}
    assert {row["expect"] for row in ROWS if row["file"].lower().endswith(".pdf")} == {READ, REFUSE}


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row['expect']}-{row['file']}") for row in ROWS])
def test_a_real_file_is_read_held_or_refused_as_its_manifest_says(row: Row) -> None:
    assert failure_of(row, FOLDER) is None
